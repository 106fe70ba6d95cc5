"""/rate/<token>/: who has the link says how it was, and nothing else."""

import re
from html import unescape
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.core import signing
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from events.models import Event
from inbox.models import Conversation, Rating, RatingAsk, RatingRule
from inbox.rating_links import GOOD_FOR, SALT, ask_of, rating_link, token_of
from inbox.services import block_buyer, rate, reopen, resolve
from people.models import Buyer, Notice
from tests.factories import World, agent_says, buyer_says, make_agent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _calm() -> None:
    cache.clear()


@pytest.fixture
def ask(world: World) -> RatingAsk:
    c = buyer_says(world.kim, "Where is my secret parcel?").conversation
    agent_says(world.ann, c, "It comes today")
    resolve(agent=world.ann, conversation_id=c.id)
    c.refresh_from_db()
    fields: dict[str, Any] = {"round": c.resolved_at, "due_at": timezone.now(), "state": "asked"}
    return RatingAsk.objects.create(conversation=c, asked_at=timezone.now(), **fields)


def path(ask: RatingAsk, stars: int | None = None) -> str:
    return "/" + rating_link(ask.id, stars).split("/", 3)[3]


def send(ask: RatingAsk, rating: str = "5", comment: str = "") -> Any:
    client = Client(enforce_csrf_checks=True)
    return client.post(path(ask), {"rating": rating, "comment": comment}, follow=True)


def test_looking_at_it_rates_nothing_however_often_and_by_whom(ask: RatingAsk) -> None:
    for agent in ("Mozilla/5.0", "Barracuda Sentinel", "bot"):
        client = Client(headers={"User-Agent": agent})
        for n in (None, 1, 5):
            for answer in (client.get(path(ask, n)), client.head(path(ask, n))):
                assert answer.status_code == 200
    assert Client().post(path(ask, 5)).status_code == 405, "the links of a mail take no forms"
    assert not Rating.objects.exists()
    assert Conversation.objects.get().rating is None


def test_the_page_says_whose_and_nothing_of_what_was_said(ask: RatingAsk, world: World) -> None:
    page = unescape(Client().get(path(ask)).content.decode())
    assert "How was the help that Ann gave you?" in page
    assert "Shop" in page
    for private in ("secret parcel", "Kim", "kim@", world.order.number, "It comes today"):
        assert private not in page
    answer = Client().get(path(ask))
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies
    assert "<script" not in page


@pytest.mark.parametrize("n", [1, 3, 5])
def test_a_link_of_the_mail_chooses_the_stars_and_gives_none(ask: RatingAsk, n: int) -> None:
    page = Client().get(path(ask, n)).content.decode()
    assert re.findall(r'value="(\d)" checked', page) == [str(n)]
    assert "checked" not in Client().get(path(ask)).content.decode()
    assert Client().get(path(ask, n).replace(f"/{n}/", "/9/")).status_code == 200


def test_stars_and_a_comment_are_taken_and_may_be_changed(ask: RatingAsk, world: World) -> None:
    answer = send(ask, "4", " quick & kind <b> ")
    assert answer.redirect_chain[0][1] == 303
    page = answer.content.decode()
    assert "Thank you for your rating." in page
    assert "quick &amp; kind &lt;b&gt;" in page
    given = Rating.objects.get()
    assert (given.value, given.comment, given.way, given.agent) == (4, "quick & kind <b>", "link", world.ann)
    assert (given.store, given.round) == (world.store, ask.round)
    send(ask, "2")
    assert [(row.value, row.comment) for row in Rating.objects.all()] == [(2, "")]
    assert Event.objects.filter(name="conversation.rated").count() == 2
    event = Event.objects.filter(name="conversation.rated").latest("id")
    assert (event.data["way"], event.data["agent"]) == ("link", str(world.ann.id))
    assert Conversation.objects.get().status == "resolved"


def test_sent_twice_it_is_one_rating(ask: RatingAsk) -> None:
    for _time in range(3):
        send(ask, "5", "Fine")
    assert Rating.objects.count() == Event.objects.filter(name="conversation.rated").count() == 1


@pytest.mark.parametrize("rating", ["", "0", "6", "five", "5.0", "٥", "-1", "5" * 5000])
def test_what_is_no_number_of_stars_is_asked_again_with_the_comment_kept(ask: RatingAsk, rating: str) -> None:
    answer = send(ask, rating, "My words")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Please choose 1 to 5 stars." in page
    assert "My words" in page
    assert not Rating.objects.exists()


def test_a_comment_is_cut_and_cleaned(ask: RatingAsk) -> None:
    send(ask, "5", "a\x00b" + "x" * 5000)
    assert len(Rating.objects.get().comment) == 1000
    assert Rating.objects.get().comment.startswith("ab")


# -- Links


@pytest.mark.parametrize("token", ["x", "1.2.3", "a.b", "", "AAAA.1tZ.x", "%00"])
def test_a_link_that_nobody_signed_opens_nothing(ask: RatingAsk, token: str) -> None:
    for method in ("get", "post"):
        assert getattr(Client(), method)(f"/rate/{token}/", {"rating": "5"}).status_code == 404
    assert not Rating.objects.exists()


def test_no_other_signature_of_ours_is_a_link(ask: RatingAsk) -> None:
    right = token_of(ask.id)
    name = right.split(".")[0]
    for salt in ("inbox.card", "inbox.unsubscribe", ""):
        forged = signing.TimestampSigner(salt=salt or "x", sep=".").sign(name)
        assert Client().get(f"/rate/{forged}/").status_code == 404
    assert SALT == "inbox.rating"
    assert Client().get(f"/c/{right}/").status_code == 404, "nor is it one to a card"
    for changed in (right[:-1] + ("A" if right[-1] != "A" else "B"), "B" + right[1:], right + "A"):
        assert Client().get(f"/rate/{changed}/").status_code == 404


def test_every_place_of_the_signature_counts(ask: RatingAsk) -> None:
    right = token_of(ask.id)
    for place in range(len(right)):
        other = "A" if right[place] != "A" else "B"
        try:
            found = ask_of(right[:place] + other + right[place + 1 :])
        except ValueError:
            continue
        # The last letter of base64 has bits that nobody reads: it may name the same row, never another.
        assert found == ask.id


def test_after_30_days_it_says_so(ask: RatingAsk) -> None:
    link = path(ask)
    with patch("time.time", return_value=timezone.now().timestamp() + GOOD_FOR.total_seconds() + 2):
        answer = Client().get(link)
        assert Client().post(link, {"rating": "5"}).status_code == 410
    assert answer.status_code == 410
    assert "This link has expired" in answer.content.decode()
    assert not Rating.objects.exists()


def test_a_link_to_a_question_that_was_never_asked_is_none(ask: RatingAsk) -> None:
    assert Client().get(f"/rate/{token_of(uuid4())}/").status_code == 404
    RatingAsk.objects.update(state="dropped")
    assert Client().get(path(ask)).status_code == 404


def test_when_the_conversation_goes_on_it_is_too_early(ask: RatingAsk, world: World) -> None:
    send(ask, "5")
    reopen(agent=world.ann, conversation_id=ask.conversation_id)
    for answer in (Client().get(path(ask)), Client().post(path(ask), {"rating": "1"})):
        assert answer.status_code == 409
        assert "Your conversation goes on" in answer.content.decode()
    resolve(agent=world.ann, conversation_id=ask.conversation_id)
    assert Client().post(path(ask), {"rating": "1"}).status_code == 409, "that is another round"
    assert [row.value for row in Rating.objects.all()] == [5]


def test_who_reopens_it_in_that_very_moment_comes_first(ask: RatingAsk, world: World) -> None:
    def late(**given: Any) -> Any:
        reopen(agent=world.ann, conversation_id=ask.conversation_id)
        return rate(**given)

    with patch("inbox.rating_views.rate", late):
        assert Client().post(path(ask), {"rating": "1"}).status_code == 409
    assert not Rating.objects.exists()


def test_who_is_blocked_or_erased_rates_nothing(ask: RatingAsk, world: World) -> None:
    block_buyer(agent=world.sue, buyer_id=world.kim.id, reason="Rude")
    assert Client().post(path(ask), {"rating": "1"}).status_code == 404
    Buyer.objects.update(blocked_until=None)
    RatingAsk.objects.all().delete()  # as erasing does
    assert Client().get(path(ask)).status_code == 404


def test_too_many_requests_are_refused_for_a_while(ask: RatingAsk) -> None:
    codes = [Client().post(path(ask), {"rating": str(n % 5 + 1)}).status_code for n in range(17)]
    assert codes[:15] == [303] * 15
    assert codes[15:] == [429, 429]
    codes = [Client().get(path(ask)).status_code for _ in range(60)]
    assert codes[-1] == 429


# -- Languages


@pytest.mark.parametrize(
    ("buyers", "browsers", "words"),
    [
        ("zh-hans", "en", "提交评价"),
        ("en", "zh-CN", "Send rating"),
        ("", "zh-CN,zh;q=0.9", "提交评价"),
        ("", "", "Send rating"),
    ],
)
def test_it_speaks_the_buyers_language(ask: RatingAsk, buyers: str, browsers: str, words: str) -> None:
    Buyer.objects.update(language=buyers)
    headers = {"Accept-Language": browsers} if browsers else {}
    assert words in Client(headers=headers).get(path(ask)).content.decode()


# -- Whom a bad rating concerns


def bells() -> set[str]:
    return set(Notice.objects.filter(kind="low_rating", read_at=None).values_list("agent__name", flat=True))


def test_a_bad_rating_rings_for_who_helped_and_who_supervises(ask: RatingAsk, world: World) -> None:
    send(ask, "2", "Slow")
    assert bells() == {"Ann", "Sue"}
    notice = Notice.objects.filter(agent=world.ann).get()
    assert notice.href == f"/inbox/{ask.conversation_id}/"
    assert notice.params == {"buyer": "Kim Buyer", "rating": "2", "agent": "Ann", "said": "Slow"}
    send(ask, "1", "Slow")
    assert Notice.objects.filter(agent=world.ann).count() == 1


def test_a_good_one_rings_for_nobody(ask: RatingAsk) -> None:
    send(ask, "3")
    assert bells() == set()


def test_the_store_says_what_is_bad_and_whom_it_concerns(ask: RatingAsk, world: World) -> None:
    RatingRule.objects.create(store=world.store, low=3, tells_agent=False)
    send(ask, "3")
    assert bells() == {"Sue"}


def test_where_nobody_supervises_admins_hear_of_it(ask: RatingAsk, world: World) -> None:
    world.sue.teams.clear()
    make_agent("Max", world.other_team, role="supervisor")
    send(ask, "1")
    assert bells() == {"Ann", "Eve"}


def test_what_happens_after_a_rating_is_a_job_of_others(
    ask: RatingAsk, settings: Any, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    rung: list[Any] = []
    settings.RATED_JOB = "some.room.job"
    monkeypatch.setattr("inbox.services.rating.enqueue", lambda *given: rung.append(given))
    send(ask, "1")
    assert rung == [("some.room.job", str(ask.conversation_id))]


def test_reopened_a_conversation_is_rated_no_more_and_what_was_said_is_kept(
    ask: RatingAsk, world: World
) -> None:
    send(ask, "4", "Fine")
    buyer_says(world.kim, "One more thing")
    c = Conversation.objects.get()
    assert (c.status, c.rating, c.rating_comment) == ("open", None, "")
    assert Rating.objects.get().value == 4
    agent_says(world.bob, c, "Yes?")
    resolve(agent=world.bob, conversation_id=c.id)
    rate(buyer_id=world.kim.id, conversation_id=c.id, rating=4, comment="Fine")
    first, second = Rating.objects.order_by("id")
    assert (first.agent, second.agent) == (world.ann, world.bob)
