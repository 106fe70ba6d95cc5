"""What events say to people: each app words its own (settings.EVENT_WORDS), so that whoever lists them knows no kind.

A sentence goes on where the name of who did it ends: "Ann" "assigned it to Bob". In braces stands what the event
carries; what is missing there is a dash. Where that does not do, `tell` makes the words.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from events.models import Event
from events.redacting import ERASED
from helpdesk.lib.ids import parse_id
from helpdesk.lib.money import display

Text = str | Promise
Called = Mapping[str, str]  # what an id in an event's data is called

NOTHING = "–"
LONGEST = 300  # characters of one value


@dataclass(frozen=True)
class Change:
    """One value before and after, as a person reads it."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Told:
    """An event in words. `reason`: what somebody said about it."""

    text: str
    changes: list[Change] = field(default_factory=list)
    reason: str = ""


@dataclass(frozen=True)
class Words:
    """How one name of event is worded. `label` stands alone, in lists of what can happen."""

    label: Text
    sentence: Text = ""
    tell: Callable[[Event, Called], Told] | None = None


@dataclass(frozen=True)
class Vocabulary:
    """The words of one app for what happens in one place. `fields`: what the values before and after are called."""

    key: str
    label: Text
    icon: str
    words: Mapping[str, Words]
    fields: Mapping[str, Text] = field(default_factory=dict)


@cache
def vocabularies() -> list[Vocabulary]:
    return [one for path in settings.EVENT_WORDS for one in import_string(path)]


@cache
def _by_name() -> dict[str, tuple[Vocabulary, Words]]:
    return {name: (one, words) for one in vocabularies() for name, words in one.words.items()}


@cache
def _fields() -> dict[str, Text]:
    return {name: label for one in vocabularies() for name, label in one.fields.items()}


def _found(name: str) -> tuple[Vocabulary, Words]:
    """Return the words for a name; the name itself where no app that is installed (any more) words it."""
    return _by_name().get(name) or (Vocabulary("", "", "circle-dot", {}), Words(name))


def label_of(name: str) -> str:
    return str(_found(name)[1].label)


def icon_of(name: str) -> str:
    return _found(name)[0].icon


def tell(event: Event, called: Called) -> Told:
    """Return what an event says in the active language."""
    words = _found(event.name)[1]
    if words.tell is not None and not is_redacted(event):
        try:
            return words.tell(event, called)
        except (
            KeyError,
            TypeError,
            ValueError,
        ):  # written by an older desk, when the event carried something else
            pass
    sentence = str(words.sentence or words.label)
    return Told(sentence.format_map(_Values(event.data, called)), changes(event.data, called), reason(event))


def is_redacted(event: Event) -> bool:
    """What was personal in it is gone (events/redacting.py), and with it the shape that words are made of."""
    return ERASED in event.data


def reason(event: Event) -> str:
    said = event.data.get("reason") or ""
    return _cut(said) if isinstance(said, str) else ""


class _Values(dict[str, str]):
    """The values of a sentence. A format reaches no further than these texts."""

    def __init__(self, data: Mapping[str, Any], called: Called) -> None:
        super().__init__((name, show(value, called)) for name, value in data.items())

    def __missing__(self, name: str) -> str:
        return NOTHING


def changes(data: Mapping[str, Any], called: Called) -> list[Change]:
    """Return what differs between `before` and `after`, value by value."""
    if "before" not in data and "after" not in data:
        return []
    before, after = data.get("before"), data.get("after")
    if not isinstance(before, dict | None) or not isinstance(after, dict | None):
        return [Change("", show(before, called), show(after, called))] if before != after else []
    was, is_now = before or {}, after or {}
    names = [*is_now, *(name for name in was if name not in is_now)]
    pairs = [(name, was.get(name), is_now.get(name)) for name in names]
    return [
        Change(_label(name, old, new, called), show(old, called), show(new, called))
        for name, old, new in pairs
        if old != new
    ]


def _label(name: str, before: Any, after: Any, called: Called) -> str:
    if parse_id(name):
        values = after or before
        return called.get(name) or (str(values.get("name", "")) if isinstance(values, dict) else "")
    return str(_fields().get(name, name.replace("_", " ")))


def show(value: Any, called: Called) -> str:
    """Return a value of an event's data as a person reads it."""
    if value is None or value == "" or value == [] or value == {}:
        return NOTHING
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dict):
        return _cut(_show_dict(value, called))
    if isinstance(value, list):
        return _cut(", ".join(show(one, called) for one in value))
    return called.get(str(value)) or _cut(str(value))


def _show_dict(value: dict[str, Any], called: Called) -> str:
    if value.keys() == {"amount", "currency"} and isinstance(value["amount"], int):
        return display(value["amount"], str(value["currency"]))
    shown = [(str(_fields().get(name, name)), show(one, called)) for name, one in value.items()]
    return "; ".join(f"{name}: {text}" for name, text in shown if text != NOTHING)


def _cut(text: str) -> str:
    return text[: LONGEST - 1] + "…" if len(text) > LONGEST else text
