"""The lists of the inbox: which conversations an agent sees in which view, page by page.

A list is read in lanes (helpdesk/lib/keyset.py), each of which one index of inbox/models.py answers from its
first row on. docs/performance.md has the figures at a million conversations.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from helpdesk.lib.keyset import BadCursor, Keyset, Lanes, Place, cut
from inbox import search
from inbox.access import store_ids_for, with_summary_relations
from inbox.models import Channel, Conversation, Mention, Message, ReadMark, Tagging
from inbox.payloads import summary_data
from people.models import Agent, Store

PAGE = 50
MOST_COUNTED = 99
MOST_LANES = 24
NEWEST_MENTIONS = 100
VIEWS = ("mine", "unassigned", "all", "waiting", "mentions", "snoozed", "resolved")
COUNTED = VIEWS[:-1]  # what is resolved is nobody's to-do
DUE = ("soon", "overdue")
STATUSES = tuple(Conversation.Status.values)

_BY_LAST = Keyset("last", "last_at")
_BY_DUE = Keyset("due", "reply_due_at", newest_first=False)
_BY_WAIT = Keyset("wait", "waiting_since", newest_first=False, after_nulls=("reply_due_at",))
_BY_MENTION = Keyset("mention", "at")

Rows = list[dict[str, Any]]
Lookups = list[tuple[str, Any]]
Stores = frozenset[UUID] | None  # None: every store there is


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a view. None, False and "" narrow nothing."""

    status: str | None = None
    assignee: UUID | None = None
    unassigned: bool = False
    team: UUID | None = None
    channel: str | None = None  # a kind
    tag: UUID | None = None
    store: str | None = None  # a key
    buyer: UUID | None = None
    priority: int | None = None
    waiting: bool | None = None  # the buyer waits for an answer to an open one
    due: str | None = None  # of those that have a target: `soon` or `overdue`
    text: str = ""
    ids: tuple[UUID, ...] | None = None  # none but these


NO_FILTERS = Filters()


def list_conversations(
    agent: Agent,
    view: str | None = None,
    filters: Filters = NO_FILTERS,
    cursor: str | None = None,
    *,
    limit: int = PAGE,
) -> tuple[Rows, str | None]:
    """Return a page of a view (None: whatever their status) as rows, and the cursor of the next page.

    With a text, rows also have the `snippet` in which it was found. The number of queries does not depend on the
    number of rows. Raises BadCursor.
    """
    stores = _stores(agent, filters)
    if filters.text:
        said = search.find_messages(filters.text, stores)
        about = (*said, *search.conversations_of_buyers(filters.text, stores))
        narrowed = replace(filters, text="", ids=about)
        rows, following = list_conversations(agent, view, narrowed, cursor, limit=limit)
        return [_with_snippet(row, said, filters.text) for row in rows], following
    if view == "mentions":
        return _mentions_page(agent, filters, stores, cursor, limit)
    if view == "waiting" and filters.due is None:
        return _waiting_page(agent, filters, stores, cursor, limit)
    lanes = _lanes(agent, view, filters, stores)
    place = lanes.key.place(cursor) if cursor else None
    page = with_summary_relations(Conversation.objects.filter(lanes.page(limit + 1, place)))
    found, following = cut(list(page.order_by(*lanes.key.ordering())), lanes.key, limit)
    return rows_for(agent, found), following


def rows_for(agent: Agent, conversations: Iterable[Conversation]) -> Rows:
    """Return summaries with how far this agent has read. (Load the conversations with their relations.)"""
    found = list(conversations)
    read = ReadMark.objects.filter(agent=agent, conversation__in=[c.id for c in found]) if found else []
    marks = {mark.conversation_id: mark for mark in read}
    rows = []
    for conversation in found:
        mark = marks.get(conversation.id)
        seq, seen = (mark.seq, mark.inbound_seen) if mark else (0, 0)
        rows.append({**summary_data(conversation), "read_seq": seq, "inbound_seen": seen})
    return rows


def _with_snippet(row: dict[str, Any], said: dict[UUID, Message], text: str) -> dict[str, Any]:
    message = said.get(UUID(row["id"]))
    return {**row, "snippet": search.snippet(message.body, text)} if message else row


def counts(agent: Agent) -> dict[str, dict[str, Any]]:
    """Return how many conversations the views hold, each counted up to 99, all in one query.

    Of mentions only what may still be to be done: the newest ones, in conversations that are not resolved.
    """
    stores = store_ids_for(agent)
    columns: list[str] = []
    params: list[Any] = []
    for view in COUNTED:
        try:
            sql, given = _first(agent, view, stores, MOST_COUNTED + 1)
        except EmptyResultSet:
            sql, given = "SELECT 1 WHERE 1 = 0", ()
        columns.append(f"(SELECT COUNT(*) FROM ({sql}) AS counted)")
        params += given
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)}", params)
        found = cursor.fetchone()
    return {
        view: {"count": min(number, MOST_COUNTED), "more": number > MOST_COUNTED}
        for view, number in zip(COUNTED, found, strict=True)
    }


def _first(agent: Agent, view: str, stores: Stores, limit: int) -> tuple[str, Iterable[Any]]:
    if view == "mentions":
        return _unresolved_mentions(agent, stores)[:limit].query.sql_with_params()
    if view == "waiting":
        return _in_turn(_waiting(agent, NO_FILTERS, stores), limit)
    return _lanes(agent, view, NO_FILTERS, stores).first(limit)


# -- What a view holds


def _stores(agent: Agent, filters: Filters) -> Stores:
    """Return the stores of the list: those of the agent, or of these the one that is asked for."""
    stores = store_ids_for(agent)
    if filters.store is None:
        return stores
    found = frozenset(Store.objects.filter(key=filters.store).values_list("id", flat=True))
    return found if stores is None else found & stores


def _lookups(agent: Agent, view: str | None, filters: Filters) -> Lookups:
    """Return what a conversation of the list fulfils besides its status, its tag, and `_spread`."""
    found: Lookups = []
    if view == "mine":
        found.append(("assignee", agent.id))
    if view == "unassigned" or filters.unassigned:
        found.append(("assignee__isnull", True))
    if view == "waiting" or filters.waiting:
        found += [("status", "open"), ("waiting_since__isnull", False)]
    elif filters.waiting is False:
        found.append(("waiting_since__isnull", True))
    found += _due(filters.due)
    for name in ("assignee", "team", "buyer", "priority"):
        if (value := getattr(filters, name)) is not None:
            found.append((name, value))
    if filters.ids is not None:
        found.append(("id__in", filters.ids))
    return found


def _due(due: str | None) -> Lookups:
    if due is None:
        return []
    waits: Lookups = [("status", "open"), ("waiting_since__isnull", False)]
    now = timezone.now()
    if due == "overdue":
        return [*waits, ("reply_due_at__lte", now)]
    return [*waits, ("reply_due_at__gt", now), ("reply_warn_at__lte", now)]


def _spread(filters: Filters, stores: Stores) -> tuple[str, list[UUID]] | None:
    """Return what the list is spread over: channels of a kind, or some of the stores. None: nothing."""
    if filters.channel is not None:
        channels = Channel.objects.filter(kind=filters.channel)
        if stores is not None:
            channels = channels.filter(store__in=stores)
        return "channel", list(channels.values_list("id", flat=True))
    return None if stores is None else ("store", sorted(stores))


def _lanes(agent: Agent, view: str | None, filters: Filters, stores: Stores) -> Lanes:
    of_view = {None: STATUSES, "snoozed": ("snoozed",), "resolved": ("resolved",)}
    statuses = [s for s in of_view.get(view, ("open",)) if filters.status in (None, s)]
    if filters.waiting or filters.due:
        statuses = [s for s in statuses if s == "open"]
    lookups = _lookups(agent, view, filters)
    # What an index starts with, or what leaves few rows, is one lane whatever the stores.
    started = any(name in ("assignee", "team", "buyer", "id__in") for name, _ in lookups)
    key = _BY_DUE if filters.due else _BY_WAIT if view == "waiting" else _BY_LAST
    by_tag = filters.tag is not None and key == _BY_LAST and not started
    if filters.tag and not by_tag:
        lookups.append(("taggings__tag", filters.tag))
    if "resolved" in statuses and not by_tag:
        lookups.append(("merged_into__isnull", True))  # an emptied one; it has no tags either
    parts: list[Lookups] = [lookups]
    if spread := _spread(filters, stores):
        name, ids = spread
        whole = (started and key == _BY_LAST) or by_tag or len(ids) * len(statuses) > MOST_LANES
        found = [(f"{name}__in", ids)] if whole else [(name, one) for one in ids]
        parts = [[*lookups, lookup] for lookup in found]
    if key != _BY_LAST:
        return Lanes(key, [Conversation.objects.filter(Q(*part, status__in=statuses)) for part in parts])
    if by_tag:
        tagged = [Q(*_via("conversation", part), tag=filters.tag) for part in parts]
        return Lanes(
            _BY_LAST, [Tagging.objects.filter(q, status=s) for q in tagged for s in statuses], "conversation"
        )
    return Lanes(
        _BY_LAST, [Conversation.objects.filter(Q(*part, status=s)) for part in parts for s in statuses]
    )


def _via(path: str, lookups: Lookups) -> Lookups:
    return [(f"{path}__{name}", value) for name, value in lookups]


# -- Those who wait


def _waiting(agent: Agent, filters: Filters, stores: Stores) -> list[Lanes]:
    """Return who waits: those with a target by when they are to be answered, then the others by their wait."""
    ranges = _lanes(agent, "waiting", filters, stores).ranges
    return [
        Lanes(key, [rows.filter(reply_due_at__isnull=key is _BY_WAIT) for rows in ranges])
        for key in (_BY_DUE, _BY_WAIT)
    ]


def _in_turn(parts: list[Lanes], limit: int, place: Place | None = None) -> tuple[str, list[Any]]:
    """Return a SELECT of the first ids of each list, of the first one from `place` on, and its parameters.

    Raises EmptyResultSet.
    """
    found: list[str] = []
    params: list[Any] = []
    for number, lanes in enumerate(parts):
        try:
            sql, given = lanes.first(limit, place if number == 0 else None)
        except EmptyResultSet:
            continue
        found.append(f"SELECT id FROM ({sql}) AS part_{number}")
        params += given
    if not found:
        raise EmptyResultSet
    return " UNION ALL ".join(found), params


def _waiting_page(
    agent: Agent, filters: Filters, stores: Stores, cursor: str | None, limit: int
) -> tuple[Rows, str | None]:
    parts, place = _waiting(agent, filters, stores), None
    if cursor:
        try:
            place = _BY_DUE.place(cursor)
        except BadCursor:
            parts, place = parts[1:], _BY_WAIT.place(cursor)
    try:
        page = Q(pk__in=RawSQL(*_in_turn(parts, limit + 1, place)))
    except EmptyResultSet:
        return [], None
    found = sorted(with_summary_relations(Conversation.objects.filter(page)), key=_turn)
    last = found[min(limit, len(found)) - 1] if found else None
    key = _BY_DUE if last is not None and last.reply_due_at else _BY_WAIT
    found, following = cut(found, key, limit)
    return rows_for(agent, found), following


def _turn(conversation: Conversation) -> tuple[bool, datetime, UUID]:
    due, since = conversation.reply_due_at, conversation.waiting_since
    assert since is not None, "they wait"
    return due is None, due or since, conversation.pk


# -- Mentions


def _mentions_page(
    agent: Agent, filters: Filters, stores: Stores, cursor: str | None, limit: int
) -> tuple[Rows, str | None]:
    """Return conversations by the last time that the agent was named in them."""
    lookups, spread = _lookups(agent, "mentions", filters), _spread(filters, stores)
    lookups += [(f"{spread[0]}__in", spread[1])] if spread else []
    lookups += [("taggings__tag", filters.tag)] if filters.tag else []
    lookups += [("status", filters.status)] if filters.status else []
    same = Mention.objects.filter(agent=agent, conversation=OuterRef("conversation"))
    later = same.filter(Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), id__gt=OuterRef("id")))
    last = Mention.objects.filter(Q(*_via("conversation", lookups)), ~Exists(later), agent=agent)
    lanes = Lanes(_BY_MENTION, [last])
    place = lanes.key.place(cursor) if cursor else None
    page = Mention.objects.filter(lanes.page(limit + 1, place)).order_by(*lanes.key.ordering())
    found, following = cut(list(page), lanes.key, limit)
    places = {mention.conversation_id: number for number, mention in enumerate(found)}
    rows = with_summary_relations(Conversation.objects.filter(pk__in=places))
    return rows_for(agent, sorted(rows, key=lambda c: places[c.id])), following


def _unresolved_mentions(agent: Agent, stores: Stores) -> QuerySet[Any, Any]:
    newest = Mention.objects.filter(agent=agent).order_by(*_BY_MENTION.ordering())[:NEWEST_MENTIONS]
    rows = Conversation.objects.filter(pk__in=newest.values("conversation"), status__in=["open", "snoozed"])
    rows = rows if stores is None else rows.filter(store__in=stores)
    return rows.values("id")
