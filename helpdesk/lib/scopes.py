"""What a key of the API may be narrowed to: a closed list, and what a view asks for of it.

A view says it in one place, `scope`: an area (then `area:read` to read and `area:write` for the rest), or the scopes
of each method. One that says nothing is closed to keys.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Scope = str | Mapping[str, tuple[str, ...]] | None  # what a view says
EVERYTHING = "*"  # whatever the agent may, also what will be added one day
READ, WRITE = "read", "write"


@dataclass(frozen=True, slots=True)
class Area:
    label: Any  # words, said when they are shown
    about: Any
    ways: tuple[str, ...] = (READ, WRITE)


AREAS = {
    "conversations": Area(_("Conversations"), _("Messages, files, cards, tags and canned replies")),
    "buyers": Area(_("Buyers"), _("How they are reached, their profiles and consents")),
    "orders": Area(
        _("Orders"), _("Products, requests and reviews too; to change them moves money within the limits")
    ),
    "coupons": Area(_("Coupons"), _("Offers and the codes of buyers")),
    "sync": Area(_("Store data"), _("To tell of orders, products and reviews, as a store does"), (WRITE,)),
    "knowledge": Area(pgettext_lazy("room", "Knowledge"), _("Articles and the words of the help centre")),
    "tasks": Area(_("Tasks"), _("What agents give each other to do")),
    "team": Area(pgettext_lazy("room", "Team"), _("Announcements and performance")),
    "events": Area(_("Events"), _("The audit trail"), (READ,)),
    "settings": Area(_("Settings"), _("Channels and what else is set up")),
}
SCOPES = tuple(f"{name}:{way}" for name, area in AREAS.items() for way in area.ways)

ANY_KEY: Mapping[str, tuple[str, ...]] = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), ())


def needed(view: Any, method: str) -> tuple[str, ...] | None:
    """Return the scopes that a key needs for a method of a view (all of them), None where no key is let in."""
    reads = method in ("GET", "HEAD", "OPTIONS")
    scope: Scope = getattr(view, "scope", None)
    if scope is None or isinstance(scope, str):
        return (f"{scope}:{READ if reads else WRITE}",) if scope else None
    return scope.get("GET" if reads else method)


def granted(scopes: Iterable[str]) -> frozenset[str]:
    """Return all that a key's scopes come to: who may change something may read it."""
    found = set(scopes)
    if EVERYTHING in found:
        return frozenset({EVERYTHING, *SCOPES})
    return frozenset(found | {s.replace(f":{WRITE}", f":{READ}") for s in found} & set(SCOPES))
