"""One row for each thing that happened, with its change or not at all, and never another word about it."""

import ast
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from events import names, topics
from events.models import Event
from events.record import SYSTEM, Actor, Happening, Push, push, record
from tests.conftest import Frames
from tests.factories import World, buyer_says

pytestmark = pytest.mark.django_db

HEARD = Push((topics.AGENTS,), {"type": "x"})


def test_a_name_that_is_not_in_the_list_cannot_be_recorded() -> None:
    with pytest.raises(ValueError, match="unknown event name"):
        record(Happening(names.MESSAGE_CREATED, SYSTEM), Happening("message.exploded", SYSTEM))
    assert not Event.objects.exists()


def test_the_list_of_names_is_what_it_says() -> None:
    constants = {value for key, value in vars(names).items() if key.isupper() and key != "NAMES"}
    assert constants == names.NAMES
    assert all(isinstance(name, str) and name == name.lower() and len(name) <= 40 for name in names.NAMES)


def test_every_name_that_the_code_records_is_in_the_list() -> None:
    """`names.X` with an X that does not exist would only be noticed when it happens."""
    root = Path(__file__).resolve().parents[2]
    used = set()
    for app in ("people", "inbox", "orders", "knowledge", "helpdesk"):
        for file in (root / app).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if (
                    isinstance(node, ast.Attribute)
                    and isinstance(node.value, ast.Name)
                    and node.value.id == "names"
                ):
                    used.add(node.attr)
    assert {"MESSAGE_CREATED", "ACTION_DONE", "AGENT_LOGGED_IN"} <= used
    assert {name for name in used if name.isupper()} <= set(vars(names))


@pytest.mark.django_db(transaction=True)
def test_what_is_not_atomic_with_its_change_is_no_record_of_it() -> None:
    with pytest.raises(RuntimeError):
        record(Happening(names.MESSAGE_CREATED, SYSTEM))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What leaves, after real commits only."""
    sent: list[Any] = []
    monkeypatch.setattr("events.hub.publish", sent.extend)
    return sent


@pytest.mark.django_db(transaction=True)
def test_frames_leave_after_the_commit_and_in_their_order(sent: list[Any]) -> None:
    with transaction.atomic():
        record(Happening(names.MESSAGE_CREATED, SYSTEM, pushes=[Push(("a",), {"type": "1"})]))
        push([Push(("a",), {"type": "2"}), Push(("a", "b"), {"type": "3"})])
        assert not sent
    assert sent == [(("a",), '{"type":"1"}'), (("a",), '{"type":"2"}'), (("a", "b"), '{"type":"3"}')]


@pytest.mark.django_db(transaction=True)
def test_what_was_rolled_back_is_neither_recorded_nor_heard(sent: list[Any]) -> None:
    with transaction.atomic():
        record(Happening(names.MESSAGE_CREATED, SYSTEM, pushes=[HEARD]))
        transaction.set_rollback(True)
    assert not Event.objects.exists()
    assert not sent


@pytest.mark.django_db(transaction=True)
def test_a_push_that_fails_does_not_undo_what_was_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        def is_closed(self) -> bool:
            return False

        def call_soon_threadsafe(self, *args: Any) -> None:
            raise RuntimeError("Event loop is closed")

    monkeypatch.setattr("events.hub.hub.loop", Closed())
    with transaction.atomic():
        record(Happening(names.MESSAGE_CREATED, SYSTEM, pushes=[HEARD]))
    assert Event.objects.count() == 1


def test_who_did_it_is_kept_as_they_were_called_then(world: World) -> None:
    [event] = record(Happening(names.AGENT_LOGGED_IN, Actor.agent(world.ann)))
    world.ann.name = "Ann-Marie"
    world.ann.save()
    event.refresh_from_db()
    assert (event.actor_kind, event.actor_id, event.actor_name) == ("agent", world.ann.id, "Ann")


def test_a_name_that_is_too_long_is_cut_and_not_refused() -> None:
    [event] = record(Happening(names.AGENT_LOGGED_IN, Actor("agent", None, "x" * 500)))
    assert len(event.actor_name) == 120


def test_an_event_is_never_changed_or_deleted(world: World, pushed: Frames) -> None:
    buyer_says(world.kim)
    event = Event.objects.latest("id")
    event.actor_name = "Somebody else"
    with pytest.raises(TypeError):
        event.save()
    with pytest.raises(TypeError):
        event.delete()
    for change in (
        lambda: Event.objects.all().delete(),
        lambda: Event.objects.update(actor_name="Somebody else"),
        lambda: Event.objects.filter(pk=event.pk).update(name="x"),
        lambda: Event.objects.bulk_update([event], ["actor_name"]),
    ):
        with pytest.raises(TypeError), transaction.atomic():
            change()
    event.refresh_from_db()
    assert event.actor_name == "Kim Buyer"
