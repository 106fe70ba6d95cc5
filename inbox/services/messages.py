"""Posting: the one way in which anything gets into a timeline.

`post_messages` takes many drafts at once, because what a message costs is mostly the transaction around it:
a process that has twenty to write pays for one (inbox/writer.py collects them). One draft is a batch of one.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from events import names, topics
from events.record import Actor, Push
from helpdesk.lib.text import is_storable
from inbox import transports, ways
from inbox.access import channel_of, locked_for_summary, with_message_relations
from inbox.errors import Conflict, InboxError, Invalid, NotFound, Stale
from inbox.models import Attachment, Channel, Conversation, Delivery, Mention, Message
from inbox.payloads import message_data
from inbox.services import routing, timeline
from inbox.services.deliveries import new_delivery, ring
from inbox.services.opening import locked_buyers, locked_last, open_conversation
from inbox.services.profile import refuse_blocked, refuse_erased
from inbox.services.timeline import Batch
from people.access import agents_for, stores_for
from people.models import Agent, Buyer

MAX_BODY = 10_000
MAX_ATTACHMENTS = 10
_CLIENT_ID = re.compile(r"[\w.:-]{1,64}\Z", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_WORD_GOES_ON = re.compile(r"[A-Za-z0-9]{2}")


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that somebody wants to post.

    An agent names the conversation, and `stores` limits which they reach (None: every store). A buyer names
    none: what they write goes into their live conversation, which is opened where there is none.
    """

    actor: Actor
    client_id: str
    body: str = ""
    conversation_id: UUID | None = None
    stores: frozenset[UUID] | None = None
    buyer_id: UUID | None = None
    channel_id: UUID | None = None
    private: bool = False
    kind: str = "text"
    data: dict[str, Any] | None = None
    attachments: tuple[UUID, ...] = ()
    reply_after: int | None = None  # the last seq its author had seen
    force: bool = False
    via: UUID | None = None  # the channel by which an agent answers; None: as the buyer came
    unasked: bool = False  # no answer to anything: outside of the page it waits for the buyer's day
    quiet: bool = False  # an answering machine's: it reopens nothing and nobody waits for an answer to it


@dataclass(slots=True)
class Posted:
    """`created` is False where this client_id had been posted before: then it is that message."""

    message: Message
    conversation: Conversation
    payload: dict[str, Any]
    created: bool = True


def clean_draft(draft: Draft) -> Draft:
    """Return the draft as it can be stored. Raises Invalid where it cannot."""
    if not _CLIENT_ID.match(draft.client_id):
        raise Invalid("client_id is 1 to 64 letters, digits or . : _ -", attr="client_id")
    body = _CONTROL.sub("", draft.body).strip()
    if not is_storable(body):
        raise Invalid("The text is not valid Unicode.", attr="body")
    if len(body) > MAX_BODY:
        raise Invalid(f"A message has at most {MAX_BODY} characters.", code="too_long", attr="body")
    if len(draft.attachments) > MAX_ATTACHMENTS:
        raise Invalid(f"A message has at most {MAX_ATTACHMENTS} files.", attr="attachments")
    if not body and not draft.attachments and draft.kind in ("text", "file"):
        raise Invalid("There is nothing to send.", code="empty", attr="body")
    if draft.private and draft.actor.kind == "buyer":
        raise Invalid("A buyer writes no notes.", attr="private")
    kind = "file" if draft.attachments and not body and draft.kind == "text" else draft.kind
    return Draft(**{name: getattr(draft, name) for name in Draft.__slots__} | {"body": body, "kind": kind})


def post_message(draft: Draft) -> Posted:
    """Post one draft. Raises Invalid, NotFound, Conflict or Stale."""
    [outcome] = post_messages([draft])
    if isinstance(outcome, InboxError):
        raise outcome
    return outcome


def post_messages(drafts: Sequence[Draft]) -> list[Posted | InboxError]:
    """Post drafts in one transaction; return for each what became of it, in the same order.

    A draft that is refused does not hinder the others. A repeated (conversation, client_id) by the same
    author is the message it was before. Raises only what the database raises; then nothing was written.
    """
    outcomes: dict[int, Posted | InboxError] = {}
    ready: list[tuple[int, Draft]] = []
    for index, draft in enumerate(drafts):
        try:
            ready.append((index, clean_draft(draft)))
        except InboxError as error:
            outcomes[index] = error
    while ready:
        try:
            _post_once(ready, outcomes)
            break
        except _Merged as merged:
            ready = [(index, merged.follow(draft)) for index, draft in ready]
    return [outcomes[index] for index in range(len(drafts))]


class _Merged(Exception):
    """Some conversations are part of others since: what was said to them goes there."""

    def __init__(self, into: dict[UUID, UUID]) -> None:
        self.into = into

    def follow(self, draft: Draft) -> Draft:
        there = self.into.get(draft.conversation_id) if draft.conversation_id else None
        return replace(draft, conversation_id=there) if there else draft


def _post_once(ready: list[tuple[int, Draft]], outcomes: dict[int, Posted | InboxError]) -> None:
    """Raises _Merged; then nothing was written."""
    try:
        with transaction.atomic():
            _post(ready, outcomes, look=any(_needs_a_look(draft) for _, draft in ready))
    except IntegrityError:
        # Nearly always a client_id that was posted before: then nothing was written, and now we look first.
        with transaction.atomic():
            _post(ready, outcomes, look=True)


def _needs_a_look(draft: Draft) -> bool:
    """True where a repeat would be refused for another reason before the database could tell it is one."""
    return draft.actor.kind != "buyer" or bool(draft.attachments)


def _post(ready: list[tuple[int, Draft]], outcomes: dict[int, Posted | InboxError], *, look: bool) -> None:
    batch = Batch()
    by_id, by_buyer, newcomers = _lock(draft for _, draft in ready)
    if into := {pk: c.merged_into_id for pk, c in by_id.items() if c.merged_into_id}:
        raise _Merged(into)
    pairs: list[tuple[int, Draft, Conversation]] = []
    for index, draft in ready:
        try:
            pairs.append((index, draft, _conversation(draft, by_id, by_buyer, newcomers, batch)))
        except InboxError as error:
            outcomes[index] = error
    known = _known(pairs, batch) if look else {}
    for index, draft, conversation in pairs:
        try:
            outcomes[index] = _add(draft, conversation, known, batch)
        except InboxError as error:
            outcomes[index] = error
    timeline.write(batch)
    ring(batch.deliveries)
    if batch.begins_to_wait:
        routing.ring()


def _lock(
    drafts: Iterable[Draft],
) -> tuple[dict[UUID, Conversation], dict[UUID, Conversation], dict[UUID, Buyer]]:
    """Lock every conversation the drafts are for, and every buyer who has none, in one order for all callers.

    Returns the conversations by id, those that buyers go on with by buyer, and the buyers who had none.

    Otherwise two batches could wait for each other. What remains (one that is reopened, somebody who is
    identified at the same moment) the database notices, and the writer tries each draft by itself.
    """
    ids: set[UUID] = set()
    buyers: set[UUID] = set()
    for draft in drafts:
        if draft.conversation_id is not None:
            ids.add(draft.conversation_id)
        elif draft.buyer_id is not None:
            buyers.add(draft.buyer_id)
    rows = locked_for_summary(ids, buyers)
    live = {row.buyer_id: row for row in rows if row.status != "resolved"}
    by_id = {row.id: row for row in rows}
    newcomers = locked_buyers(buyers - live.keys())
    for last in locked_last(newcomers):
        live[last.buyer_id] = by_id.setdefault(last.id, last)
    return by_id, live, newcomers


def _conversation(
    draft: Draft,
    by_id: dict[UUID, Conversation],
    by_buyer: dict[UUID, Conversation],
    newcomers: dict[UUID, Buyer],
    batch: Batch,
) -> Conversation:
    if draft.conversation_id is None:
        assert draft.buyer_id is not None, "a draft names a conversation or a buyer"
        conversation = by_buyer.get(draft.buyer_id)
        if conversation is None:
            conversation = _open(draft, newcomers.get(draft.buyer_id), batch)
            by_buyer[draft.buyer_id] = by_id[conversation.id] = conversation
        refuse_blocked(conversation.buyer)
        return conversation
    found = by_id.get(draft.conversation_id)
    if found is None or (draft.stores is not None and found.store_id not in draft.stores):
        raise NotFound("No such conversation.")
    refuse_erased(found.buyer)
    return found


def _open(draft: Draft, buyer: Buyer | None, batch: Batch) -> Conversation:
    assert draft.channel_id is not None, "a buyer comes by a channel"
    if buyer is None:  # a visitor who has been identified meanwhile, at a socket that does not know yet
        raise NotFound("This visitor is not known any more.")
    refuse_blocked(buyer)
    return open_conversation(buyer, draft.channel_id, draft.actor, batch)


def _known(pairs: list[tuple[int, Draft, Conversation]], batch: Batch) -> dict[tuple[UUID, str], Message]:
    """Find what had been posted before under the same client ids."""
    fresh = {conversation.id for conversation in batch.fresh}
    asked = {(c.id, d.client_id) for _, d, c in pairs if c.id not in fresh}
    if not asked:
        return {}
    rows = Message.objects.filter(
        conversation_id__in={c for c, _ in asked}, client_id__in={client_id for _, client_id in asked}
    )
    return {(row.conversation_id, row.client_id): row for row in rows}


def _add(
    draft: Draft, conversation: Conversation, known: dict[tuple[UUID, str], Message], batch: Batch
) -> Posted:
    before = known.get((conversation.id, draft.client_id))
    if before is not None:
        if (before.author_kind, before.author_id) != (draft.actor.kind, draft.actor.id):
            raise Conflict("That client_id was used by somebody else.")
        return Posted(before, conversation, _payload(before, batch), created=False)
    if draft.reply_after is not None and not draft.force and not draft.private:
        _refuse_stale(draft, conversation, batch)
    attachments = _attachments(draft, batch)
    channel = _way_back(draft, conversation)
    now = timeline.tick(conversation)
    if draft.actor.kind == "buyer" and not draft.quiet:
        if conversation.status != "open":
            timeline.reopen(conversation, draft.actor, batch)
        if draft.channel_id is not None and draft.channel_id != conversation.channel_id:
            # The answer goes back the way the buyer came.
            conversation.channel = channel = channel_of(draft.channel_id) or channel
    message = timeline.append(
        conversation,
        batch,
        actor=draft.actor,
        client_id=draft.client_id,
        body=draft.body,
        kind=draft.kind,
        data=draft.data,
        private=draft.private,
        at=now,
    )
    message.channel_kind = channel.kind
    known[conversation.id, draft.client_id] = message
    for attachment in attachments:
        attachment.message, attachment.conversation = message, conversation
    batch.claims += attachments
    deliveries = _deliveries(draft, message, conversation, channel)
    batch.deliveries += deliveries
    promise = None if draft.quiet else _count(message, conversation, draft.actor, batch)
    payload = message_data(message, attachments=attachments, deliveries=deliveries)
    timeline.announce(message, conversation, payload, draft.actor, batch, quiet=draft.quiet, promise=promise)
    if message.private and "@" in message.body:
        _mention(message, conversation, draft.actor, batch)
    return Posted(message, conversation, payload)


def _payload(message: Message, batch: Batch) -> dict[str, Any]:
    """Return the payload of a message that is in the database, or still in the batch."""
    if not any(message is fresh for fresh in batch.messages):
        return message_data(message)
    return message_data(
        message,
        attachments=[a for a in batch.claims if a.message is message],
        deliveries=[d for d in batch.deliveries if d.message is message],
    )


def _refuse_stale(draft: Draft, conversation: Conversation, batch: Batch) -> None:
    after, author = draft.reply_after, (draft.actor.kind, draft.actor.id)
    if after is None or after >= conversation.last_seq:
        return
    since = Message.objects.filter(conversation=conversation, seq__gt=after, private=False)
    since = since.exclude(kind="system").exclude(author_kind=author[0], author_id=author[1])
    rows = list(with_message_relations(since.order_by("seq"))[:20])
    # Two who answer in the same moment share a batch, and the first of them is not in the database yet.
    rows += [
        m
        for m in batch.messages
        if m.conversation_id == conversation.id and m.seq > after
        if not m.private and m.kind != "system" and (m.author_kind, m.author_id) != author
    ]
    if rows:
        raise Stale("Somebody wrote since you last looked.", [_payload(row, batch) for row in rows])


def _attachments(draft: Draft, batch: Batch) -> list[Attachment]:
    if not draft.attachments:
        return []
    rows = Attachment.objects.select_for_update().filter(
        id__in=draft.attachments, message__isnull=True, uploader=f"{draft.actor.kind}:{draft.actor.id}"
    )
    taken = {attachment.id for attachment in batch.claims}
    found = {row.id: row for row in rows if row.id not in taken}
    if len(found) != len(set(draft.attachments)):
        raise Invalid(
            "A file is missing, or was sent already.", code="unknown_attachment", attr="attachments"
        )
    return [found[file_id] for file_id in dict.fromkeys(draft.attachments)]


def _way_back(draft: Draft, conversation: Conversation) -> Channel:
    """Return the channel of an answer: the one that was picked, else the one by which the buyer came.

    An agent is told at once where nothing may be sent there. What is kept in memory is too old for that question;
    for a way that leaves the desk the channel is read anew.
    """
    kept = conversation.channel
    if draft.private or draft.actor.kind == "buyer":
        return kept
    if draft.via is None and transports.get(kept.kind).first_state != Delivery.State.QUEUED:
        return kept
    found = Channel.objects.filter(pk=draft.via or kept.id, store=conversation.store_id).first()
    if found is None:
        raise Invalid("This store has no such channel.", code="unknown_channel", attr="via")
    if draft.actor.kind == "agent":
        is_template = draft.kind == "text" and "template" in (draft.data or {})
        ways.refuse_closed(found, conversation, unasked=draft.unasked, is_template=is_template)
    return found


def _deliveries(
    draft: Draft, message: Message, conversation: Conversation, channel: Channel
) -> list[Delivery]:
    """What the team says to the buyer gets a delivery; nothing else does."""
    if message.private or message.kind == "system" or message.author_kind not in ("agent", "bot"):
        return []
    return [new_delivery(message, channel, conversation.buyer_id, unasked=draft.unasked)]


def _count(message: Message, conversation: Conversation, actor: Actor, batch: Batch) -> dict[str, Any] | None:
    """Keep the counters of the list: who waits since when, and who answered first. Returns what had been promised to
    a buyer who waits no longer."""
    promise = None
    if message.author_kind == "buyer":
        conversation.inbound_count += 1
        if conversation.waiting_since is None:
            conversation.waiting_since = message.created_at
            if not _is_looked_after(conversation):
                batch.begins_to_wait = True
    elif message.author_kind == "agent" and not message.private:
        promise = timeline.end_wait(conversation, batch, message.created_at)
        if conversation.first_reply_at is None and conversation.inbound_count:
            conversation.first_reply_at = message.created_at
        if conversation.assignee_id is None:
            assert actor.id is not None, "an agent has an id"
            # Who answers has taken it: two agents writing to one buyer is what a desk is there to prevent.
            conversation.assignee = Agent.objects.get(pk=actor.id)
            timeline.add_line(
                conversation,
                batch,
                actor,
                names.CONVERSATION_ASSIGNED,
                {"actor": actor.name, "assignee": actor.name, "team": None},
                f"{actor.name} took the conversation",
                more={"agent": str(actor.id)},
            )
    return promise


def _is_looked_after(conversation: Conversation) -> bool:
    """Tell from memory whether somebody who is there has it: routing finds out what that was too old for."""
    agent = conversation.assignee
    return agent is not None and agent.presence_now() in (Agent.Presence.ONLINE, Agent.Presence.BUSY)


def _mention(message: Message, conversation: Conversation, actor: Actor, batch: Batch) -> None:
    """Find the colleagues named in a note, and tell each of them."""
    author = Agent.objects.filter(pk=actor.id).first() if actor.id else None
    if author is None:
        return
    for agent in named(message.body, agents_for(author)):
        if agent.id == author.id or not stores_for(agent).filter(pk=conversation.store_id).exists():
            continue  # a mention must not tell of a conversation that its reader may not open
        batch.mentions.append(Mention(agent=agent, message=message, conversation=conversation))
        frame = {"type": "mention", "conversation": str(conversation.id), "message": str(message.id)}
        batch.pushes.append(Push((topics.agent(agent.id),), frame))


def named(text: str, agents: Iterable[Agent]) -> list[Agent]:
    """Return who is called by `@name` in a text. Where names begin alike, the longest that fits is meant."""
    by_name: dict[str, list[Agent]] = {}
    for agent in agents:
        by_name.setdefault(agent.name, []).append(agent)
    longest_first = sorted(filter(None, by_name), key=len, reverse=True)
    found: dict[UUID, Agent] = {}
    for part in text.split("@")[1:]:
        for name in longest_first:
            # A Latin name ends where its word does; Chinese ones are followed by whatever comes next.
            if part.startswith(name) and not _WORD_GOES_ON.match(part, len(name) - 1):
                found |= {agent.id: agent for agent in by_name[name]}
                break
    return list(found.values())
