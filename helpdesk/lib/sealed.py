"""Secrets at rest: a JSON field that is encrypted in the database (Fernet, of the cryptography library).

The keys come from CREDENTIALS_KEYS, newest first: the first one seals, each one opens, so that a key is
replaced by putting a new one in front and saving what is kept. Without the setting a key is derived from
SECRET_KEY and its fallbacks.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext_noop


class Unreadable(Exception):
    """None of the keys opens it: a sentence for people, in English."""


def _fernet() -> MultiFernet:
    keys = [key.encode() for key in settings.CREDENTIALS_KEYS]
    for secret in () if keys else (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        keys.append(base64.urlsafe_b64encode(hashlib.sha256(b"credentials:" + secret.encode()).digest()))
    return MultiFernet([Fernet(key) for key in keys])


def keys_are_right() -> bool:
    try:
        _fernet()
    except ValueError:
        return False
    return True


def seal(value: Any) -> str:
    return _fernet().encrypt(json.dumps(value).encode()).decode()


def unseal(text: str) -> Any:
    """Return what was sealed. Raises Unreadable where no key fits, or it was tampered with."""
    try:
        return json.loads(_fernet().decrypt(text.encode()))
    except InvalidToken:
        raise Unreadable(gettext_noop("No key of CREDENTIALS_KEYS opens these credentials.")) from None


def opened(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a sealed field holds; nothing where no key opens it: then it has to be typed in anew."""
    try:
        return dict(value)
    except Unreadable:
        return {}


class Sealed(MutableMapping[str, Any]):
    """An object that is unsealed when somebody looks into it: most who load its row do not.

    It does not show itself, so that no log does by accident.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._open: dict[str, Any] | None = None

    def _opened(self) -> dict[str, Any]:
        if self._open is None:
            self._open = unseal(self._text)
        return self._open

    def __getitem__(self, name: str) -> Any:
        return self._opened()[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._opened()[name] = value

    def __delitem__(self, name: str) -> None:
        del self._opened()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._opened())

    def __len__(self) -> int:
        return len(self._opened())

    def __repr__(self) -> str:
        return "<sealed>"


if TYPE_CHECKING:
    _Text = models.TextField[Mapping[str, Any], Mapping[str, Any]]
else:
    _Text = models.TextField


class SealedJSONField(_Text):
    """A JSON object that only the desk itself can read. It cannot be searched."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return value if value is None else Sealed(value)

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else seal(dict(value))

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return seal(dict(self.value_from_object(obj)))


def reseal_all() -> dict[str, int]:
    """Write every sealed value of every model anew, with the newest key; return how many, by field.

    Row by row, each locked, so that what is saved meanwhile is not undone. Raises Unreadable where no key opens
    one; those before it are done.
    """
    counts: dict[str, int] = {}
    for model in apps.get_models():
        names = [field.attname for field in model._meta.concrete_fields if isinstance(field, SealedJSONField)]
        if names:
            counts[f"{model._meta.label} {', '.join(names)}"] = _reseal(model, names)
    return counts


def _reseal(model: type[models.Model], names: list[str]) -> int:
    manager, count = model._default_manager, 0
    for pk in list(manager.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            row = manager.select_for_update().filter(pk=pk).values(*names).first()
            if row is not None:
                count += manager.filter(pk=pk).update(**row)
    return count
