"""What the demo world is made from, before anything is made."""

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from helpdesk.demo import play
from helpdesk.demo.scripts import phrases, scripts


@pytest.mark.parametrize("language", ["en", "zh"])
def test_scripts_are_whole(language):
    """Every word that is not speech is something that can be done, and money that is spoken of is moved."""
    for topic, found in scripts(language).items():
        for script in found:
            assert script.words <= {"A", "B", "N"} | play._DOING.keys()
            assert script.turns[0].who == "B"
            assert topic not in ("fee", "payment") or "paid" in script.words
            assert topic != "cancel" or "cancel" in script.words
            alternatives = 0
            for turn in script.turns:
                assert not turn.paired or len(turn.texts) == alternatives
                if turn.who == "B":
                    alternatives = len(turn.texts)
    assert all(phrases(language).values())


@pytest.mark.django_db
@pytest.mark.parametrize("scale", [0, 101])
def test_a_scale_that_makes_no_sense_is_refused(scale):
    with override_settings(DEMO=True), pytest.raises(CommandError, match="from 1 to 100"):
        call_command("demo_data", scale=scale)
