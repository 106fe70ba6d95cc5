"""One thing done to many conversations: each in a transaction of its own, and all of it once for each key.

What became of a conversation is written in the transaction that changed it, under the lock of the bulk action: who
repeats the request, or sends it twice at once, goes on where it stopped. What each one was before is kept beside it,
so that it can be taken back where nobody has changed it since.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.lib.times import iso
from inbox.access import check_may
from inbox.errors import Conflict, InboxError, Invalid, NotFound
from inbox.models import BulkAction, Conversation, ReadMark
from inbox.services import conversations as services
from inbox.services.conversations import locked
from inbox.services.reading import mark_read
from people.models import Agent

MOST = 100
KEPT = timedelta(days=14)
_KEY = re.compile(r"[!-~]{1,64}\Z", re.ASCII)

Params = dict[str, Any]
State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be done to many: how it is done to one, and how it is taken back (None: it cannot be)."""

    do: Callable[[Agent, UUID, Params], Any]
    undo: Callable[[Agent, UUID, State, State], Any] | None
    touches: Sequence[str]  # of what is kept of each one


def run(
    *, agent: Agent, idempotency_key: str, action: str, params: Params, ids: Sequence[UUID]
) -> BulkAction:
    """Do `action` to conversations; return the row with what became of each.

    Ids as texts in `params`, times in ISO 8601. Raises Forbidden, Invalid (a key or an action that is none, too many),
    or Conflict where the key was used for something else. What is wrong with one conversation is in its result.
    """
    check_may(agent, "conversations.bulk")
    if not _KEY.match(idempotency_key):
        words = _("An idempotency key is 1 to 64 visible ASCII characters.")
        raise Invalid(words, attr="Idempotency-Key")
    if action not in KINDS:
        raise Invalid("There is no such action.", attr="action")
    wanted = [str(pk) for pk in dict.fromkeys(ids)]
    if not 0 < len(wanted) <= MOST:
        raise Invalid(_("Name 1 to %(most)s conversations.") % {"most": MOST}, attr="ids")
    bulk = _begun(agent, idempotency_key, action, params, wanted)
    for pk in wanted:
        bulk = _one(bulk, agent, pk)
    return bulk


def take_back(*, agent: Agent, bulk_id: UUID) -> BulkAction:
    """Take a bulk action back where nobody has changed what it left. Repeated, it changes nothing more.

    Raises NotFound for another's, or Conflict for what cannot be taken back.
    """
    bulk = BulkAction.objects.filter(pk=bulk_id, agent=agent).first()
    if bulk is None:
        raise NotFound("No such bulk action.")
    if KINDS[bulk.action].undo is None:
        raise Conflict(_("This cannot be taken back."), code="not_undoable")
    for pk, result in bulk.results.items():
        if result["state"] == "done":
            bulk = _one_back(bulk, agent, pk)
    return bulk


def discard_old() -> int:
    """Forget what was done so long ago that nobody repeats it or takes it back. Returns how many."""
    return BulkAction.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def _begun(agent: Agent, key: str, action: str, params: Params, ids: list[str]) -> BulkAction:
    given = {"action": action, "params": params, "conversations": ids}
    try:
        with transaction.atomic():
            return BulkAction.objects.create(agent=agent, idempotency_key=key, **given)
    except IntegrityError:
        bulk = BulkAction.objects.get(agent=agent, idempotency_key=key)
    if any(getattr(bulk, name) != value for name, value in given.items()):
        raise Conflict(_("This key was used before, for something else."), code="idempotency_conflict")
    return bulk


def _one(bulk: BulkAction, agent: Agent, pk: str) -> BulkAction:
    with transaction.atomic():
        row = BulkAction.objects.select_for_update().get(pk=bulk.pk)
        if pk not in row.results:
            row.results[pk] = _tried(lambda: _do(agent, row, UUID(pk)))
            row.save(update_fields=["results"])
    return row


def _one_back(bulk: BulkAction, agent: Agent, pk: str) -> BulkAction:
    with transaction.atomic():
        row = BulkAction.objects.select_for_update().get(pk=bulk.pk)
        if pk not in row.undone:
            row.undone[pk] = _tried(lambda: _undo(agent, row, pk))
            row.save(update_fields=["undone"])
    return row


def _tried(work: Callable[[], State]) -> State:
    try:
        with transaction.atomic():
            return work()
    except InboxError as error:
        return {"state": "failed", "code": error.code, "detail": error.detail}


def _do(agent: Agent, bulk: BulkAction, conversation_id: UUID) -> State:
    kind = KINDS[bulk.action]
    before = _standing(agent, conversation_id, kind)
    kind.do(agent, conversation_id, bulk.params)
    after = _standing(agent, conversation_id, kind)
    if before == after:
        return {"state": "unchanged"}
    return {"state": "done", "before": before, "after": after}


def _undo(agent: Agent, bulk: BulkAction, pk: str) -> State:
    kind, result = KINDS[bulk.action], bulk.results[pk]
    assert kind.undo is not None
    before, after = result["before"], result["after"]
    if _standing(agent, UUID(pk), kind) != after:
        raise Conflict(_("Somebody has changed it since."), code="changed_since")
    kind.undo(agent, UUID(pk), before, after)
    return {"state": "done"}


def _standing(agent: Agent, conversation_id: UUID, kind: Kind) -> State:
    """Return what an action may change of a conversation, locked. Raises NotFound, or Conflict for a merged one."""
    c = locked(agent, conversation_id)
    read: dict[str, Callable[[], Any]] = {
        "status": lambda: c.status,
        "snoozed_until": lambda: iso(c.snoozed_until),
        "resolved_at": lambda: iso(c.resolved_at),
        "assignee": lambda: str(c.assignee_id) if c.assignee_id else None,
        "team": lambda: str(c.team_id) if c.team_id else None,
        "priority": lambda: c.priority,
        "tags": lambda: sorted(str(tag.id) for tag in c.tags.all()),
        "read_seq": lambda: _read_seq(agent, c),
    }
    return {name: read[name]() for name in kind.touches}


def _read_seq(agent: Agent, conversation: Conversation) -> int:
    marks = ReadMark.objects.filter(agent=agent, conversation=conversation)
    return marks.values_list("seq", flat=True).first() or 0


# -- What can be done to many


def _assign(agent: Agent, pk: UUID, params: Params) -> None:
    if "team" in params:
        services.assign(agent=agent, conversation_id=pk, to_team=_id(params["team"]), keep_agent=True)
    else:
        services.assign(agent=agent, conversation_id=pk, to_agent=_id(params["agent"]))


def _assign_back(agent: Agent, pk: UUID, before: State, after: State) -> None:
    if before["assignee"] != after["assignee"]:
        services.assign(agent=agent, conversation_id=pk, to_agent=_id(before["assignee"]))
    if before["team"] != after["team"]:
        services.assign(agent=agent, conversation_id=pk, to_team=_id(before["team"]), keep_agent=True)


def _tag(agent: Agent, pk: UUID, params: Params) -> None:
    add, remove = ([UUID(one) for one in params.get(name, [])] for name in ("add", "remove"))
    services.set_tags(agent=agent, conversation_id=pk, add=add, remove=remove)


def _tag_back(agent: Agent, pk: UUID, before: State, after: State) -> None:
    had, has = set(before["tags"]), set(after["tags"])
    _tag(agent, pk, {"add": sorted(had - has), "remove": sorted(has - had)})


def _prioritise(agent: Agent, pk: UUID, params: Params) -> None:
    services.set_priority(agent=agent, conversation_id=pk, priority=params["priority"])


def _snooze(agent: Agent, pk: UUID, params: Params) -> None:
    services.snooze(agent=agent, conversation_id=pk, until=datetime.fromisoformat(params["until"]))


def _resolve(agent: Agent, pk: UUID, params: Params) -> None:
    services.resolve(agent=agent, conversation_id=pk)


def _reopen(agent: Agent, pk: UUID, params: Params) -> None:
    services.reopen(agent=agent, conversation_id=pk)


def _read(agent: Agent, pk: UUID, params: Params) -> None:
    mark_read(agent=agent, conversation_id=pk, seq=locked(agent, pk).last_seq)


def _status_back(agent: Agent, pk: UUID, before: State, after: State) -> None:
    """Open, snoozed or resolved as it was; a snooze whose time is over leaves it open."""
    if before["status"] == Conversation.Status.RESOLVED:
        services.resolve(agent=agent, conversation_id=pk)
        return
    if after["status"] != Conversation.Status.OPEN:
        services.reopen(agent=agent, conversation_id=pk)
    until = before["snoozed_until"] and datetime.fromisoformat(before["snoozed_until"])
    if until and until > timezone.now():
        services.snooze(agent=agent, conversation_id=pk, until=until)


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None


_STATUS = ("status", "snoozed_until", "resolved_at")
KINDS = {
    "assign": Kind(_assign, _assign_back, ("assignee", "team")),
    "tag": Kind(_tag, _tag_back, ("tags",)),
    "priority": Kind(_prioritise, lambda a, pk, before, after: _prioritise(a, pk, before), ("priority",)),
    "snooze": Kind(_snooze, _status_back, _STATUS),
    "resolve": Kind(_resolve, _status_back, _STATUS),
    "reopen": Kind(_reopen, _status_back, _STATUS),
    "read": Kind(_read, None, ("read_seq",)),
}
