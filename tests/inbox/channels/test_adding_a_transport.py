"""docs/adding-a-transport.md, run: the channel that it adds passes the suite that every channel has to pass."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings as django_settings

from inbox import transports
from tests.factories import World
from tests.inbox.channels.conformance import kinds
from tests.inbox.channels.conformance.conftest import Line, line_to
from tests.inbox.channels.conformance.test_fuzz import (
    test_a_sort_of_message_that_nobody_knows_is_not_lost as unknown,
)
from tests.inbox.channels.conformance.test_in import *  # noqa: F403 — the suite's tests, run for one kind more
from tests.inbox.channels.conformance.test_media import *  # noqa: F403
from tests.inbox.channels.conformance.test_out import *  # noqa: F403
from tests.inbox.channels.conformance.test_receipts import *  # noqa: F403

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = Path(__file__).resolve().parents[3] / "docs" / "adding-a-transport.md"
BLOCK = re.compile(r"<!-- file: (\S+) -->\n```python\n(.*?)```\n", re.DOTALL)
NEW = {
    "inbox.transports.line": "inbox/transports/line.py",
    "helpdesk.demo.phone.line": "helpdesk/demo/phone/line.py",
}


def blocks() -> dict[str, str]:
    return dict(BLOCK.findall(PAGE.read_text()))


@pytest.fixture(scope="module")
def added() -> Iterator[None]:
    """What the page says, done: for this file, and undone at its end."""
    code = blocks()
    for name, path in NEW.items():
        module = ModuleType(name)
        sys.modules[name] = module
        exec(compile(code[path], f"docs:{path}", "exec"), module.__dict__)
    vendor = sys.modules["helpdesk.demo.phone.line"]
    given = {**vars(kinds), "LineVendor": vendor.LineVendor, "hook": vendor.hook}
    exec(compile(code["tests/inbox/channels/conformance/kinds.py"], "docs:kinds", "exec"), given)
    before = django_settings.TRANSPORTS
    django_settings.TRANSPORTS = [*before, "inbox.transports.line.Line"]
    transports.all_transports.cache_clear()
    yield
    django_settings.TRANSPORTS = before
    transports.all_transports.cache_clear()
    del kinds.KINDS["line"]
    for name in NEW:
        del sys.modules[name]


@pytest.fixture
def line(added: None, world: World, settings: Any) -> Iterator[Line]:
    settings.OUTGOING_TO_PRIVATE = True
    with line_to("line", world) as line:
        yield line


@pytest.fixture
def asked(line: Line) -> Line:
    line.hear(line.says())
    assert len(line.heard) == 1
    line.provider.calls.clear()
    line.provider.faulty = line.kind.send_path
    return line


def test_a_sort_of_message_that_nobody_knows_is_shown_as_such(line: Line) -> None:
    unknown(line)


def test_the_page_holds_every_file_that_it_speaks_of_and_none_exists_yet() -> None:
    code = blocks()
    assert {*NEW.values(), "settings", "tests/inbox/channels/conformance/kinds.py"} == set(code)
    for path in NEW.values():
        assert not (PAGE.parents[1] / path).exists(), "then the page needs another example"
    assert all(ast.parse(text) for text in code.values())
    assert len(code["inbox/transports/line.py"].splitlines()) < 150


def test_the_line_of_the_settings_is_what_is_registered_here(line: Line) -> None:
    assert transports.get("line").kind == "line"
    assert '"inbox.transports.line.Line"' in blocks()["settings"]
