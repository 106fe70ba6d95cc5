"""The ledger read: its page, its file, its API; and that it only ever grows."""

import ast
import csv
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as conf
from django.db import connection, connections
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from helpdesk.lib.sheets import BOM, safe
from orders import ledger
from orders.models import Order, OrderAction
from people.models import Agent
from tests.orders.conftest import Login, World

pytestmark = pytest.mark.django_db

PAGE, FILE, API = "/orders/actions/", "/orders/actions/export/", "/api/v1/actions/"
HTMX = {"HX-Request": "true"}
VALUES = {"shipping_fee": 690, "total": 5490, "currency": "USD"}


def entry(world: World, **fields: Any) -> OrderAction:
    """Write an action into the ledger as it would stand there."""
    entry.count += 1  # type: ignore[attr-defined]
    defaults = {
        "order": world.order, "agent": world.agent, "kind": "change_shipping_fee", "params": {"shipping_fee": 0},
        "state": "done", "before": VALUES, "after": {**VALUES, "shipping_fee": 0, "total": 4800}, "cost": 690,
        "reason": "Late parcel", "run_at": timezone.now(), "idempotency_key": f"e{entry.count}",  # type: ignore[attr-defined]
    }  # fmt: skip
    return OrderAction.objects.create(**{**defaults, **fields})


entry.count = 0  # type: ignore[attr-defined]


def shown(html: str) -> int:
    return html.count('<td class="ledger-order">')


def file_of(client: Client, **query: str) -> list[dict[str, str]]:
    response = client.get(FILE, query)
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    assert text.startswith(BOM)
    return list(csv.DictReader(StringIO(text.removeprefix(BOM))))


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [one["id"] for one in answer.json()["results"]]


# -- Who reads it


def test_the_page_and_the_file_are_for_supervisors(world: World, login: Login) -> None:
    entry(world)
    for path in (PAGE, FILE):
        assert Client().get(path).status_code == 302
        assert login(world.agent).get(path).status_code == 404
        assert login(world.supervisor).get(path).status_code == 200


def test_a_supervisor_reads_of_their_own_stores_only(world: World, login: Login) -> None:
    entry(world)
    Agent.objects.filter(pk=world.stranger.pk).update(role="supervisor")
    world.stranger.refresh_from_db()
    client = login(world.stranger)
    assert shown(client.get(PAGE).content.decode()) == 0
    assert file_of(client) == []
    assert ids(client.get(API)) == []
    assert ids(login(world.admin).get(API)) != []


def test_by_the_api_agents_read_their_own(world: World, login: Login) -> None:
    mine, theirs = entry(world), entry(world, agent=world.colleague)
    assert ids(login(world.agent).get(API)) == [str(mine.id)]
    assert ids(login(world.supervisor).get(API)) == [str(theirs.id), str(mine.id)]
    of_order = login(world.agent).get(f"/api/v1/orders/{world.order.id}/actions/")
    assert ids(of_order) == [str(theirs.id), str(mine.id)]
    assert login(world.stranger).get(f"/api/v1/orders/{world.order.id}/actions/").status_code == 404


# -- What is asked for


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, "abcd"), ({"kind": "cancel"}, "b"), ({"state": "failed"}, "c"), ({"agent": "rule"}, "d"),
        ({"agent": "colleague"}, "b"), ({"store": "shop"}, "abcd"), ({"store": "other"}, ""), ({"number": "77"}, "c"),
        ({"number": "#1002"}, "abd"), ({"number": "%"}, ""), ({"over": "on"}, "a"), ({"since": "2026-11-02"}, "cd"),
        ({"until": "2026-11-01"}, "ab"), ({"since": "2026-11-02", "until": "2026-11-02"}, "c"),
        ({"state": "done", "kind": "cancel", "number": "100234"}, "b"),
    ],
)  # fmt: skip
def test_page_and_file_follow_the_same_filters(
    world: World, login: Login, query: dict[str, str], found: str
) -> None:
    at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    made = {
        "a": entry(world, over=["order"], created_at=at),
        "b": entry(world, kind="cancel", agent=world.colleague, created_at=at + timedelta(hours=1)),
        "c": entry(
            world, order=world.new_order("777"), state="failed", error="No", created_at=at + timedelta(days=1)
        ),
        "d": entry(world, agent=None, created_at=at + timedelta(days=2)),
    }
    if query.get("agent") == "colleague":
        query = {"agent": str(world.colleague.id)}
    client = login(world.admin)
    expected = {str(made[name].id) for name in found}
    assert shown(client.get(PAGE, query, headers=HTMX).content.decode()) == len(expected)
    assert {row["Id"] for row in file_of(client, **query)} == expected
    if "agent" not in query or query["agent"] != "rule":
        assert (
            set(ids(client.get(API, {**query, **({"over": "true"} if "over" in query else {})}))) == expected
        )


def test_a_day_is_the_readers_own(world: World, login: Login) -> None:
    Agent.objects.filter(pk=world.supervisor.pk).update(time_zone="Asia/Shanghai")
    world.supervisor.refresh_from_db()
    late = entry(world, created_at=datetime(2026, 11, 1, 17, tzinfo=UTC))  # 01:00 on the 2nd in Shanghai
    client = login(world.supervisor)
    assert [row["Id"] for row in file_of(client, since="2026-11-02")] == [str(late.id)]
    assert file_of(client, until="2026-11-01") == []
    assert ids(client.get(API, {"until": "2026-11-01"})) == []


@pytest.mark.parametrize(
    "query",
    [
        {"since": "soon"}, {"since": "2026-13-01"}, {"until": "9999-12-31"}, {"since": "0001-01-01"}, {"state": "x"},
        {"since": "2026-11-02", "until": "2026-11-01"}, {"agent": "nobody"}, {"cursor": "x"},
    ],
)  # fmt: skip
def test_a_filter_that_is_none_is_said_and_left_out(
    world: World, login: Login, query: dict[str, str]
) -> None:
    entry(world)
    client = login(world.supervisor)
    html = client.get(PAGE, query, headers=HTMX)
    assert html.status_code == 200
    assert "field-error" in html.content.decode() or "cursor" in query
    assert client.get(FILE, query).status_code == 200
    if "until" not in query or query["until"] == "9999-12-31":
        assert client.get(API, query).status_code == 400


def test_pages_lose_and_repeat_none(world: World, login: Login) -> None:
    at = timezone.now()
    made = [entry(world, created_at=at - timedelta(minutes=n // 30)) for n in range(130)]
    client, seen, path = login(world.supervisor), [], API
    while path:
        answer = client.get(path)
        seen += ids(answer)
        path = answer.json()["next"]
    expected = OrderAction.objects.order_by("-created_at", "-id").values_list("id", flat=True)
    assert seen == [str(pk) for pk in expected]
    count, html = 0, client.get(PAGE, headers=HTMX).content.decode()
    count += shown(html)
    while more := re.search(r'hx-get="(/orders/actions/\?[^"]*cursor=[^"]+)"', html):
        html = client.get(more.group(1).replace("&amp;", "&"), headers=HTMX).content.decode()
        count += shown(html)
    assert count == len(made)


def test_the_number_of_queries_does_not_grow_with_what_is_shown(world: World, login: Login) -> None:
    client = login(world.supervisor)
    entry(world)
    for k, path in enumerate((PAGE, API)):
        client.get(path, headers=HTMX)
        with CaptureQueriesContext(connection) as one:
            client.get(path, headers=HTMX)
        for n in range(15):
            entry(world, order=world.new_order(f"{k}{n:03}"), approver=world.admin)
        with CaptureQueriesContext(connection) as many:
            client.get(path, headers=HTMX)
        assert len(many) == len(one) <= 14


def test_a_row_opens_its_order_and_tells_who_decided(world: World, login: Login) -> None:
    entry(world, over=["day"], approver=world.admin, decision="Fine <b>", decided_at=timezone.now())
    html = login(world.supervisor).get(PAGE).content.decode()
    told = ("$6.90", "$0.00", "Late parcel", "Above a limit", "approved by Admin", "Fine &lt;b&gt;")
    for words in (f'href="/orders/{world.order.id}/"', *told):
        assert words in html


# -- The file


def test_the_file_tells_who_what_why_and_what_came_of_it(world: World, login: Login) -> None:
    at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    entry(
        world,
        over=["order", "day"],
        approver=world.admin,
        decision="Fine",
        created_at=at,
        decided_at=at,
        finished_at=at,
    )
    (row,) = file_of(login(world.supervisor))
    assert row["Asked by"] == "Agent"
    assert row["Before"] == "Shipping fee: $6.90; Total: $54.90"
    assert row["After"] == "Shipping fee: $0.00; Total: $48.00"
    assert (row["Gives away"], row["Currency"], row["Reason"]) == ("6.90", "USD", "Late parcel")
    assert row["Above"] == "the limit per order, the limit per day"
    assert (row["Decided by"], row["Comment"], row["State"]) == ("Admin", "Fine", "Done")
    assert row["Asked at"] == row["Decided at"] == row["Finished at"] == "2026-11-01 12:00:00+00:00"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "＝", "＠"])
def test_nothing_that_people_wrote_is_a_formula(world: World, login: Login, start: str) -> None:
    evil = f"{start}cmd|' /C calc'!A0"
    Agent.objects.filter(pk=world.agent.pk).update(name=evil)
    type(world.buyer).objects.update(name=evil)
    entry(world, reason=evil, decision=evil, approver=world.admin, error=evil)
    response = login(world.supervisor).get(FILE)
    text = b"".join(response.streaming_content).decode().removeprefix(BOM)  # type: ignore[attr-defined]
    rows = list(csv.reader(StringIO(text, newline="")))
    cells = [cell for cell in rows[1] if "calc" in cell]
    assert len(cells) >= 5
    assert all(cell.startswith("'") for cell in cells)


def test_a_number_stays_a_number(world: World, login: Login) -> None:
    entry(world, cost=-250)
    (row,) = file_of(login(world.supervisor))
    assert row["Gives away"] == "-2.50"
    assert safe("-2.50") == "'-2.50"
    assert (safe(""), safe("a=b"), safe("a\x00b")) == ("", "a=b", "ab")


def test_a_long_file_is_read_chunk_by_chunk(
    world: World, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "CHUNK", 10)
    for _ in range(35):
        entry(world)
    client = login(world.supervisor)
    client.get(PAGE)
    response = client.get(FILE)
    content = iter(response.streaming_content)  # type: ignore[attr-defined]
    next(content)  # the head
    with CaptureQueriesContext(connection) as queries:
        assert next(content).decode().count("\r\n") == 10
    assert len([query for query in queries if "orders_orderaction" in query["sql"]]) == 1
    assert len(list(content)) == 3


@pytest.mark.django_db(transaction=True)
async def test_a_server_that_is_asynchronous_streams_it_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "CHUNK", 10)
    await sync_to_async(lambda: [entry(world) for _ in range(25)])()
    client = AsyncClient()
    backend = "allauth.account.auth_backends.AuthenticationBackend"
    await client.aforce_login(world.supervisor, backend=backend)
    response = await client.get(FILE)
    assert response.is_async  # type: ignore[attr-defined]
    content: Any = response
    parts = [part async for part in content]
    await sync_to_async(connections.close_all)()  # of the thread that read them
    assert [part.decode().count("\r\n") for part in parts] == [1, 10, 10, 5]
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="actions-\d{4}-\d\d-\d\d\.csv"', response.headers["Content-Disposition"]
    )


def test_a_kind_that_is_not_installed_any_more_is_still_told(
    world: World, login: Login, settings: Any
) -> None:
    entry(world)
    settings.ORDER_ACTIONS = []
    client = login(world.supervisor)
    assert "change_shipping_fee" in client.get(PAGE).content.decode()
    assert file_of(client)[0]["Action"] == "change_shipping_fee"


# -- It only ever grows

# The last one takes a person's words out of what was done, when they are erased: never what, when, or how much.
WRITERS = {"orders/services.py", "orders/running.py", "orders/settling.py", "orders/holding.py"}
WRITES = {"update", "save", "bulk_update", "create", "bulk_create", "delete"}


def test_few_modules_write_actions_and_none_deletes_one() -> None:
    """Asked for, decided, taken back; carried out; settled by hand: nobody else has a way to change one."""
    found = set()
    for path in sorted(Path(conf.BASE_DIR, "orders").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in WRITES
            ):
                target = ast.unparse(node.func.value)
                if "OrderAction.objects" in target or target == "action":
                    found.add((str(path.relative_to(conf.BASE_DIR)), node.func.attr))
    assert {module for module, _ in found} <= WRITERS
    assert "delete" not in {verb for _, verb in found}


def test_an_order_with_a_ledger_cannot_be_deleted(world: World) -> None:
    entry(world)
    for row in (world.order, world.agent):
        with pytest.raises(Exception, match="protected"):
            type(row).objects.get(pk=row.pk).delete()
    assert Order.objects.filter(pk=world.order.pk).exists()
