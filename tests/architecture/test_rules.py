"""What docs/architecture.md promises of the code, held to it."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery.schedules import crontab
from django.conf import settings
from django.utils.module_loading import import_string

from helpdesk.celery import app
from inbox.cards import all_cards
from inbox.transports import all_transports
from inbox.transports.base import Transport

ROOT = Path(__file__).resolve().parents[2]
APPS = ["helpdesk", "people", "events", "inbox", "orders", "knowledge", "team"]
# Modules of what comes in from outside: they parse, check access, call one service and shape the answer.
OUTER = {
    "views",
    "api",
    "urls",
    "consumers",
    "routing",
    "forms",
    "serializers",
    "admin",
    "models",
    "payloads",
}


def modules(*apps: str) -> Iterator[tuple[str, ast.Module]]:
    """Yield the dotted name and the tree of each module of the apps, but for migrations."""
    for name in apps:
        for file in sorted((ROOT / name).rglob("*.py")):
            dotted = ".".join(file.relative_to(ROOT).with_suffix("").parts)
            if ".migrations." not in dotted:
                yield dotted, ast.parse(file.read_text(), dotted)


def imported(tree: ast.Module) -> set[str]:
    """Return everything a module imports, as dotted names with what is taken from them."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def is_outer(dotted: str) -> bool:
    return any(part in OUTER or part.endswith(("_views", "_api", "_urls")) for part in dotted.split(".")[1:])


def test_apps_import_downwards_only() -> None:
    # In a process of its own: it reads the modules without running them.
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    done = subprocess.run([*command, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_events_talks_to_the_channel_layer() -> None:
    guilty = {
        dotted
        for dotted, tree in modules(*APPS)
        if any(name.startswith(("channels.layers", "channels_redis")) for name in imported(tree))
    }
    assert guilty == {"events.hub"}


def test_only_services_and_tasks_record_and_push() -> None:
    recording = {
        "events.record.record",
        "events.record.push",
        "events.record.Happening",
        "events.record.Push",
    }
    assert {
        dotted for dotted, tree in modules(*APPS) if is_outer(dotted) and recording & imported(tree)
    } == set()
    # And the rows that are the record are made in one place.
    makers = {d for d, tree in modules(*APPS) if "events.models.Event" in imported(tree) and not is_outer(d)}
    writing = {
        dotted
        for dotted, tree in modules(*APPS)
        if dotted in makers
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("create", "bulk_create")
        if isinstance(node.value, ast.Attribute) and ast.unparse(node.value) == "Event.objects"
    }
    assert writing <= {
        "events.record",
        "helpdesk.demo.rows",
    }  # the demo writes a past that nobody listened to


def test_one_door_alone_takes_something_out_of_an_event() -> None:
    """The manager refuses to change events; a plain queryset of them would not."""
    plain = {
        dotted
        for dotted, tree in modules(*APPS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node).startswith(("QuerySet(Event", "models.QuerySet(Event"))
    }
    assert plain == {"events.redacting"}


def test_no_signals_hide_what_a_change_does() -> None:
    guilty = {
        dotted
        for dotted, tree in modules(*APPS)
        if any(name.startswith("django.db.models.signals") for name in imported(tree))
    }
    assert guilty == set()


def test_the_inbox_knows_no_kind_of_channel_by_name() -> None:
    """A transport is one file and one line in the settings; services do not ask which one it is."""
    kinds = set(all_transports()) - {"email"}  # which is what a buyer's address is called, too
    guilty = {
        (dotted, node.value)
        for dotted, tree in modules("inbox")
        if dotted.startswith("inbox.services")
        and dotted != "inbox.services.setup"  # a store begins with a widget
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in kinds
    }
    assert guilty == set()


@pytest.mark.parametrize(
    "path",
    [
        *settings.TRANSPORTS,
        *settings.CARDS,
        *settings.CONSOLE_ASKS,
        *settings.SUGGESTERS,
        *settings.KNOWLEDGE_CONTEXT,
        *settings.ORDER_ACTIONS,
        *settings.STORE_CONNECTORS,
        *settings.MIDDLEWARE,
    ],
)
def test_everything_that_settings_name_can_be_imported(path: str) -> None:
    assert callable(import_string(path))


@pytest.mark.parametrize("registry", ["TRANSPORTS", "CARDS", "ORDER_ACTIONS", "STORE_CONNECTORS"])
def test_each_kind_is_named_once(registry: str) -> None:
    kinds = [import_string(path).kind for path in getattr(settings, registry)]
    assert len(set(kinds)) == len(kinds) > 0
    assert all(isinstance(kind, str) and kind == kind.lower() for kind in kinds)


def test_registered_kinds_can_be_made_and_say_what_they_are() -> None:
    assert set(all_cards()) == {import_string(path).kind for path in settings.CARDS}
    for transport in all_transports().values():
        assert isinstance(transport, Transport)
        assert str(transport.label)
        assert transport.first_state in ("queued", "sent")


@pytest.mark.parametrize("name", settings.CELERY_BEAT_SCHEDULE)
def test_every_sweep_is_a_task_that_exists(name: str) -> None:
    app.loader.import_default_modules()
    entry = settings.CELERY_BEAT_SCHEDULE[name]
    assert entry["task"] in app.tasks
    assert isinstance(entry["schedule"], float | crontab)
