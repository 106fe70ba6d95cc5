"""Catching up with a store: asking what changed, page by page, since the mark up to which we know it.

Webhooks get lost; this does not lose anything. The rows of a page are saved first, its mark after them, so
whoever dies in between repeats at most a page, and to repeat is harmless (orders.sync goes forwards only).
A connection is claimed by a conditional update, for the length of a lease that every page renews.
"""

import logging
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_noop

from orders import stores, taking_in
from orders.models import Connection
from orders.stores.base import StoreConnector, StoreError

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)  # well over what a page may take
AT_A_TIME_S = 150  # then the rest is left to the next run: a large shop delays no other
UNEXPECTED = gettext_noop("An error of the desk's own: its log says more.")


def catch_up(store_id: UUID) -> bool:
    """Take in what changed at the store. Return whether there is more to be had at once.

    False also where somebody else is at it, or nothing can be asked. What goes wrong stands in `trouble`.
    """
    now = timezone.now()
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    lease = now + LEASE
    if not Connection.objects.filter(free, pk=store_id).update(claimed_until=lease):
        return False
    connection = Connection.objects.select_related("store").get(pk=store_id)
    connector = stores.connector_for(connection.store)
    trouble, more = "", False
    done: dict[str, datetime] = {}
    try:
        if connector is not None and tells(type(connector)):
            more, trouble = _pages(connection, connector)
            done = {"synced_at": timezone.now()}
    except StoreError as error:
        trouble = str(error) or type(error).__name__
    except Exception:
        log.exception("catching up with %s failed", connection)
        trouble = UNEXPECTED
    mine = Connection.objects.filter(pk=store_id, claimed_until=connection.claimed_until)
    mine.update(claimed_until=None, trouble=trouble[:300], **done)
    return more


def _pages(connection: Connection, connector: StoreConnector) -> tuple[bool, str]:
    """Return whether there is more, and what was wrong with single orders or products.

    `connection.claimed_until` is the lease; where it is lost, another worker has taken over, and this one ends.
    """
    trouble, ends, start = "", time.monotonic() + AT_A_TIME_S, connection.synced_to
    for page in connector.changes(connection.synced_to):
        for name, error in taking_in.take_in_each(connection.store, page):
            # One that is not right must not hold up all that come after it.
            trouble = trouble or f"{name}: {error}"
            log.warning("%s of %s was not taken in: %s", name, connection, error)
        lease = timezone.now() + LEASE
        mine = Connection.objects.filter(pk=connection.pk, claimed_until=connection.claimed_until)
        if not mine.update(synced_to=page.mark, claimed_until=lease):
            return False, trouble
        connection.claimed_until = lease
        if time.monotonic() > ends and page.mark != start:
            return True, trouble
    return False, trouble


def tells(connector: type[StoreConnector]) -> bool:
    """Return whether such a store can be asked what changed."""
    return connector.changes is not StoreConnector.changes


def due(*, now: datetime | None = None) -> list[UUID]:
    """Return the stores to be asked, those that were not heard of for the longest time first."""
    kinds = [c.kind for c in map(import_string, settings.STORE_CONNECTORS) if tells(c)]
    free = Q(claimed_until=None) | Q(claimed_until__lt=now or timezone.now())
    rows = Connection.objects.filter(free, kind__in=kinds).order_by("synced_at")
    return list(rows.values_list("pk", flat=True))
