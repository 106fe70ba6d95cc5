"""Full-text search over messages and buyers, by the database's own engine over terms of our own analyser."""

from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, QuerySet

from helpdesk.lib.text import index_terms, query_terms
from inbox.models import Conversation, Message, SearchEntry
from people.models import Buyer

LATEST = 5_000  # entries
NEWEST = 200  # what is looked at of all hits: a desk wants the latest, and a bound


def index_pending(limit: int = 500) -> int:
    """Index messages that are not yet; return how many. Safe to run in several workers at a time."""
    with transaction.atomic():
        rows = Message.objects.filter(indexed=False).order_by("id").select_related("conversation")
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True, of=("self",))
        messages = list(rows[:limit])
        SearchEntry.objects.bulk_create(
            (
                SearchEntry(store_id=m.conversation.store_id, message=m, terms=index_terms(m.body))
                for m in messages
                if m.body
            ),
            ignore_conflicts=True,
        )
        Message.objects.filter(pk__in=[m.pk for m in messages]).update(indexed=True)
    return len(messages)


def buyer_terms(buyer: Buyer) -> str:
    return index_terms(" ".join(filter(None, [buyer.name, buyer.email, buyer.phone, buyer.external_id])))


def index_buyer(buyer: Buyer) -> None:
    """Index who a buyer is, in the caller's transaction."""
    SearchEntry.objects.update_or_create(
        buyer=buyer, defaults={"store_id": buyer.store_id, "terms": buyer_terms(buyer)}
    )


def matching(text: str, store_ids: frozenset[UUID] | None) -> QuerySet[SearchEntry]:
    """Return entries that hold every term of `text` (the last one as a beginning), newest first, within stores.

    Nothing in `text` is an operator. A text without terms matches nothing.
    """
    terms = query_terms(text)
    if not terms:
        return SearchEntry.objects.none()
    entries = SearchEntry.objects.all()
    if store_ids is not None:
        entries = entries.filter(store_id__in=store_ids)
    if connection.vendor == "postgresql":
        query = " & ".join("'" + t.replace("\\", "\\\\").replace("'", "''") + "'" for t in terms) + ":*"
        where = "inbox_terms(inbox_searchentry.terms) @@ %s::tsquery"
    else:
        query = " ".join('"' + t.replace('"', '""') + '"' for t in terms) + "*"
        where = "inbox_searchentry.id IN (SELECT rowid FROM inbox_search_fts WHERE inbox_search_fts MATCH %s)"
    return entries.extra(where=[where], params=[query]).order_by("-id")


def snippet(body: str, text: str, width: int = 120) -> str:
    """Return the part of `body` around the first word of `text` that stands in it, cut to `width` characters."""
    folded = body.casefold()
    wanted = [text.casefold().strip(), *text.casefold().split(), *query_terms(text)]
    places = (folded.find(word) for word in wanted if word)
    start = max(0, next((place for place in places if place >= 0), 0) - width // 3)
    cut = " ".join(body[start : start + width].split())
    return ("…" if start else "") + cut + ("…" if start + width < len(body) else "")


def _newest(
    text: str, store_ids: frozenset[UUID] | None, *, of: str, limit: int = NEWEST
) -> list[SearchEntry]:
    """Return the newest entries of messages or of buyers (`of`; each has its index) that hold `text`.

    What is said often is found among the latest entries; what is not, the index of terms gives all at once. Left
    to itself, PostgreSQL would walk every entry backwards in search of a word that is rare.
    """
    kind = {f"{of}__isnull": False}
    entries = matching(text, store_ids).filter(**kind)
    if connection.vendor == "postgresql":
        last = SearchEntry.objects.filter(**kind).order_by("-id").values_list("id", flat=True).first()
        found = list(entries.filter(id__range=((last or 0) - LATEST, last or 0))[:limit])
        if len(found) == limit:
            return found
        entries = entries.order_by((F("id") + 0).desc())  # an order that no index is in
    return list(entries[:limit])


def find_messages(text: str, store_ids: frozenset[UUID] | None) -> dict[UUID, Message]:
    """Return the newest message with `text` in each conversation that has one, by conversation."""
    ids = [entry.message_id for entry in _newest(text, store_ids, of="message")]
    messages = Message.objects.in_bulk([pk for pk in ids if pk])
    found: dict[UUID, Message] = {}
    for pk in ids:
        if pk in messages:
            found.setdefault(messages[pk].conversation_id, messages[pk])
    return found


def buyers_named(text: str, store_ids: frozenset[UUID] | None, *, limit: int = NEWEST) -> list[UUID]:
    """Return the newest buyers whom `text` names, by name, address, number or id at the store."""
    entries = _newest(text, store_ids, of="buyer", limit=limit)
    return [entry.buyer_id for entry in entries if entry.buyer_id]


def find_buyers(text: str, store_ids: frozenset[UUID] | None, *, limit: int) -> list[Buyer]:
    """Return the newest buyers whom `text` names, with their stores."""
    ids = buyers_named(text, store_ids, limit=limit)
    found = Buyer.objects.select_related("store").in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def conversations_of_buyers(text: str, store_ids: frozenset[UUID] | None) -> list[UUID]:
    """Return the latest conversations with the newest buyers whom `text` names."""
    rows = Conversation.objects.filter(buyer__in=buyers_named(text, store_ids)).order_by("-last_at", "-id")
    return list(rows.values_list("id", flat=True)[:NEWEST])
