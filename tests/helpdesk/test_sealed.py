"""Credentials at rest: readable with our keys only, and a key can be replaced."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection as database

from helpdesk.checks import production_settings
from helpdesk.lib.sealed import Unreadable, seal, unseal
from orders.models import Connection
from people.models import Store

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def sealed(db: None, settings: Any) -> Connection:
    settings.CREDENTIALS_KEYS = [OLD]
    store = Store.objects.create(key="shop", name="Shop", currency="USD")
    return Connection.objects.create(store=store, kind="demo", secrets={"key": "ck_secret"})


def stored() -> str:
    with database.cursor() as cursor:
        cursor.execute("SELECT secrets FROM orders_connection")
        text: str = cursor.fetchone()[0]
    return text


def test_the_database_does_not_show_a_secret(sealed: Connection) -> None:
    assert "ck_secret" not in stored()
    assert Connection.objects.get().secrets == {"key": "ck_secret"}


def test_what_was_loaded_shows_no_secret_by_accident(sealed: Connection) -> None:
    found = Connection.objects.get()
    assert "ck_secret" not in f"{found.secrets} {found.secrets!r}"
    found.secrets["more"] = 1
    found.save()
    assert Connection.objects.get().secrets == {"key": "ck_secret", "more": 1}


def test_a_key_is_replaced_by_sealing_anew(sealed: Connection, settings: Any, capsys: Any) -> None:
    settings.CREDENTIALS_KEYS = [NEW, OLD]
    assert Connection.objects.get().secrets == {"key": "ck_secret"}
    call_command("reseal")
    assert "orders.Connection secrets: 1" in capsys.readouterr().out
    settings.CREDENTIALS_KEYS = [NEW]
    assert Connection.objects.get().secrets == {"key": "ck_secret"}


def test_without_sealing_anew_the_old_key_is_still_needed(sealed: Connection, settings: Any) -> None:
    settings.CREDENTIALS_KEYS = [NEW]
    found = Connection.objects.get()  # whoever does not need them is not hindered
    with pytest.raises(Unreadable):
        found.secrets["key"]


def test_sealing_anew_without_the_old_key_says_what_to_do(sealed: Connection, settings: Any) -> None:
    before = stored()
    settings.CREDENTIALS_KEYS = [NEW]
    with pytest.raises(CommandError, match="CREDENTIALS_KEYS"):
        call_command("reseal")
    assert stored() == before


def test_what_was_tampered_with_does_not_open(settings: Any) -> None:
    settings.CREDENTIALS_KEYS = [OLD]
    text = seal({"a": 1})
    with pytest.raises(Unreadable):
        unseal(text[:-4] + "AAAA")


def test_a_key_that_is_none_stops_the_start(settings: Any) -> None:
    settings.CREDENTIALS_KEYS = ["not a key"]
    assert "helpdesk.E006" in [problem.id for problem in production_settings()]
    settings.CREDENTIALS_KEYS = [NEW]
    assert "helpdesk.E006" not in [problem.id for problem in production_settings()]
