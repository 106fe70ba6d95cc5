"""Who a browser is: nobody in particular, or the buyer whom its store signed for."""

import time
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from events.models import Event
from inbox import live
from inbox.models import Attachment, Conversation, Draft, Message, SearchEntry, Tag
from inbox.search import matching
from inbox.services import end_session, mark_by_buyer, resolve, save_draft, set_contact, start_session
from people import visitors
from people.models import Buyer, BuyerIdentity, Store, VisitorSession
from people.visitors import InvalidIdentity
from tests.conftest import Frames
from tests.factories import World, agent_says, buyer_says, identity, make_buyer, visit

pytestmark = pytest.mark.django_db


def begin(store: Store, **given: Any) -> tuple[str, VisitorSession]:
    return start_session(store=store, **given)


# -- Anonymous visitors


def test_a_browser_without_a_token_becomes_a_new_visitor(world: World) -> None:
    token, session = begin(world.store, language="zh-hans", page={"url": "https://shop.test/"})
    assert not session.buyer.is_verified
    assert session.page == {"url": "https://shop.test/"}
    assert visitors.authenticate(token) == session
    assert token not in str(VisitorSession.objects.values())  # only its digest is kept


def test_a_browser_that_comes_back_is_the_same_visitor(world: World) -> None:
    token, session = begin(world.store)
    again, same = begin(world.store, visitor_token=token, page={"title": "Mugs"})
    assert (again, same) == (token, session)
    assert VisitorSession.objects.get().page == {"title": "Mugs"}
    assert Buyer.objects.filter(external_id=None).count() == 1


@pytest.mark.parametrize("token", ["", "nonsense", "x" * 101, "a\x00b", "é", "\ud800"])
def test_a_token_that_is_not_known_makes_a_new_visitor(world: World, token: str) -> None:
    assert visitors.authenticate(token) is None
    assert begin(world.store, visitor_token=token)[0] != token


def test_a_token_of_another_store_is_not_known(world: World) -> None:
    token, session = begin(world.store)
    other, theirs = begin(world.other_store, visitor_token=token)
    assert other != token
    assert theirs.buyer.store == world.other_store
    assert theirs.buyer_id != session.buyer_id


def test_a_revoked_token_lets_nobody_in_and_closes_its_sockets(world: World, pushed: Frames) -> None:
    token, session = begin(world.store)
    end_session(session)
    assert visitors.authenticate(token) is None
    assert session.id not in visitors.valid_sessions([session.id])
    assert pushed.to(f"session.{session.id.hex}") == [{"type": "_close", "code": 4401}]


def test_a_typed_address_is_a_way_to_reach_somebody_and_proves_nothing(world: World, pushed: Frames) -> None:
    _, session = begin(world.store)
    buyer_says(session.buyer)
    set_contact(buyer=session.buyer, name="Kim\x00", email="kim@buyers.test")
    session.buyer.refresh_from_db()
    assert (session.buyer.name, session.buyer.email) == ("Kim", "kim@buyers.test")
    assert not session.buyer.is_verified
    assert session.buyer != world.kim
    assert Conversation.objects.get().buyer == session.buyer
    assert pushed.to(f"store.{world.store.id}")[-1]["summary"]["buyer"]["name"] == "Kim"
    assert [entry.buyer for entry in matching("kim", None)] == [session.buyer]


def test_a_verified_buyer_is_not_renamed_by_a_form(world: World) -> None:
    set_contact(buyer=world.kim, name="Somebody else", email="else@buyers.test")
    world.kim.refresh_from_db()
    assert (world.kim.name, world.kim.email) == ("Kim Buyer", "kim@buyers.test")


# -- The store signs


def test_a_signed_identity_is_the_stores_buyer(world: World) -> None:
    token, session = begin(world.store, identity_token=identity(world.store, "1001", name="Kim B."))
    assert session.buyer == world.kim
    assert session.buyer.name == "Kim B."
    assert visitors.authenticate(token) == session
    assert BuyerIdentity.objects.get(kind="store").value == "1001"


def test_a_signed_identity_of_somebody_new_makes_the_buyer_who_can_be_found(world: World) -> None:
    signed = identity(world.store, "2002", name="Lee", email="lee@buyers.test", phone="+49 1", locale="zh-CN")
    _, session = begin(world.store, identity_token=signed)
    buyer = Buyer.objects.get(external_id="2002")
    assert session.buyer == buyer
    assert (buyer.name, buyer.email, buyer.phone) == ("Lee", "lee@buyers.test", "+49 1")
    assert buyer.language == "zh-hans"
    for words in ("lee", "lee@buyers.test", "2002"):
        assert [entry.buyer for entry in matching(words, None)] == [buyer]


def now(seconds: float) -> int:
    return int(time.time() + seconds)


FORGERIES: dict[str, Any] = {
    "signed by somebody else": lambda w: identity(w.store, secret="s" * 40),
    "signed by another store": lambda w: identity(w.other_store),
    "not signed": lambda w: identity(w.store, algorithm="none"),
    "by another method": lambda w: identity(w.store, algorithm="HS512"),
    "expired": lambda w: identity(w.store, exp=now(-60)),
    "not valid yet": lambda w: identity(w.store, nbf=now(3600)),
    "valid for ever": lambda w: identity(w.store, exp=now(10 * 365 * 86400)),
    "without an end": lambda w: identity(w.store, exp=None),
    "with an end that is none": lambda w: identity(w.store, exp="tomorrow"),
    "without a buyer": lambda w: identity(w.store, None),
    "with an empty buyer": lambda w: identity(w.store, " "),
    "with a list for a buyer": lambda w: identity(w.store, ["1001"]),
    "with an object for a buyer": lambda w: identity(w.store, {"a": 1}),
    "cut": lambda w: identity(w.store)[:-4],
    "with another body": lambda w: ".".join(
        [
            identity(w.store).split(".")[0],
            identity(w.store, "1002").split(".")[1],
            identity(w.store).split(".")[2],
        ]
    ),
    "no token at all": lambda w: "a.b.c",
    "dots": lambda w: "....",
    "not ASCII": lambda w: "é\ud800\x00",
    "huge": lambda w: "a" * 200_000,
}


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")  # a forger's key
@pytest.mark.parametrize("name", FORGERIES)
def test_a_token_that_the_store_did_not_sign_for_now_is_refused(world: World, name: str) -> None:
    buyers, sessions = Buyer.objects.count(), VisitorSession.objects.count()
    with pytest.raises(InvalidIdentity):
        begin(world.store, identity_token=FORGERIES[name](world))
    assert (Buyer.objects.count(), VisitorSession.objects.count()) == (buyers, sessions)


def test_a_number_for_a_buyer_is_their_number(world: World) -> None:
    try:
        _, session = begin(world.store, identity_token=identity(world.store, 1001))
    except InvalidIdentity:
        return  # JWT says that `sub` is a string; a library may insist
    assert session.buyer == world.kim


def test_what_a_store_says_in_other_shapes_is_left_out(world: World) -> None:
    signed = identity(world.store, name={"first": "Kim"}, email="no address", phone=["1"], locale=5)
    _, session = begin(world.store, identity_token=signed)
    session.buyer.refresh_from_db()
    assert (session.buyer.name, session.buyer.email) == ("Kim Buyer", "kim@buyers.test")


def test_what_a_store_says_too_long_is_cut(world: World) -> None:
    signed = identity(world.store, "1" * 300, name="n" * 999, phone="5" * 99)
    _, session = begin(world.store, identity_token=signed)
    assert [len(v) for v in (session.buyer.external_id or "", session.buyer.name, session.buyer.phone)] == [
        80,
        120,
        32,
    ]


def test_the_proof_ends(world: World) -> None:
    token, session = begin(world.store, identity_token=identity(world.store))
    with time_machine.travel(timezone.now() + visitors.VOUCHED_FOR * 1.01, tick=False):
        assert visitors.authenticate(token) is None
        assert session.id not in visitors.valid_sessions([session.id])
        again, anonymous = begin(world.store, visitor_token=token)
        assert again != token
        assert not anonymous.buyer.is_verified


def test_the_same_buyer_on_the_next_page_keeps_their_token(world: World) -> None:
    """A shop identifies on each page, and in every tab: they would log each other out."""
    token, session = begin(world.store, identity_token=identity(world.store))
    again, same = begin(
        world.store, visitor_token=token, identity_token=identity(world.store), page={"title": "2"}
    )
    assert (again, same) == (token, session)
    assert VisitorSession.objects.get().page == {"title": "2"}


def test_two_people_whom_the_store_vouched_for_are_never_made_one(world: World) -> None:
    token, kims = begin(world.store, identity_token=identity(world.store, "1001"))
    buyer_says(world.kim, "mine")
    other_token, lees = begin(world.store, visitor_token=token, identity_token=identity(world.store, "2002"))
    assert other_token != token
    assert lees.id != kims.id
    assert Conversation.objects.get().buyer == world.kim
    assert live.conversation_of(lees.buyer_id) is None


# -- What a visitor said before they were known


def test_what_a_visitor_said_becomes_the_buyers(world: World, pushed: Frames) -> None:
    token, session = begin(world.store)
    anonymous = session.buyer
    conversation = buyer_says(anonymous, "Where is my order?").conversation
    agent_says(world.ann, conversation, "Which one?")
    new, session = begin(world.store, visitor_token=token, identity_token=identity(world.store))
    conversation.refresh_from_db()
    assert conversation.buyer == world.kim
    assert not Buyer.objects.filter(pk=anonymous.pk).exists()
    assert session.buyer == world.kim
    assert live.conversation_of(world.kim.id) == conversation
    line = Message.objects.get(kind="system", data__event="conversation.moved")
    assert (line.seq, line.private) == (conversation.last_seq, True)
    assert Event.objects.get(name="buyer.identified").data == {
        "visitor": str(anonymous.id),
        "buyer": str(world.kim.id),
    }
    summary = pushed.to(f"store.{world.store.id}")[-1]["summary"]
    assert summary["buyer"] == {"id": str(world.kim.id), "name": "Kim Buyer", "verified": True}
    assert new != token


def test_a_token_from_before_the_proof_is_worth_nothing_after_it(world: World, pushed: Frames) -> None:
    token, session = begin(world.store)
    buyer_says(session.buyer)
    begin(world.store, visitor_token=token, identity_token=identity(world.store))
    assert visitors.authenticate(token) is None
    # Nor is a socket that was opened with it.
    assert {"type": "_close", "code": 4012} in pushed.to(f"session.{session.id.hex}")
    again, other = begin(world.store, visitor_token=token, identity_token=identity(world.store))
    assert again != token
    assert other.id != session.id


def test_a_live_conversation_of_the_visitor_joins_that_of_the_buyer(world: World, pushed: Frames) -> None:
    mine = buyer_says(world.kim, "on the phone").conversation
    agent_says(world.ann, mine, "a note", private=True)
    token, session = begin(world.store)
    source = buyer_says(session.buyer, "on the laptop").conversation
    reply = agent_says(world.bob, source, "a reply").message
    agent_says(world.bob, source, "another note", private=True)
    save_draft(agent=world.bob, conversation_id=source.id, body="half a thought")
    tag = Tag.objects.create(name="vip")
    source.tags.add(tag)
    begin(world.store, visitor_token=token, identity_token=identity(world.store))

    assert not Conversation.objects.filter(pk=source.pk).exists()
    mine.refresh_from_db()
    rows = list(Message.objects.filter(conversation=mine).order_by("seq"))
    assert [row.seq for row in rows] == list(range(1, mine.last_seq + 1))
    assert [row.body for row in rows if row.kind != "system"] == [
        "on the phone",
        "a note",
        "on the laptop",
        "a reply",
        "another note",
    ]
    assert mine.last_public_seq == max(row.seq for row in rows if not row.private)
    assert mine.inbound_count == 2
    assert mine.waiting_since is not None
    assert (mine.assignee, list(mine.tags.all())) == (world.bob, [tag])
    assert Draft.objects.get().conversation == mine
    mark_by_buyer(conversation_id=mine.id, read=mine.last_seq)
    assert reply.deliveries.get().state == "read"
    gone = {"type": "conversation.gone", "conversation": str(source.id), "into": str(mine.id)}
    assert gone in pushed.to(f"conversation.{source.id}")
    assert gone in pushed.to(f"store.{world.store.id}")


def test_two_conversations_that_used_the_same_client_ids_still_join(world: World) -> None:
    mine = buyer_says(world.kim, "one", client_id="1").conversation
    token, session = begin(world.store)
    buyer_says(session.buyer, "two", client_id="1")
    begin(world.store, visitor_token=token, identity_token=identity(world.store))
    said = Message.objects.filter(conversation=mine, kind="text").order_by("seq")
    assert [row.body for row in said] == ["one", "two"]


def test_a_message_sent_again_after_the_proof_is_not_there_twice(world: World) -> None:
    """The line broke before the acknowledgement, and the visitor logged in at the shop meanwhile."""
    token, session = begin(world.store)
    first = buyer_says(session.buyer, "Hello?", client_id="unsure")
    begin(world.store, visitor_token=token, identity_token=identity(world.store))
    again = buyer_says(world.kim, "Hello?", client_id="unsure")
    assert not again.created
    assert again.message.id == first.message.id
    assert Message.objects.filter(body="Hello?").count() == 1


def test_a_file_uploaded_before_the_proof_can_be_sent_after_it(world: World) -> None:
    token, session = begin(world.store)
    file = Attachment.objects.create(
        uploader=f"buyer:{session.buyer_id}", file="x", name="a.png", media_type="image/png", size=1
    )
    begin(world.store, visitor_token=token, identity_token=identity(world.store))
    assert buyer_says(world.kim, "", attachments=(file.id,)).payload["attachments"]


def test_a_resolved_conversation_of_the_visitor_moves_along_and_stays_resolved(world: World) -> None:
    mine = buyer_says(world.kim).conversation
    token, session = begin(world.store)
    old = buyer_says(session.buyer).conversation
    resolve(agent=world.ann, conversation_id=old.id)
    begin(world.store, visitor_token=token, identity_token=identity(world.store))
    assert set(Conversation.objects.filter(buyer=world.kim)) == {mine, old}
    assert live.conversation_of(world.kim.id) == mine


def test_what_a_visitor_typed_about_themselves_does_not_become_the_buyers(world: World) -> None:
    token, session = begin(world.store)
    set_contact(buyer=session.buyer, name="Mallory", email="mallory@buyers.test")
    begin(world.store, visitor_token=token, identity_token=identity(world.store))
    world.kim.refresh_from_db()
    assert (world.kim.name, world.kim.email) == ("Kim Buyer", "kim@buyers.test")
    assert Buyer.objects.filter(pk=session.buyer_id, email="mallory@buyers.test").exists()  # the record stays
    assert not SearchEntry.objects.filter(buyer=session.buyer).exists()


# -- Sessions that may stay


def test_the_heartbeat_knows_which_sessions_are_still_good(world: World) -> None:
    for buyer in (world.kim, make_buyer(world.store), world.kim):
        visit(buyer)
    verified, anonymous, revoked = VisitorSession.objects.order_by("id")
    end_session(revoked)
    ids = [verified.id, anonymous.id, revoked.id]
    assert set(visitors.valid_sessions(ids)) == {verified.id, anonymous.id}
