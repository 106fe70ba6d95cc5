"""What docs/api.md shows can be typed as it stands there."""

import re
import shlex
from pathlib import Path

import pytest

from helpdesk.lib.scopes import EVERYTHING, SCOPES
from people.keys import create_key
from tests.api.conftest import Api
from tests.factories import World, buyer_says

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
COMMANDS = re.findall(r"^curl (?:.*\\\n)*.*$", TEXT, re.MULTILINE)


def test_there_are_examples() -> None:
    assert len(COMMANDS) >= 5


@pytest.mark.parametrize("command", COMMANDS)
def test_an_example_does_what_it_says(world: World, command: str) -> None:
    said = buyer_says(world.kim)
    known = {
        "$DESK": "",
        "$KEY": create_key(agent=world.sue, name="Docs", scopes=[EVERYTHING])[1],
        "$CONVERSATION": str(said.conversation.id),
        "$ORDER": str(world.order.id),
    }
    words = shlex.split(re.sub(r"\$[A-Z]+", lambda found: known[found[0]], command).replace("\\\n", " "))
    given = [words[i + 1] for i, word in enumerate(words) if word == "-H"]
    headers = {name.replace("-", "_"): value for name, value in (line.split(": ", 1) for line in given)}
    headers.pop("Content_Type", None)
    body = words[words.index("-d") + 1] if "-d" in words else None

    answer = Api(None).call("POST" if body else "GET", words[2], body, **headers)

    assert answer.status == (201 if body else 200), answer.data


def test_every_scope_is_told_of() -> None:
    table = TEXT[TEXT.index("| scope |") : TEXT.index("Who may write may read")]
    assert set(re.findall(r"`([a-z]+:[a-z]+|\*)`", table)) == {EVERYTHING, *SCOPES}
