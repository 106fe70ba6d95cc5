"""A browser becomes a visitor, and a visitor the store's buyer, when the store signs for it."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from events import names, topics
from events.record import SYSTEM, Actor, Happening, Push, push, record
from inbox.access import with_summary_relations
from inbox.models import Attachment, Conversation, Message, SearchEntry
from inbox.services import timeline
from inbox.services.timeline import Batch
from people import visitors
from people.models import Buyer, BuyerIdentity, Store, VisitorSession
from people.visitors import Identity


def start_session(
    *,
    store: Store,
    visitor_token: str = "",
    identity_token: str = "",
    language: str = "",
    page: dict[str, Any] | None = None,
) -> tuple[str, VisitorSession]:
    """Return a visitor token and its session: the one given where it is still good, else a new one.

    With an identity token the session becomes that buyer's: what the anonymous visitor had said moves along,
    and the token is replaced, so that one seen before the proof is worth nothing after it. Two people whom
    the store vouched for are never made one. Raises visitors.InvalidIdentity.
    """
    identity = visitors.verify_identity(store, identity_token) if identity_token else None
    session = visitors.authenticate(visitor_token) if visitor_token else None
    if session is not None and session.buyer.store_id != store.id:
        session = None
    with transaction.atomic():
        if identity is not None:
            return _identified(store, session, identity, language, page or {})
        if session is None:
            buyer = Buyer.objects.create(store=store, language=language, last_seen_at=timezone.now())
            return _new_session(buyer, language, page or {})
        if page and page != session.page:
            session.page = page
            session.save(update_fields=["page"])
    return visitor_token, session


def _new_session(
    buyer: Buyer, language: str, page: dict[str, Any], *, verified: bool = False
) -> tuple[str, VisitorSession]:
    token = visitors.new_token()
    session = VisitorSession.objects.create(
        token_digest=VisitorSession.digest(token),
        buyer=buyer,
        language=language,
        page=page,
        verified_until=timezone.now() + visitors.VOUCHED_FOR if verified else None,
    )
    return token, session


def _identified(
    store: Store, session: VisitorSession | None, identity: Identity, language: str, page: dict[str, Any]
) -> tuple[str, VisitorSession]:
    buyer = _buyer_of(store, identity, language)
    if session is None or (session.buyer.is_verified and session.buyer_id != buyer.id):
        return _new_session(buyer, language, page, verified=True)
    if session.buyer_id != buyer.id:
        _adopt(anonymous=session.buyer, buyer=buyer)
        session.buyer = buyer
    token = visitors.new_token()
    session.token_digest = VisitorSession.digest(token)
    session.verified_until = timezone.now() + visitors.VOUCHED_FOR
    session.page = page or session.page
    session.save(update_fields=["token_digest", "verified_until", "page", "buyer"])
    return token, session


def _buyer_of(store: Store, identity: Identity, language: str) -> Buyer:
    """Return the buyer a store vouches for, with what it says of them filled in."""
    buyer = Buyer.objects.select_for_update().filter(store=store, external_id=identity.external_id).first()
    if buyer is None:
        try:
            with transaction.atomic():
                buyer = Buyer.objects.create(store=store, external_id=identity.external_id, language=language)
        except IntegrityError:  # another tab was quicker
            buyer = Buyer.objects.select_for_update().get(store=store, external_id=identity.external_id)
    said = {"name": identity.name, "email": identity.email, "phone": identity.phone, "language": identity.language}
    changed = [name for name, value in said.items() if value and getattr(buyer, name) != value]
    for name in changed:
        setattr(buyer, name, said[name])
    buyer.last_seen_at = timezone.now()
    buyer.save(update_fields=[*changed, "last_seen_at"])
    BuyerIdentity.objects.get_or_create(
        store=store, kind="store", value=identity.external_id, defaults={"buyer": buyer, "verified": True}
    )
    return buyer


def _adopt(*, anonymous: Buyer, buyer: Buyer) -> None:
    """Give a buyer what they said before they were known: conversations move, a live one joins theirs."""
    record(
        Happening(
            names.BUYER_IDENTIFIED,
            Actor.buyer(buyer),
            store_id=buyer.store_id,
            data={"visitor": str(anonymous.id), "buyer": str(buyer.id)},
        )
    )
    rows = with_summary_relations(Conversation.objects.filter(buyer__in=[anonymous, buyer]))
    live = {c.buyer_id: c for c in rows.select_for_update(of=("self",)).order_by("id") if c.status != "resolved"}
    mine, theirs = live.get(buyer.id), live.get(anonymous.id)
    if mine is not None and theirs is not None:
        _join(theirs, mine)
        theirs = None
    Conversation.objects.filter(buyer=anonymous).update(buyer=buyer)
    if theirs is not None:
        theirs.buyer = buyer
        batch = Batch()
        params = {"actor": buyer.display_name}
        timeline.add_line(theirs, batch, SYSTEM, names.CONVERSATION_MOVED, params, f"Identified as {buyer}")
        timeline.write(batch)
    VisitorSession.objects.filter(buyer=anonymous).update(buyer=buyer, verified_until=timezone.now())
    BuyerIdentity.objects.filter(buyer=anonymous).update(buyer=buyer)
    SearchEntry.objects.filter(buyer=anonymous).delete()
    if anonymous.email or anonymous.phone or anonymous.note:
        return  # what was typed is not proven, so it is not carried over; the row stays as its record
    anonymous.delete()


def _join(source: Conversation, target: Conversation) -> None:
    """Move the messages of `source` to the end of `target`, in their order; then `source` is gone."""
    shift = target.last_seq
    # From the last down, so that no place is taken twice on the way.
    for message in Message.objects.filter(conversation=source).order_by("-seq"):
        Message.objects.filter(pk=message.pk).update(conversation=target, seq=message.seq + shift)
    source.mentions.update(conversation=target)
    target.last_public_seq = shift + source.last_public_seq if source.last_public_seq else target.last_public_seq
    target.last_seq += source.last_seq
    target.inbound_count += source.inbound_count
    target.preview = source.preview or target.preview
    target.last_at = max(target.last_at, source.last_at)
    waits = [moment for moment in (target.waiting_since, source.waiting_since) if moment]
    target.waiting_since = min(waits, default=None)
    if target.status == "snoozed":
        target.status, target.snoozed_until = Conversation.Status.OPEN, None
    batch = Batch()
    params = {"actor": target.buyer.display_name, "conversation": str(source.id)}
    timeline.add_line(
        target, batch, SYSTEM, names.CONVERSATION_MOVED, params, f"Joined with what {target.buyer} wrote before"
    )
    timeline.write(batch)
    frame = {"type": "conversation.gone", "conversation": str(source.id), "into": str(target.id)}
    push([Push((topics.store(source.store_id), topics.conversation(source.id)), frame)])
    Attachment.objects.filter(conversation=source).update(conversation=target)
    source.delete()


def set_contact(*, buyer: Buyer, name: str = "", email: str = "") -> None:
    """Keep what an anonymous visitor typed about themselves. It is how to reach them; it proves nothing."""
    if buyer.is_verified:
        return
    buyer.name, buyer.email = name.strip()[:120] or buyer.name, email.strip()[:254] or buyer.email
    with transaction.atomic():
        buyer.save(update_fields=["name", "email"])
        for conversation in with_summary_relations(Conversation.objects.filter(buyer=buyer).exclude(status="resolved")):
            frame = {"type": "conversation.updated", "summary": timeline.summary_data(conversation)}
            push([Push((topics.store(buyer.store_id),), {**frame, "cause": names.BUYER_UPDATED})])


def end_session(session: VisitorSession) -> None:
    """Revoke a visitor's token; sockets that use it close."""
    with transaction.atomic():
        VisitorSession.objects.filter(pk=session.pk).update(revoked_at=timezone.now())
        push([Push((topics.session(session.id.hex),), {"type": "_close", "code": 4401})])
