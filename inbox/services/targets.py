"""A store's reply targets: what admins set, and everybody who waits given their moment by it.

The moments of those who wait are computed anew by a job, twice: at once, and again when no process can have the old
rules in memory any more (inbox/due.py). Until then the store is `unsettled_since`, so a job that is lost is found.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names
from events.record import Actor, Happening, record
from helpdesk.lib.jobs import enqueue
from inbox import due
from inbox.access import locked_for_summary
from inbox.errors import Invalid
from inbox.models import Conversation, ReplyTarget, ReplyTargets
from inbox.services import timeline
from inbox.services.timeline import Batch
from people.models import Agent, Store

MOST_MINUTES = 30 * 24 * 60
WARN_PERCENT = range(10, 100)
SETTLED_AFTER = timedelta(seconds=due.KEEP_S + 15)  # with time for a transaction that had begun before
AT_ONCE = 100  # conversations
PRIORITIES = sorted(Conversation.Priority.values, reverse=True)


@dataclass(frozen=True, slots=True)
class Target:
    """Minutes of opening hours; None: no target."""

    first_minutes: int | None = None
    next_minutes: int | None = None


def save_targets(
    *, actor: Agent, store: Store, warn_percent: int, targets: Mapping[int, Target]
) -> ReplyTargets:
    """Set a store's targets by priority (who is left out has none), and how much of the time has passed when somebody
    is warned. Raises Invalid."""
    _check(warn_percent, targets)
    with transaction.atomic():
        Store.objects.select_for_update().get(pk=store.pk)  # one at a time
        before = targets_data(store)
        of_all, _is_new = ReplyTargets.objects.get_or_create(store=store)
        of_all.warn_percent = warn_percent
        of_all.save(update_fields=["warn_percent"])
        ReplyTarget.objects.filter(store=store).delete()
        ReplyTarget.objects.bulk_create(
            ReplyTarget(
                store=store,
                priority=priority,
                first_minutes=target.first_minutes,
                next_minutes=target.next_minutes,
            )
            for priority, target in targets.items()
            if target != Target()
        )
        after = targets_data(store)
        if changed := [key for key in after if before[key] != after[key]]:
            data = {
                side: {key: whole[key] for key in changed}
                for side, whole in (("before", before), ("after", after))
            }
            record(Happening(names.TARGETS_CHANGED, Actor.agent(actor), store_id=store.id, data=data))
            unsettle(store.pk)
    return of_all


def targets_data(store: Store) -> dict[str, Any]:
    """Return a store's targets as the API gives them, and as a change of them is written down."""
    of_all = ReplyTargets.objects.filter(store=store).first() or ReplyTargets(store=store)
    rows = {row.priority: row for row in ReplyTarget.objects.filter(store=store).order_by("priority")}
    return {
        "warn_percent": of_all.warn_percent,
        "targets": [
            {
                "priority": priority,
                "first_minutes": rows[priority].first_minutes if priority in rows else None,
                "next_minutes": rows[priority].next_minutes if priority in rows else None,
            }
            for priority in PRIORITIES
        ],
    }


def _check(warn_percent: int, targets: Mapping[int, Target]) -> None:
    if warn_percent not in WARN_PERCENT:
        raise Invalid(_("From 10 to 99 percent."), attr="warn_percent")
    if not targets.keys() <= set(PRIORITIES):
        raise Invalid(_("There is no such priority."), attr="targets")
    given = [n for target in targets.values() for n in (target.first_minutes, target.next_minutes)]
    if any(minutes is not None and not 1 <= minutes <= MOST_MINUTES for minutes in given):
        raise Invalid(_("From one minute to 30 days."), attr="targets")


# -- Those who wait


def unsettle(store_id: UUID) -> None:
    """Have the moments of everybody who waits there computed anew: in the transaction that changes targets, hours or
    the time zone."""
    ReplyTargets.objects.filter(store=store_id).update(unsettled_since=timezone.now())
    transaction.on_commit(lambda: _changed(store_id))


def _changed(store_id: UUID) -> None:
    due.forget(store_id)
    enqueue("inbox.tasks.settle_reply_targets")


def settle_targets() -> int:
    """Compute anew where rules have changed. Returns how many conversations have another moment; safe to run twice."""
    changed = 0
    rows = ReplyTargets.objects.filter(unsettled_since__isnull=False)
    for store_id, since in rows.values_list("store", "unsettled_since"):
        began = timezone.now()
        changed += _settle(store_id)
        if since is not None and since <= began - SETTLED_AFTER:
            # What was changed since is another moment, and stays for the next time.
            ReplyTargets.objects.filter(store=store_id, unsettled_since=since).update(unsettled_since=None)
    return changed


def _settle(store_id: UUID) -> int:
    due.forget(store_id)
    waiting = Conversation.objects.filter(
        store=store_id, status__in=["open", "snoozed"], waiting_since__isnull=False
    )
    ids = list(waiting.order_by("id").values_list("id", flat=True))
    changed = 0
    for start in range(0, len(ids), AT_ONCE):
        with transaction.atomic():
            found = due.keep(locked_for_summary(ids[start : start + AT_ONCE]), is_new_rule=True)
            timeline.write(Batch(changed={c.id: c for c in found}))
        changed += len(found)
    return changed
