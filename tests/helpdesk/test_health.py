"""What watches the desk is told the truth, and outsiders are told nothing."""

from types import SimpleNamespace
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.test import Client

from helpdesk.checks import production_settings, refuse_unsafe_start


def test_it_is_alive_whatever_else_is_not() -> None:
    """No database mark: a query would fail the test."""
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")


@pytest.mark.django_db
def test_it_is_ready_when_database_and_layer_answer() -> None:
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "channel_layer": "ok"}


@pytest.mark.django_db
def test_it_says_what_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    class Down(InMemoryChannelLayer):  # type: ignore[misc]  # channels is untyped
        async def group_send(self, group: str, message: dict[str, Any]) -> None:
            raise ConnectionError("refused")

    with monkeypatch.context() as patch:
        patch.setattr("events.hub.get_channel_layer", Down)
        answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"database": "ok", "channel_layer": "unreachable"}

    def refuse(*args: Any) -> None:
        raise DatabaseError("refused")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", refuse)
        answer = Client().get("/readyz")
    assert answer.json() == {"database": "unreachable", "channel_layer": "ok"}


@pytest.mark.django_db
def test_asking_often_keeps_nothing_open() -> None:
    for _ in range(10):
        Client().get("/readyz")
    assert len(getattr(get_channel_layer(), "_layers", ())) <= 1


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
def test_outsiders_are_told_nothing(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = Client().get(path)
    assert inside.status_code == 200
    for outside in (
        Client(REMOTE_ADDR="203.0.113.5").get(path),
        Client().get(path, headers={"X-Forwarded-For": "127.0.0.1"}),
    ):
        assert outside.status_code == 404
    monkeypatch.setattr(settings, "METRICS_TOKEN", "let-me-in")
    assert Client().get(path).status_code == 404
    for wrong in ("Bearer wrong", "Bearer ", "é", "let-me-i"):
        assert Client().get(path, headers={"Authorization": wrong}).status_code == 404
    asked = Client(REMOTE_ADDR="203.0.113.5").get(path, headers={"Authorization": "Bearer let-me-in"})
    assert asked.status_code == 200


# -- What stops the start


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Settings of a complete installation, as the checks see them."""
    found = SimpleNamespace(
        DEMO=False,
        DEBUG=False,
        EMBEDDED=False,
        SECURE=True,
        UNSAFE_SECRET_KEY=settings.UNSAFE_SECRET_KEY,
        SECRET_KEY="a-random-key-" * 5,
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql"}},
        ALLOWED_HOSTS=["desk.example"],
    )
    monkeypatch.setattr("helpdesk.checks.settings", found)
    return found


def test_a_complete_production_starts(production: SimpleNamespace) -> None:
    assert production_settings() == []
    refuse_unsafe_start()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SECRET_KEY", "unsafe-for-development-only", "SECRET_KEY"),
        ("SECRET_KEY", "short", "SECRET_KEY"),
        ("DATABASES", {"default": {"ENGINE": "django.db.backends.sqlite3"}}, "DATABASE_URL"),
        ("EMBEDDED", True, "REDIS_URL"),
    ],
)
def test_what_is_missing_or_unsafe_stops_the_start_with_one_sentence(
    production: SimpleNamespace, name: str, value: Any, says: str
) -> None:
    setattr(production, name, value)
    with pytest.raises(ImproperlyConfigured, match=says) as refused:
        refuse_unsafe_start()
    assert str(refused.value).count("\n") == 0


@pytest.mark.parametrize("host", ["desk.example", "*", "192.168.1.5"])
def test_the_embedded_desk_serves_this_machine_alone(production: SimpleNamespace, host: str) -> None:
    production.EMBEDDED = True
    production.ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
    refuse_unsafe_start()
    production.ALLOWED_HOSTS = ["127.0.0.1", host]
    with pytest.raises(ImproperlyConfigured):
        refuse_unsafe_start()
