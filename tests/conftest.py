"""What every test can use."""

import json
import math
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import TransactionTestCase

from people import abilities
from tests import factories, prepared
from tests.sockets import Connect


def pytest_configure(config: pytest.Config) -> None:
    # Only `manage.py collectstatic` makes it, and no test needs it.
    config.addinivalue_line("filterwarnings", "ignore:No directory at:UserWarning")
    # The application refuses to start with the unsafe one.
    settings.SECRET_KEY = "only-for-tests-" * 5
    # Redis' channels are shared by whoever uses the server, also by the other workers of this run.
    for layer in settings.CHANNEL_LAYERS.values():
        if "hosts" in layer.get("CONFIG", {}):
            layer["CONFIG"]["prefix"] = f"test-{uuid4().hex[:12]}"
    # A cache that is cleared is emptied as a whole, so each worker has a database of the server to itself.
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for cache in settings.CACHES.values():
        cache["KEY_PREFIX"] = f"test-{uuid4().hex[:12]}"
        if str(cache.get("LOCATION", "")).startswith("redis"):
            url = urlsplit(cache["LOCATION"])
            number = (int(url.path.strip("/") or 0) + worker) % 16
            cache["LOCATION"] = urlunsplit(url._replace(path=f"/{number}"))
    # A good hash of a password takes long, which is the point of it, and proves nothing here.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Pages name files as they are: no test waits for what a deployment collects.
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    # Every client of a test has a handler of its own, and would look through all static files for it.
    settings.WHITENOISE_AUTOREFRESH = True
    # Jobs are called by the tests themselves; nobody would take them from a real broker.
    settings.CELERY_BROKER_URL = "memory://"
    # A test's rows need not survive the machine.
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        settings.DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off"
    TransactionTestCase._fixture_teardown = empty_the_database  # type: ignore[method-assign]


def empty_the_database(test: TransactionTestCase) -> None:
    """What Django does after a test that commits, with few small rows in mind: it takes 0.02 s and not 2 s.

    Its own truncates every table, which PostgreSQL does file by file, and then makes all permissions anew.
    """
    with connection.cursor() as cursor, transaction.atomic():
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA defer_foreign_keys = ON")
        for table in connection.introspection.django_table_names(only_existing=True, include_views=False):
            if table not in ("django_content_type", "auth_permission"):
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    tmp_path_factory: pytest.TempPathFactory, django_db_modify_db_settings: Any
) -> None:
    """Start from a copy of the prepared database; SQLite's in a file: threads cannot wait for each other in memory."""
    database = settings.DATABASES["default"]
    test = database.setdefault("TEST", {})
    if database["ENGINE"].endswith("sqlite3"):
        file: Path = tmp_path_factory.mktemp("database") / "test.sqlite3"
        prepared.copy_to(file)
        test["NAME"] = str(file)
    else:
        test["TEMPLATE"] = prepared.template(settings.DATABASE_URL)


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool) -> bool:
    """SQLite's copy is taken as it is; it goes with its folder."""
    return django_db_keepdb or settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")


@pytest.fixture(autouse=True)
def roles_as_shipped() -> Iterator[None]:
    """What admins changed of roles is known to be nothing, and stays so until a test changes it: no query tells."""
    abilities.changed._kept = (math.inf, {})
    yield
    abilities.changed.forget()


@pytest.fixture
def world(db: None) -> factories.World:
    """Two stores, their people and a buyer with an order; see factories.py. Nobody has said anything yet."""
    return factories.make_world()


class Frames(list[tuple[tuple[str, ...], dict[str, Any]]]):
    """What was pushed, in order, as (topics, frame)."""

    def of(self, *types: str) -> list[dict[str, Any]]:
        return [frame for _, frame in self if frame["type"] in types]

    def to(self, topic: str) -> list[dict[str, Any]]:
        return [frame for topics, frame in self if topic in topics]


@pytest.fixture
def pushed(monkeypatch: pytest.MonkeyPatch) -> Frames:
    """What is pushed, kept instead of sent. A commit does not have to come: the test's own is rolled back."""
    frames = Frames()

    def publish(sent: Iterable[tuple[tuple[str, ...], str]]) -> None:
        frames.extend((topics, json.loads(frame)) for topics, frame, *_ in sent)

    def at_once(work: Callable[[], Any], **kwargs: Any) -> None:
        work()

    monkeypatch.setattr("events.hub.publish", publish)
    monkeypatch.setattr("events.record.transaction.on_commit", at_once)
    return frames


@pytest.fixture
async def connect(transactional_db: None) -> AsyncIterator[Connect]:
    """Open sockets; see sockets.py. What the world holds is committed, so `world` may stand beside it."""
    connect = Connect()
    yield connect
    await connect.end()
