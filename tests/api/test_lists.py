"""What is in which list, page by page."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.lists import MOST_LANES, Filters, list_conversations
from inbox.models import Channel, Conversation, Tag, Tagging
from inbox.search import index_buyer, index_pending
from inbox.services import assign, mark_read, resolve, set_priority, set_tags, snooze
from tests import factories
from tests.api.conftest import Api

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def conversation(
    world, name: str = "Buyer", *, store: Any = None, at: datetime = NOW, **fields: Any
) -> Conversation:
    store = store or world.store
    buyer = factories.make_buyer(store, name=name)
    channel = Channel.objects.get(store=store, kind="widget")
    return Conversation.objects.create(store=store, buyer=buyer, channel=channel, last_at=at, **fields)


def many(world, count: int, **fields: Any) -> list[str]:
    """Return ids of conversations, the newest first; every third shares its moment with the one before."""
    made = [
        conversation(world, f"Buyer {n}", at=NOW - timedelta(minutes=n - (n % 3 == 0)), **fields)
        for n in range(count)
    ]
    made.sort(key=lambda c: (c.last_at, c.id), reverse=True)
    return [str(c.id) for c in made]


def ids(*conversations: Conversation) -> list[str]:
    return [str(c.id) for c in conversations]


# -- Views


def test_each_view_holds_what_it_says(world):
    ann = Api(world.ann)
    mine = conversation(world, at=NOW, assignee=world.ann)
    bobs = conversation(world, at=NOW - timedelta(minutes=1), assignee=world.bob)
    free = conversation(world, at=NOW - timedelta(minutes=2), waiting_since=NOW - timedelta(hours=2))
    older = conversation(world, at=NOW - timedelta(minutes=3), waiting_since=NOW - timedelta(hours=3))
    asleep = conversation(world, status="snoozed", assignee=world.ann, snoozed_until=NOW + timedelta(days=9))
    done = conversation(world, status="resolved", assignee=world.ann, resolved_at=NOW)
    conversation(world, store=world.other_store)

    assert ann.get("conversations/?view=mine").ids == ids(mine)
    assert ann.get("conversations/?view=unassigned").ids == ids(free, older)
    assert ann.get("conversations/?view=all").ids == ids(mine, bobs, free, older)
    assert ann.get("conversations/?view=waiting").ids == ids(older, free), "the longest wait first"
    assert ann.get("conversations/?view=snoozed").ids == ids(asleep)
    assert ann.get("conversations/?view=resolved").ids == ids(done)
    assert ann.get("conversations/?waiting=true").ids == ids(free, older), "in the order of lists"
    assert ann.get("conversations/?waiting=true&status=resolved").ids == []
    assert ann.get("conversations/?view=all&waiting=false").ids == ids(mine, bobs)
    assert set(ann.get("conversations/").ids) == set(ids(mine, bobs, free, older, asleep, done))
    assert {view: row["count"] for view, row in ann.get("conversations/counts/").data.items()} == {
        "mine": 1,
        "unassigned": 2,
        "all": 4,
        "waiting": 2,
        "mentions": 0,
        "snoozed": 1,
    }


def test_mentions_are_listed_once_each_by_the_last_of_them(world):
    first = factories.buyer_says(world.kim).conversation
    other = factories.make_buyer(world.store, name="Lou")
    second = factories.buyer_says(other).conversation
    factories.agent_says(world.ann, first, "@Bob look", private=True)
    factories.agent_says(world.ann, second, "@Bob look here too", private=True)
    factories.agent_says(world.ann, first, "@Bob still?", private=True)
    bob = Api(world.bob)

    assert bob.get("conversations/?view=mentions").ids == ids(first, second)
    assert bob.get("conversations/counts/").data["mentions"] == {"count": 2, "more": False}
    assert Api(world.sue).get("conversations/?view=mentions").ids == []

    resolve(agent=world.ann, conversation_id=first.id)

    assert bob.get("conversations/?view=mentions").ids == ids(first, second), "it can still be looked up"
    assert bob.get("conversations/?view=mentions&status=open").ids == ids(second)
    assert bob.get("conversations/counts/").data["mentions"]["count"] == 1, "but there is nothing to do"


def test_who_left_the_team_does_not_see_where_they_were_mentioned(world):
    said = factories.buyer_says(world.kim).conversation
    factories.agent_says(world.ann, said, "@Bob look", private=True)
    world.bob.teams.set([world.other_team])

    assert Api(world.bob).get("conversations/?view=mentions").ids == []
    assert Api(world.bob).get("conversations/counts/").data["mentions"]["count"] == 0


def test_counts_stop_at_99(world):
    many(world, 101)

    assert Api(world.ann).get("conversations/counts/").data["all"] == {"count": 99, "more": True}


# -- Filters


def test_filters_narrow_and_all_have_to_fit(world):
    ann = Api(world.ann)
    tag = Tag.objects.create(name="refund")
    a = conversation(world, "A", at=NOW, team=world.team, priority=2)
    b = conversation(world, "B", at=NOW - timedelta(1), assignee=world.bob, priority=-1)
    c = conversation(
        world, "C", at=NOW - timedelta(2), status="resolved", assignee=world.ann, team=world.team
    )
    d = conversation(world, "D", at=NOW - timedelta(3), store=world.other_store, priority=2)
    set_tags(agent=world.ann, conversation_id=a.id, add=[tag.id])
    set_tags(agent=world.ann, conversation_id=c.id, add=[tag.id])

    def found(query: str, api: Api = ann) -> list[str]:
        return api.get(f"conversations/?{query}").ids

    assert found("status=resolved") == ids(c)
    assert found("assignee=me") == ids(c)
    assert found(f"assignee={world.bob.id}") == ids(b)
    assert found("assignee=none") == ids(a)
    assert found(f"team={world.team.id}") == ids(a, c)
    assert found(f"tag={tag.id}") == ids(a, c)
    assert found(f"tag={tag.id}&status=open") == ids(a)
    assert found(f"tag={tag.id}&assignee=me") == ids(c)
    assert found(f"tag={tag.id}&view=waiting") == []
    assert found("priority=2") == ids(a)
    assert found("priority=0") == ids(c)
    assert found("channel=widget") == ids(a, b, c)
    assert found("channel=email") == []
    assert found(f"buyer={b.buyer_id}") == ids(b)
    assert found("store=shop&view=all") == ids(a, b)
    assert found("store=other") == [], "not one's own"
    assert found("store=nowhere") == []
    assert found("view=mine&assignee=none") == [], "both cannot be"
    assert found("view=snoozed&status=open") == []
    eve = Api(world.eve)
    assert found("", eve) == ids(a, b, c, d), "an admin sees every store"
    assert found("store=other", eve) == ids(d)
    assert found("priority=2", eve) == ids(a, d)


def test_a_text_finds_what_was_said_and_whom_it_names(world):
    said = factories.buyer_says(world.kim, "The blue kettle leaks").conversation
    lou = factories.make_buyer(world.store, name="Lou Kettle")
    index_buyer(lou)
    named = factories.buyer_says(lou, "Hello").conversation
    other = factories.make_buyer(world.other_store, name="Kettle")
    factories.buyer_says(other, "kettle")
    index_pending()
    ann = Api(world.ann)

    page = ann.get("conversations/?q=kettle")

    assert page.ids == ids(named, said)
    assert page.data["results"][1]["snippet"] == "The blue kettle leaks"
    assert ann.get("conversations/?q=leak&view=all").ids == ids(said), "by its stem"
    assert ann.get("conversations/?q=leak&view=resolved").ids == []
    assert ann.get("conversations/?q=%26%21%7C%3A*").ids == [], "signs are no operators"


def test_a_tag_is_listed_where_its_conversation_is_now(world):
    tag = Tag.objects.create(name="refund")
    lou = factories.make_buyer(world.store, name="Lou")
    first, second = (factories.buyer_says(buyer).conversation for buyer in (world.kim, lou))
    for one in (first, second):
        set_tags(agent=world.ann, conversation_id=one.id, add=[tag.id])
    ann = Api(world.ann)
    assert ann.get(f"conversations/?tag={tag.id}").ids == ids(second, first)

    factories.buyer_says(world.kim, "again")
    assert ann.get(f"conversations/?tag={tag.id}").ids == ids(first, second)

    resolve(agent=world.ann, conversation_id=second.id)
    assert ann.get(f"conversations/?tag={tag.id}&view=resolved").ids == ids(second)

    snooze(agent=world.ann, conversation_id=first.id, until=timezone.now() + timedelta(days=1))
    set_priority(agent=world.ann, conversation_id=first.id, priority=1)
    for tagging in Tagging.objects.select_related("conversation"):
        assert tagging.status == tagging.conversation.status
        assert tagging.last_at == tagging.conversation.last_at


def test_rows_say_how_far_this_agent_has_read(world):
    said = factories.buyer_says(world.kim).conversation
    factories.buyer_says(world.kim)
    mark_read(agent=world.ann, conversation_id=said.id, seq=1)

    [row] = Api(world.ann).get("conversations/?view=all").data["results"]
    assert (row["inbound_count"], row["inbound_seen"], row["read_seq"]) == (2, 1, 1)
    [row] = Api(world.bob).get("conversations/?view=all").data["results"]
    assert (row["inbound_seen"], row["read_seq"]) == (0, 0)


# -- Pages


@pytest.mark.parametrize("query", ["", "view=all", "view=unassigned", "store=shop", "channel=widget"])
def test_pages_hold_everything_once_and_in_order(world, query):
    expected = many(world, 120)

    assert Api(world.ann).pages(f"conversations/?{query}") == expected
    assert Api(world.eve).pages(f"conversations/?{query}") == expected


def test_pages_of_several_stores_and_statuses_are_one_list(world):
    """Read in lanes, and, above a number of lanes, in one."""
    world.ann.teams.add(world.other_team)
    for store in (
        world.store,
        world.other_store,
        *(factories.make_store(f"s{n}") for n in range(MOST_LANES)),
    ):
        world.team.stores.add(store)
    factories.make_store("not-hers")
    rows = [
        conversation(world, store=store, at=NOW - timedelta(minutes=n), status=status)
        for n, (store, status) in enumerate(
            (store, status) for store in world.team.stores.all() for status in ("open", "resolved", "snoozed")
        )
    ]
    expected = ids(*sorted(rows, key=lambda c: c.last_at, reverse=True))

    assert Api(world.ann).pages("conversations/") == expected
    world.team.stores.set([world.store, world.other_store])
    seen = {str(c.id) for c in rows if c.store_id in (world.store.id, world.other_store.id)}
    assert Api(world.ann).pages("conversations/") == [pk for pk in expected if pk in seen]


def test_pages_of_waiting_go_from_the_longest_wait(world):
    made = [conversation(world, waiting_since=NOW + timedelta(seconds=n // 2)) for n in range(70)]
    expected = ids(*sorted(made, key=lambda c: (c.waiting_since, c.id)))

    assert Api(world.ann).pages("conversations/?view=waiting") == expected


def due(world, minutes, **fields):
    """Somebody whose answer is due in so many minutes; they were warned half an hour before."""
    at = timezone.now() + timedelta(minutes=minutes)
    warn_at = at - timedelta(minutes=30)
    given = {"waiting_since": at - timedelta(hours=1), "reply_due_at": at, "reply_warn_at": warn_at}
    return conversation(world, **given | fields, reply_kind="first")


def test_pages_of_waiting_begin_with_what_is_due_and_go_on_with_who_has_no_target(world):
    waits = [conversation(world, waiting_since=NOW - timedelta(days=1, seconds=n)) for n in range(60)]
    targets = [due(world, minutes) for minutes in range(-30, 40)]
    world.team.stores.add(world.other_store)
    expected = ids(
        *sorted(targets, key=lambda c: c.reply_due_at), *sorted(waits, key=lambda c: c.waiting_since)
    )

    for agent in (world.ann, world.eve):  # by stores, and all there are
        assert Api(agent).pages("conversations/?view=waiting") == expected
    assert Api(world.ann).get("conversations/counts/").data["waiting"] == {"count": 99, "more": True}


def test_a_page_that_ends_where_the_targets_end_goes_on(world):
    targets = [due(world, minutes) for minutes in range(50)]
    waits = [conversation(world, waiting_since=NOW - timedelta(seconds=n)) for n in range(3)]

    assert Api(world.ann).pages("conversations/?view=waiting") == ids(*targets, *reversed(waits))


def test_what_is_due_soon_and_what_is_overdue(world):
    late, later, soon, in_time = due(world, -10), due(world, -1), due(world, 20), due(world, 40)
    due(world, -5, status="snoozed")
    mine = due(world, -3, assignee=world.ann)
    conversation(world, waiting_since=NOW)
    ann = Api(world.ann)

    assert ann.get("conversations/?due=overdue").ids == ids(late, mine, later)
    assert ann.get("conversations/?due=soon&view=all").ids == ids(soon)
    assert ann.get("conversations/?due=overdue&view=mine").ids == ids(mine)
    assert ann.get("conversations/?due=overdue&view=resolved").ids == []
    assert ann.get("conversations/?due=never").status == 400
    assert str(in_time.id) in ann.get("conversations/?view=waiting").ids


def test_pages_of_a_tag_and_of_mentions(world):
    tag = Tag.objects.create(name="refund")
    expected = many(world, 60)
    Tagging.objects.bulk_create(Tagging(conversation_id=UUID(pk), tag=tag) for pk in expected)
    assert Api(world.ann).pages(f"conversations/?tag={tag.id}") == expected

    for pk in reversed(expected):
        factories.agent_says(world.ann, UUID(pk), "@Bob", private=True)
    assert Api(world.bob).pages("conversations/?view=mentions") == expected


def test_what_is_written_meanwhile_neither_hides_nor_repeats_the_others(world):
    many(world, 130)
    ann = Api(world.ann)
    first = ann.get("conversations/?view=all")
    seen, address = list(first.ids), first.data["next"]
    jumped: set[str] = set()
    while address:
        rest = Conversation.objects.exclude(pk__in=seen).order_by("last_at")
        late, jumper = conversation(world, "new", at=timezone.now()), rest[2]
        for one in (late, jumper):
            factories.agent_says(world.bob, one, "moves to the top")
            jumped.add(str(one.id))
        page = ann.get(address)
        seen += page.ids
        address = page.data["next"]

    assert len(seen) == len(set(seen)), "nothing twice"
    everything = {str(pk) for pk in Conversation.objects.values_list("id", flat=True)}
    assert everything - set(seen) <= jumped, "what did not move is all there"


def test_a_cursor_belongs_to_its_list(world):
    many(world, 51)
    page = Api(world.ann).get("conversations/?view=all")
    cursor = page.data["next"].partition("cursor=")[2]

    refused = Api(world.ann).get(f"conversations/?view=waiting&cursor={cursor}")

    assert (refused.status, refused.code, refused.attr) == (400, "invalid_cursor", "cursor")


def test_the_address_of_the_next_page_keeps_the_filters(world):
    many(world, 51)
    address = Api(world.ann).get("conversations/?view=all&channel=widget").data["next"]

    assert address.startswith("/api/v1/conversations/?view=all&channel=widget&cursor=")


def test_no_next_page_where_the_last_one_is_full(world):
    many(world, 50)

    assert Api(world.ann).get("conversations/?view=all").data["next"] is None


# -- What a list costs


QUERIES = [
    "view=mine",
    "view=unassigned",
    "view=all",
    "view=waiting",
    "view=mentions",
    "view=snoozed",
    "view=resolved",
    "",
    "channel=widget",
    "store=shop",
    "assignee=me",
    "priority=0",
]


@pytest.mark.parametrize("query", QUERIES)
def test_fifty_rows_take_as_many_queries_as_five(world, query):
    tag, ann = Tag.objects.create(name="refund"), Api(world.ann)
    status = {"view=snoozed": "snoozed", "view=resolved": "resolved"}.get(query, "open")

    def add(count: int) -> None:
        for n in range(count):
            one = conversation(
                world, status=status, team=world.team, waiting_since=NOW if "waiting" in query else None
            )
            if query in ("view=mine", "assignee=me"):
                Conversation.objects.filter(pk=one.pk).update(assignee=world.ann)
            if "mentions" in query:
                factories.agent_says(world.bob, one, "@Ann", private=True)
            Tagging.objects.bulk_create([Tagging(conversation=one, tag=tag)])
            mark_read(agent=world.ann, conversation_id=one.id, seq=n % 2)

    def cost() -> tuple[int, int]:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            rows = ann.get(f"conversations/?{query}").ids
        return len(queries), len(rows)

    add(5)
    ann.get("me/")  # what is asked once is asked now
    few, shown = cost()
    assert shown == 5
    add(45)
    assert cost() == (few, 50)
    assert few <= 16, "sessions and log-ins included"


def test_lists_can_be_read_without_the_api(world):
    assign(agent=world.ann, conversation_id=conversation(world).id, to_agent=world.bob.id)

    rows, cursor = list_conversations(world.ann, "all", Filters(assignee=world.bob.id))

    assert (len(rows), cursor) == (1, None)
