"""Taking in what a store tells of its reviews: forwards only, once; a bad one opens its buyer's conversation."""

import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from events import names
from events.record import SYSTEM, Actor, Happening, record
from inbox.access import with_summary_relations
from inbox.errors import InboxError
from inbox.models import Channel, Conversation
from inbox.services import Draft, post_message
from inbox.services.timeline import Batch, reopen, write
from orders.errors import InvalidParams
from orders.models import Order, Product, Review
from orders.reviews.announce import review_push
from orders.sync.reading import read_flag, read_text, read_time
from people.models import Buyer, Store
from people.personal import erased_as

log = logging.getLogger(__name__)

KNOWN = {
    "external_id", "sku", "rating", "title", "body", "author", "buyer", "order", "reply", "hidden", "written_at",
    "updated_at",
}  # fmt: skip
TEXTS = {"title": 160, "body": 5000, "author": 120}
PERSONAL = {"title", "body", "author", "buyer", "order", "reply"}  # not taken in of somebody who was erased
MAX_BODY = 600  # of a review, in the note that tells of it


def upsert_review(*, store: Store, payload: dict[str, Any], actor: Actor = SYSTEM) -> Review:
    """Create or update the review that `payload["external_id"]` names, and return it.

    What the payload leaves out stays. One that is not newer (`updated_at`, by the store's clock) than what we
    have changes nothing, and none overwrites an answer that is still on its way there. Raises InvalidParams.
    """
    if unknown := payload.keys() - KNOWN:
        raise InvalidParams(_("A review has no such field."), attr=str(min(map(str, unknown)))[:40])
    external_id = read_text(payload.get("external_id"), "external_id", 80, empty=False)
    said_at = read_time(payload["updated_at"], "updated_at") if "updated_at" in payload else timezone.now()
    with transaction.atomic():
        review = _found(store, external_id)
        is_new = review is None
        review = review or _new(store, external_id, payload, said_at)
        payload = _without_erased(review, payload)
        if not is_new and said_at <= review.synced_at:
            return review
        before = _values(review)
        _set_fields(review, payload)
        review.synced_at = said_at
        if is_new:
            try:
                with transaction.atomic():
                    review.save(force_insert=True)
            except IntegrityError:  # told twice at once: the other one has created it
                return Review.objects.get(store=store, external_id=external_id)
        else:
            review.save()
        if is_new or _values(review) != before:
            _announce(review, before if not is_new else {}, actor)
        if review.rating <= settings.REVIEW_LOW_RATING and review.conversation_id is None:
            _open_conversation(review)
    return review


def _found(store: Store, external_id: str) -> Review | None:
    rows = Review.objects.select_for_update(of=("self",)).select_related("store", "product", "order", "buyer")
    return rows.filter(store=store, external_id=external_id).first()


def _new(store: Store, external_id: str, payload: dict[str, Any], said_at: datetime) -> Review:
    for name in ("sku", "rating"):
        if name not in payload:
            raise InvalidParams(_("A new review needs a product and a rating."), attr=name)
    return Review(store=store, external_id=external_id, written_at=said_at)


def _without_erased(review: Review, payload: dict[str, Any]) -> dict[str, Any]:
    """Return what is taken in of a review: of one by somebody who was erased, no words and not whose it was."""
    said = payload.get("buyer")
    said = said.get("external_id") if isinstance(said, dict) else said
    erased = erased_as(review.store, said) if isinstance(said, str) else None
    if erased is not None and review.buyer is None and _written_at(review, payload) <= erased.at:
        review.buyer = erased.buyer
    if review.buyer is None and isinstance(number := payload.get("order"), str):
        rows = Order.objects.select_related("buyer").filter(store=review.store, number=number)
        if (order := rows.filter(buyer__erased_at__isnull=False).first()) is not None:
            review.order, review.buyer = order, order.buyer
    if review.buyer is None or review.buyer.erased_at is None:
        return payload
    return {name: value for name, value in payload.items() if name not in PERSONAL}


def _written_at(review: Review, payload: dict[str, Any]) -> datetime:
    return read_time(payload["written_at"], "written_at") if "written_at" in payload else review.written_at


def _set_fields(review: Review, payload: dict[str, Any]) -> None:
    if "sku" in payload:
        sku = read_text(payload["sku"], "sku", 40, empty=False)
        product = Product.objects.filter(store=review.store, sku=sku).first()
        if product is None:
            raise InvalidParams(_("The store has no such product."), attr="sku")
        review.product = product
    if "rating" in payload:
        rating = payload["rating"]
        if isinstance(rating, bool) or not isinstance(rating, int) or not 1 <= rating <= 5:
            raise InvalidParams(_("A rating is a whole number from 1 to 5."), attr="rating")
        review.rating = rating
    for name, limit in TEXTS.items():
        if name in payload:
            setattr(review, name, read_text(payload[name], name, limit))
    if "written_at" in payload:
        review.written_at = read_time(payload["written_at"], "written_at")
    _set_people(review, payload)
    reply = read_text(payload["reply"], "reply", 2000) if "reply" in payload else None
    hidden = read_flag(payload["hidden"], "hidden") if "hidden" in payload else None
    # What somebody here has just decided is newer than whatever the store says of it.
    if review.sync == Review.Sync.DONE:
        review.reply = review.reply if reply is None else reply
        review.hidden = review.hidden if hidden is None else hidden


def _set_people(review: Review, payload: dict[str, Any]) -> None:
    """Tie the review to an order and a buyer that we know. One that we do not know yet is no mistake."""
    if "order" in payload:
        number = read_text(payload["order"], "order", 40)
        review.order = Order.objects.select_related("buyer").filter(store=review.store, number=number).first()
    if "buyer" in payload:
        said = payload["buyer"]
        said = said.get("external_id") if isinstance(said, dict) else said
        external_id = read_text(said, "buyer", 80, empty=False)
        review.buyer = Buyer.objects.filter(store=review.store, external_id=external_id).first()
    if review.buyer is None and review.order is not None:
        review.buyer = review.order.buyer
    if review.buyer is not None and review.buyer.merged_into is not None:
        review.buyer = review.buyer.merged_into


def _values(review: Review) -> dict[str, Any]:
    return {name: getattr(review, name, None) for name in ("rating", "reply", "hidden", *TEXTS)}


def _announce(review: Review, before: dict[str, Any], actor: Actor) -> None:
    after = {name: value for name, value in _values(review).items() if before.get(name) != value}
    record(
        Happening(
            names.REVIEW_RECEIVED,
            actor,
            store_id=review.store_id,
            order_id=review.order_id,
            data={
                "review": str(review.id),
                "product": review.product.sku,
                "before": {name: before[name] for name in after if name in before},
                "after": after,
            },
            pushes=[review_push(review)],
        )
    )


def _open_conversation(review: Review) -> None:
    """Put a note about a bad review into its buyer's conversation, which is open then. Once for each review."""
    if review.buyer is None or review.buyer.erased_at is not None:
        return
    channel = Channel.objects.filter(store=review.store, active=True).order_by("id").first()
    if channel is None:
        return
    draft = Draft(
        actor=Actor("system", None, "Reviews"),
        client_id=f"review.{review.id}",
        body=_note(review),
        buyer_id=review.buyer.id,
        channel_id=channel.id,
        private=True,
        data={"review": str(review.id)},
    )
    try:
        with transaction.atomic():
            posted = post_message(draft)
    except InboxError as refusal:  # a buyer who is blocked
        log.info("no conversation about review %s: %s", review.id, refusal.detail)
        return
    _reopen(posted.conversation)
    review.conversation_id = posted.conversation.id
    review.save(update_fields=["conversation_id"])


def _note(review: Review) -> str:
    with translation.override(review.store.language):
        head = _("%(stars)s A review of “%(product)s”: %(rating)s of 5.") % {
            "stars": "★" * review.rating + "☆" * (5 - review.rating),
            "product": review.product.name,
            "rating": review.rating,
        }
    said = "\n".join(filter(None, (review.title, review.body)))
    return f"{head}\n{said[:MAX_BODY]}".strip()


def _reopen(conversation: Conversation) -> None:
    rows = with_summary_relations(Conversation.objects.filter(pk=conversation.pk))
    row = rows.select_for_update(of=("self",)).get()
    if row.status != Conversation.Status.OPEN:
        batch = Batch()
        reopen(row, SYSTEM, batch)
        write(batch)
