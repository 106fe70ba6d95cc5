"""Public ids: in the order in which they were made, also within a millisecond and by many threads at once."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from helpdesk.lib import ids
from helpdesk.lib.ids import new_id


def test_what_is_made_in_a_row_stays_in_that_order() -> None:
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(set(made))


def test_each_is_a_version_7_that_tells_the_time() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


def test_no_two_threads_make_the_same_and_each_keeps_its_order() -> None:
    with ThreadPoolExecutor(8) as pool:
        lots = list(pool.map(lambda _: [new_id() for _ in range(2_000)], range(8)))
    assert all(lot == sorted(lot) for lot in lots)
    assert len({made for lot in lots for made in lot}) == 16_000


def test_a_clock_that_is_put_right_takes_no_id_back(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time_ns()
    first = new_id()
    monkeypatch.setattr(ids.time, "time_ns", lambda: now - 500_000_000)
    assert new_id() > first


def test_a_clock_that_was_far_ahead_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time_ns()
    with monkeypatch.context() as ahead:
        ahead.setattr(ids.time, "time_ns", lambda: now + 3600 * 10**9)
        new_id()
    assert new_id().int >> 80 <= time.time_ns() // 1_000_000


def test_a_neighbour_cannot_be_guessed_from_an_id() -> None:
    low = [made.int & (1 << 62) - 1 for made in (new_id() for _ in range(1_000))]
    assert len(set(low)) == 1_000
    assert low != sorted(low)
