"""A browser becomes a visitor, and a visitor the store's buyer, when the store signs for it."""

from typing import Any

from django.db import OperationalError, transaction
from django.db.models import F
from django.utils import timezone

from events import names, topics
from events.record import SYSTEM, Actor, Happening, Push, push, record
from helpdesk.lib.phones import e164
from inbox import due
from inbox.access import with_summary_relations
from inbox.models import Attachment, Conversation, Delivery, Draft, Message, SearchEntry
from inbox.search import index_buyer
from inbox.services import timeline
from inbox.services.identity import join_proven
from inbox.services.merging import holders
from inbox.services.profile import move_blocks
from inbox.services.timeline import Batch
from people import visitors
from people.models import Buyer, BuyerIdentity, BuyerMerge, Store, VisitorSession
from people.sessions import SAY_HELLO_AGAIN, end_sockets
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
    if identity is not None:
        given = (store, session, visitor_token, identity, language, page or {})
        try:
            found = _identified(*given)
        except (
            OperationalError
        ):  # a message of theirs held what we wanted, and wanted what we held: it goes first
            found = _identified(*given)
        if identity.email_verified or identity.phone_verified:
            join_proven(found[1].buyer_id)
        return found
    if session is None:
        with transaction.atomic():
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


@transaction.atomic
def _identified(
    store: Store,
    session: VisitorSession | None,
    token: str,
    identity: Identity,
    language: str,
    page: dict[str, Any],
) -> tuple[str, VisitorSession]:
    buyer, anonymous = _lock_buyers(store, identity, language, session)
    _keep_what_the_store_says(buyer, identity)
    if session is not None:
        # Read anew under the lock: another tab may have come with the same token, and been quicker.
        rows = VisitorSession.objects.select_related("buyer__store").filter(
            pk=session.pk, token_digest=VisitorSession.digest(token)
        )
        session = rows.select_for_update(of=("self",)).first()
    if session is None or (session.buyer.is_verified and session.buyer_id != buyer.id):
        return _new_session(buyer, language, page, verified=True)
    if anonymous is not None and session.buyer_id == anonymous.id:
        _adopt(anonymous=anonymous, buyer=buyer)
        session.buyer, token = buyer, visitors.new_token()
        session.token_digest = VisitorSession.digest(token)
    session.verified_until = timezone.now() + visitors.VOUCHED_FOR
    session.page = page or session.page
    session.save(update_fields=["token_digest", "verified_until", "page", "buyer"])
    return token, session


def _lock_buyers(
    store: Store, identity: Identity, language: str, session: VisitorSession | None
) -> tuple[Buyer, Buyer | None]:
    """Lock, and make where there is none, the buyer a store vouches for; and who the session was until now,
    where nobody had vouched for them: nothing more is said as somebody who is about to become another."""
    found, _ = Buyer.objects.get_or_create(
        store=store, external_id=identity.external_id, defaults={"language": language}
    )
    wanted = {found.id} | ({session.buyer_id} if session and not session.buyer.is_verified else set())
    rows = Buyer.objects.select_for_update().filter(pk__in=wanted).order_by("id")
    locked = {row.id: row for row in rows}
    buyer = locked.pop(found.id)
    return buyer, next(iter(locked.values()), None)


def _keep_what_the_store_says(buyer: Buyer, identity: Identity) -> None:
    said = {
        "name": identity.name,
        "email": identity.email,
        "phone": identity.phone,
        "language": identity.language,
    }
    changed = [name for name, value in said.items() if value and getattr(buyer, name) != value]
    for name in changed:
        setattr(buyer, name, said[name])
    buyer.last_seen_at = timezone.now()
    buyer.save(update_fields=[*changed, "last_seen_at"])
    _, new = BuyerIdentity.objects.get_or_create(
        store_id=buyer.store_id,
        kind="store",
        value=identity.external_id,
        defaults={"buyer": buyer, "verified": True},
    )
    _keep_proven(buyer, "store_email", identity.email.lower() if identity.email_verified else "")
    _keep_proven(
        buyer, "store_phone", e164(identity.phone, buyer.store.country) if identity.phone_verified else ""
    )
    if changed or new:
        index_buyer(buyer)


def _keep_proven(buyer: Buyer, kind: str, value: str) -> None:
    """Note an address that the store has proven to be this buyer's, and nobody else's any more."""
    if not value:
        return
    BuyerIdentity.objects.filter(buyer=buyer, kind=kind).exclude(value=value).delete()
    BuyerIdentity.objects.update_or_create(
        store_id=buyer.store_id, kind=kind, value=value[:200], defaults={"buyer": buyer, "verified": True}
    )


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
    live = {
        c.buyer_id: c for c in rows.select_for_update(of=("self",)).order_by("id") if c.status != "resolved"
    }
    mine, theirs = live.get(buyer.id), live.get(anonymous.id)
    if mine is not None and theirs is not None:
        _join(theirs, mine)
        theirs = None
    Conversation.objects.filter(buyer=anonymous).update(buyer=buyer)
    # What was sent and not acknowledged is sent again by who they are now, and has to be known again.
    written = Message.objects.filter(conversation__buyer=buyer, author_kind="buyer", author_id=anonymous.id)
    written.update(author_id=buyer.id)
    if theirs is not None:
        theirs.buyer = buyer
        batch = Batch(opened=[theirs])
        params = {"actor": buyer.display_name}
        timeline.add_line(theirs, batch, SYSTEM, names.CONVERSATION_MOVED, params, f"Identified as {buyer}")
        timeline.write(batch)
    browsers = VisitorSession.objects.filter(buyer=anonymous)
    # Sockets that were opened before the proof: whoever holds one hears nothing of what comes after it.
    ids = browsers.values_list("id", flat=True)
    end_sockets([topics.session(pk.hex) for pk in ids], code=SAY_HELLO_AGAIN)
    browsers.update(buyer=buyer, verified_until=timezone.now())
    BuyerIdentity.objects.filter(buyer=anonymous).update(buyer=buyer)
    Attachment.objects.filter(uploader=f"buyer:{anonymous.id}").update(uploader=f"buyer:{buyer.id}")
    SearchEntry.objects.filter(buyer=anonymous).delete()
    _adopt_what_is_known(anonymous, buyer)
    if anonymous.email or anonymous.phone or anonymous.note:
        return  # what was typed is not proven, so it is not carried over; the row stays as its record
    anonymous.delete()


def _adopt_what_is_known(anonymous: Buyer, buyer: Buyer) -> None:
    """What the desk noted of a visitor, or had for them: tags, blocks, coupons, and who was found to be the same."""
    buyer.tags.add(*anonymous.tags.all())
    if buyer.mood is None and anonymous.mood is not None:
        buyer.mood = anonymous.mood
        buyer.save(update_fields=["mood"])
    move_blocks(anonymous, buyer)
    for holder in holders():
        holder.move(buyer, anonymous)
    Buyer.objects.filter(merged_into=anonymous).update(merged_into=buyer)
    BuyerMerge.objects.filter(kept=anonymous).update(kept=buyer)


def _join(source: Conversation, target: Conversation) -> None:
    """Move the messages of `source` to the end of `target`, in their order; then `source` is gone."""
    shift = target.last_seq
    moving = Message.objects.filter(conversation=source)
    # Who was two people until now may have used a client_id twice.
    for message in moving.filter(
        client_id__in=Message.objects.filter(conversation=target).values("client_id")
    ):
        Message.objects.filter(pk=message.pk).update(client_id=f"joined.{message.pk.hex}")
    moving.update(conversation=target, seq=F("seq") + shift)
    Delivery.objects.filter(conversation=source).update(conversation=target, seq=F("seq") + shift)
    source.mentions.update(conversation=target)
    drafting = Draft.objects.filter(conversation=target).values("agent")
    Draft.objects.filter(conversation=source).exclude(agent__in=drafting).update(conversation=target)
    target.tags.add(*source.tags.all())
    target.assignee = target.assignee or source.assignee
    if target.team is None and source.team is not None:
        target.team = source.team
        target.save(update_fields=["team"])
    target.last_public_seq = (
        shift + source.last_public_seq if source.last_public_seq else target.last_public_seq
    )
    target.last_seq += source.last_seq
    target.inbound_count += source.inbound_count
    target.preview = source.preview or target.preview
    target.last_at = max(target.last_at, source.last_at)
    if source.waiting_since and (target.waiting_since or source.waiting_since) >= source.waiting_since:
        due.carry(source, target)  # what was told of this wait is not told again
    waits = [moment for moment in (target.waiting_since, source.waiting_since) if moment]
    target.waiting_since = min(waits, default=None)
    if target.status == "snoozed":
        target.status, target.snoozed_until = Conversation.Status.OPEN, None
    batch = Batch()
    params = {"actor": target.buyer.display_name, "conversation": str(source.id)}
    timeline.add_line(
        target,
        batch,
        SYSTEM,
        names.CONVERSATION_MOVED,
        params,
        f"Joined with what {target.buyer} wrote before",
    )
    timeline.write(batch)
    frame = {"type": "conversation.gone", "conversation": str(source.id), "into": str(target.id)}
    push([Push((topics.store(source.store_id), topics.conversation(source.id)), frame)])
    Attachment.objects.filter(conversation=source).update(conversation=target)
    # What was merged into it is part of the other now, and can still be taken out.
    source.emptied.update(merged_into=target)
    source.merges.update(kept=target)
    source.delete()


def set_contact(*, buyer: Buyer, name: str = "", email: str = "") -> None:
    """Keep what an anonymous visitor typed about themselves. It is how to reach them; it proves nothing."""
    if buyer.is_verified:
        return
    name, email = (text.replace("\x00", "").strip() for text in (name, email))
    buyer.name, buyer.email = name[:120] or buyer.name, email[:254] or buyer.email
    with transaction.atomic():
        buyer.save(update_fields=["name", "email"])
        index_buyer(buyer)
        for conversation in with_summary_relations(
            Conversation.objects.filter(buyer=buyer).exclude(status="resolved")
        ):
            frame = {"type": "conversation.updated", "summary": timeline.summary_data(conversation)}
            push([Push((topics.store(buyer.store_id),), {**frame, "cause": names.BUYER_UPDATED})])


def end_session(session: VisitorSession) -> None:
    """Revoke a visitor's token; sockets that use it close."""
    with transaction.atomic():
        VisitorSession.objects.filter(pk=session.pk).update(revoked_at=timezone.now())
        end_sockets([topics.session(session.id.hex)])
