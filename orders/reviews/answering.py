"""What agents do with a review: answer it, hide it with a reason, show it again. The store is told afterwards."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names
from events.record import Actor, Happening, push, record
from helpdesk.lib.jobs import enqueue
from helpdesk.lib.text import is_storable
from orders import stores
from orders.errors import InvalidParams, NotAllowed, NotFound
from orders.models import Review
from orders.reviews import tasks
from orders.reviews.announce import review_push
from orders.reviews.listing import reviews_for
from orders.running import LEASE
from people.models import Agent

COMMAND = "answer_review"
MAX_REPLY = 2000
MAX_REASON = 200


def reply(*, agent: Agent, review_id: UUID, text: Any) -> Review:
    """Answer a review in the store's name; an empty text takes the answer away. The same again changes nothing.

    Raises NotFound, InvalidParams, or NotAllowed where the store's system takes no answers.
    """
    words = _clean(text, "reply", MAX_REPLY)
    with transaction.atomic():
        review = _locked(agent, review_id)
        if review.reply == words:
            return review
        before, review.reply = review.reply, words
        review.replied_by, review.replied_at = (agent, timezone.now()) if words else (None, None)
        data = {"before": {"reply": before}, "after": {"reply": words}}
        _changed(review, names.REVIEW_REPLIED, agent, data, "reply", "replied_by", "replied_at")
    return review


def hide(*, agent: Agent, review_id: UUID, reason: Any) -> Review:
    """Hide a review from the store's visitors, and say why. Raises NotFound, InvalidParams or NotAllowed."""
    words = _clean(reason, "reason", MAX_REASON)
    if not words:
        raise InvalidParams(_("Say why."), attr="reason")
    with transaction.atomic():
        review = _locked(agent, review_id)
        if not review.hidden:
            _set_hidden(review, names.REVIEW_HIDDEN, agent, hidden=True, reason=words)
    return review


def show(*, agent: Agent, review_id: UUID) -> Review:
    """Show a hidden review again. Raises NotFound or NotAllowed."""
    with transaction.atomic():
        review = _locked(agent, review_id)
        if review.hidden:
            _set_hidden(review, names.REVIEW_SHOWN, agent, hidden=False, reason="")
    return review


def again(*, agent: Agent, review_id: UUID) -> Review:
    """Tell the store once more what it refused. Raises NotFound or NotAllowed."""
    with transaction.atomic():
        review = _locked(agent, review_id)
        if review.sync == Review.Sync.FAILED:
            _queue(review)
            review.save(update_fields=["version", "sync", "run_at", "attempts", "error"])
            _ring(review)
    return review


def _set_hidden(review: Review, name: str, agent: Agent, *, hidden: bool, reason: str) -> None:
    before = {"hidden": review.hidden, "reason": review.hidden_reason}
    review.hidden, review.hidden_reason = hidden, reason
    review.hidden_by, review.hidden_at = (agent, timezone.now()) if hidden else (None, None)
    data = {"before": before, "after": {"hidden": hidden, "reason": reason}}
    _changed(review, name, agent, data, "hidden", "hidden_reason", "hidden_by", "hidden_at")


def _locked(agent: Agent, review_id: UUID) -> Review:
    """Return a review that the agent may see, locked. Raises NotFound, or NotAllowed for a store that is not told."""
    rows = reviews_for(agent).select_related("store__connection", "product", "order", "buyer")
    review = rows.select_for_update(of=("self",)).filter(pk=review_id).first()
    if review is None:
        raise NotFound(_("There is no such review."))
    if not stores.can(review.store, COMMAND):
        raise NotAllowed(_("This store's system takes no answers to reviews from here."))
    return review


def _changed(review: Review, name: str, agent: Agent, data: dict[str, Any], *fields: str) -> None:
    _queue(review)
    review.save(update_fields=[*fields, "version", "sync", "run_at", "attempts", "error"])
    record(
        Happening(
            name,
            Actor.agent(agent),
            store_id=review.store_id,
            order_id=review.order_id,
            conversation_id=review.conversation_id,
            data={"review": str(review.id), "product": review.product.sku, "rating": review.rating, **data},
        )
    )
    _ring(review)


def _queue(review: Review) -> None:
    """Have the store told, under a key of its own. Never while it may still be told something older: of two on
    their way at once the older one could arrive last."""
    now = timezone.now()
    under_way = review.sync in (Review.Sync.QUEUED, Review.Sync.UNKNOWN) and review.run_at is not None
    review.run_at = min(max(now, review.run_at or now), now + LEASE) if under_way else now
    review.version += 1
    review.sync, review.attempts, review.error = Review.Sync.QUEUED, 0, ""


def _ring(review: Review) -> None:
    push([review_push(review)])
    run_at = review.run_at
    late = run_at if run_at and run_at > timezone.now() + timedelta(seconds=1) else None
    enqueue(tasks.tell_store, str(review.id), eta=late)


def _clean(text: Any, attr: str, limit: int) -> str:
    if not isinstance(text, str) or len(text) > limit or "\x00" in text or not is_storable(text):
        raise InvalidParams(
            _("That is a text of at most %(limit)s characters.") % {"limit": limit}, attr=attr
        )
    return text.strip()
