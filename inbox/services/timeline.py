"""The timeline below posting: sequence numbers, system lines, and writing a batch in few statements.

Everything here happens to conversations whose rows the caller has locked.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from events import names, topics
from events.record import SYSTEM, Actor, Happening, Push, push, record
from helpdesk.lib import rows
from helpdesk.lib.ids import new_id
from inbox import due
from inbox.access import with_summary_relations
from inbox.models import Attachment, Conversation, Delivery, Mention, Message
from inbox.payloads import PREVIEW, iso, message_data, summary_data
from inbox.services import telling

# What posting and system lines may change of a conversation.
_KEPT = (
    "status",
    "assignee_id",
    "channel_id",
    "preview",
    "last_seq",
    "last_public_seq",
    "last_at",
    "inbound_count",
    "waiting_since",
    "first_reply_at",
    "reply_kind",
    "reply_due_at",
    "reply_warn_at",
    "reply_check_at",
    "snoozed_until",
    "resolved_at",
    "rating",
    "rating_comment",
)


@dataclass(slots=True)
class Batch:
    """What one transaction writes, collected and then written table by table."""

    messages: list[Message] = field(default_factory=list)
    claims: list[Attachment] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    frames: list[tuple[int, Push]] = field(default_factory=list)  # with the seq by which they leave
    pushes: list[Push] = field(default_factory=list)
    changed: dict[UUID, Conversation] = field(default_factory=dict)
    causes: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    opened: list[Conversation] = field(default_factory=list)  # which their buyer's screens do not know yet
    fresh: list[Conversation] = field(
        default_factory=list
    )  # of these, those that are not in the database yet
    begins_to_wait: bool = False  # somebody whom nobody who is there looks after


def tick(conversation: Conversation) -> datetime:
    """Return now, or the conversation's last moment where the clock has stepped back: the list must not reorder."""
    return max(timezone.now(), conversation.last_at)


def append(
    conversation: Conversation,
    batch: Batch,
    *,
    actor: Actor,
    client_id: str,
    body: str,
    kind: str,
    data: dict[str, Any] | None,
    private: bool,
    at: datetime,
) -> Message:
    """Give a message the next place in its conversation."""
    conversation.last_seq += 1
    message = Message(
        conversation=conversation,
        seq=conversation.last_seq,
        client_id=client_id,
        author_kind=actor.kind,
        author_id=actor.id,
        author_name=actor.name[:120],
        channel_kind=conversation.channel.kind,
        private=private,
        kind=kind,
        body=body,
        data=data,
        indexed=kind == "system",  # nobody searches for "was assigned to"
        created_at=at,
    )
    batch.messages.append(message)
    batch.changed[conversation.id] = conversation
    if kind != "system":
        conversation.last_at = at
        if not private:
            conversation.preview = preview(message)
    return message


def preview(message: Message) -> str:
    text = " ".join(message.body.split()) or (message.data or {}).get("title", "")
    return text[: PREVIEW - 1] + "…" if len(text) > PREVIEW else text


def announce(
    message: Message,
    conversation: Conversation,
    payload: dict[str, Any],
    actor: Actor,
    batch: Batch,
    *,
    quiet: bool = False,
    promise: dict[str, Any] | None = None,
) -> None:
    """Record a posted message, and push it to those who have the conversation open (notes: to agents alone).

    `promise` is what `end_wait` said of the wait that it ends.
    """
    frame, listeners = _frame(message, conversation, payload)
    batch.happenings.append(
        Happening(
            names.MESSAGE_CREATED,
            actor,
            store_id=conversation.store_id,
            conversation_id=conversation.id,
            data={
                "message": str(message.id),
                "seq": message.seq,
                "author": actor.kind,
                "private": message.private,
                "channel": message.channel_kind,
                **({"quiet": True} if quiet else {}),
                **({"promise": promise} if promise else {}),
            },
        )
    )
    batch.frames.append((message.seq, Push(listeners, frame)))
    if not message.private:
        conversation.last_public_seq = message.seq
    batch.causes[conversation.id] = {
        "cause": names.MESSAGE_CREATED,
        "author_kind": actor.kind,
        "message_seq": message.seq,
        "private": message.private,
    }


def _frame(
    message: Message, conversation: Conversation, payload: dict[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the live frame of a message and who hears it. `after` is the public message before it: a buyer
    who has not seen that one has a gap, whatever notes lie between."""
    frame = {"type": "message.created", "message": payload, "after": conversation.last_public_seq}
    if message.private:
        return frame, (topics.conversation(conversation.id),)
    return frame, (topics.conversation(conversation.id), topics.visitor(conversation.id))


def add_line(
    conversation: Conversation,
    batch: Batch,
    actor: Actor,
    name: str,
    params: dict[str, Any],
    body: str,
    *,
    public: bool = False,
    order_id: UUID | None = None,
    store: bool = True,
    more: dict[str, Any] | None = None,
) -> Message:
    """Add a system line, and (`store`) the Event that it tells of. `body` is what plain readers get, in English;
    `more` is what the Event alone keeps."""
    message = append(
        conversation,
        batch,
        actor=actor,
        client_id=f"line.{new_id().hex}",
        body=body,
        kind="system",
        data={"event": name, **params},
        private=not public,
        at=tick(conversation),
    )
    frame, listeners = _frame(message, conversation, message_data(message, attachments=[], deliveries=[]))
    if public:
        conversation.last_public_seq = message.seq
    batch.frames.append((message.seq, Push(listeners, frame)))
    batch.causes.setdefault(conversation.id, {"cause": name, "by": actor.kind})
    if store:
        batch.happenings.append(
            Happening(
                name,
                actor,
                store_id=conversation.store_id,
                conversation_id=conversation.id,
                order_id=order_id,
                data={**params, **(more or {}), "seq": message.seq},
            )
        )
    return message


def end_wait(conversation: Conversation, batch: Batch, at: datetime) -> dict[str, Any] | None:
    """Let nobody wait any more; return what had been promised, and whether it was kept at `at`.

    None where there was no target. An answer that was overdue, and nobody has been told yet, is written down: a sweep
    that comes late must lose none.
    """
    c = conversation
    promise = None
    if c.reply_due_at is not None:
        promise = {**_promise(c), "kept": at < c.reply_due_at}
        if due.is_overdue_untold(c, at):
            add_overdue(c, batch)
    c.waiting_since = None
    due.clear(c)
    return promise


def add_overdue(conversation: Conversation, batch: Batch) -> None:
    """Write down that the buyer was to have an answer by now, and who had the conversation."""
    c = conversation
    more = {"warned": iso(c.reply_warn_at), "agent": str(c.assignee_id) if c.assignee_id else None}
    words = f"The {c.reply_kind} reply was due"
    add_line(c, batch, SYSTEM, names.REPLY_OVERDUE, _promise(c), words, more=more)
    c.reply_check_at = None


def _promise(c: Conversation) -> dict[str, Any]:
    """Return what was promised to the buyer who waits, and since when they do."""
    return {"kind": c.reply_kind, "due": iso(c.reply_due_at), "since": iso(c.waiting_since)}


def reopen(conversation: Conversation, actor: Actor, batch: Batch) -> None:
    """Make a resolved or snoozed conversation open again."""
    if conversation.status == Conversation.Status.RESOLVED and actor.kind == "buyer":
        conversation.reply_kind = due.FIRST  # it begins anew
    conversation.status = Conversation.Status.OPEN
    conversation.snoozed_until = conversation.resolved_at = None
    conversation.rating, conversation.rating_comment = None, ""  # of how it ended, which it did not
    params = {"actor": actor.name, "by": actor.kind}
    add_line(conversation, batch, actor, names.CONVERSATION_REOPENED, params, "Reopened", public=True)


def add_system_line(
    *,
    conversation_id: UUID,
    event: str,
    params: dict[str, Any],
    body: str,
    public: bool,
    actor: Actor,
) -> Message:
    """Put a line into a timeline, in the caller's transaction, for an Event that the caller records."""
    rows = with_summary_relations(Conversation.objects.filter(pk=conversation_id))
    conversation = rows.select_for_update(of=("self",)).get()
    if conversation.merged_into_id is not None:
        return add_system_line(
            conversation_id=conversation.merged_into_id,
            event=event,
            params=params,
            body=body,
            public=public,
            actor=actor,
        )
    batch = Batch()
    message = add_line(conversation, batch, actor, event, params, body, public=public, store=False)
    write(batch)
    return message


def write(batch: Batch) -> None:
    """Write the batch, a statement for each table that has rows, and queue its frames for after the commit."""
    for conversation in list(batch.changed.values()):
        if conversation.waiting_since is None and conversation.reply_due_at is not None:
            end_wait(conversation, batch, timezone.now())
    due.keep(batch.changed.values())
    rows.insert(batch.fresh)
    if batch.messages:
        rows.insert(batch.messages)
    for attachment in batch.claims:
        attachment.save(update_fields=["message", "conversation"])
    if batch.deliveries:
        rows.insert(batch.deliveries)
    if batch.mentions:
        Mention.objects.bulk_create(batch.mentions)
        telling.tell_mentioned(batch.mentions)
    fresh = {conversation.id for conversation in batch.fresh}
    _keep_conversations([c for c in batch.changed.values() if c.id not in fresh])
    for conversation in batch.changed.values():
        if conversation.tags.all():  # loaded with the conversation
            conversation.taggings.update(status=conversation.status, last_at=conversation.last_at)
    record(*batch.happenings)
    batch.frames.sort(key=lambda numbered: numbered[0])
    push([_watch(c) for c in batch.opened] + [frame for _, frame in batch.frames])
    push(batch.pushes + [_summary(c, batch) for c in batch.changed.values()] + _public(batch))
    for conversation in batch.fresh:  # that it has no tags was known for as long as nobody else knew it
        vars(conversation).pop("_prefetched_objects_cache", None)


def _summary(conversation: Conversation, batch: Batch) -> Push:
    cause = batch.causes.get(conversation.id, {})
    frame = {"type": "conversation.updated", "summary": summary_data(conversation), **cause}
    # A bell must not be swallowed by what follows it, so what rings is of a kind of its own.
    latest = f"{conversation.id}.{cause.get('cause')}.{cause.get('author_kind')}"
    return Push((topics.store(conversation.store_id),), frame, latest)


def _watch(conversation: Conversation) -> Push:
    """Tell the sockets of a buyer which conversation is theirs from now on."""
    order = {"type": "_watch", "conversation": str(conversation.id)}
    return Push((topics.buyer(conversation.buyer_id),), order)


def _public(batch: Batch) -> list[Push]:
    """What the buyer's own screens need to know besides messages: which conversation it is, and its state."""
    pushes = []
    for conversation in batch.opened:
        frame = {"type": "conversation.opened", "conversation": public_data(conversation)}
        pushes.append(Push((topics.buyer(conversation.buyer_id),), frame))
    for conversation in batch.changed.values():
        if any(
            h.conversation_id == conversation.id and h.name != names.MESSAGE_CREATED for h in batch.happenings
        ):
            frame = {"type": "conversation.updated", "conversation": public_data(conversation)}
            pushes.append(Push((topics.visitor(conversation.id),), frame))
    return pushes


def public_data(conversation: Conversation) -> dict[str, Any]:
    """What a buyer may know of their conversation besides its public messages."""
    return {
        "id": str(conversation.id),
        "status": conversation.status,
        "last_seq": conversation.last_public_seq,
        "agent_read_seq": conversation.agent_read_seq,
        "assignee": {"name": conversation.assignee.name} if conversation.assignee else None,
        "rating": conversation.rating,
    }


def _keep_conversations(conversations: list[Conversation]) -> None:
    """Write the kept fields of all conversations, where the database can in one statement.

    By hand, because `bulk_update` builds a CASE for every field and row, which costs more than the update.
    """
    if not conversations:
        return
    fields: list[Any] = [Conversation._meta.get_field(name.removesuffix("_id")) for name in _KEPT]
    values = [[f.get_db_prep_save(getattr(c, f.attname), connection) for f in fields] for c in conversations]
    keys = rows.prepared(Conversation, "id", [c.id for c in conversations])
    columns = [f.column for f in fields]
    with connection.cursor() as cursor:
        if len(conversations) == 1 or connection.vendor != "postgresql":
            places = ", ".join(f"{column} = %s" for column in columns)
            statement = f"UPDATE inbox_conversation SET {places} WHERE id = %s"
            cursor.executemany(statement, [[*row, key] for row, key in zip(values, keys, strict=True)])
            return
        types = [f.rel_db_type(connection) if f.is_relation else f.db_type(connection) for f in fields]
        row_of_places = "(%s::uuid, " + ", ".join(f"%s::{sort}" for sort in types) + ")"
        assignments = ", ".join(f"{column} = v.{column}" for column in columns)
        cursor.execute(
            f"UPDATE inbox_conversation AS c SET {assignments} FROM"
            f" (VALUES {', '.join([row_of_places] * len(keys))}) AS v (id, {', '.join(columns)}) WHERE c.id = v.id",
            [value for key, row in zip(keys, values, strict=True) for value in (key, *row)],
        )
