"""What each number means: docs/performance-metrics.md, rule by rule."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from events import names
from helpdesk.lib.ids import new_id
from helpdesk.lib.money import money
from inbox import due, services
from inbox.services.targets import Target, save_targets
from orders.sync.orders import upsert_order
from people.models import Store
from team.models import DayFigures
from team.performance.metrics import METRICS
from tests import factories
from tests.team.telling import NOON, Told, event, figures, overdue, paid, placed, promise

HOUR, DAY = 3600, 86_400


def some(found: dict[str, int], *names_: str) -> dict[str, int]:
    return {name: found.get(name, 0) for name in names_}


def talk(world: Any, **more: Any) -> Told:
    """Ann answers Kim after 40 seconds and resolves it after 10 minutes."""
    told = Told(world.kim, **more)
    told.buyer_says(0)
    told.agent_says(world.ann, 40)
    told.resolve(world.ann, 600)
    return told


# -- Conversations


def test_what_is_done_at_the_desk_is_counted(world, pushed):
    said = factories.buyer_says(world.kim)
    factories.agent_says(world.ann, said.conversation)
    factories.agent_says(world.ann, said.conversation, "A note", private=True)
    services.resolve(agent=world.ann, conversation_id=said.conversation.id)
    services.rate(buyer_id=world.kim.id, conversation_id=said.conversation.id, rating=5)
    found = {name: n for name, n in figures(world.ann).items() if not name.endswith("_s")}
    once = dict.fromkeys(
        ("taken", "handled", "messages", "firsts", "firsts_30", "replies", "resolved", "ratings"), 1
    )
    assert found == {**once, "rating_sum": 5, "ratings_good": 1}
    assert DayFigures.objects.get().channel == "widget"


def test_a_conversation_of_two_is_handled_by_both_and_taken_by_the_first(world):
    told = Told(world.kim)
    told.buyer_says(0)
    told.agent_says(world.ann, 10)
    told.agent_says(world.ann, 12)
    told.buyer_says(60)
    told.agent_says(world.bob, 100)
    assert some(figures(world.ann), "taken", "handled", "messages", "firsts", "replies") == {
        "taken": 1, "handled": 1, "messages": 2, "firsts": 1, "replies": 1,
    }  # fmt: skip
    assert figures(world.bob) == {"handled": 1, "messages": 1, "replies": 1, "reply_s": 40}


def test_the_first_unanswered_message_starts_the_clock_and_30_seconds_are_within_30(world):
    told = Told(world.kim)
    told.buyer_says(5)
    told.buyer_says(20)
    told.agent_says(world.ann, 35)
    told.buyer_says(100)
    told.agent_says(world.ann, 131)
    found = some(figures(world.ann), "firsts", "first_s", "firsts_30", "replies", "reply_s")
    assert found == {"firsts": 1, "first_s": 30, "firsts_30": 1, "replies": 2, "reply_s": 61}


def test_notes_bots_and_answering_machines_are_no_answer_and_no_question(world):
    told = Told(world.kim)
    told.buyer_says(0)
    told.bot_says(1)
    told.agent_says(world.ann, 2, private=True)
    told.agent_says(world.ann, 50)
    told.buyer_says(60, quiet=True)
    told.agent_says(world.ann, 90)
    assert some(figures(world.ann), "firsts", "first_s", "replies", "messages") == {
        "firsts": 1, "first_s": 50, "replies": 1, "messages": 2,
    }  # fmt: skip


def test_who_is_given_a_conversation_answers_for_the_time_since_then(world):
    told = Told(world.kim)
    told.buyer_says(0)
    told.assign(world.sue, world.bob, 300)
    told.agent_says(world.bob, 320)
    other = Told(world.kim)
    other.buyer_says(0)
    other.assign(world.ann, world.ann, 300)  # who takes it chose to
    other.agent_says(world.ann, 320)
    assert (figures(world.bob)["first_s"], figures(world.ann)["first_s"]) == (20, 320)


def test_only_open_hours_count_for_replies_and_the_clock_on_the_wall_for_resolutions(world):
    weekly = [[{"from": "09:00", "to": "18:00"}]] * 5 + [[], []]
    after = {"weekly": weekly, "special": []}
    event(names.HOURS_CHANGED, NOON - timedelta(days=9), world.store, data={"before": {}, "after": after})
    told = Told(world.kim, NOON + timedelta(hours=5))  # 17:00 on a Tuesday
    told.buyer_says(0)
    told.agent_says(world.ann, 17 * HOUR)  # 10:00 the next day
    told.resolve(world.ann, 17 * HOUR)
    found = some(figures(world.ann), "first_s", "resolve_s")
    assert found == {"first_s": 2 * HOUR, "resolve_s": 17 * HOUR}


def test_a_change_of_hours_leaves_what_was_before_it(world):
    talk(world)
    closed = {"weekly": [[{"from": "01:00", "to": "02:00"}]] * 7}
    event(names.HOURS_CHANGED, NOON + timedelta(days=1), world.store, data={"before": {}, "after": closed})
    talk(world, begins=NOON + timedelta(days=2))
    assert figures(day=NOON.date())["first_s"] == 40
    assert "first_s" not in figures(day=NOON.date() + timedelta(days=2))


def test_the_store_s_clock_says_which_day_it_is(world):
    Store.objects.filter(pk=world.store.pk).update(time_zone="Asia/Shanghai")
    talk(world, begins=NOON + timedelta(hours=5))
    assert figures(day=date(2026, 3, 4))["handled"] == 1


def test_what_the_buyer_opens_again_stands_beside_the_resolution_and_is_a_conversation_of_its_own(world):
    told = talk(world)
    told.reopen(world.kim, 2 * DAY)
    told.buyer_says(2 * DAY)
    told.agent_says(world.bob, 2 * DAY + 15)
    told.resolve(world.bob, 2 * DAY + 100)
    assert some(figures(world.ann), "resolved", "reopened") == {"resolved": 1, "reopened": 1}
    found = figures(world.bob)
    assert some(found, "taken", "firsts", "first_s", "resolved", "resolve_s", "reopened") == {
        "taken": 1, "firsts": 1, "first_s": 15, "resolved": 1, "resolve_s": 100, "reopened": 0,
    }  # fmt: skip
    assert figures(day=NOON.date())["reopened"] == 1


def test_who_opens_again_what_they_resolved_has_not_resolved_it(world):
    told = talk(world)
    told.reopen(world.ann, 700)
    assert some(figures(world.ann), "resolved", "resolve_s", "reopened") == dict.fromkeys(
        ("resolved", "resolve_s", "reopened"), 0
    )
    told.resolve(world.ann, 900)
    assert some(figures(world.ann), "resolved", "resolve_s") == {"resolved": 1, "resolve_s": 900}


def test_a_snoozed_conversation_goes_on_as_the_same(world):
    told = Told(world.kim)
    told.buyer_says(0)
    told.agent_says(world.ann, 10)
    told._add(names.CONVERSATION_SNOOZED, 20, world.ann)
    told.reopen(world.kim, 5000)
    told.buyer_says(5000)
    told.agent_says(world.ann, 5010)
    assert some(figures(world.ann), "handled", "firsts", "replies", "reopened") == {
        "handled": 1, "firsts": 1, "replies": 2, "reopened": 0,
    }  # fmt: skip


def test_a_rating_is_of_who_resolved_it_on_that_day_and_the_last_one_counts(world):
    told = talk(world)
    told.rate(2, DAY)
    assert some(figures(world.ann, day=NOON.date()), "ratings", "rating_sum", "ratings_good") == {
        "ratings": 1, "rating_sum": 2, "ratings_good": 0,
    }  # fmt: skip
    told.rate(5, 2 * DAY)
    assert some(figures(world.ann, day=NOON.date()), "ratings", "rating_sum", "ratings_good") == {
        "ratings": 1, "rating_sum": 5, "ratings_good": 1,
    }  # fmt: skip


def test_what_is_split_off_goes_on_without_being_answered_twice(world):
    told = Told(world.kim)
    told.buyer_says(0)
    told.agent_says(world.ann, 10)
    told.buyer_says(100)
    made = new_id()
    for conversation in (told.id, made):
        event(names.CONVERSATION_SPLIT, NOON + timedelta(seconds=200), world.store, conversation_id=conversation,
              data={"from": str(told.id), "to": str(made)})  # fmt: skip
    told.id = made
    told.agent_says(world.bob, 250)
    assert some(figures(world.bob), "taken", "firsts", "first_s") == {"taken": 1, "firsts": 1, "first_s": 150}


# -- What comes of it


def test_an_order_within_three_days_is_the_last_advisers_on_the_day_of_the_advice(world):
    told = talk(world)
    told.agent_says(world.bob, 700)
    order = placed(world.kim, NOON + timedelta(days=2))
    paid(world.kim, order, NOON + timedelta(days=2, hours=1), 7000)
    assert some(figures(world.bob, day=NOON.date()), "ordered", "paid", "converted", "paid_money") == {
        "ordered": 1, "paid": 1, "converted": 1, "paid_money": 7000,
    }  # fmt: skip
    assert "ordered" not in figures(world.ann)


def test_an_order_later_than_that_or_from_before_comes_of_nothing(world):
    placed(world.kim, NOON - timedelta(hours=1))
    talk(world)
    placed(world.kim, NOON + timedelta(days=3, seconds=41))
    assert "ordered" not in figures()


def test_an_order_from_before_that_is_paid_after_advice_was_won_by_it(world):
    order = placed(world.kim, NOON - timedelta(hours=1))
    talk(world)
    paid(world.kim, order, NOON + timedelta(hours=1))
    assert some(figures(world.ann), "ordered", "paid") == {"ordered": 0, "paid": 1}


def test_an_order_that_we_hear_of_late_belongs_to_when_it_was_placed(world):
    talk(world)
    later = Told(world.kim, NOON + timedelta(days=2))
    later.buyer_says(0)
    later.agent_says(world.bob, 10)
    placed(world.kim, NOON + timedelta(hours=1), told=NOON + timedelta(days=4))
    assert some(figures(world.ann), "ordered") == {"ordered": 1}
    assert "ordered" not in figures(world.bob)


def test_two_orders_of_one_conversation_convert_it_once_and_a_free_one_is_none(world):
    talk(world)
    for hours in (1, 2):
        paid(world.kim, placed(world.kim, NOON + timedelta(hours=hours)), NOON + timedelta(hours=hours))
    placed(world.kim, NOON + timedelta(hours=3), total=0)
    assert some(figures(), "ordered", "paid", "converted") == {"ordered": 2, "paid": 2, "converted": 1}


def test_what_a_visitor_was_told_counts_for_the_buyer_that_they_turn_out_to_be(world):
    visitor = factories.make_buyer(world.store, name="Somebody")
    talk_ = Told(visitor)
    talk_.buyer_says(0)
    talk_.agent_says(world.ann, 10)
    data = {"visitor": str(visitor.pk), "buyer": str(world.kim.pk)}
    event(names.BUYER_IDENTIFIED, NOON + timedelta(minutes=5), world.store, data=data)
    placed(world.kim, NOON + timedelta(hours=1))
    assert figures(world.ann)["ordered"] == 1


def test_a_store_that_tells_of_an_order_is_counted(world, pushed):
    said = factories.buyer_says(world.kim)
    factories.agent_says(world.ann, said.conversation)
    payload = {
        "number": "77", "buyer": {"external_id": "1001"}, "status": "paid", "items_total": 1000, "paid": 1000,
        "updated_at": timezone.now().isoformat(),
    }  # fmt: skip
    with transaction.atomic():
        upsert_order(store=world.store, payload=payload)
    assert some(figures(world.ann), "ordered", "paid", "paid_money") == {
        "ordered": 1, "paid": 1, "paid_money": 1000,
    }  # fmt: skip


def test_currencies_are_never_added(world):
    talk(world)
    paid(world.kim, placed(world.kim, NOON + timedelta(hours=1)), NOON + timedelta(hours=1), 900, "EUR")
    paid(world.kim, placed(world.kim, NOON + timedelta(hours=2)), NOON + timedelta(hours=2), 700, "USD")
    assert figures(currency="EUR") == {"paid_money": 900}
    assert figures(currency="USD") == {"paid_money": 700}


def test_a_refund_counts_when_it_is_done_with_the_time_since_it_was_asked_for(world):
    action, order = str(new_id()), new_id()
    data = {
        "kind": "refund", "action": action, "before": {"refunded": money(0, "USD")},
        "after": {"refunded": money(1200, "USD")},
    }  # fmt: skip
    ann = {"actor_kind": "agent", "actor_id": world.ann.pk, "order_id": order, "data": data}
    event(names.ACTION_WAITING, NOON, world.store, **ann)
    event(names.ACTION_REQUESTED, NOON + timedelta(seconds=60), world.store, **ann)
    assert figures() == {}
    event(names.ACTION_DONE, NOON + timedelta(seconds=90), world.store, **ann)
    assert figures(world.ann) == {"refunds": 1, "refund_s": 90, "refund_money": 1200}


def test_a_coupon_costs_what_it_took_off_on_the_day_it_was_given(world):
    told = talk(world)
    data = {
        "id": str(new_id()), "agent": {"id": str(world.ann.pk)}, "conversation": str(told.id),
        "value": money(2000, "USD"),
    }  # fmt: skip
    event(names.COUPON_SENT, NOON, world.store, conversation_id=told.id, data=data)
    assert some(figures(world.ann), "coupons", "coupon_money") == {"coupons": 1, "coupon_money": 0}
    used = data | {"value": money(1500, "USD")}
    for _twice in range(2):
        event(names.COUPON_REDEEMED, NOON + timedelta(days=5), world.store, order_id=new_id(), data=used)
    assert figures(world.ann, day=NOON.date(), currency="USD") == {"coupon_money": 1500}


def test_a_recovered_payment_is_who_reminded_s(world):
    data = {"agent_id": str(world.bob.pk), "amount": money(4800, "USD")}
    event(names.PAYMENT_RECOVERED, NOON, world.store, order_id=world.order.pk, data=data)
    assert figures(world.bob) == {"recovered": 1, "recovered_money": 4800}


@pytest.mark.parametrize("name", [names.BUYER_MERGED, names.BUYER_IDENTIFIED, names.COUPON_REDEEMED])
def test_words_where_an_id_could_stand_hold_up_nothing(world, name):
    """The line of a merge in a conversation has the buyer's name there."""
    data = {"buyer": "Kim Buyer", "visitor": "Kim", "id": "x", "seq": 2}
    event(name, NOON, world.store, conversation_id=new_id(), data=data)
    talk(world)
    assert figures()["handled"] == 1


def test_an_event_that_makes_no_sense_holds_up_nothing(world, caplog):
    event(names.CONVERSATION_RATED, NOON, world.store, conversation_id=new_id(), data={"rating": "lots"})
    talk(world)
    assert figures()["handled"] == 1
    assert "was not counted" in caplog.text


# -- Reply targets


TARGETS = (
    "targets",
    "targets_kept",
    "targets_all",
    "first_targets",
    "first_targets_kept",
    "first_targets_all",
)


def test_a_target_that_was_kept_is_of_who_answered(world):
    told = Told(world.kim)
    told.buyer_says(0)
    told.agent_says(world.ann, 40, promise=promise(told, 60))
    told.buyer_says(100)
    told.agent_says(world.bob, 150, promise=promise(told, 200, since_s=100, kind="next"))
    assert some(figures(world.ann), *TARGETS) == dict.fromkeys(TARGETS, 1)
    assert some(figures(world.bob), *TARGETS) == {name: int(not name.startswith("first")) for name in TARGETS}


def test_one_that_was_not_is_of_who_had_it_when_it_was_due_and_not_of_who_helped(world):
    told = Told(world.kim)
    told.assign(world.ann, world.ann, 0)
    told.buyer_says(0)
    overdue(told, world.ann, 60)
    told.agent_says(world.bob, 90, promise=promise(told, 60, kept=False))
    assert some(figures(world.ann), "targets", "targets_kept", "targets_all") == {
        "targets": 1, "targets_kept": 0, "targets_all": 1,
    }  # fmt: skip
    assert not any(some(figures(world.bob), *TARGETS).values())


def test_what_was_nobody_s_counts_for_all_together_alone(world):
    told = Told(world.kim)
    told.buyer_says(0)
    overdue(told, None, 60)
    told.agent_says(world.ann, 90, promise=promise(told, 60, kept=False))
    kept = METRICS["targets_kept"]
    found = some(figures(world.ann), *TARGETS)
    assert found == {name: int(name.endswith("all")) for name in TARGETS}
    assert (kept.value(found), kept.for_all().value(found)) == (None, 0)


def test_what_was_given_to_somebody_after_the_warning_is_not_theirs(world):
    told = Told(world.kim)
    told.buyer_says(0)
    told.assign(world.sue, world.bob, 50)  # warned at 45
    overdue(told, world.bob, 60)
    told.agent_says(world.bob, 90, promise=promise(told, 60, kept=False))
    assert some(figures(world.bob), "targets", "targets_all") == {"targets": 0, "targets_all": 1}


def test_a_wait_counts_once_whatever_becomes_of_its_moment(world):
    told = Told(world.kim)
    told.buyer_says(0)
    overdue(told, world.ann, 60)
    overdue(told, world.ann, 600)  # its priority was lowered, and it was overdue again
    told.agent_says(world.ann, 700, promise=promise(told, 900))  # and once more: kept
    assert some(figures(world.ann), "targets", "targets_kept", "targets_all") == {
        "targets": 1, "targets_kept": 0, "targets_all": 1,
    }  # fmt: skip


def test_one_that_is_overdue_and_resolved_without_an_answer_is_not_forgotten(world):
    told = Told(world.kim)
    told.buyer_says(0)
    overdue(told, None, 60)
    told.resolve(world.ann, 90)
    assert some(figures(world.ann), "targets", "targets_all") == {"targets": 0, "targets_all": 1}


def test_the_wait_after_one_that_no_answer_ended_is_one_of_its_own(world):
    told = Told(world.kim)
    told.buyer_says(0)
    overdue(told, world.ann, 60)  # then something was done about it
    told.buyer_says(100)
    told.agent_says(world.ann, 120, promise=promise(told, 200, since_s=100, kind="next"))
    assert some(figures(world.ann), "targets", "targets_kept") == {"targets": 2, "targets_kept": 1}


def test_the_day_is_that_on_which_it_was_due(world):
    told = Told(world.kim, NOON + timedelta(hours=11, minutes=59))
    told.buyer_says(0)
    overdue(told, world.ann, 58)  # the sweep came after midnight
    assert figures(world.ann, day=NOON.date())["targets"] == 1


def test_what_is_done_at_the_desk_keeps_targets_or_not(world, pushed):
    save_targets(actor=world.eve, store=world.store, warn_percent=75, targets={0: Target(60, 120)})
    due.forget(world.store.pk)
    with time_machine.travel(NOON, tick=False) as clock:
        said = factories.buyer_says(world.kim)
        clock.shift(timedelta(minutes=59))
        factories.agent_says(world.ann, said.conversation)
        factories.buyer_says(world.kim, "And?")
        clock.shift(timedelta(minutes=121))
        factories.agent_says(world.bob, said.conversation)
    assert some(figures(world.ann), *TARGETS) == {
        "targets": 2, "targets_kept": 1, "targets_all": 2,
        "first_targets": 1, "first_targets_kept": 1, "first_targets_all": 1,
    }  # fmt: skip
    assert not any(some(figures(world.bob), *TARGETS).values())
