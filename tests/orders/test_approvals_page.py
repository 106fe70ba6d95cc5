"""The queue of what waits for approval: who sees what of it, in which order, and how it is decided on in place."""

import re
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events.models import Event
from inbox.errors import Conflict
from orders import approvals, running, services
from orders.models import Limit, Order, OrderAction
from people.models import Agent, Buyer
from tests.orders.conftest import Login, World, at_once

pytestmark = pytest.mark.django_db

PAGE = "/orders/approvals/"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def limits(settings: Any) -> None:
    settings.ORDER_LIMITS = {
        "agent": {"*": {"per_order": 100}},
        "supervisor": {"*": {"per_order": 500}},
        "admin": {},
    }


def ask(
    world: World, number: str = "", *, agent: Agent | None = None, fee: int = 390, **order: Any
) -> OrderAction:
    """Ask for something that is above an agent's limit, on a new order where it has a number."""
    found = world.new_order(number, **order) if number else world.order
    return services.request_action(
        agent=agent or world.agent,
        order_id=found.id,
        kind="change_shipping_fee",
        params={"shipping_fee": fee},
        reason="Late parcel",
        conversation_id=None if order else world.conversation.id,
        idempotency_key=f"{found.number}.{fee}",
    )


def waiting_in(html: str) -> list[str]:
    return re.findall(r'class="card approval" id="waiting-([0-9a-f-]+)"', html)


def read(client: Client, path: str = PAGE, **query: str) -> str:
    response = client.get(path, query, headers=HTMX)
    assert response.status_code == 200
    return response.content.decode()


def decide(client: Client, action: OrderAction, how: str, **said: str) -> Any:
    return client.post(f"{PAGE}action/{action.id}/{how}/", said, headers=HTMX)


# -- Who sees what


def test_supervisors_see_everything_of_their_stores_and_agents_their_own(world: World, login: Login) -> None:
    mine, theirs = ask(world), ask(world, "7", agent=world.colleague)
    assert waiting_in(read(login(world.supervisor))) == [str(mine.id), str(theirs.id)]
    assert waiting_in(read(login(world.admin))) == [str(mine.id), str(theirs.id)]
    assert waiting_in(read(login(world.agent))) == [str(mine.id)]
    assert waiting_in(read(login(world.colleague))) == [str(theirs.id)]
    assert waiting_in(read(login(world.stranger))) == []
    assert Client().get(PAGE).status_code == 302


def test_a_supervisor_of_another_store_sees_and_decides_nothing(world: World, login: Login) -> None:
    Agent.objects.filter(pk=world.stranger.pk).update(role="supervisor")
    world.stranger.refresh_from_db()
    action, client = ask(world), login(world.stranger)
    assert waiting_in(read(client)) == []
    for how in ("approve", "reject", "take-back"):
        assert decide(client, action, how, comment="x").status_code == 404
    action.refresh_from_db()
    assert action.state == "waiting"


def test_a_row_tells_all_that_a_decision_needs(world: World, login: Login) -> None:
    ask(world)
    html = read(login(world.supervisor))
    told = (
        "Change shipping fee",
        "100234",
        "Agent asks",
        "for Ada Buyer",
        "$6.90",
        "$3.90",
        "Gives away $3.00",
    )
    for words in (*told, "Above $1.00 per order", "Late parcel"):
        assert words in html
    assert f'href="/orders/{world.order.id}/"' in html
    assert f'href="/inbox/{world.conversation.id}/"' in html


def test_one_that_is_asked_for_by_the_reader_offers_no_decision(world: World, login: Login) -> None:
    ask(world, agent=world.supervisor, fee=0)
    html = read(login(world.supervisor))
    assert "You asked" in html
    assert "Take back" in html
    assert "Approve" not in html


# -- The order of it


def test_the_oldest_comes_first_and_pages_lose_none(world: World, login: Login) -> None:
    now = timezone.now()
    for n in range(70):  # many at the same moment
        action = ask(world, f"9{n:03}", agent=world.agent if n % 2 else world.colleague)
        OrderAction.objects.filter(pk=action.pk).update(created_at=now - timedelta(minutes=n // 20))
    client = login(world.supervisor)
    seen = waiting_in(page := read(client))
    assert len(seen) == approvals.PAGE
    while found := re.search(r'hx-get="(/orders/approvals/\?cursor=[^"]+)"', page):
        seen += waiting_in(page := read(client, found.group(1)))
    expected = OrderAction.objects.order_by("created_at", "id").values_list("id", flat=True)
    assert seen == [str(pk) for pk in expected]


def test_a_cursor_that_is_none_shows_the_first_page(world: World, login: Login) -> None:
    action = ask(world)
    for cursor in ("x", "é", "a" * 500):
        assert waiting_in(read(login(world.supervisor), cursor=cursor)) == [str(action.id)]


def test_the_number_of_queries_does_not_grow_with_the_queue(world: World, login: Login) -> None:
    client = login(world.supervisor)
    ask(world)
    read(client)
    with CaptureQueriesContext(connection) as one:
        read(client)
    for n in range(12):
        ask(world, f"9{n:03}", buyer=Buyer.objects.create(store=world.store, external_id=f"b{n}", name="B"))
    with CaptureQueriesContext(connection) as many:
        read(client)
    assert len(many) == len(one) <= 12


# -- What badges count


def counted(client: Client) -> set[str]:
    return set(client.get(PAGE + "counted/").json()["ids"])


def test_a_badge_counts_what_its_reader_can_do_something_about(world: World, login: Login) -> None:
    mine, own = ask(world), ask(world, "7", agent=world.supervisor, fee=0)
    assert counted(login(world.supervisor)) == {str(mine.id)}
    assert counted(login(world.admin)) == {str(mine.id), str(own.id)}
    assert counted(login(world.agent)) == {str(mine.id)}
    assert counted(login(world.colleague)) == counted(login(world.stranger)) == set()


def test_a_badge_reads_a_bounded_number_of_rows(world: World, login: Login, settings: Any) -> None:
    fields = {"order": world.order, "agent": world.agent, "state": "waiting", "run_at": timezone.now()}
    OrderAction.objects.bulk_create(
        OrderAction(kind="x", idempotency_key=f"b{n}", **fields) for n in range(150)
    )
    client = login(world.supervisor)
    counted(client)
    with CaptureQueriesContext(connection) as queries:
        assert len(counted(client)) == approvals.MOST_COUNTED
    assert len(queries) <= 10


def test_every_console_of_the_store_hears_what_begins_to_wait_and_what_was_decided(
    world: World, frames: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        action = ask(world)
        services.approve(agent=world.supervisor, action_id=action.id)
    told = [
        frame for topics, frame in frames if f"store.{world.store.id}" in topics and '"order.action"' in frame
    ]
    assert [re.search(r'"state":"(waiting|held)"', frame).group(1) for frame in told] == ["waiting", "held"]  # type: ignore[union-attr]


# -- Deciding in place


def test_approving_takes_the_row_away_and_says_so(world: World, login: Login) -> None:
    action = ask(world)
    answer = decide(login(world.supervisor), action, "approve", comment="Fine")
    assert answer.status_code == 200
    assert waiting_in(answer.content.decode()) == []
    assert "Approved." in answer.content.decode()
    action.refresh_from_db()
    assert (action.state, action.decision, action.approver_id) == ("held", "Fine", world.supervisor.id)


def test_a_rejection_without_a_word_is_asked_for_it_and_keeps_the_row(world: World, login: Login) -> None:
    action, client = ask(world), login(world.supervisor)
    answer = decide(client, action, "reject", comment=" ")
    assert answer.status_code == 422
    assert "Say why." in answer.content.decode()
    assert waiting_in(answer.content.decode()) == [str(action.id)]
    assert "Rejected." in decide(client, action, "reject", comment="Too much").content.decode()
    action.refresh_from_db()
    assert (action.state, action.decision) == ("rejected", "Too much")


def test_what_is_above_the_approvers_own_limit_says_so_and_keeps_what_was_typed(
    world: World, login: Login
) -> None:
    action = ask(world, fee=0)
    answer = decide(login(world.supervisor), action, "approve", comment="It is <b>fine</b>")
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "above your own limit" in html
    assert "It is &lt;b&gt;fine&lt;/b&gt;" in html
    assert decide(login(world.admin), action, "approve").status_code == 200


def test_one_that_was_decided_meanwhile_leaves_with_a_word(world: World, login: Login) -> None:
    action = ask(world)
    services.reject(agent=world.admin, action_id=action.id, comment="No")
    answer = decide(login(world.supervisor), action, "approve")
    assert answer.status_code == 200
    assert "decided already" in answer.content.decode()
    action.refresh_from_db()
    assert action.state == "rejected"


def test_agents_take_their_own_back_and_decide_on_nothing(world: World, login: Login) -> None:
    action, client = ask(world), login(world.agent)
    own = ask(world, "7", agent=world.supervisor, fee=0)
    assert "Nobody approves" in decide(login(world.supervisor), own, "approve").content.decode()
    assert "Your role may not" in decide(client, action, "approve").content.decode()
    assert "Your role may not" in decide(client, action, "reject", comment="x").content.decode()
    assert decide(client, action, "take-back").status_code == 200
    action.refresh_from_db()
    assert action.state == "taken_back"


def test_an_order_that_changed_is_not_changed_on_the_sly(world: World, login: Login) -> None:
    action = ask(world)
    Order.objects.update(shipping_fee=600)
    answer = decide(login(world.supervisor), action, "approve")
    assert answer.status_code == 422
    assert "changed since" in answer.content.decode()


@pytest.mark.parametrize("path", ["nothing/{id}/approve/", "action/{none}/approve/", "action/{id}/grant/"])
def test_addresses_that_name_nothing_are_not_found(world: World, login: Login, path: str) -> None:
    action = ask(world)
    full = PAGE + path.format(id=action.id, none=world.order.id)
    assert login(world.supervisor).post(full).status_code == 404


def test_a_kind_that_is_not_installed_any_more_is_still_shown(
    world: World, login: Login, settings: Any
) -> None:
    action = ask(world)
    settings.ORDER_ACTIONS = []
    html = read(login(world.supervisor))
    assert waiting_in(html) == [str(action.id)]
    assert "change_shipping_fee" in html


def test_what_people_typed_is_shown_and_never_run(world: World, login: Login) -> None:
    evil = "<script>alert(1)</script>"
    action = ask(world)
    OrderAction.objects.filter(pk=action.pk).update(reason=evil)
    Buyer.objects.update(name=evil)
    Agent.objects.filter(pk=world.agent.pk).update(name=evil[:60])
    html = read(login(world.supervisor))
    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;") >= 3


# -- By the API


def test_by_the_api_ones_own_approval_is_a_403_and_twice_is_once(world: World, login: Login) -> None:
    action = ask(world, agent=world.supervisor, fee=0)
    path = f"/api/v1/orders/{world.order.id}/actions/{action.id}/"
    answer = login(world.supervisor).post(path + "approve/", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "forbidden")
    assert login(world.agent).post(path + "approve/", {}, content_type="application/json").status_code == 403
    admin = login(world.admin)
    for _ in range(2):
        answer = admin.post(path + "approve/", {"comment": "Fine"}, content_type="application/json")
        assert (answer.status_code, answer.json()["state"], answer.json()["decision"]) == (
            200,
            "held",
            "Fine",
        )
    assert Event.objects.filter(name="order.action.approved").count() == 1
    assert admin.post(path + "reject/", {"comment": "No"}, content_type="application/json").status_code == 409


# -- The end is the end


@pytest.mark.django_db(transaction=True)
def test_of_an_approval_and_a_taking_back_at_once_one_holds(world: World) -> None:
    for n in range(4):
        action = ask(world, f"6{n}")

        def decide(k: int, pk: Any = action.pk) -> str:
            if k % 2:
                return services.take_back(agent=world.agent, action_id=pk).state
            return services.approve(agent=world.supervisor, action_id=pk).state

        results = at_once(6, decide)
        action.refresh_from_db()
        told = {event.name for event in Event.objects.filter(order_id=action.order_id)}
        if action.state == "taken_back":
            assert action.finished_at is not None
            # What was approved first can still be taken back; what was taken back is never approved.
            assert "order.action.taken_back" in told
        else:
            assert (action.state, "order.action.taken_back" in told) == ("held", False), results
        approved_at, back_at = (
            Event.objects.filter(order_id=action.order_id, name=name).values_list("id", flat=True).first()
            for name in ("order.action.approved", "order.action.taken_back")
        )
        assert not (approved_at and back_at and back_at < approved_at)


FINISHED = ("done", "failed", "rejected", "taken_back")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", FINISHED)
def test_nothing_changes_an_action_that_is_finished(world: World, state: str) -> None:
    action = ask(world)
    past = timezone.now() - timedelta(hours=1)
    OrderAction.objects.filter(pk=action.pk).update(
        state=state, finished_at=past, run_at=past, approver=world.admin, decided_at=past, decision="Before"
    )
    before = OrderAction.objects.filter(pk=action.pk).values().get()
    calls: list[Any] = [
        lambda: services.approve(agent=world.supervisor, action_id=action.id, comment="Now"),
        lambda: services.reject(agent=world.supervisor, action_id=action.id, comment="Now"),
        lambda: services.take_back(agent=world.agent, action_id=action.id),
        lambda: services.run_now(agent=world.admin, action_id=action.id),
        lambda: services.undo(agent=world.agent, action_id=action.id, idempotency_key="undo"),
        lambda: running.run_action(action.id),
        lambda: running.run_action(action.id, now=timezone.now() + timedelta(days=1)),
    ]
    for call in calls:
        with suppress(Conflict):  # or nothing at all: what was said before is said again
            call()
    assert OrderAction.objects.filter(pk=action.pk).values().get() == before
    assert action.pk not in running.due_actions(now=timezone.now() + timedelta(days=1))


def test_what_was_approved_counts_for_the_day_of_who_asked(world: World) -> None:
    Limit.objects.create(store=world.store, role="agent", kind="*", per_day=300)
    services.approve(agent=world.supervisor, action_id=ask(world, fee=290).id)
    assert ask(world, "7", fee=590).over == ["day"]
    assert ask(world, "8", fee=590, agent=world.colleague).over == []
