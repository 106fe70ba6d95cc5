"""How good the search is, of the demo's articles, by questions that were judged before it was written."""

import pytest

from bench.judged import figures, load

PROMISED = 0.9


@pytest.mark.django_db
def test_nine_tenths_of_what_should_be_shown_is_among_the_first_five() -> None:
    found = figures(load())
    assert set(found) == {"all", "en", "zh-hans", "fi"}
    assert all(recall >= PROMISED for recall in found.values()), found
