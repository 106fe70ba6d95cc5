"""The audit trail: everything has words, everybody reads of their own stores alone, and a page is never a scan."""

import csv
import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from events import names, wording
from events.finding import NEWEST, Asked, lanes
from events.models import Event
from helpdesk.lib.sheets import BOM
from inbox.services import assign, update_buyer
from people.models import Agent
from people.services import log_in
from team import audit
from tests import factories
from tests.api.conftest import Api

PAGE, FILE = "/settings/audit/", "/settings/audit/export/"


def browser(agent: Agent) -> Client:
    client = Client()
    client.cookies["sessionid"] = factories.log_in(agent)
    return client


def event(world: Any, name: str = names.BUYER_TAGGED, **fields: Any) -> Event:
    given = {
        "name": name,
        "actor_kind": "agent",
        "actor_id": world.ann.id,
        "actor_name": "Ann",
        "store_id": world.store.id,
        "data": {"buyer": str(world.kim.id), "before": ["old"], "after": ["new"]},
    } | fields
    return Event.objects.create(**given)


def shown(client: Client, **query: str) -> list[int]:
    return [line.event.pk for line in client.get(PAGE, query).context["lines"]]


def file_of(client: Client, query: str = "") -> list[dict[str, str]]:
    answer: Any = client.post(FILE + query)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(StringIO(text.removeprefix(BOM))))


# -- Words


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_event_has_words_for_lists_and_for_sentences(language):
    with translation.override(language):
        for name in sorted(names.NAMES):
            assert wording.label_of(name), name
            told = wording.tell(Event(name=name, data={}), {})  # whatever it carries, or does not
            assert told.text
            assert "{" not in told.text


def test_every_event_is_worded_by_one_app():
    worded = [name for one in wording.vocabularies() for name in one.words]
    assert len(worded) == len(set(worded))
    assert set(worded) == names.NAMES


def test_an_event_that_no_app_words_any_more_is_shown_by_its_name(world):
    given = event(world, "gone.by")
    assert [(one.label, one.told.text) for one in audit.lines(world.eve, [given])] == [("gone.by", "gone.by")]


def test_what_people_wrote_cannot_reach_into_a_sentence(world):
    given = event(world, names.AGENT_LOGGED_IN, data={"ip": "{agent.password} {0}"})
    assert wording.tell(given, {}).text == "logged in from {agent.password} {0}"


def test_a_change_is_told_in_words_with_before_and_after(world):
    update_buyer(agent=world.ann, buyer_id=world.kim.id, changes={"phone": "+4412345", "note": "Likes mugs"})
    posted = factories.buyer_says(world.kim)
    assign(agent=world.ann, conversation_id=posted.conversation.id, to_agent=world.bob.id)

    lines = audit.lines(world.sue, audit.page(Asked(stores=[world.store.id]))[0])

    assert [(line.who, line.told.text) for line in lines] == [
        ("Ann", "assigned it to Bob"),
        ("Kim Buyer", "began a conversation (widget)"),
        ("Ann", "changed Kim Buyer"),
    ]
    assert {(c.label, c.before, c.after) for c in lines[2].told.changes} == {
        ("Phone", "–", "+4412345"),
        ("Note", "–", "Likes mugs"),
    }
    assert lines[0].conversation == posted.conversation.id


# -- Who reads what


def test_the_trail_is_for_supervisors_and_admins(world):
    assert Client().get(PAGE).status_code == 302
    for path, call in ((PAGE, "get"), (FILE, "post")):
        assert getattr(browser(world.ann), call)(path).status_code == 404
        assert getattr(browser(world.sue), call)(path).status_code == 200
    assert browser(world.eve).get(FILE).status_code == 405  # what is recorded is not done by following a link


def test_supervisors_read_of_their_stores_alone_and_admins_of_everything(world):
    mine = event(world)
    theirs = event(world, store_id=world.other_store.id, order_id=world.order.id)
    log_in(agent=world.ann, ip="10.0.0.1")
    of_nobody = Event.objects.get(name=names.AGENT_LOGGED_IN)

    assert shown(browser(world.sue)) == [mine.pk]
    assert shown(browser(world.eve)) == [of_nobody.pk, theirs.pk, mine.pk]
    # Nor by asking for it: another's store, the order's number, or serving every store there is.
    assert shown(browser(world.sue), store="other") == []
    assert theirs.pk not in shown(browser(world.sue), number="100234")
    world.team.stores.add(world.other_store)
    assert shown(browser(world.sue)) == [theirs.pk, mine.pk]
    assert [row["Id"] for row in file_of(browser(world.sue))] == [str(theirs.pk), str(mine.pk)]


def test_an_order_event_of_a_store_one_may_not_see_never_shows(world):
    stranger = factories.make_order(factories.make_buyer(world.other_store), "777")
    hidden = event(world, names.ORDER_NOTED, store_id=world.other_store.id, order_id=stranger.id)
    for query in ({}, {"number": "777"}, {"what": names.ORDER_NOTED}, {"what": "group:orders"}):
        assert hidden.pk not in shown(browser(world.sue), **query)
    assert shown(browser(world.eve), number="777") == [hidden.pk]


# -- Filters


def test_page_file_and_feed_follow_the_same_filters(world):
    at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    posted = factories.buyer_says(world.kim)
    Event.objects.all()._raw_delete("default")
    made = {
        "a": event(world, at=at),
        "b": event(world, names.LIMIT_CHANGED, at=at + timedelta(hours=1), actor_id=world.bob.id),
        "c": event(world, names.ORDER_NOTED, at=at + timedelta(days=1), order_id=world.order.id),
        "d": event(
            world, names.CONVERSATION_WOKEN, at=at + timedelta(days=2), conversation_id=posted.conversation.id,
            actor_kind="system", actor_id=None, actor_name="",
        ),
        "e": event(world, names.MESSAGE_CREATED, at=at + timedelta(days=3), conversation_id=posted.conversation.id),
    }  # fmt: skip
    sue, api = browser(world.sue), Api(world.sue)
    conversation = str(posted.conversation.id)
    for query, feed, found in [
        ({}, None, "dcba"),
        ({"who": str(world.bob.id)}, {"actor": str(world.bob.id)}, "b"),
        ({"who": "desk"}, None, "d"),
        ({"what": names.LIMIT_CHANGED}, {"name": names.LIMIT_CHANGED}, "b"),
        ({"what": "group:orders"}, None, "c"),
        ({"store": "shop"}, None, "dcba"),
        ({"number": "#100234"}, {"order": str(world.order.id)}, "c"),
        ({"number": f"https://desk.test/inbox/{conversation}/"}, {"conversation": conversation}, "ed"),
        ({"since": "2026-11-02"}, {"since": "2026-11-02T00:00:00Z", "until": "2026-11-04T00:00:00Z"}, "dc"),
        ({"until": "2026-11-01"}, {"until": "2026-11-02T00:00:00Z"}, "ba"),
        ({"number": "100", "what": names.LIMIT_CHANGED}, None, ""),
        ({"since": "2026-11-03", "until": "2026-11-02"}, None, ""),
        ({"what": "nothing.of.it"}, None, ""),
    ]:
        wanted = [made[letter].pk for letter in found]
        assert shown(sue, **query) == wanted, query
        if feed is not None:
            after = made["a"].pk - 1  # one answer looks at so many ids only, and others were given out before
            answer = api.get(f"events/?after={after}&" + "&".join(f"{k}={v}" for k, v in feed.items()))
            assert [one["id"] for one in answer.data["results"]] == wanted[::-1], feed
    assert [row["Id"] for row in file_of(sue, "?what=group:orders")] == [str(made["c"].pk)]


@pytest.mark.parametrize(
    "query",
    [
        "name=nothing",
        "store=x",
        "actor=x",
        "since=x",
        "since=2026-11-02",
        "order=1",
        "until=2026-13-01T00:00:00Z",
    ],
)
def test_the_feed_refuses_what_it_does_not_understand(world, query):
    assert Api(world.sue).get(f"events/?{query}").status == 400


def test_the_list_goes_on_where_a_page_ended(world, monkeypatch):
    monkeypatch.setattr(audit, "PAGE", 3)
    monkeypatch.setattr(audit.page, "__kwdefaults__", {"cursor": "", "size": 3})
    now = timezone.now()
    made = [event(world, at=now).pk for _ in range(7)]  # of one moment: the id decides
    client, seen, address = browser(world.sue), [], PAGE
    while address:
        answer = client.get(address)
        seen += [line.event.pk for line in answer.context["lines"]]
        address = answer.context["next"] and f"{PAGE}?{answer.context['next']}"
    assert seen == made[::-1]
    assert shown(client, cursor="nonsense") == made[::-1][:3]


# -- The file


def test_the_file_is_safe_to_open_and_taking_it_is_written_down(world):
    event(world, names.BUYER_BLOCKED, data={"buyer": str(world.kim.id), "reason": "=HYPERLINK(1)"})
    client = browser(world.sue)

    (row,) = file_of(client, "?what=group:buyers")

    assert row["Reason"] == "'=HYPERLINK(1)"
    assert row["In words"] == "blocked Kim Buyer"
    assert json.loads(row["Data"])["buyer"] == str(world.kim.id)
    taken = Event.objects.get(name=names.AUDIT_EXPORTED)
    assert (taken.actor_id, taken.data) == (world.sue.id, {"filters": {"what": "group:buyers"}})


def test_a_file_that_would_be_too_long_is_refused_and_says_so(world, monkeypatch):
    monkeypatch.setattr(audit, "MOST_ROWS", 2)
    for _ in range(3):
        event(world)
    answer = browser(world.sue).post(FILE)
    assert answer.status_code == 422
    assert "More than 2 entries fit" in answer.content.decode()
    assert not Event.objects.filter(name=names.AUDIT_EXPORTED).exists()


def test_a_file_is_read_in_chunks_however_long_it_is(world, monkeypatch):
    monkeypatch.setattr(audit, "CHUNK", 2)
    made = [event(world).pk for _ in range(5)]
    chunks = list(audit.file_rows(world.sue, Asked(stores=[world.store.id])))
    assert [len(chunk) for chunk in chunks] == [2, 2, 1]
    assert [row[-2] for chunk in chunks for row in chunk] == [str(pk) for pk in made[::-1]]


# -- Cost


def test_a_page_costs_the_same_however_much_happened(world):
    client = browser(world.sue)
    event(world, order_id=world.order.id)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        return len(queries)

    cost()  # what a browser's first request costs besides
    few = cost()
    for _ in range(20):
        event(world, order_id=world.order.id, actor_id=uuid4())
    assert cost() == few


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        (lambda w: Asked(of_no_store=True), "event_by_time"),
        (lambda w: Asked(stores=[w.store.id]), "event_by_store"),
        (lambda w: Asked(of_no_store=True, names=[names.LIMIT_CHANGED]), "event_by_name"),
        (
            lambda w: Asked(
                stores=[w.store.id, w.other_store.id], names=[names.LIMIT_CHANGED, names.BUYER_TAGGED]
            ),
            "event_by_store_name",
        ),
        (lambda w: Asked(of_no_store=True, actor_kind="agent", actor=w.ann.id), "event_by_actor"),
        (lambda w: Asked(stores=[w.store.id], since=timezone.now()), "event_by_store"),
    ],
)
def test_each_list_is_read_from_an_index_in_its_order(world, asked, index):
    if connection.vendor == "sqlite":
        plan = "EXPLAIN QUERY PLAN "
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        plan = "EXPLAIN "
    place = (timezone.now(), 5)
    sql, params = lanes(asked(world)).first(51, place)
    with connection.cursor() as cursor:
        cursor.execute(plan + sql, params)
        lines = "\n".join(str(row[-1]) for row in cursor.fetchall())
    assert f"{index} " in lines, lines
    assert "SCAN events_event" not in lines
    assert NEWEST.newest_first
