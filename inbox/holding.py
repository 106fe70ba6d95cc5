"""What this room holds of buyers: all that was said, how it got there, and the words by which it is found."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from events import topics
from events.models import Event
from events.record import Push, push
from events.redacting import MARK
from inbox import due
from inbox.access import with_summary_relations
from inbox.models import (
    Attachment,
    Consent,
    Conversation,
    ConversationMerge,
    Delivery,
    Draft,
    Mention,
    Message,
    Original,
    Payload,
    Rating,
    RatingAsk,
    Received,
    SearchEntry,
)
from inbox.payloads import summary_data
from inbox.services.buyers import pushes_of
from people import notices
from people.models import Buyer, BuyerIdentity
from people.personal import Erasing, Held, NotYet, dumped, marks, pattern_of

ERASED = "erased:"  # before the digest of what a provider called a message
# A message was a payload shortly before it was one, also where a provider wraps it so that no address shows.
BEFORE_IT_CAME = timedelta(hours=2)
_CLOSED = [
    "subject", "preview", "rating_comment", "status", "resolved_at", "snoozed_until", "waiting_since",
    "reply_kind", "reply_due_at", "reply_warn_at", "reply_check_at",
]  # fmt: skip
_WAITING = (Delivery.State.QUEUED, Delivery.State.SENDING)


class InboxOfBuyers:
    handles = frozenset(
        {
            "inbox.Attachment",
            "inbox.Consent",
            "inbox.Conversation",
            "inbox.ConversationMerge",
            "inbox.Delivery",
            "inbox.Draft",
            "inbox.Mention",
            "inbox.Message",
            "inbox.Original",
            "inbox.Payload",
            "inbox.Rating",
            "inbox.RatingAsk",
            "inbox.Received",
            "inbox.SearchEntry",
        }
    )
    holds_nothing = frozenset(
        {
            "inbox.BulkAction",
            "inbox.CannedReply",
            "inbox.Channel",
            "inbox.RatingRule",
            "inbox.ReadMark",
            "inbox.ReplyTarget",
            "inbox.ReplyTargets",
            "inbox.RoutingRule",
            "inbox.SpecialDay",
            "inbox.StoreHours",
            "inbox.Tag",
            "inbox.Tagging",
        }
    )

    def collect(self, buyers: list[Buyer]) -> Held:
        messages = Message.objects.filter(conversation__buyer__in=buyers).order_by("conversation", "seq")
        attachments, originals = _attachments(buyers), Original.objects.filter(message__in=messages)
        held = Held(
            {
                "conversations": dumped(Conversation.objects.filter(buyer__in=buyers).order_by("id")),
                "messages": dumped(messages, without=["indexed"]),
                "attachments": dumped(attachments),
                "deliveries": dumped(Delivery.objects.filter(message__in=messages)),
                "drafts": dumped(Draft.objects.filter(conversation__buyer__in=buyers)),
                "received": dumped(Received.objects.filter(message__in=messages)),
                "consents": dumped(_consents(buyers)),
                # Ids and times alone, so nothing of it has to be erased.
                "merges": dumped(ConversationMerge.objects.filter(kept__buyer__in=buyers)),
                "ratings": dumped(Rating.objects.filter(conversation__buyer__in=buyers).order_by("id")),
                "rating_asks": dumped(
                    RatingAsk.objects.filter(conversation__buyer__in=buyers).order_by("id")
                ),
            }
        )
        held.files = [(f"files/{one.pk}-{one.name}", one.file) for one in attachments]
        held.files += [(f"originals/{one.pk}.eml", one.file) for one in originals]
        return held

    def erase(self, erasing: Erasing) -> None:
        theirs = with_summary_relations(Conversation.objects.filter(buyer__in=erasing.ids))
        conversations = list(theirs.select_for_update(of=("self",)).order_by("id"))
        messages = Message.objects.filter(conversation__in=[c.pk for c in conversations])
        _erase_payloads(erasing, messages)
        _consents(erasing.buyers).delete()
        SearchEntry.objects.filter(Q(message__in=messages) | Q(buyer__in=erasing.ids)).delete()
        _forget_words()
        kept: list[Any] = [*Original.objects.filter(message__in=messages), *_attachments(erasing.buyers)]
        for row in kept:
            erasing.drop(row.file)
            row.delete()
        Draft.objects.filter(conversation__in=conversations).delete()
        Rating.objects.filter(conversation__in=conversations).update(comment="")
        RatingAsk.objects.filter(conversation__in=conversations).delete()  # its link opens nothing any more
        Mention.objects.filter(conversation__in=conversations).delete()
        notices.forget(c.pk for c in conversations)
        _erase_deliveries(messages)
        _erase_received(messages)
        _erase_messages(erasing, messages, conversations)
        _close(conversations)

    def events(self, buyers: list[Buyer]) -> list[QuerySet[Event]]:
        ids = list(Conversation.objects.filter(buyer__in=buyers).values_list("id", flat=True))
        return [Event.objects.filter(conversation_id__in=ids)]


def _attachments(buyers: list[Buyer]) -> QuerySet[Attachment]:
    theirs = Q(uploader__in=[f"buyer:{buyer.pk}" for buyer in buyers])
    said = Q(message__conversation__buyer__in=buyers) | Q(conversation__buyer__in=buyers)
    return Attachment.objects.filter(theirs | said).order_by("id")


def _consents(buyers: list[Buyer]) -> QuerySet[Consent]:
    """What was said about their addresses, but for an address that somebody else has as well."""
    fits = Q(pk__in=[])
    for buyer in buyers:
        values = {identity.value for identity in buyer.identities.all()} | {buyer.email, buyer.phone}
        others = BuyerIdentity.objects.filter(store=buyer.store_id, value__in=values)
        shared = others.exclude(buyer__in=buyers).values_list("value", flat=True)
        fits |= Q(store=buyer.store_id, address__in=values - set(shared) - {""})
    return Consent.objects.filter(fits)


def _erase_messages(erasing: Erasing, messages: QuerySet[Message], conversations: list[Conversation]) -> None:
    """Leave the places, their times and which agent wrote; nothing of what was said."""
    stores = {c.pk: c.store for c in conversations}
    for message in messages:
        client_id = f"erased.{message.pk.hex}"
        if message.client_id == client_id:
            continue
        is_line = message.kind == Message.Kind.SYSTEM
        with translation.override(stores[message.conversation_id].language):
            words = "" if is_line else _("[erased]")
        message.body = words
        message.data = erasing.cleaned(message.data) if is_line else None
        message.kind = message.kind if is_line else Message.Kind.TEXT
        message.client_id, message.indexed = client_id, True
        if message.author_kind == "buyer":
            message.author_name = MARK
            if is_line and message.data:
                message.data |= {key: MARK for key in ("actor", "label") if key in message.data}
        message.save(update_fields=["body", "data", "kind", "client_id", "indexed", "author_name"])


def _erase_deliveries(messages: QuerySet[Message]) -> None:
    deliveries = Delivery.objects.filter(message__in=messages)
    deliveries.filter(state__in=_WAITING).update(
        state=Delivery.State.CANCELLED, run_at=None, claimed_until=None
    )
    deliveries.update(to="", detail="", external_id="", check_at=None, held_until=None)


def erased_id(external_id: str) -> str:
    return ERASED + marks("received", external_id)[0]


def erased_ids(external_id: str) -> list[str]:
    """Return as what a provider's message may stand in Received after its buyer was erased."""
    return [ERASED + mark for mark in marks("received", external_id)]


def _erase_received(messages: QuerySet[Message]) -> None:
    """Keep that a provider's message was taken in, so that it is not taken in again; not what it was called."""
    for row in Received.objects.filter(message__in=messages).exclude(external_id__startswith=ERASED):
        row.external_id, row.context = erased_id(row.external_id), {}
        row.save(update_fields=["external_id", "context"])


def _erase_payloads(erasing: Erasing, messages: QuerySet[Message]) -> None:
    """Empty what providers sent and was read; what failed and is theirs goes whole. Raises NotYet for what is new."""
    stores = {buyer.store_id for buyer in erasing.buyers}
    rows = Payload.objects.filter(channel__store__in=stores).exclude(body=b"")
    received = Received.objects.filter(message__in=messages).values_list("external_id", flat=True)
    sent = (
        Delivery.objects.filter(message__in=messages)
        .exclude(external_id="")
        .values_list("external_id", flat=True)
    )
    found = pattern_of([*erasing.names, *received, *sent])
    if found is not None:
        matching = [(p.pk, p.state) for p in rows.iterator(chunk_size=200) if found.search(_whole(p))]
        if any(state == Payload.State.NEW for _pk, state in matching):
            raise NotYet(gettext_noop("Something that the buyer sent is being read."))
        Payload.objects.filter(
            pk__in=[pk for pk, state in matching if state == Payload.State.FAILED]
        ).delete()
        _empty(Payload.objects.filter(pk__in=[pk for pk, state in matching if state == Payload.State.DONE]))
    by_buyers = messages.filter(author_kind="buyer", received__isnull=False)
    for channel_id, at in by_buyers.values_list("received__channel", "created_at"):
        near = rows.filter(channel=channel_id, state=Payload.State.DONE)
        _empty(near.filter(received_at__gte=at - BEFORE_IT_CAME, received_at__lte=at))


def _whole(payload: Payload) -> bytes:
    return bytes(payload.body) + str(payload.headers).encode()


def _empty(payloads: QuerySet[Payload]) -> None:
    payloads.update(body=b"", headers={}, error="")


def _close(conversations: list[Conversation]) -> None:
    """End what is live, so that whoever writes again begins anew."""
    now = timezone.now()
    for c in conversations:
        with translation.override(c.store.language):
            c.preview = _("[erased]") if c.last_public_seq else ""
        c.subject = c.rating_comment = ""
        if c.status != Conversation.Status.RESOLVED:
            c.status, c.resolved_at = Conversation.Status.RESOLVED, now
        c.snoozed_until = c.waiting_since = None
        due.clear(c)
        c.save(update_fields=_CLOSED)
        c.taggings.update(status=c.status)


def tell_screens(conversations: list[Conversation]) -> None:
    """Have open screens read anew what they show of these conversations, and of their buyers."""
    for c in conversations:
        summary = {"type": "conversation.updated", "summary": summary_data(c), "cause": "buyer.erased"}
        anew: dict[str, Any] = {
            "type": "error",
            "code": "too_far",
            "message": "It was erased.",
            "conversation": str(c.id),
        }
        push([Push((topics.store(c.store_id),), summary), Push((topics.conversation(c.id),), anew)])
    for buyer in {c.buyer_id: c.buyer for c in conversations}.values():
        push(pushes_of(buyer))


def _forget_words() -> None:
    """Have SQLite's index drop the words of rows that are gone: it keeps them until its parts are merged."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO inbox_search_fts (inbox_search_fts) VALUES ('optimize')")
