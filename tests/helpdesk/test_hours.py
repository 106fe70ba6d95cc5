"""Opening hours: what the clock on the wall says decides, on days of 23, 24 and 25 hours."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.lib.hours import DAY, Schedule

BERLIN, NEW_YORK, SHANGHAI = (
    ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Asia/Shanghai")
)
# Clocks change at midnight, by half an hour, and by a whole day's worth of politics.
ODD = [ZoneInfo(name) for name in ("Australia/Lord_Howe", "America/Santiago", "Asia/Beirut", "Africa/Cairo")]
OFFICE = (((540, 720), (780, 1080)),) * 5 + ((), ())  # 9 to 12 and 13 to 18, Monday to Friday


def at(text: str, zone: Any = UTC) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def test_with_nothing_said_it_is_always_open() -> None:
    schedule = Schedule(BERLIN)
    now = at("2026-11-22T03:00")
    assert schedule.is_open(now)
    assert schedule.next_opening(now) == now
    assert schedule.next_closing(now) is None
    assert schedule.open_seconds_between(now, now + timedelta(days=3)) == 3 * 86_400


def test_an_office_opens_and_closes_where_it_is() -> None:
    schedule = Schedule(SHANGHAI, OFFICE)
    assert not schedule.is_open(at("2026-11-20T08:59", SHANGHAI))  # a Friday
    assert schedule.is_open(at("2026-11-20T09:00", SHANGHAI))
    assert not schedule.is_open(at("2026-11-20T12:00", SHANGHAI))
    evening = at("2026-11-20T18:00", SHANGHAI)
    assert schedule.next_opening(evening) == at("2026-11-23T09:00", SHANGHAI)
    assert schedule.next_closing(at("2026-11-20T13:30", SHANGHAI)) == evening
    assert (
        schedule.open_seconds_between(at("2026-11-20T17:00", SHANGHAI), at("2026-11-23T10:00", SHANGHAI))
        == 7200
    )


def test_a_holiday_closes_and_a_special_day_has_hours_of_its_own() -> None:
    special = {date(2026, 12, 25): (), date(2026, 12, 26): ((600, 720),)}
    schedule = Schedule(NEW_YORK, OFFICE, special)
    assert not schedule.is_open(at("2026-12-25T10:00", NEW_YORK))  # a Friday
    assert schedule.next_opening(at("2026-12-24T20:00", NEW_YORK)) == at("2026-12-26T10:00", NEW_YORK)
    assert Schedule(NEW_YORK, None, special).next_opening(at("2026-12-25T10:00", NEW_YORK)) == at(
        "2026-12-26T10:00", NEW_YORK
    )


def test_midnight_is_no_gap() -> None:
    night = (((1320, DAY),),) * 7
    schedule = Schedule(BERLIN, tuple(((0, 120), *day) for day in night))  # 22:00 to 2:00
    [(opens, closes)] = schedule.open_between(at("2026-11-20T12:00", BERLIN), at("2026-11-21T12:00", BERLIN))
    assert (opens, closes) == (at("2026-11-20T22:00", BERLIN), at("2026-11-21T02:00", BERLIN))


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)],
    ids=["spring", "autumn", "summer"],
)
def test_a_day_has_as_many_hours_as_its_clock(day: str, hours: int) -> None:
    start = at(f"{day}T00:00", BERLIN)
    end = (datetime.fromisoformat(f"{day}T00:00") + timedelta(days=1)).replace(tzinfo=BERLIN).astimezone(UTC)
    schedule = Schedule(BERLIN, (((0, DAY),),) * 7)
    assert schedule.open_seconds_between(start, end) == hours * 3600
    # Nine to six is nine hours, whatever happened in the night.
    assert Schedule(BERLIN, (((540, 1080),),) * 7).open_seconds_between(start, end) == 9 * 3600


def test_an_opening_that_the_clock_leaves_out_is_when_it_has_gone_past_it() -> None:
    schedule = Schedule(BERLIN, (((150, 300),),) * 7)  # from 2:30
    night = at("2026-03-29T00:00", BERLIN)
    assert schedule.next_opening(night) == at("2026-03-29T03:00", BERLIN)
    assert schedule.open_seconds_between(night, night + timedelta(hours=12)) == 2 * 3600


def test_always_closed_never_opens() -> None:
    schedule = Schedule(BERLIN, ((),) * 7)
    assert schedule.next_opening(at("2026-11-22T03:00")) is None
    assert schedule.next_closing(at("2026-11-22T03:00")) == at("2026-11-22T03:00")


# -- Whatever the hours are

quarters = st.integers(0, DAY // 15).map(lambda n: n * 15)


@st.composite
def days(draw: Any) -> tuple[tuple[int, int], ...]:
    cuts = sorted(draw(st.sets(quarters, max_size=4)))
    return tuple(zip(cuts[::2], cuts[1::2], strict=False))


zones = st.sampled_from([BERLIN, NEW_YORK, SHANGHAI, *ODD])
year = (datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2027-01-01"))
moments = st.datetimes(*year, timezones=st.just(UTC))
weeks = st.lists(days(), min_size=7, max_size=7).map(tuple)
special_days = st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 12, 31)), days(), max_size=6)
schedules = st.builds(Schedule, zones, weeks, special_days)


@settings(max_examples=40, deadline=None)
@given(schedules, moments, st.integers(0, 60 * 50))
def test_the_open_time_is_that_of_its_minutes(schedule: Schedule, start: datetime, minutes: int) -> None:
    start = start.replace(second=0, microsecond=0)
    counted = sum(schedule.is_open(start + timedelta(minutes=n)) for n in range(minutes))
    assert schedule.open_seconds_between(start, start + timedelta(minutes=minutes)) == counted * 60


@settings(max_examples=40, deadline=None)
@given(schedules, moments, st.timedeltas(timedelta(), timedelta(days=40)), st.floats(0, 1))
def test_times_add_up(schedule: Schedule, start: datetime, length: timedelta, part: float) -> None:
    middle, end = start + length * part, start + length
    whole = schedule.open_seconds_between(start, end)
    halves = schedule.open_seconds_between(start, middle) + schedule.open_seconds_between(middle, end)
    assert abs(whole - halves) < 0.001
    assert 0 <= whole <= length.total_seconds() + 0.001


@settings(max_examples=40, deadline=None)
@given(schedules, moments)
def test_it_is_closed_until_the_next_opening_and_open_until_the_next_closing(
    schedule: Schedule, now: datetime
) -> None:
    opens = schedule.next_opening(now)
    if opens is None:
        assert not any(schedule.on((now + timedelta(days=n)).date()) for n in range(1, 300))
        return
    assert schedule.is_open(opens)
    assert schedule.open_seconds_between(now, opens) == 0
    closes = schedule.next_closing(opens)
    if closes is not None:
        assert not schedule.is_open(closes)
        assert schedule.open_seconds_between(opens, closes) == pytest.approx((closes - opens).total_seconds())


@settings(max_examples=40, deadline=None)
@given(schedules, moments, st.timedeltas(timedelta(days=-3), timedelta()))
def test_backwards_is_no_time(schedule: Schedule, start: datetime, back: timedelta) -> None:
    assert schedule.open_seconds_between(start, start + back) == 0


# -- The inverse: when so much open time has passed


def test_time_passes_only_while_it_is_open() -> None:
    schedule = Schedule(SHANGHAI, OFFICE, {date(2026, 11, 23): ()})  # the Monday is a holiday
    friday = at("2026-11-20T17:30", SHANGHAI)
    assert schedule.after_open_seconds(friday, 1200) == at("2026-11-20T17:50", SHANGHAI)
    assert schedule.after_open_seconds(friday, 1800) == at("2026-11-20T18:00", SHANGHAI)
    assert schedule.after_open_seconds(friday, 3600) == at("2026-11-24T09:30", SHANGHAI)
    night = at("2026-11-21T02:00", SHANGHAI)
    assert schedule.after_open_seconds(night, 60) == at("2026-11-24T09:01", SHANGHAI)
    assert schedule.after_open_seconds(night, 0) == night


@pytest.mark.parametrize(
    ("start", "hours", "then"),
    [
        ("2026-03-28T23:00", 4, "2026-03-29T04:00"),  # two o'clock is three
        ("2026-10-24T23:00", 5, "2026-10-25T03:00"),  # two o'clock comes twice
    ],
)
def test_an_hour_is_an_hour_when_clocks_change(start: str, hours: int, then: str) -> None:
    always = Schedule(BERLIN, (((0, DAY),),) * 7)
    assert always.after_open_seconds(at(start, BERLIN), hours * 3600) == at(then, BERLIN)


def test_what_never_opens_is_not_in_sight() -> None:
    closed = Schedule(BERLIN, ((),) * 7, {date(2026, 12, 1): ((600, 601),)})
    now = at("2026-11-22T03:00")
    assert closed.after_open_seconds(now, 60) == at("2026-12-01T10:01", BERLIN)
    assert closed.after_open_seconds(now, 61) is None
    assert Schedule(BERLIN).after_open_seconds(now, 90) == now + timedelta(seconds=90)


@settings(max_examples=80, deadline=None)
@given(schedules, moments, st.integers(1, 40 * 3600))
def test_after_so_many_open_seconds_just_so_many_have_passed(
    schedule: Schedule, start: datetime, seconds: int
) -> None:
    then = schedule.after_open_seconds(start, seconds)
    if then is None:
        assert schedule.open_seconds_between(start, start + timedelta(days=399)) < seconds
        return
    assert schedule.open_seconds_between(start, then) == pytest.approx(seconds, abs=0.001)
    # And not a moment earlier: it was open until then.
    just_before = schedule.open_seconds_between(start, then - timedelta(seconds=1))
    assert just_before == pytest.approx(seconds - 1, abs=0.001)


@settings(max_examples=40, deadline=None)
@given(schedules, moments, st.integers(0, 20 * 3600), st.integers(0, 20 * 3600))
def test_to_wait_twice_is_to_wait_for_both(schedule: Schedule, start: datetime, one: int, two: int) -> None:
    middle = schedule.after_open_seconds(start, one)
    whole = schedule.after_open_seconds(start, one + two)
    if middle is not None and whole is not None and two:
        assert schedule.after_open_seconds(middle, two) == whole
