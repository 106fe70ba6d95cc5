"""Webhooks of stores: written down before they are answered, taken in later, once.

    new ──▶ done
     │ └──▶ new, tried again later (what was needed could not be had)
     └────▶ failed (it is not as documented, or was tried too often); an admin may try it again

A hook's row is the truth: a job that was lost is found again by `new_hooks`. Taking one in twice, or an older
one after a newer, changes nothing: orders.sync goes forwards only.
"""

import hashlib
import logging
from datetime import datetime, timedelta
from functools import reduce

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from orders import stores, taking_in
from orders.errors import InvalidParams
from orders.models import Connection, StoreHook
from orders.stores.base import Delivery, StoreRefused

log = logging.getLogger(__name__)

State = StoreHook.State
# How long after it came a hook is tried (again), by how often it was tried. The first: its job was lost.
PAUSES = tuple(timedelta(seconds=s) for s in (10, 30, 120, 600, 1800))
KEPT_FOR = timedelta(days=30)


def receive(*, connection: Connection, delivery: Delivery, body: bytes) -> StoreHook:
    """Write a verified webhook down. One that comes again is the same row."""
    hook_id = delivery.id if len(delivery.id) <= 100 else hashlib.sha256(delivery.id.encode()).hexdigest()
    hook, _created = StoreHook.objects.get_or_create(
        connection=connection, delivery=hook_id, defaults={"topic": delivery.topic[:60], "body": body}
    )
    return hook


def take_in(hook_id: int) -> None:
    """Do what a hook says. Nothing where that was done, or has failed, before."""
    hook = StoreHook.objects.select_related("connection__store").filter(pk=hook_id, state=State.NEW).first()
    if hook is None:
        return
    connector = stores.connector_for(hook.connection.store)
    if connector is None:
        _leave(hook, State.FAILED, gettext_noop("The store is not connected any more."))
        return
    try:
        said = connector.parse(hook.topic, bytes(hook.body))  # may ask the store: outside of any transaction
        taking_in.take_in(hook.connection.store, said)
    except (StoreRefused, InvalidParams) as error:  # to try again would change nothing
        _leave(hook, State.FAILED, str(error))
    except Exception as error:
        log.warning("webhook %s of %s was not taken in: %s", hook.pk, hook.connection, type(error).__name__)
        over = hook.attempts + 1 >= len(PAUSES)
        _leave(hook, State.FAILED if over else State.NEW, str(error) or type(error).__name__)
    else:
        _leave(hook, State.DONE, "")


def _leave(hook: StoreHook, state: str, error: str) -> None:
    mine = StoreHook.objects.filter(pk=hook.pk, state=State.NEW)  # another worker may have been faster
    mine.update(state=state, error=error.replace("\x00", "")[:300], attempts=F("attempts") + 1)


def new_hooks(*, now: datetime | None = None, limit: int = 200) -> list[int]:
    """Return the hooks whose job was lost, and those that are to be tried again, in the order in which they came."""
    now = now or timezone.now()
    late = (Q(attempts=tried, received_at__lte=now - pause) for tried, pause in enumerate(PAUSES))
    rows = StoreHook.objects.filter(reduce(Q.__or__, late), state=State.NEW)
    return list(rows.order_by("id").values_list("id", flat=True)[:limit])


@transaction.atomic
def try_again(*, connection: Connection, hook_id: int) -> bool:
    """Make a failed hook new, as if it had just come. False where there is no such failed hook."""
    failed = StoreHook.objects.filter(connection=connection, pk=hook_id, state=State.FAILED)
    return bool(failed.update(state=State.NEW, attempts=0, error="", received_at=timezone.now()))


def discard_old(*, now: datetime | None = None) -> int:
    """Delete what was taken in long ago: it holds what buyers told the shop. Returns how many there were."""
    old = StoreHook.objects.filter(state=State.DONE, received_at__lt=(now or timezone.now()) - KEPT_FOR)
    return old.delete()[0]
