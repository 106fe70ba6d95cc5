"""The demo world is as the desk itself would have made it: nothing in it contradicts anything else."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.test import override_settings

from events.models import Event
from events.names import NAMES
from helpdesk.demo import build
from helpdesk.demo.people import COLLEAGUES, PASSWORD
from helpdesk.demo.shops import SHOPS
from helpdesk.demo.together import work_together
from inbox.canned import unknown_variables
from inbox.models import (
    Attachment,
    CannedReply,
    Channel,
    Conversation,
    ConversationMerge,
    Delivery,
    Mention,
    Message,
    Rating,
    RatingAsk,
    ReadMark,
    Received,
    SearchEntry,
    Tagging,
)
from inbox.search import matching
from inbox.services.messages import named
from inbox.services.opening import REOPEN_WITHIN
from inbox.services.timeline import preview
from inbox.transports import all_transports
from orders import actions, limits
from orders.models import (
    CouponCode,
    DemoShopCommand,
    DemoShopOrder,
    Order,
    OrderAction,
    OrderReturn,
    Product,
    Shipment,
)
from people.access import stores_for
from people.models import Agent, Buyer, BuyerIdentity, Store

# A Wednesday: evening in one shop, morning in the other's next day.
NOW = datetime(2026, 6, 17, 22, 40, tzinfo=UTC)
STATIC = Path(__file__).resolve().parents[2] / "static" / "demo"


def said() -> list[tuple[Any, ...]]:
    """Return what was said in the whole world, and when, in a form that can be compared."""
    rows = Message.objects.order_by("created_at", "conversation__buyer__name", "seq")
    return list(rows.values_list("created_at", "conversation__buyer__name", "seq", "author_name", "body"))


@pytest.fixture(scope="module")
def twice(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[list[tuple[Any, ...]]]]:
    """The demo world, there for all tests of this file; and what was said in it the first and second time."""
    media = str(tmp_path_factory.mktemp("media"))
    with django_db_blocker.unblock(), override_settings(DEMO=True, MEDIA_ROOT=media):
        with transaction.atomic():
            build(now=NOW)
            first = said()
            transaction.set_rollback(True)
        with transaction.atomic():
            build(now=NOW)
            yield [first, said()]
            transaction.set_rollback(True)


@pytest.fixture
def world(db: None, twice: Any) -> None:
    """The demo world, with a database to look at it."""


def by_conversation() -> dict[Any, list[Any]]:
    rows = Conversation.objects.select_related("store", "assignee").prefetch_related("messages", "tags")
    return {c: sorted(c.messages.all(), key=lambda m: m.seq) for c in rows}


# -- where it may be made


@pytest.mark.django_db
def test_it_is_refused_where_its_passwords_would_be_a_hole():
    with pytest.raises(CommandError, match="demo mode only"):
        call_command("demo_data")
    assert not Agent.objects.exists()
    assert not Store.objects.exists()


def test_it_is_made_once(world, capsys):
    before = Conversation.objects.count()
    with override_settings(DEMO=True):
        with pytest.raises(CommandError, match="empty database"):
            call_command("demo_data")
        call_command("demo_data", "--if-empty")
    assert Conversation.objects.count() == before


def test_the_same_seed_gives_the_same_world(twice):
    first, second = twice
    assert len(first) > 4_000
    assert first == second


# -- what everybody may rely on


@override_settings(AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend"])
def test_everybody_can_log_in(world):
    assert authenticate(username="agent@demo.test", password=PASSWORD)
    assert len(set(Agent.objects.values_list("password", flat=True))) == 1
    roles = {colleague.email: colleague.role for colleague in COLLEAGUES}
    assert dict(Agent.objects.values_list("email", "role")) == roles


def test_the_stores_are_as_promised(world):
    assert dict(Store.objects.values_list("key", "language")) == {"demo": "en", "demo-cn": "zh-hans"}
    assert set(Store.objects.values_list("identity_secret", flat=True)) == {"demo-identity-secret"}
    assert stores_for(Agent.objects.get(email="agent@demo.test")).count() == 2


@pytest.mark.parametrize(
    ("store", "number", "buyer"), [("demo", "100234", "1001"), ("demo-cn", "200118", "2001")]
)
def test_the_promised_order_is_unpaid_and_has_a_shipping_fee(world, store, number, buyer):
    order = Order.objects.get(store__key=store, number=number)
    assert order.buyer.external_id == buyer
    assert (order.status, order.paid, order.shipping_fee) == ("unpaid", 0, 1200)
    assert order.buyer.orders.count() >= 5
    assert order.buyer.orders.filter(status="shipped").exists()
    # Their next message begins a new conversation.
    last: Any = order.buyer.conversations.latest("created_at")
    assert last.status == "resolved"
    assert last.resolved_at < NOW - REOPEN_WITHIN


def test_it_is_as_large_as_a_shop(world):
    assert Product.objects.count() == 40
    assert Order.objects.filter(replaces=None).count() == 1500
    assert 570 <= Conversation.objects.count() <= 630
    statuses = Counter(Conversation.objects.values_list("status", flat=True))
    assert 34 <= statuses["open"] <= 46
    assert 3 <= statuses["snoozed"] <= 8
    live = Conversation.objects.filter(status="open")
    assert live.filter(assignee=None).count() >= 8
    assert live.filter(waiting_since__isnull=False).count() >= 15
    assert live.filter(assignee__email="agent@demo.test").count() >= 4


# -- conversations


def test_the_counters_are_those_that_the_services_would_have_kept(world):
    for c, messages in by_conversation().items():
        # A question how it was is nobody's work: the list does not show it.
        spoken = [m for m in messages if m.kind != "system" and m.author_kind != "bot"]
        public = [m for m in spoken if not m.private]
        inbound = [m for m in spoken if m.author_kind == "buyer"]
        answers = [m for m in public if m.author_kind == "agent"]
        waiting = None
        for m in public:
            waiting = (waiting or m.created_at) if m.author_kind == "buyer" else None
        resolved = [m for m in messages if m.kind == "system" and m.data["event"] == "conversation.resolved"]
        expected = {
            "last_seq": len(messages),
            "last_public_seq": max(m.seq for m in messages if not m.private),
            "last_at": spoken[-1].created_at,
            "created_at": messages[0].created_at,
            "preview": preview(public[-1]),
            "inbound_count": len(inbound),
            "waiting_since": waiting if c.status != "resolved" else None,
            "first_reply_at": answers[0].created_at if answers else None,
            "resolved_at": resolved[-1].created_at if c.status == "resolved" else None,
            "assignee": answers[-1].author_id if answers else None,
        }
        found = {name: getattr(c, name) for name in expected}
        found["assignee"] = c.assignee_id
        assert found == expected
        assert [m.seq for m in messages] == list(range(1, len(messages) + 1))
        assert all(a.created_at <= b.created_at for a, b in pairwise(messages))
        assert messages[-1].created_at <= NOW
        assert (c.snoozed_until is not None) == (c.status == "snoozed")
        assert c.snoozed_until is None or c.snoozed_until > NOW
        assert c.status == "resolved" or c.rating is None


def test_lines_say_what_the_conversation_shows(world):
    for c, messages in by_conversation().items():
        lines = [m.data for m in messages if m.kind == "system"]
        rated = [line["rating"] for line in lines if line["event"] == "conversation.rated"]
        assert rated == ([c.rating] if c.rating else [])
        added = {name for line in lines if line["event"] == "conversation.tagged" for name in line["added"]}
        assert added == {tag.name for tag in c.tags.all()}
        priorities = [line["priority"] for line in lines if line["event"] == "conversation.priority"]
        assert c.priority == (priorities[-1] if priorities else 0)
        assigned = [line for line in lines if line["event"] == "conversation.assigned"]
        last = assigned[-1]["assignee"] if assigned else None
        assert last == (c.assignee.name if c.assignee else None)
        public = {m.data["event"] for m in messages if m.kind == "system" and not m.private}
        assert public <= {"conversation.resolved", "conversation.reopened", "order.action.done"}


def test_buyers_were_asked_how_it_was_and_some_have_answered(world):
    asked = RatingAsk.objects.filter(state="asked")
    assert 30 <= asked.count() <= 300
    by_link = Rating.objects.filter(way="link")
    assert 0.2 < by_link.count() / asked.count() < 0.7
    for ask in asked.select_related("message", "conversation"):
        assert ask.conversation.resolved_at == ask.round < ask.asked_at == ask.message.created_at
        assert ask.message.data["kind"] == "rating"
        assert "/rate/" not in str(ask.message.data)
    for given in Rating.objects.select_related("conversation"):
        c = given.conversation
        assert (given.value, given.comment, given.round) == (c.rating, c.rating_comment, c.resolved_at)
        assert given.agent_id == c.resolved_by_id
    assert Rating.objects.count() == Conversation.objects.filter(rating__isnull=False).count()
    assert Rating.objects.exclude(comment="").filter(value__lte=2).exists()
    for store in Store.objects.all():
        assert RatingAsk.objects.filter(state="waiting", conversation__store=store).count() == 1
        assert store.rating_rule.active


def test_a_buyer_has_one_conversation_at_a_time(world):
    for buyer in Buyer.objects.annotate(n=Count("conversations")).filter(n__gt=1):
        rows: list[Any] = list(buyer.conversations.order_by("created_at"))
        for earlier, later in pairwise(rows):
            assert earlier.status == "resolved"
            assert later.created_at > earlier.resolved_at + REOPEN_WITHIN


def test_what_agents_say_to_buyers_is_delivered_and_nothing_else(world):
    outgoing = Message.objects.filter(author_kind__in=["agent", "bot"], private=False).exclude(kind="system")
    assert Delivery.objects.count() == outgoing.count()
    assert not Delivery.objects.exclude(message__in=outgoing).exists()
    read = Q(state="read", message__seq__gt=F("message__conversation__buyer_read_seq"))
    tell = [kind for kind, transport in all_transports().items() if transport.furthest == "read"]
    unread = ~Q(state="read") & Q(message__seq__lte=F("message__conversation__buyer_read_seq"))
    assert not Delivery.objects.filter(read | (unread & Q(channel__kind__in=tell))).exists()
    assert not Delivery.objects.filter(updated_at__lt=F("message__created_at")).exists()
    states = set(Delivery.objects.values_list("state", flat=True))
    assert states == {"sent", "delivered", "read", "failed", "unknown"}


def test_buyers_come_by_every_channel_and_answers_go_back_that_way(world):
    connected = set(Channel.objects.values_list("kind", flat=True))
    assert set(Conversation.objects.values_list("channel__kind", flat=True)) == connected
    assert connected == set(all_transports())
    deliveries: list[Any] = list(Delivery.objects.select_related("message__conversation__buyer", "channel"))
    known = set(BuyerIdentity.objects.values_list("buyer_id", "kind", "value"))
    for delivery in deliveries:
        transport = all_transports()[delivery.channel.kind]
        assert delivery.message.channel_kind == transport.kind
        assert delivery.channel.store_id == delivery.message.conversation.store_id
        if transport.kind != "widget":
            kind = transport.address_kind or transport.kind
            assert (delivery.message.conversation.buyer_id, kind, delivery.to) in known
        if delivery.state in ("delivered", "read"):
            order = ("sent", "delivered", "read")
            assert order.index(delivery.state) <= order.index(transport.furthest)


def test_what_buyers_sent_by_a_provider_is_known_by_its_id(world):
    by_provider = (
        Message.objects.filter(author_kind="buyer").exclude(channel_kind="widget").exclude(kind="system")
    )
    assert by_provider.count() > 100
    assert set(Received.objects.values_list("message", flat=True)) == set(
        by_provider.values_list("id", flat=True)
    )
    assert not Received.objects.exclude(channel__kind=F("message__channel_kind")).exists()


def test_somebody_went_on_from_one_app_to_the_next(world):
    for store in Store.objects.all():
        spoken = Message.objects.filter(conversation__store=store, author_kind="buyer").exclude(kind="system")
        ways = spoken.values("conversation").annotate(n=Count("channel_kind", distinct=True))
        assert max(row["n"] for row in ways) == 3


def test_some_answers_of_now_have_gone_wrong_in_each_store(world):
    for store in Store.objects.all():
        wrong = Delivery.objects.filter(
            conversation__store=store, conversation__status="open", state__in=["failed", "unknown"]
        )
        assert wrong.exists()
        assert not wrong.filter(detail="").exists()


def test_the_best_known_buyer_is_known_wherever_they_write_from(world):
    for external_id, kinds in (("1001", {"email", "phone"}), ("2001", {"email", "phone"})):
        rows = BuyerIdentity.objects.filter(buyer__external_id=external_id, verified=True)
        assert kinds <= set(rows.values_list("kind", flat=True))


def test_read_marks_count_what_was_read(world):
    furthest: Counter[Any] = Counter()
    inbound = Counter[tuple[Any, int]]()
    for conversation, seq in (
        Message.objects.filter(author_kind="buyer")
        .exclude(kind="system")
        .values_list("conversation_id", "seq")
    ):
        inbound[conversation, seq] += 1
    for mark in ReadMark.objects.all():
        seen = sum(1 for seq in range(1, mark.seq + 1) if (mark.conversation_id, seq) in inbound)
        assert mark.inbound_seen == seen
        furthest[mark.conversation_id] = max(furthest[mark.conversation_id], mark.seq)
    for c in Conversation.objects.all():
        assert c.agent_read_seq == furthest[c.id]
        assert c.agent_read_seq <= c.last_seq
        assert c.buyer_read_seq <= c.last_seq


def test_whoever_is_named_in_a_note_is_mentioned(world):
    notes = Message.objects.filter(private=True, body__contains="@").exclude(kind="system")
    agents = list(Agent.objects.all())
    mentioned = {(m.message_id, m.agent_id) for m in Mention.objects.all()}
    assert {(n.id, a.id) for n in notes for a in named(n.body, agents)} == mentioned
    assert len({agent for _, agent in mentioned}) >= 6
    live = Mention.objects.exclude(conversation__status="resolved")
    assert live.filter(agent__email="agent@demo.test").exists()


def test_tags_stand_where_their_conversations_stand(world):
    assert Tagging.objects.count() > 200
    moved = ~Q(status=F("conversation__status")) | ~Q(last_at=F("conversation__last_at"))
    assert not Tagging.objects.filter(moved).exists()


def test_pictures_can_be_opened(world):
    assert Attachment.objects.exists()
    attachments: list[Any] = list(Attachment.objects.all())
    for attachment in attachments:
        assert attachment.message.kind == "file"
        assert attachment.conversation_id == attachment.message.conversation_id
        assert default_storage.size(attachment.file.name) == attachment.size


def test_it_can_be_searched_at_once(world):
    spoken = Message.objects.exclude(kind="system").exclude(body="")
    assert SearchEntry.objects.filter(message__isnull=False).count() == spoken.count()
    assert not Message.objects.filter(indexed=False).exists()
    assert matching("龙井", None).exists()
    assert matching("invoice", None).exists()
    assert matching("Emma Larsen", None).filter(buyer__external_id="1001").exists()


# -- how it reads


def test_no_brace_of_a_script_is_left(world):
    assert not Message.objects.filter(Q(body__contains="{") | Q(body__contains="}")).exists()
    assert not Message.objects.filter(body="", kind="text").exists()


@pytest.mark.parametrize(
    "filters", [{}, {"status": "open"}, {"store__key": "demo"}, {"store__key": "demo-cn"}]
)
def test_a_page_of_the_list_is_not_full_of_the_same_words(world, filters):
    rows = Conversation.objects.filter(**filters).order_by("-last_at", "-id")[:50]
    words = Counter(row.preview for row in rows)
    assert sum(count - 1 for count in words.values()) <= 2, words.most_common(4)


# -- orders


def test_amounts_agree(world):
    orders = Order.objects.annotate(of_lines=Sum(F("lines__quantity") * F("lines__unit_price")))
    assert not orders.exclude(of_lines=F("items_total")).exists()
    bought = Order.objects.filter(replaces=None)
    for order in bought.annotate(received=Sum("payments__amount")).prefetch_related("shipments"):
        assert order.paid == (order.received or 0)
        assert order.paid in (0, order.total)
        assert order.refunded <= order.paid
        assert order.total > 0
        assert (order.paid == 0) == (
            order.status == "unpaid" or (order.status == "cancelled" and not order.refunded)
        )
        assert bool(order.shipments.all()) == (order.status in ("shipped", "delivered", "completed"))


def test_parcels_travel_forward_in_time(world):
    shipments: list[Any] = list(Shipment.objects.select_related("order__store"))
    for shipment in shipments:
        moments = [scan["at"] for scan in shipment.events]
        assert moments == sorted(moments)
        assert shipment.order.placed_at < shipment.shipped_at <= NOW
        if shipment.order.status != "shipped":
            assert shipment.shipped_at + timedelta(hours=12) < shipment.delivered_at <= NOW
            assert 9 <= shipment.delivered_at.astimezone(_zone(shipment)).hour < 20
        else:
            assert shipment.delivered_at is None


def _zone(shipment: Shipment) -> Any:
    return next(shop for shop in SHOPS if shop.key == shipment.order.store.key).zone_info


def test_numbers_grow_with_time(world):
    for store in Store.objects.all():
        bought = store.orders.filter(replaces=None)
        numbers = list(bought.order_by("placed_at").values_list("number", flat=True))
        assert numbers == sorted(numbers, key=int)


def test_the_shops_own_books_say_the_same(world):
    books = {(row.store_id, row.number): row for row in DemoShopOrder.objects.all()}
    assert len(books) == Order.objects.count()
    for order in Order.objects.all():
        book = books[order.store_id, order.number]
        is_free = order.replaces_id is not None
        assert (book.shipping_fee, book.paid) == (order.shipping_fee, order.paid > 0 or is_free)
        assert (book.refunded, book.on_hold) == (order.refunded, order.on_hold)
        assert book.cancelled == (order.status == "cancelled")
        assert book.dispatched == (order.status in ("shipped", "delivered", "completed"))


def test_changed_fees_went_through_the_ledger(world):
    actions = OrderAction.objects.filter(kind="change_shipping_fee").select_related("order", "agent")
    assert actions.count() >= 8
    for action in actions:
        order = action.order
        assert action.after["shipping_fee"] == order.shipping_fee
        assert (
            action.before["total"] - action.after["total"]
            == action.before["shipping_fee"] - order.shipping_fee
        )
        assert order.version > 1
        assert DemoShopCommand.objects.get(pk=str(action.id)).order.number == order.number
        events = Event.objects.filter(order_id=order.id, name__startswith="order.action")
        names = events.order_by("id").values_list("name", flat=True)
        assert list(names) == ["order.action.requested", "order.action.done"]
        lines = Message.objects.filter(conversation=action.conversation_id, data__action=str(action.id))
        assert [line.private for line in lines.order_by("seq")] == [True, False]


def test_what_was_done_lately_can_be_looked_at(world):
    for store in Store.objects.all():
        ours = OrderAction.objects.filter(order__store=store, state="done")
        done = Counter(ours.values_list("kind", flat=True))
        assert min(done["hold_parcel"], done["refund"], done["resend"]) >= 2
        assert store.orders.filter(on_hold=True).count() == done["hold_parcel"]
        assert store.orders.exclude(replaces=None).count() == done["resend"]
        returns = Counter(OrderReturn.objects.filter(order__store=store).values_list("state", flat=True))
        assert min(returns["awaited"], returns["received"]) >= 1
    for action in OrderAction.objects.filter(state="done").select_related("order"):
        assert action.order.version > 1
        assert DemoShopCommand.objects.get(pk=str(action.id)).order.number == action.order.number


def test_cards_show_their_order_as_it_is(world):
    cards: list[Any] = list(Message.objects.filter(kind="card").exclude(data__kind="request"))
    cards = [card for card in cards if "order" in card.data]
    assert cards
    for card in cards:
        order = Order.objects.get(pk=card.data["order"]["id"])
        assert order.buyer_id == card.conversation.buyer_id
        assert card.data["order"]["shipping_fee"]["amount"] == order.shipping_fee
        assert card.data["order"]["status"] == order.status


# -- the rest


def test_every_message_has_its_event(world):
    spoken = {str(pk) for pk in Message.objects.exclude(kind="system").values_list("id", flat=True)}
    created = Event.objects.filter(name="message.created")
    assert {event.data["message"] for event in created} == spoken
    assert created.count() == len(spoken)
    assert Event.objects.filter(name="conversation.opened").count() == Conversation.objects.count()
    assert set(Event.objects.values_list("name", flat=True)) <= NAMES


def test_nobody_in_it_could_be_somebody(world):
    assert not Buyer.objects.exclude(email="").exclude(email__endswith="@example.com").exists()
    free = Q(phone="") | Q(phone__contains=" 555 01") | Q(phone__startswith="+44 7700 900")
    free |= (
        Q(phone__startswith="+353 20 91")
        | Q(phone__startswith="+61 491 570")
        | Q(phone__startswith="+86 154 0000")
    )
    assert not Buyer.objects.exclude(free).exists()


def test_products_have_their_drawings(world):
    for drawing in Product.objects.values_list("image", flat=True):
        assert (STATIC / f"{drawing}.svg").is_file()


def test_canned_replies_use_words_that_are_filled_in(world):
    assert set(CannedReply.objects.values_list("language", flat=True)) == {"en", "zh-hans"}
    for reply in CannedReply.objects.all():
        assert unknown_variables(reply.body) == []


def test_what_waits_for_approval_is_above_a_limit_that_it_names(world):
    waiting = OrderAction.objects.filter(state="waiting").select_related("order__store", "agent")
    assert waiting
    for action in waiting:
        kind = actions.all_actions()[action.kind]
        left = limits.lefts(action.order, action.agent, action.kind)
        assert action.over == limits.over(action.cost, left) + kind.beyond(
            action.order, action.agent, action.params
        )
        assert action.over
    assert all(code.over == ["code"] for code in CouponCode.objects.filter(state="waiting"))


def test_colleagues_hand_over_with_a_note_and_merge_conversations(world):
    with transaction.atomic():
        work_together()
        merges = ConversationMerge.objects.all()
        assert {merge.kept.store.key for merge in merges} == {"demo", "demo-cn"}
        for merge in merges:
            seqs = merge.kept.messages.order_by("seq").values_list("seq", flat=True)
            assert list(seqs) == list(range(1, merge.kept.last_seq + 1))
            assert not merge.other.messages.exists()
        given = Message.objects.filter(client_id__startswith="demo.", private=True)
        owners = {note.conversation.assignee.email for note in given}  # type: ignore[union-attr]
        assert owners == {"agent@demo.test", "lin@demo.test"}
        transaction.set_rollback(True)
