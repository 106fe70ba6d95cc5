"""What another system told us is shown in the reader's language, as far as the words are ours."""

import pytest
from django.utils import translation
from django.utils.translation import gettext

from helpdesk.lib.told import in_words

OURS = "There was nothing to send."
HEAD = "WeChat"


@pytest.mark.parametrize(
    "told", ["", OURS, f"{HEAD}: invalid appsecret (40125)", "wholly theirs", "a: b: c", ": "]
)
def test_in_english_it_is_as_it_was_kept(told: str) -> None:
    with translation.override("en"):
        assert in_words(told) == told


def test_a_sentence_of_ours_is_translated_and_the_words_of_others_are_not() -> None:
    with translation.override("zh-hans"):
        assert gettext(HEAD) != HEAD
        assert in_words(HEAD) == gettext(HEAD)
        assert in_words(f"{HEAD}: invalid appsecret: 40125") == f"{gettext(HEAD)}: invalid appsecret: 40125"
        assert in_words("wholly theirs") == "wholly theirs"
        assert in_words("Theirs, Inc: too") == "Theirs, Inc: too"
