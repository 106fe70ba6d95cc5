"""Telling a store what was decided on a review: its reply, and whether it is shown.

Both are told together, under the key of that version: whoever tells it after somebody who may have died asks the
store first. A claim pushes `run_at` beyond the time that a call may take, and `attempts` grows with each, so that a
late worker sees that its own is lost.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_noop

from events.record import push
from orders import stores
from orders.models import Review
from orders.reviews.announce import review_push
from orders.reviews.listing import with_review_relations
from orders.running import BUSY_TRIES, LEASE, LOST_AFTER, MAX_PAUSE_S
from orders.stores.base import StoreBusy, StoreConnector, StoreRefused

log = logging.getLogger(__name__)

Sync = Review.Sync
DUE = (Sync.QUEUED, Sync.UNKNOWN)
COMMAND = "answer_review"


def tell_store(review_id: UUID, *, now: datetime | None = None) -> None:
    """Tell the store, or find out whether it knows. Nothing where that is not due, or is being done."""
    if transaction.get_connection().in_atomic_block:
        raise RuntimeError("a store is never called inside a transaction: what it does cannot be rolled back")
    now = now or timezone.now()
    mine = Review.objects.filter(pk=review_id, sync__in=DUE, run_at__lte=now)
    if mine.update(run_at=now + LEASE, attempts=F("attempts") + 1):
        _tell(with_review_relations(Review.objects.all()).get(pk=review_id))


def due_reviews(*, now: datetime | None = None, limit: int = 100) -> list[UUID]:
    """Return the reviews whose job was lost, whose worker died, or whose store is to be asked again."""
    now = now or timezone.now()
    rows = Review.objects.filter(sync__in=DUE, run_at__lte=now - LOST_AFTER).order_by("run_at")
    return list(rows.values_list("id", flat=True)[:limit])


def _tell(review: Review) -> None:
    connector = stores.connector_for(review.store)
    if connector is None or COMMAND not in connector.capabilities:
        _leave(review, Sync.FAILED, error=gettext_noop("The store is not connected any more."))
        return
    try:
        if review.attempts == 1 or connector.lookup(_key(review), command=COMMAND, order_number="") is None:
            _call(connector, review)
    except StoreRefused as refusal:
        _leave(review, Sync.FAILED, error=str(refusal)[:300])
    except StoreBusy as busy:
        if review.attempts >= BUSY_TRIES:
            _leave(review, Sync.FAILED, error=gettext_noop("The store is too busy; try again later."))
        else:
            # It has done nothing: the next one need not ask.
            pause = min(max(busy.retry_after, 1), MAX_PAUSE_S)
            _leave(review, Sync.QUEUED, run_at=timezone.now() + timedelta(seconds=pause))
    except Exception as error:
        # Not only StoreUnreachable: after an error of our own, too, the store may know it.
        log.warning("telling of review %s got no answer: %s: %s", review.id, type(error).__name__, error)
        pause = min(2**review.attempts, MAX_PAUSE_S)
        _leave(review, Sync.UNKNOWN, run_at=timezone.now() + timedelta(seconds=pause))
    else:
        _leave(review, Sync.DONE, run_at=None)


def _call(connector: StoreConnector, review: Review) -> None:
    connector.answer_review(
        external_id=review.external_id,
        product_sku=review.product.sku,
        reply=review.reply,
        hidden=review.hidden,
        key=_key(review),
    )


def _key(review: Review) -> str:
    return f"{review.id}.{review.version}"


def _leave(review: Review, sync: str, **fields: object) -> None:
    """Write down what came of this worker's own claim. Where something newer was decided meanwhile, that is due."""
    own = Review.objects.filter(pk=review.pk, version=review.version, attempts=review.attempts, sync__in=DUE)
    with transaction.atomic():
        if own.update(**{"sync": sync, "error": "", **fields}):
            fresh = with_review_relations(Review.objects.all()).get(pk=review.pk)
            push([review_push(fresh)])
        else:
            newer = Review.objects.filter(
                pk=review.pk, version__gt=review.version, attempts=0, sync=Sync.QUEUED
            )
            newer.update(run_at=timezone.now())
