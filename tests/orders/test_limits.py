"""How far a role may go: by order, by share, by day; and who sets it."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Event
from orders import actions, limits, services
from orders.errors import Forbidden, InvalidParams, NotFound
from orders.limit_setting import reset_limit, set_limit, shown
from orders.limits import Allowance
from orders.models import Limit, OrderAction
from people.models import Agent, Store
from tests.orders.conftest import Login, World, at_once, new_store

pytestmark = pytest.mark.django_db

KIND = "change_shipping_fee"


@pytest.fixture(autouse=True)
def defaults(settings: Any) -> None:
    settings.ORDER_LIMITS = {"agent": {"*": {}}, "supervisor": {"*": {"per_order": 500}}, "admin": {}}


def ask(
    world: World, fee: int, *, key: str = "k1", order: Any = None, agent: Agent | None = None
) -> OrderAction:
    return services.request_action(
        agent=agent or world.agent,
        order_id=(order or world.order).id,
        kind=KIND,
        params={"shipping_fee": fee},
        reason="Late parcel",
        idempotency_key=key,
    )


def may(world: World, **limit: Any) -> None:
    Limit.objects.create(store=world.store, role="agent", kind=KIND, **limit)


# -- What counts


def test_a_share_is_of_what_the_order_was_worth_before_anything_was_given_away(world: World) -> None:
    may(world, share=10)  # 48.00 + 6.90: 5.49
    first = ask(world, 690 - 500)
    assert first.over == []
    OrderAction.objects.filter(pk=first.pk).update(state="done")
    world.order.shipping_fee = 190
    world.order.save()
    assert ask(world, 190 - 49, key="k2").over == []
    OrderAction.objects.update(state="done")
    assert ask(world, 0, key="k3").over == ["share"]


def test_several_limits_that_are_broken_are_all_named(world: World) -> None:
    may(world, per_order=100, share=1, per_day=100)
    assert ask(world, 0).over == ["order", "share", "day"]


def test_what_makes_an_order_dearer_is_above_no_limit(world: World) -> None:
    may(world, per_order=0, share=0, per_day=0)
    assert ask(world, 900).state == "held"


def test_what_did_not_come_to_be_does_not_count(world: World) -> None:
    may(world, per_day=690)
    for n, state in enumerate(("failed", "taken_back", "rejected", "waiting")):
        action = ask(world, 0, key=f"k{n}")
        assert action.over == []
        OrderAction.objects.filter(pk=action.pk).update(state=state)
    assert ask(world, 0, key="last").over == []


@pytest.mark.parametrize(
    ("zone", "new_day"), [("Asia/Shanghai", True), ("UTC", False), ("America/New_York", False)]
)
def test_a_day_begins_at_midnight_where_the_store_is(world: World, zone: str, new_day: bool) -> None:
    """From 15:59 to 16:01 UTC it has become tomorrow in Shanghai, and nowhere else."""
    Store.objects.filter(pk=world.store.pk).update(time_zone=zone)
    may(world, per_day=690)
    with time_machine.travel(datetime(2026, 11, 21, 15, 59, tzinfo=UTC), tick=False):
        assert ask(world, 0).over == []
    with time_machine.travel(datetime(2026, 11, 21, 16, 1, tzinfo=UTC), tick=False):
        assert ask(world, 0, key="k2", order=world.new_order("7")).over == ([] if new_day else ["day"])


def test_a_zone_that_nobody_knows_is_no_hole(world: World) -> None:
    Store.objects.filter(pk=world.store.pk).update(time_zone="Mars/Olympus")
    may(world, per_day=690)
    assert ask(world, 0).over == []
    assert ask(world, 0, key="k2", order=world.new_order("7")).over == ["day"]


def test_a_day_of_one_store_is_not_the_day_of_another(world: World) -> None:
    may(world, per_day=690)
    ask(world, 0)
    other = new_store("second")
    Limit.objects.create(store=other, role="agent", kind=KIND, per_day=690)
    world.agent.teams.get().stores.add(other)
    buyer = type(world.buyer).objects.create(store=other, external_id="9", name="Eve")
    assert ask(world, 0, key="k2", order=world.new_order("7", store=other, buyer=buyer)).over == []


@pytest.mark.django_db(transaction=True)
def test_a_days_limit_holds_for_what_is_asked_for_at_once(world: World) -> None:
    may(world, per_day=690 * 2)
    orders = [world.new_order(f"8{n}") for n in range(6)]
    results = at_once(6, lambda n: ask(world, 0, key=f"k{n}", order=orders[n]).state)
    if connection.vendor == "postgresql":
        assert sorted(results) == ["held"] * 2 + ["waiting"] * 4
    else:  # writers wait for each other, and may be told to try again
        assert [r for r in results if isinstance(r, str)].count("held") <= 2


# -- Where it comes from


def test_a_kind_falls_back_to_everything_else_of_the_store_and_then_to_the_default(world: World) -> None:
    store = world.store
    assert limits.allowance(store, "supervisor", KIND) == Allowance(per_order=500)
    Limit.objects.create(store=store, role="supervisor", kind="*", per_day=7)
    assert limits.allowance(store, "supervisor", KIND) == Allowance(per_day=7)
    Limit.objects.create(store=store, role="supervisor", kind=KIND, share=3)
    assert limits.allowance(store, "supervisor", KIND) == Allowance(share=3)
    assert limits.allowances([store.pk])(store.pk, "supervisor", KIND) == Allowance(share=3)


def test_a_role_that_the_defaults_do_not_name_may_give_nothing_away(world: World) -> None:
    assert limits.default("guest", KIND) == limits.NONE_AT_ALL


# -- Setting it


def set_to(world: World, agent: Agent, **limit: Any) -> Limit:
    given = {"role": "agent", "kind": KIND, "store_id": world.store.pk, **limit}
    values = {
        name: given.pop(name) for name in ("per_order", "share", "per_day", "needs_reason") if name in given
    }
    return set_limit(agent=agent, may=Allowance(**values), **given)


def test_a_limit_that_was_set_holds_at_once_and_says_what_it_was_before(world: World) -> None:
    set_to(world, world.admin, per_order=100)
    set_to(world, world.admin, per_order=200, needs_reason=True)
    assert ask(world, 390).over == ["order"]
    first, second = Event.objects.filter(name="limit.changed").order_by("id")
    assert (first.data["before"], first.data["after"]["per_order"]) == (
        None,
        {"amount": 100, "currency": "USD"},
    )
    assert second.data["before"]["per_order"]["amount"] == 100
    assert second.data["after"] == {
        "per_order": {"amount": 200, "currency": "USD"}, "share": None, "per_day": None, "needs_reason": True,
    }  # fmt: skip
    assert (second.store_id, second.actor_id) == (world.store.pk, world.admin.pk)


def test_to_set_what_it_is_already_is_no_change(world: World) -> None:
    set_to(world, world.admin, per_order=100)
    set_to(world, world.admin, per_order=100)
    assert Event.objects.filter(name="limit.changed").count() == 1


def test_the_default_can_be_taken_again(world: World) -> None:
    set_to(world, world.admin, per_order=100)
    for _ in range(2):
        reset_limit(agent=world.admin, store_id=world.store.pk, role="agent", kind=KIND)
    assert not Limit.objects.exists()
    event = Event.objects.filter(name="limit.changed").latest("id")
    assert (event.data["before"]["per_order"]["amount"], event.data["after"]) == (100, None)
    assert Event.objects.filter(name="limit.changed").count() == 2


def test_only_admins_set_limits(world: World) -> None:
    for agent in (world.agent, world.supervisor):
        with pytest.raises(Forbidden):
            set_to(world, agent, per_order=1)
        with pytest.raises(Forbidden):
            reset_limit(agent=agent, store_id=world.store.pk, role="agent", kind=KIND)


@pytest.mark.parametrize(
    ("wrong", "attr"),
    [
        ({"per_order": -1}, "per_order"),
        ({"per_day": 10**13}, "per_day"),
        ({"share": 101}, "share"),
        ({"role": "king"}, "role"),
        ({"kind": "give_away"}, "kind"),
    ],
)
def test_what_is_no_limit_is_refused(world: World, wrong: dict[str, Any], attr: str) -> None:
    with pytest.raises(InvalidParams) as refusal:
        set_to(world, world.admin, **wrong)
    assert refusal.value.attr == attr
    assert not Limit.objects.exists()


def test_a_store_that_is_not_there_has_no_limits(world: World) -> None:
    with pytest.raises(NotFound):
        set_to(world, world.admin, store_id=world.order.id)


@pytest.mark.django_db(transaction=True)
def test_two_who_set_a_limit_at_once_leave_one(world: World) -> None:
    results = at_once(4, lambda n: set_to(world, world.admin, per_order=n + 1))
    assert [r for r in results if isinstance(r, Limit)]
    assert Limit.objects.count() == 1


# -- The page


PAGE = "/settings/limits/"


def dialog(world: World, kind: str = KIND) -> str:
    return f"{PAGE}{world.store.pk}/agent/{kind}/"


def test_supervisors_read_and_admins_write(world: World, login: Login) -> None:
    assert login(world.agent).get(PAGE).status_code == 404
    supervisor, admin = login(world.supervisor), login(world.admin)
    html = supervisor.get(PAGE).content.decode()
    assert "Change shipping fee" in html
    assert 'hx-get="/settings/limits/' not in html.replace('hx-get="/settings/limits/"', "")
    assert supervisor.get(dialog(world)).status_code == 404
    assert supervisor.post(dialog(world), {"per_order": "1"}).status_code == 404
    assert supervisor.post(dialog(world) + "reset/").status_code == 404
    assert "Change" in admin.get(PAGE).content.decode()
    assert admin.get(dialog(world)).status_code == 200


def test_money_is_written_in_the_stores_currency(world: World, login: Login) -> None:
    answer = login(world.admin).post(
        dialog(world), {"per_order": "12,50", "share": "20", "per_day": "", "needs_reason": "on"}
    )
    assert answer.status_code == 200
    row = Limit.objects.get()
    assert (row.per_order, row.share, row.per_day, row.needs_reason) == (1250, 20, None, True)
    html = login(world.admin).get(PAGE, {"store": "shop"}).content.decode()
    assert "$12.50" in html
    assert "20 %" in html


def test_an_empty_form_is_no_limit_at_all(world: World, login: Login) -> None:
    login(world.admin).post(dialog(world, "rest"), {"per_order": "", "share": "", "per_day": ""})
    row = Limit.objects.get()
    assert (row.kind, row.per_order, row.share, row.per_day, row.needs_reason) == (
        "*",
        None,
        None,
        None,
        False,
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("per_order", "abc"), ("per_order", "-1"), ("per_order", "0.001"), ("per_order", "1e12"), ("per_order", "NaN"),
        ("per_day", "99999999999999"), ("share", "101"), ("share", "-1"), ("share", "1.5"), ("share", "x"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_the_dialog(world: World, login: Login, field: str, value: str) -> None:
    answer = login(world.admin).post(dialog(world), {field: value})
    assert answer.status_code == 422
    assert "field-error" in answer.content.decode()
    assert not Limit.objects.exists()


def test_addresses_that_name_nothing_are_not_found(world: World, login: Login) -> None:
    admin = login(world.admin)
    for path in (
        dialog(world, "give_away"),
        f"{PAGE}{world.store.pk}/king/{KIND}/",
        f"{PAGE}{world.order.id}/agent/{KIND}/",
    ):
        assert admin.get(path).status_code == 404


def test_the_page_says_where_each_limit_comes_from(world: World) -> None:
    Limit.objects.create(store=world.store, role="agent", kind="*", per_day=7)
    Limit.objects.create(store=world.store, role="agent", kind=KIND, per_day=8)
    lines = {line.kind: line for line in shown(world.store)["agent"]}
    assert (lines[KIND].source, lines["coupon"].source, lines["*"].source) == ("set", "rest", "set")
    assert {line.source for line in shown(world.store)["supervisor"]} == {"default"}


def test_what_is_left_of_every_kind_costs_no_more_queries_than_of_one(world: World) -> None:
    may(world, per_order=900, per_day=2000, share=50)
    ask(world, 190)
    with CaptureQueriesContext(connection) as one:
        alone = limits.lefts(world.order, world.agent, KIND)
    with CaptureQueriesContext(connection) as all_of_them:
        every = limits.lefts_by_kind(world.order, world.agent, actions.all_actions())
    assert len(all_of_them) == len(one) == 3
    assert every[KIND] == alone == {"order": 400, "share": 2495, "day": 1500}
    assert every["refund"] == {"order": None, "share": None, "day": None}
