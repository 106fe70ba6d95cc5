"""The same events give the same table, however they are read, and whoever dies meanwhile."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum

from events import names
from events.models import Event
from helpdesk.lib.ids import new_id
from people.models import Store
from team.models import CaseFigures, DayFigures, Memory, Rollup
from team.performance import rollup
from team.performance.counters import BINS, COUNTERS, HISTOGRAMS, OF_A_DAY, bin_names
from team.performance.rollup import count_anew, count_on
from tests.team.telling import NOON, Told, event, overdue, paid, placed, promise, tables


def play(world: Any, seed: int, days: int = 6) -> None:
    """Some days of two agents, with everything that the rules know, in a random order of ids."""
    rng = random.Random(seed)
    for _ in range(25):
        told = Told(
            world.kim, NOON + timedelta(hours=rng.uniform(0, 24 * days)), rng.choice(["widget", "email"])
        )
        at = 0.0
        for _turn in range(rng.randrange(1, 6)):
            told.buyer_says(since := (at := at + rng.uniform(1, 400)))
            if rng.random() < 0.2:
                told.assign(world.sue, rng.choice([world.ann, world.bob]), at := at + 5)
            due = at + rng.uniform(1, 200)
            said = promise(told, due, since_s=since, kept=rng.random() < 0.5)
            if not said["kept"]:
                overdue(told, rng.choice([world.ann, world.bob, None]), due, since_s=since)
            told.agent_says(rng.choice([world.ann, world.bob]), at := due + rng.uniform(1, 200), promise=said)
        told.resolve(world.ann, at := at + 10)
        if rng.random() < 0.5:
            told.rate(rng.randrange(1, 6), at := at + 10)
        if rng.random() < 0.4:
            told.reopen(rng.choice([world.kim, world.ann]), at := at + 10)
            told.buyer_says(at := at + 1)
            told.agent_says(world.bob, at := at + 60)
            told.resolve(world.bob, at := at + 60)
            told.rate(rng.randrange(1, 6), at := at + 10)
        if rng.random() < 0.6:
            when = told.begins + timedelta(seconds=at + rng.uniform(0, 90_000))
            order = placed(world.kim, when)
            paid(world.kim, order, when + timedelta(hours=rng.uniform(0, 60)), rng.randrange(1, 9999))


def test_counted_anew_in_portions_of_any_size_it_is_the_identical_table(world):
    play(world, 1)
    count_on()
    whole = tables()
    assert len(whole[0]) > 10
    rng = random.Random(2)
    for _ in range(2):
        count_anew()
        assert not DayFigures.objects.exists()
        while count_on(portion=rng.randrange(1, 40), portions=1):
            pass
        assert tables() == whole


def test_counted_while_it_happens_it_is_the_same_as_afterwards(world):
    for seed in range(3):
        play(world, seed)
        count_on(portion=rollup.PORTION)
        assert count_on() == 0
    live = tables()
    count_anew()
    count_on()
    assert tables() == live


def test_whoever_is_killed_in_the_middle_leaves_nothing_half_counted(world, monkeypatch):
    play(world, 3)
    count_on(portion=50, portions=2)
    before, mark = tables(), Rollup.objects.get().mark

    def killed(*given: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(rollup, "_made_with", killed)
        with pytest.raises(KeyboardInterrupt), transaction.atomic():
            count_on(portion=50)
    assert (tables(), Rollup.objects.get().mark) == (before, mark)
    count_on()
    finished = tables()
    count_anew()
    count_on()
    assert tables() == finished


def test_a_late_event_changes_the_day_it_is_about(world):
    told = Told(world.kim)
    told.buyer_says(0)
    count_on()
    Told(world.kim, NOON + timedelta(days=9)).agent_says(world.bob, 0)
    count_on()
    told.agent_says(world.ann, 20)
    count_on()
    row = DayFigures.objects.get(day=NOON.date())
    assert (row.firsts, row.first_s) == (1, 20)


def test_what_is_not_committed_yet_is_waited_for(world):
    told = Told(world.kim)
    last = Event.objects.latest("id")
    late = Event(
        id=last.pk + 2, name=names.MESSAGE_CREATED, actor_kind="agent", actor_id=world.ann.pk,
        store_id=world.store.pk, conversation_id=told.id, data={"private": False},
    )  # fmt: skip
    Event.objects.bulk_create([late])  # the id before it is somebody's who has not committed
    count_on()
    assert not DayFigures.objects.exists()
    early = Event(
        id=last.pk + 1, name=names.MESSAGE_CREATED, at=NOON, actor_kind="buyer", actor_id=world.kim.pk,
        store_id=world.store.pk, conversation_id=told.id, data={"private": False},
    )  # fmt: skip
    Event.objects.bulk_create([early])
    count_on()
    assert DayFigures.objects.get().firsts == 1


def test_another_time_zone_has_all_counted_anew(world):
    Told(world.kim, NOON).agent_says(world.ann, 6 * 3600)
    count_on()
    assert DayFigures.objects.get().day.day == 3
    Store.objects.filter(pk=world.store.pk).update(time_zone="Asia/Shanghai")
    count_on()
    assert DayFigures.objects.get().day.day == 4
    assert (DayFigures.objects.get().messages, Memory.objects.exists()) == (1, True)


def test_other_days_of_advice_have_all_counted_anew(world, settings):
    Told(world.kim).agent_says(world.ann, 0)
    placed(world.kim, NOON + timedelta(days=2))
    count_on()
    settings.PERFORMANCE_ADVISED_DAYS = 1
    count_on()
    assert sum(DayFigures.objects.values_list("ordered", flat=True)) == 0


def test_agents_who_are_gone_have_no_figures_and_hinder_nobody(world):
    event(names.MESSAGE_CREATED, NOON, world.store, conversation_id=new_id(), actor_kind="agent", actor_id=new_id(),
          data={"private": False})  # fmt: skip
    assert count_on() == 1
    assert not DayFigures.objects.exists()


def test_each_number_of_a_day_is_the_sum_of_the_cases_behind_it(world):
    play(world, 4)
    count_on()
    keys = ("store_id", "day", "agent_id", "channel", "currency")
    summed = CaseFigures.objects.values(*keys).annotate(**{f"n_{name}": Sum(name) for name in COUNTERS})
    cases = {
        tuple(row[k] for k in keys): [row[f"n_{name}"] for name in COUNTERS] for row in summed.order_by(*keys)
    }
    days = {
        tuple(row[: len(keys)]): list(row[len(keys) :])
        for row in DayFigures.objects.values_list(*keys, *COUNTERS)
    }
    assert cases == days


def test_the_histograms_count_what_they_spread_out(world):
    play(world, 5)
    count_on()
    sums = DayFigures.objects.aggregate(**{f"n_{name}": Sum(name) for name in OF_A_DAY})
    counted = {"first": "firsts", "reply": "replies", "resolve": "resolved"}
    assert set(BINS) == {name for histogram in HISTOGRAMS for name in bin_names(histogram)}
    for histogram, counter in counted.items():
        assert sum(sums[f"n_{name}"] for name in bin_names(histogram)) == sums[f"n_{counter}"]
