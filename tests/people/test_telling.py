"""How agents want to be told: what is chosen is kept for every device, and "do not disturb" ends by itself."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from people import telling
from people.models import Agent, NoticePreferences
from people.telling import be_quiet, preferences_of, quiet_now, quiet_spans, save_preferences
from tests.conftest import Frames
from tests.factories import World

pytestmark = pytest.mark.django_db

BERLIN = "Europe/Berlin"
NIGHTS = [[22 * 60, 31 * 60]] * 7  # ten at night until seven in the morning
NEVER: list[list[int]] = [[]] * 7


def chosen(agent: Agent, **more: object) -> NoticePreferences:
    given = {
        "volume": 50,
        "tones": {},
        "silent": [],
        "undisplayed": [],
        "urgent_passes": True,
        "quiet_hours": NEVER,
    }
    return save_preferences(agent=agent, **(given | more))  # type: ignore[arg-type]


def at(text: str, zone: str = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.fixture
def bob(world: World) -> Agent:
    world.bob.time_zone = BERLIN
    world.bob.save()
    return world.bob


# -- By the week


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        ("2026-06-01T21:59", False),
        ("2026-06-01T22:00", True),
        ("2026-06-02T00:00", True),
        ("2026-06-02T06:59", True),
        ("2026-06-02T07:00", False),
    ],
)
def test_quiet_hours_go_on_over_midnight(bob: Agent, moment: str, quiet: bool) -> None:
    mine = chosen(bob, quiet_hours=NIGHTS)
    assert (quiet_now(mine, at(moment)) is not None) is quiet


def test_the_night_of_sunday_ends_on_monday_and_no_other_day_is_quiet(bob: Agent) -> None:
    mine = chosen(bob, quiet_hours=[*[[]] * 6, [22 * 60, 31 * 60]])
    [span] = quiet_spans(mine, at("2026-06-03T12:00"))
    assert (span.since, span.until) == (at("2026-06-07T22:00"), at("2026-06-08T07:00"))


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2026-03-28", 8), ("2026-10-24", 10), ("2026-06-06", 9)],
    ids=["an hour is left out", "an hour comes twice", "any night"],
)
def test_the_clock_on_the_wall_decides_when_clocks_change(bob: Agent, day: str, hours: int) -> None:
    mine = chosen(bob, quiet_hours=NIGHTS)
    span = quiet_spans(mine, at(f"{day}T20:00"))[0]
    assert span.since == at(f"{day}T22:00")
    assert span.until is not None
    assert span.until.astimezone(ZoneInfo(BERLIN)).hour == 7
    assert span.until - span.since == timedelta(hours=hours)


def test_a_whole_day_meets_the_night_before_it_without_a_gap(bob: Agent) -> None:
    week = [[22 * 60, 31 * 60] if day == 5 else [0, 24 * 60] if day == 6 else [] for day in range(7)]
    [span] = quiet_spans(chosen(bob, quiet_hours=week), at("2026-06-03T12:00"))
    assert (span.since, span.until) == (at("2026-06-06T22:00"), at("2026-06-08T00:00"))


def test_it_is_the_agents_own_time_and_a_zone_nobody_knows_is_no_trap(bob: Agent) -> None:
    mine = chosen(bob, quiet_hours=NIGHTS)
    mine.agent.time_zone = "Asia/Shanghai"
    assert quiet_now(mine, at("2026-06-01T22:30", "Asia/Shanghai")) is not None
    mine.agent.time_zone = "Nowhere/At all"
    assert quiet_now(mine, at("2026-06-01T22:30", "UTC")) is not None


# -- By hand


def test_half_an_hour_ends_by_itself(bob: Agent) -> None:
    mine = be_quiet(agent=bob, how="half-hour")
    now = timezone.now()
    span = quiet_now(mine, now)
    assert span is not None
    assert span.until is not None
    assert timedelta(minutes=29) < span.until - now <= timedelta(minutes=30)
    assert quiet_now(mine, now + timedelta(minutes=31)) is None


def test_until_it_is_turned_off_has_no_end_until_it_is_turned_off(bob: Agent) -> None:
    mine = be_quiet(agent=bob, how="open")
    span = quiet_now(mine, timezone.now() + timedelta(days=90))
    assert span is not None
    assert span.until is None
    assert quiet_now(be_quiet(agent=bob, how="off"), timezone.now()) is None


@pytest.mark.parametrize(
    ("moment", "morning"),
    [
        ("2026-06-01T14:00", "2026-06-02T08:00"),
        ("2026-06-01T23:59", "2026-06-02T08:00"),
        ("2026-06-02T02:00", "2026-06-02T08:00"),
        ("2026-06-02T05:00", "2026-06-03T08:00"),
        ("2026-03-28T20:00", "2026-03-29T08:00"),
        ("2026-10-24T20:00", "2026-10-25T08:00"),
    ],
)
def test_tomorrow_morning_is_eight_where_the_agent_is(moment: str, morning: str) -> None:
    assert telling.next_morning(at(moment), ZoneInfo(BERLIN)) == at(morning)


def test_turned_off_in_a_quiet_hour_it_stays_off_for_that_one_only(
    bob: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen(bob, quiet_hours=NIGHTS)
    monkeypatch.setattr(telling.timezone, "now", lambda: at("2026-06-01T23:00"))
    mine = be_quiet(agent=bob, how="off")
    assert quiet_now(mine, at("2026-06-02T03:00")) is None
    assert quiet_now(mine, at("2026-06-02T23:00")) is not None
    # Another week is another choice.
    mine = chosen(bob, quiet_hours=[[21 * 60, 31 * 60], *NIGHTS[1:]])
    assert quiet_now(mine, at("2026-06-02T03:00")) is not None


def test_of_two_reasons_the_one_that_ends_last_is_told(bob: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen(bob, quiet_hours=NIGHTS)
    monkeypatch.setattr(telling.timezone, "now", lambda: at("2026-06-01T23:00"))
    span = quiet_now(be_quiet(agent=bob, how="hour"), at("2026-06-01T23:10"))
    assert span is not None
    assert (span.by, span.until) == ("week", at("2026-06-02T07:00"))


def test_it_is_no_presence(bob: Agent) -> None:
    be_quiet(agent=bob, how="open")
    bob.refresh_from_db()
    assert bob.presence == Agent.Presence.ONLINE


# -- Every page of theirs follows


def test_every_page_hears_what_was_chosen(bob: Agent, pushed: Frames) -> None:
    chosen(bob, volume=0, silent=["mention"], urgent_passes=False)
    be_quiet(agent=bob, how="open")
    first, second = (f["preferences"] for f in pushed.to(f"agent.{bob.id}"))
    assert (first["volume"], first["silent"], first["urgent_passes"], first["quiet"]) == (
        0,
        ["mention"],
        False,
        [],
    )
    assert [span["until"] for span in second["quiet"]] == [None]
    assert first["tones"] == {"message": "drop", "notice": "chime", "urgent": "pulse"}


def test_who_chose_nothing_hears_everything(bob: Agent) -> None:
    data = telling.preferences_data(preferences_of(bob))
    assert (data["silent"], data["undisplayed"], data["quiet"], data["volume"]) == ([], [], [], 50)
    assert not NoticePreferences.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"volume": 101},
        {"tones": {"message": "siren"}},
        {"tones": {"door": "drop"}},
        {"quiet_hours": [[0, 60]]},
        {"quiet_hours": [[60, 60], *[[]] * 6]},
        {"quiet_hours": [[0, 1441], *[[]] * 6]},
    ],
)
def test_what_makes_no_sense_is_refused(bob: Agent, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"sound|quiet"):
        chosen(bob, **wrong)
    with pytest.raises(ValueError, match="forever"):
        be_quiet(agent=bob, how="forever")
