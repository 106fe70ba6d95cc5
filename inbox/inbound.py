"""What providers send: written down as it came before it is answered, and taken in afterwards, once.

    new ──▶ done
     │ └──▶ new, read again later (a file could not be had, the database was away)
     └────▶ failed (not as documented, or tried too often): kept, for somebody to look at

The payload's row is the truth: a job that was lost is found again by `new_payloads`. Taking one in twice is
taking it in once: every message is known by its provider's id (Received), in the transaction that posts it.
"""

import hashlib
import logging
from datetime import datetime, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext, gettext_noop

from events import topics
from events.record import Actor, Push, push
from helpdesk.lib.ids import parse_id
from helpdesk.lib.told import in_words
from inbox import originals, rating_answers, transports
from inbox.errors import InboxError
from inbox.files import store_upload
from inbox.holding import erased_ids
from inbox.models import Attachment, Channel, Conversation, Delivery, Message, Payload, Received
from inbox.outbox import delivery_of
from inbox.search import index_buyer
from inbox.services import Draft, consent, join_proven, post_message
from inbox.services.deliveries import arrived, came_back, tell
from inbox.services.messages import MAX_ATTACHMENTS, MAX_BODY
from inbox.services.places import standing
from inbox.services.profile import Blocked, refuse_blocked
from inbox.transports.base import Later, Media, Receipt, Refused, Request, Said, Unreadable
from people.models import Buyer, BuyerIdentity

log = logging.getLogger(__name__)

State = Payload.State
# How long after the last try it is read again, by how often it was tried. The first: its job was lost.
PAUSES = tuple(timedelta(seconds=s) for s in (10, 30, 120, 600, 3600))
MAX_MEDIA = 25 * 1024 * 1024
KEPT_FOR = timedelta(days=30)
# A receipt only ever moves a delivery forward, and what failed at the provider has failed.
_RANK = [Delivery.State.UNKNOWN, Delivery.State.SENT, Delivery.State.DELIVERED, Delivery.State.READ]
# What a provider tells of itself in headers and nobody needs again, and what logs us in.
_KEPT_HEADERS = ("content-type", "x-", "date", "user-agent")


def write_down(channel: Channel, request: Request) -> Payload:
    """Keep a verified request as it came, with what is needed to read it again."""
    headers = {name: value[:500] for name, value in request.headers.items() if name.startswith(_KEPT_HEADERS)}
    kept = {"headers": headers, "query": dict(request.query), "method": request.method}
    return Payload.objects.create(
        channel=channel, headers=kept, body=request.body, run_at=timezone.now() + PAUSES[0]
    )


def request_of(payload: Payload) -> Request:
    kept = payload.headers
    return Request(kept.get("method", "POST"), kept["headers"], kept["query"], bytes(payload.body))


def new_payloads(*, now: datetime | None = None, limit: int = 200) -> list[int]:
    """Return the payloads whose job was lost, or that are to be read again, in the order in which they came."""
    rows = Payload.objects.filter(state=State.NEW, run_at__lte=now or timezone.now())
    return list(rows.order_by("id").values_list("id", flat=True)[:limit])


def read_payload(payload_id: int) -> None:
    """Take in what a payload tells. Nothing where that was done, or has failed, before."""
    payload = Payload.objects.select_related("channel__store").filter(pk=payload_id, state=State.NEW).first()
    if payload is None:
        return
    channel, last_try = payload.channel, payload.attempts + 1 >= len(PAUSES)
    try:
        for item in transports.get(channel.kind).parse(channel, request_of(payload)):
            take_in(channel, item, last_try=last_try)
    except Unreadable as error:  # to read it again would change nothing
        _leave(payload, State.FAILED, str(error))
    except Exception as error:
        log.warning("payload %s of %s was not taken in", payload.pk, channel.kind, exc_info=error)
        _leave(payload, State.FAILED if last_try else State.NEW, str(error) or type(error).__name__)
    else:
        _leave(payload, State.DONE, "")


def _leave(payload: Payload, state: str, error: str) -> None:
    pause = PAUSES[min(payload.attempts + 1, len(PAUSES) - 1)]
    mine = Payload.objects.filter(pk=payload.pk, state=State.NEW, attempts=payload.attempts)
    mine.update(
        state=state,
        error=error.replace("\x00", "")[:300],
        attempts=payload.attempts + 1,
        run_at=timezone.now() + pause,
    )


def discard_old(*, now: datetime | None = None) -> int:
    """Delete payloads that were taken in long ago: they hold what buyers wrote. Returns how many there were."""
    old = Payload.objects.filter(state=State.DONE, received_at__lt=(now or timezone.now()) - KEPT_FOR)
    return old.delete()[0]


def take_in(channel: Channel, item: Said | Receipt, *, last_try: bool = False) -> Message | None:
    """Post what a buyer said, or move a delivery. None where there was nothing new in it.

    Raises Later where a file of it cannot be had now; at the last try a line stands for it, and the words come in.
    """
    if isinstance(item, Receipt):
        _receive(channel, item, last_try=last_try)
        return None
    its_id = item.external_id[:200]
    known = Received.objects.filter(channel=channel, external_id__in=[its_id, *erased_ids(its_id)]).exists()
    if known or not item.sender:
        return None
    with translation.override(channel.store.language):  # who reads what stands in for a file
        files, missing = _files(
            channel, item, last_try=last_try
        )  # asks the provider, so outside of any transaction
    try:
        posted = _post(channel, item, files, missing)
        if posted is not None and item.proven:
            join_proven(posted.conversation.buyer_id)
        return posted
    except Blocked:
        Received.objects.get_or_create(channel=channel, external_id=item.external_id[:200])
        _hear(channel, item)
        return None


def _post(
    channel: Channel, said: Said, files: list[tuple[Media, bytes]], missing: list[str]
) -> Message | None:
    with transaction.atomic():
        received, is_new = Received.objects.get_or_create(
            channel=channel, external_id=said.external_id[:200], defaults={"context": dict(said.context)}
        )
        if not is_new:
            return None
        if said.opted_out is not None and not said.text.strip() and not said.media:
            _hear(channel, said)  # a button was pressed: there is nothing to show but what it changed
            return None
        if said.automatic and not _identities(channel, said).exists():
            return None  # nor does it make anybody a buyer
        buyer = buyer_of(channel, said)
        refuse_blocked(buyer)
        _refuse_flood(channel, buyer)
        rated = rating_answers.asked_of(channel, said, buyer)
        conversation = rated[0].conversation if rated else _answered(channel, said, buyer)
        if said.automatic and conversation is None:
            _hear(channel, said)
            return None  # an answering machine opens no conversation
        attachments, refused = _keep(files, buyer)
        body = "\n".join(filter(None, [said.text.strip(), *missing, *refused]))[:MAX_BODY]
        posted = post_message(
            Draft(
                actor=Actor.buyer(buyer),
                client_id=client_id_of(channel, said.external_id),
                # A sticker, a place on a map: something came that we cannot show.
                body=body or ("" if attachments else "…"),
                conversation_id=conversation.id if conversation else None,
                buyer_id=None if conversation else buyer.id,
                channel_id=channel.id,
                attachments=tuple(attachment.id for attachment in attachments),
                quiet=said.automatic or rated is not None,  # a number of stars opens nothing again
                data=originals.shown(said.original) if said.original else None,
            )
        )
        if rated is not None:
            rating_answers.take(*rated, posted.message, buyer)
        if said.original:
            originals.keep(posted.message, said.original)
        received.message = posted.message
        received.save(update_fields=["message"])
        _hear(channel, said)
        return posted.message


def _hear(channel: Channel, said: Said) -> None:
    """Note that they want nothing more here, or something again."""
    if said.opted_out is not None:
        note = consent.opt_out if said.opted_out else consent.resume
        note(channel, said.sender[:200], consent.Source.WORD, reason=said.text.strip())


def client_id_of(channel: Channel, external_id: str) -> str:
    return f"in.{hashlib.sha256(f'{channel.id} {external_id}'.encode()).hexdigest()[:48]}"


def buyer_of(channel: Channel, said: Said) -> Buyer:
    """Return whom the store knows by this address; a new buyer where nobody does."""
    kind = transports.get(channel.kind).address_kind or channel.kind
    rows = _identities(channel, said).select_related("buyer")
    found = rows.first()
    if found is None:
        try:
            with transaction.atomic():
                buyer = Buyer.objects.create(
                    store=channel.store, name=said.name.strip()[:120], last_seen_at=timezone.now()
                )
                _write_address(buyer, kind, said.sender)
                BuyerIdentity.objects.create(
                    store=channel.store, buyer=buyer, kind=kind, value=said.sender[:200], verified=said.proven
                )
                index_buyer(buyer)
                return buyer
        except IntegrityError:  # somebody's first two messages at once
            found = rows.get()
    if said.proven and not found.verified:
        BuyerIdentity.objects.filter(pk=found.pk).update(verified=True)
    return found.buyer


def _identities(channel: Channel, said: Said) -> QuerySet[BuyerIdentity]:
    kind = transports.get(channel.kind).address_kind or channel.kind
    return BuyerIdentity.objects.filter(store=channel.store_id, kind=kind, value=said.sender[:200])


def _refuse_flood(channel: Channel, buyer: Buyer) -> None:
    """Raise Unreadable where a buyer wrote more within an hour than anybody writes: the payload is kept, and failed."""
    limit = transports.get(channel.kind).max_per_hour
    if limit is None:
        return
    since = timezone.now() - timedelta(hours=1)
    rows = Message.objects.filter(conversation__buyer=buyer, author_kind="buyer", created_at__gt=since)
    if rows.filter(channel_kind=channel.kind)[:limit].count() == limit:
        raise Unreadable(
            gettext_noop(
                "Too many messages of one sender within an hour: perhaps two machines answer each other."
            )
        )


def _write_address(buyer: Buyer, kind: str, sender: str) -> None:
    if kind == "email":
        buyer.email = sender[:254]
    elif kind == "phone" and sender.startswith("+"):  # not a short code, nor an id in place of a number
        buyer.phone = sender[:32]
    else:
        return
    buyer.save(update_fields=["email", "phone"])


def _answered(channel: Channel, said: Said, buyer: Buyer) -> Conversation | None:
    """Return the ended conversation that it takes up again; None: the buyer's live one, or a new one.

    By a reply address that we signed, or by a message that it names; and only one of this very buyer, so that a
    mail that was passed on lets nobody in.
    """
    rows = Conversation.objects.filter(store=channel.store_id, buyer=buyer)
    if live := rows.exclude(status=Conversation.Status.RESOLVED).first():
        return live if said.automatic else None
    if (named := parse_id(said.conversation)) and (found := rows.filter(pk=named).first()):
        return rows.get(pk=standing(found))
    if not said.answers:
        return None
    places = {
        external_id: conversation
        for known in (Received, Delivery)
        for external_id, conversation in known.objects.filter(
            channel=channel, external_id__in=said.answers, message__conversation__buyer=buyer
        ).values_list("external_id", "message__conversation")
    }
    nearest = next((places[one] for one in said.answers if one in places), None)
    return rows.filter(pk=nearest).first() if nearest else None


# -- Files


def _files(channel: Channel, said: Said, *, last_try: bool) -> tuple[list[tuple[Media, bytes]], list[str]]:
    """Return the files of a message, and for each that we do not take a line that says so. Raises Later."""
    transport, found, missing = transports.get(channel.kind), [], []
    for media in said.media[:MAX_ATTACHMENTS]:
        try:
            content = transport.fetch(channel, media, MAX_MEDIA)
        except (Refused, Later) as refusal:
            if isinstance(refusal, Later) and not last_try:
                raise
            missing.append(f"[{media.name or gettext('file')}: {in_words(str(refusal))}]")
            continue
        if len(content) > MAX_MEDIA:
            missing.append(f"[{media.name or gettext('file')}: {gettext('too large')}]")
            continue
        found.append((media, content))
    more = said.media[MAX_ATTACHMENTS:]
    missing += [f"[{media.name or gettext('file')}: {gettext('too many files')}]" for media in more]
    return found, missing


def _keep(files: list[tuple[Media, bytes]], buyer: Buyer) -> tuple[list[Attachment], list[str]]:
    """Store files as the buyer's; return them, and a line for each that is not taken (what a browser would run)."""
    kept, refused = [], []
    for media, content in files:
        upload = SimpleUploadedFile(
            media.name or "file", content, media.media_type or "application/octet-stream"
        )
        try:
            kept.append(store_upload(upload, uploader=f"buyer:{buyer.id}"))
        except InboxError as refusal:
            refused.append(f"[{media.name or 'file'}: {refusal.detail}]")
    return kept, refused


# -- Receipts


def _receive(channel: Channel, receipt: Receipt, *, last_try: bool) -> None:
    """Move the delivery that a receipt is about, forwards only. Raises Later where we do not know its id yet."""
    failed = receipt.state == Delivery.State.FAILED
    with transaction.atomic():
        of_channel = Delivery.objects.select_related("message").filter(channel=channel)
        rows = of_channel.filter(external_id=receipt.external_id)
        found = rows.first()
        if found is None and (pk := delivery_of(receipt.key)):
            rows = of_channel.filter(pk=pk, state=Delivery.State.UNKNOWN, external_id="")
            found = rows.first()
        if found is None:
            if not last_try:
                _maybe_early(channel)
            return
        # The conversation first, like everybody who locks both.
        list(
            Conversation.objects.select_for_update()
            .filter(pk=found.message.conversation_id)
            .values_list("pk")
        )
        delivery = rows.select_for_update(of=("self",)).get(pk=found.pk)
        earlier = _RANK[:2] if failed else _RANK[: _RANK.index(Delivery.State(receipt.state))]
        if delivery.state not in earlier:
            return
        delivery.state, delivery.updated_at = receipt.state, timezone.now()
        delivery.external_id = receipt.external_id[:200]
        delivery.detail = receipt.detail.replace("\x00", "")[:200]
        if failed:
            came_back(delivery, channel, for_good=receipt.opted_out)
        delivery.save(update_fields=["state", "updated_at", "external_id", "detail", "check_at"])
        if receipt.state == Delivery.State.READ:
            _read(delivery)
        if receipt.state in (Delivery.State.DELIVERED, Delivery.State.READ):
            arrived(delivery, channel)
        tell(delivery)
        if receipt.opted_out:
            consent.opt_out(channel, delivery.to, consent.Source.PROVIDER, reason=receipt.detail)


def _maybe_early(channel: Channel) -> None:
    """A receipt may be faster than the answer to the call that it is about: then it is read again shortly."""
    if Delivery.objects.filter(channel=channel, state=Delivery.State.SENDING).exists():
        raise Later("A receipt for a message that is still on its way.")


def _read(delivery: Delivery) -> None:
    """The buyer has read so far, on whatever channel that was."""
    conversation_id, seq = delivery.message.conversation_id, delivery.message.seq
    rows = Conversation.objects.filter(pk=conversation_id, buyer_read_seq__lt=seq)
    if rows.update(buyer_read_seq=seq):
        frame = {"type": "read", "conversation": str(conversation_id), "seq": seq, "by": "buyer"}
        push([Push((topics.conversation(conversation_id),), frame)])
