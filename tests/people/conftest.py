from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from people.models import Agent

PASSWORD = "correct-horse-battery"

LogIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def _quick_and_new(settings):
    """Hash cheaply, and forget what allauth counted: its cache outlives a test's transaction."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()


@pytest.fixture
def people(world):
    """The world, in which everybody has the same password."""
    for agent in Agent.objects.all():
        agent.set_password(PASSWORD)
        agent.save(update_fields=["password"])
    for name in ("ann", "bob", "sue", "zoe", "eve"):
        getattr(world, name).refresh_from_db()
    return world


@pytest.fixture
def log_in() -> LogIn:
    """Log in as a browser does: through the page, with the password."""

    def log_in(agent: Agent, password: str = PASSWORD, **headers: Any) -> Client:
        client = Client(**headers)
        client.post("/accounts/login/", {"login": agent.email, "password": password})
        return client

    return log_in


def is_logged_in(client: Client) -> bool:
    return client.get("/settings/").status_code == 200


def closed(pushed) -> list[tuple[str, int]]:
    """Which sockets were told to close: (topic, close code)."""
    return [
        (topic, frame["code"]) for topics, frame in pushed if frame["type"] == "_close" for topic in topics
    ]
