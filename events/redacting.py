"""The one exception to append-only: what is personal leaves the events of somebody who was erased.

Who did what, when, to which order and for how much stays, and so does everything that agents are called. A value
goes unless it is known to say nothing of a person: a number, an id, a moment, or a word under one of KEPT. Each
redacted event says so itself, with the id of the erasure that its reader can look up; and the erasure is an event.
"""

import re
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from events.models import Event
from helpdesk.lib.ids import parse_id

MARK = "[erased]"
ERASED = "erased"  # the key in the data of a redacted event: which erasure it was
CHUNK = 500

# What may stand in an event as text without saying anything of a buyer: words of ours, and what agents are called.
KEPT = frozenset(
    {
        "actor", "agent", "assignee", "approver", "author", "by", "card", "carrier", "channel", "check", "choice",
        "currency", "event", "from", "kind", "merge", "method", "number", "order", "over", "parts",
        "priority", "product", "role", "rule", "shipping_method", "sku", "skus", "source", "state", "status", "store",
        "team", "to", "what", "why", "added", "removed", "code",
    }
)  # fmt: skip
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d)?)?\Z")


def redacted(value: Any, words: Collection[str], *, kept: bool = False, keep: Collection[str] = KEPT) -> Any:
    """Return data with MARK for every text that may be personal. `words`: what goes wherever it stands."""
    if isinstance(value, dict):
        return {key: redacted(one, words, kept=key in keep, keep=keep) for key, one in value.items()}
    if isinstance(value, list):
        return [redacted(one, words, kept=kept, keep=keep) for one in value]
    if not isinstance(value, str) or value == "" or parse_id(value) or _MOMENT.match(value):
        return value
    if not kept or any(word in value.casefold() for word in words):
        return MARK
    return value


def folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word.casefold() for word in words if len(word) > 1)


def redact(
    events: QuerySet[Event], *, erasure_id: UUID, words: Collection[str], also: Collection[str] = ()
) -> int:
    """Redact events, in the caller's transaction; return how many. Those that are redacted already stay so.

    `words`: the name and addresses of who is erased, `folded`; `also`: what stays besides KEPT.
    """
    plain: QuerySet[Event] = QuerySet(Event)  # not the manager of the model, which refuses
    count, last = 0, 0
    while chunk := list(events.filter(id__gt=last).order_by("id")[:CHUNK]):
        for event in chunk:
            keep = KEPT.union(also)
            if event.actor_kind == "buyer":
                event.actor_name, keep = MARK, keep - {"actor", "author", "by"}
            event.data = {**redacted(event.data, words, keep=keep), ERASED: str(erasure_id)}
        plain.bulk_update(chunk, ["actor_name", "data"])
        count, last = count + len(chunk), chunk[-1].pk
    return count
