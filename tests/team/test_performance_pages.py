"""Who sees which figures, in which order, and that every number opens what it was made of."""

import csv
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from helpdesk.lib.sheets import BOM
from people.models import Agent
from team.performance import metrics, reading
from team.performance.metrics import METRICS, duration, shown
from team.performance.models import DayFigures
from team.performance.reading import Asked, cases, ranking, sums_of
from team.performance.rollup import count_on
from tests import factories
from tests.team.telling import NOON, Told
from tests.team.test_performance_rollup import play

PAGE, MINE = "/team/performance/", "/team/performance/me/"
WEEK = {"period": "range", "since": "2026-03-01", "until": "2026-03-20"}


def browser(agent: Agent) -> Client:
    client = Client()
    client.cookies["sessionid"] = factories.log_in(agent)
    return client


def asked(world: Any, **more: Any) -> Asked:
    first, last = NOON.date() - timedelta(days=3), NOON.date() + timedelta(days=12)
    before = (first - timedelta(days=16), first - timedelta(days=1))
    return Asked(since=first, until=last, before=before, stores=None, **more)


def answer(world: Any, agent: Agent, times: int, after_s: float) -> None:
    for number in range(times):
        told = Told(world.kim, NOON + timedelta(minutes=number))
        told.buyer_says(0)
        told.agent_says(agent, after_s)
        told.resolve(agent, after_s)


def test_each_number_is_what_the_cases_behind_it_come_to(world):
    play(world, 6)
    count_on()
    for metric in METRICS.values():
        found = ranking(asked(world), metric, [metric])
        assert found.rows
        for figures in [*found.rows, found.total]:
            seen = metric if figures.id else metric.for_all()
            behind = sums_of(cases(asked(world, agent=figures.id), seen), seen)
            counters = [name for name in (seen.top, seen.under) if name]
            assert {n: behind.sums.get(n, 0) for n in counters} == {
                n: figures.sums.get(n, 0) for n in counters
            }
            assert metrics.amounts(seen, behind.money) == metrics.amounts(seen, figures.money)


def test_the_page_leads_from_a_number_to_its_conversations(world):
    answer(world, world.ann, 3, 10)
    count_on()
    client = browser(world.sue)
    row = client.get(PAGE, WEEK).context["rows"][0]
    assert row.cells[0].text == "3"
    page = client.get(row.cells[0].link)
    assert (page.context["came_to"], page.context["count"]) == ("3", 3)


def test_a_real_conversation_is_linked(world, pushed):
    said = factories.buyer_says(world.kim)
    factories.agent_says(world.ann, said.conversation)
    count_on()
    page = browser(world.ann).get(f"/team/performance/agents/{world.ann.pk}/?metric=handled")
    assert f"/inbox/{said.conversation.pk}/" in page.content.decode()


def test_few_cases_have_a_number_and_no_place_and_equals_share_one(world):
    answer(world, world.ann, metrics.MINIMUM_SAMPLE, 10)
    answer(world, world.bob, metrics.MINIMUM_SAMPLE, 10)
    answer(world, world.sue, metrics.MINIMUM_SAMPLE - 1, 1)
    count_on()
    found = ranking(asked(world), METRICS["first_reply"], [METRICS["first_reply"]])
    assert [(one.name, one.place) for one in found.rows] == [("Ann", 1), ("Bob", 1), ("Sue", None)]
    assert (
        "Fewer than 10 cases"
        in browser(world.sue).get(PAGE, {**WEEK, "sort": "first_reply"}).content.decode()
    )


def test_quick_is_first_where_less_is_better_and_last_where_more_is(world):
    answer(world, world.ann, 12, 100)
    answer(world, world.bob, 11, 10)
    count_on()
    for key, order in (("first_reply", ["Bob", "Ann"]), ("handled", ["Ann", "Bob"])):
        found = ranking(asked(world), METRICS[key], [METRICS[key]])
        assert [(one.name, one.place) for one in found.rows] == [(order[0], 1), (order[1], 2)]


def test_the_period_before_is_as_long_as_this_one_has_been(world):
    today = NOON.date()  # a Tuesday
    assert reading.period("week", today, today, today) == (
        today - timedelta(days=1), today, (today - timedelta(days=8), today - timedelta(days=7)),
    )  # fmt: skip
    first, last, before = reading.period("month", today.replace(month=2), today, today)
    assert (first.day, last.day, before[0].isoformat(), before[1].isoformat()) == (
        1,
        28,
        "2026-01-01",
        "2026-01-28",
    )
    assert reading.period("day", today, today, today)[2] == (today - timedelta(days=1),) * 2


def test_supervisors_see_the_agents_of_their_stores_and_admins_all(world):
    answer(world, world.ann, 2, 10)
    other = Told(factories.make_buyer(world.other_store, name="Lu"))
    other.agent_says(world.zoe, 5)
    count_on()
    names = {agent: [row.figures.name for row in browser(agent).get(PAGE, WEEK).context["rows"]]
             for agent in (world.sue, world.eve)}  # fmt: skip
    assert names == {world.sue: ["Ann"], world.eve: ["Ann", "Zoe"]}
    assert (
        browser(world.sue).get(f"/team/performance/agents/{world.zoe.pk}/?metric=handled").status_code == 404
    )


def test_an_agent_sees_their_own_figures_and_place_and_nobody_s_name(world):
    answer(world, world.ann, 12, 100)
    answer(world, world.bob, 11, 10)
    count_on()
    client = browser(world.ann)
    assert client.get(PAGE).url == MINE
    page = client.get(MINE, WEEK)
    cards = {card["key"]: card for _label, group in page.context["groups"] for card in group}
    assert (cards["handled"]["place"], cards["first_reply"]["place"], cards["handled"]["of"]) == (1, 2, 2)
    assert "Bob" not in page.content.decode()
    for closed in (f"/team/performance/agents/{world.bob.pk}/", "/team/performance/cases/"):
        assert client.get(closed, {"metric": "handled"}).status_code == 404
    assert client.get("/team/performance/export/").status_code == 404
    assert client.get("/team/wall/").status_code == 404


def test_filters_narrow_and_nonsense_is_left_out(world):
    answer(world, world.ann, 2, 10)
    Told(world.kim, channel="email").agent_says(world.bob, 3)
    count_on()
    client = browser(world.sue)

    def names(**query: str) -> list[str]:
        return [row.figures.name for row in client.get(PAGE, {**WEEK, **query}).context["rows"]]

    assert names() == ["Ann", "Bob"]
    assert names(channel="email") == ["Bob"]
    assert names(team=str(world.team.pk)) == ["Ann", "Bob"]
    assert names(store=world.store.key) == ["Ann", "Bob"]
    assert names(channel="pigeon", team="x", store="nowhere", sort="luck", show="all") == ["Ann", "Bob"]
    nonsense = {"period": "range", "since": "0001-01-01", "until": "9999-12-31", "page": "-3"}
    assert client.get(PAGE, nonsense).status_code == 200
    for month in ("2026-02-31", "\x00", "0001-01-01", "9999-12-31"):
        assert client.get(PAGE, {"period": "month", "since": month}).status_code == 200


def test_the_file_has_plain_numbers_and_no_formula(world):
    Agent.objects.filter(pk=world.ann.pk).update(name="=cmd()")
    answer(world, world.ann, 12, 100)
    count_on()
    sent: Any = browser(world.sue).get("/team/performance/export/", WEEK)
    [row] = csv.DictReader(StringIO(b"".join(sent.streaming_content).decode().removeprefix(BOM)))
    assert (row["Agent"], row["Handled"], row["First reply, average (s)"]) == ("'=cmd()", "12", "100")


def test_the_ranking_asks_the_database_few_questions(world):
    answer(world, world.ann, 5, 10)
    answer(world, world.bob, 5, 10)
    count_on()
    client = browser(world.sue)
    client.get(PAGE, WEEK)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(PAGE, WEEK)
    assert len(queries) < 10, [query["sql"][:90] for query in queries]


def test_the_bars_are_what_each_part_of_the_period_comes_to(world):
    play(world, 6)
    count_on()
    for metric in METRICS.values():
        period = asked(world)  # 16 days, so 8 parts of two
        found = ranking(period, metric, [metric])
        for figures in [*found.rows, found.total]:
            if not any(figures.bars):
                continue
            for number, bar in enumerate(figures.bars):
                since = period.since + timedelta(days=2 * number)
                of_part = replace(period, since=since, until=since + timedelta(days=1), agent=figures.id)
                only = ranking(of_part, metric, [metric]).total
                seen = metric if figures.id else metric.for_all()
                money = list(metrics.amounts(seen, only.money).values())
                assert bar == (sum(money) if metric.kind == "money" else seen.value(only.sums)), metric.key
    assert len(found.total.bars) == 8


def test_money_of_several_currencies_has_no_bars(world):
    day = {"store": world.store, "day": NOON.date(), "agent": world.ann, "channel": "widget"}
    DayFigures.objects.create(**day, currency="EUR", paid_money=500)
    DayFigures.objects.create(**day, currency="SEK", refund_money=500)
    found = ranking(asked(world), METRICS["order_value"], [])
    assert found.rows[0].bars[1] == found.total.bars[1] == 500
    DayFigures.objects.filter(currency="SEK").update(paid_money=700)
    assert not ranking(asked(world), METRICS["order_value"], []).total.bars


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (95, "1 min 35 s"),
        (3599, "59 min"),
        (3660, "1 h 1 min"),
        (180_000, "2 d 2 h"),
    ],
)
def test_durations_are_read_in_two_units(seconds, words):
    with translation.override("en"):
        assert duration(seconds) == words


def test_a_percentile_is_said_as_what_it_is_known_to_be(world):
    median = METRICS["first_reply_median"]
    assert shown(median, {"first_h0": 3, "first_h3": 2}, {}) == "≤ 15 s"
    assert shown(median, {"first_h9": 1}, {}) == "> 4 h"
    assert shown(median, {}, {}) == ""
