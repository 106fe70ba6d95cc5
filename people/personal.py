"""What is held about a buyer, gathered and erased: each app says what it holds (settings.PERSONAL_DATA).

A source names every model of its app: those in which something of a buyer stands, which it gathers and erases, and
those that hold nothing of the sort. A model that no source names fails the tests.
"""

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from typing import Any, Protocol
from urllib.parse import quote, quote_plus
from uuid import UUID

from django.conf import settings
from django.db.models import BinaryField, FileField, Model, QuerySet
from django.db.models.fields.files import FieldFile
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string

from events import redacting
from events.models import Event
from people.models import Buyer, ErasedId, Store


class NotYet(Exception):
    """Somebody cannot be erased now; the words say what has to end first."""


@dataclass
class Held:
    """What one app holds: rows by the name of their kind, and files by where they stand in the archive."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    files: list[tuple[str, FieldFile]] = field(default_factory=list)


@dataclass
class Erasing:
    """An erasure under way, in one transaction that has locked the rows of its `buyers`.

    `files` are the names of files to be deleted once it has committed; they are kept with it, so that whoever is
    killed in between leaves none behind.
    """

    id: UUID
    buyers: list[Buyer]
    names: list[str]  # what they are called and where they are reached
    at: datetime
    files: list[str] = field(default_factory=list)

    @cached_property
    def words(self) -> frozenset[str]:
        return redacting.folded(self.names)

    @cached_property
    def spoken(self) -> frozenset[str]:
        """How people call them: also by a part of their name."""
        return self.words | redacting.folded(part for buyer in self.buyers for part in buyer.name.split())

    @property
    def ids(self) -> list[UUID]:
        return [buyer.pk for buyer in self.buyers]

    def cleaned(self, value: Any) -> Any:
        """Return data without what may be personal in it: amounts, ids, moments and words of ours stay."""
        return redacting.redacted(value, self.words)

    def drop(self, file: FieldFile) -> None:
        if file.name:
            self.files.append(file.name)


class Source(Protocol):
    """What one app holds of buyers. Models by their labels: "inbox.Message"."""

    handles: Collection[str]
    holds_nothing: Collection[str]

    def collect(self, buyers: list[Buyer]) -> Held: ...

    def erase(self, erasing: Erasing) -> None:
        """Erase it. Done again, it changes nothing. Raises NotYet."""

    def events(self, buyers: list[Buyer]) -> list[QuerySet[Event]]:
        """Return the events in which something of them may stand."""


@cache
def sources() -> list[Source]:
    return [import_string(path)() for path in settings.PERSONAL_DATA]


def family(buyer: Buyer) -> QuerySet[Buyer]:
    """Return a buyer with all rows that were found to be the same person."""
    found = fresh = {buyer.pk}
    while fresh:
        fresh = set(Buyer.objects.filter(merged_into__in=fresh).values_list("pk", flat=True)) - found
        found |= fresh
    return Buyer.objects.filter(pk__in=found).order_by("pk")


def words_of(buyers: Iterable[Buyer]) -> list[str]:
    """Return the name and the addresses by which buyers are known."""
    found: dict[str, None] = {}
    for buyer in buyers:
        known = [identity.value for identity in buyer.identities.all() if identity.kind != "store"]
        found |= dict.fromkeys(filter(None, [buyer.name, buyer.email, buyer.phone, *known]))
    return list(found)


def pattern_of(words: Collection[str]) -> "re.Pattern[bytes] | None":
    """Return what finds any of the words in a body of whatever kind: as it is, in JSON, or in an address."""
    forms: set[bytes] = set()
    for word in words:
        plain = {word, word.lstrip("+")} if word[1:].isdigit() else {word}
        for text in plain:
            forms |= {text.encode(), json.dumps(text)[1:-1].encode()}
            forms |= {quote(text, safe="").encode(), quote_plus(text).encode()}
    long_enough = sorted(form for form in forms if len(form) > 1)
    return re.compile(b"|".join(map(re.escape, long_enough)), re.IGNORECASE) if long_enough else None


def dumped(rows: QuerySet[Any], *, without: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return rows as they stand: every field but files, raw bytes and those named."""
    return [
        {f.attname: f.value_from_object(row) for f in _fields(rows.model) if f.attname not in without}
        for row in rows
    ]


def _fields(model: type[Model]) -> list[Any]:
    return [f for f in model._meta.concrete_fields if not isinstance(f, FileField | BinaryField)]


# -- What was erased, known again


def marks(kind: str, text: str) -> list[str]:
    """Return the digests under which a text may have been written down: by today's key first, then by older ones."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [salted_hmac(f"people.erased.{kind}", text, key, algorithm="sha256").hexdigest() for key in keys]


def mark_erased(store: Store, external_id: str, buyer: Buyer, at: datetime) -> None:
    ErasedId.objects.update_or_create(
        store=store, digest=marks("buyer", external_id)[0], defaults={"buyer": buyer, "at": at}
    )


def erased_as(store: Store, external_id: str) -> ErasedId | None:
    """Return that, and when, the store's buyer with this id was erased last."""
    found = ErasedId.objects.filter(store=store, digest__in=marks("buyer", external_id))
    return found.select_related("buyer").order_by("-at").first()
