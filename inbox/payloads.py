"""The shapes that leave the inbox: frames, API answers and page data are all made here, so they cannot differ.

Ids are strings, times ISO 8601 UTC, and nothing here runs a query per row: callers load what is needed
with `with_message_relations` and `with_summary_relations` in inbox/access.py.
"""

from collections.abc import Iterable
from typing import Any

from helpdesk.lib import told
from helpdesk.lib.times import iso
from inbox.models import Attachment, Channel, Conversation, Delivery, Message, Tag
from people.payloads import store_ref

PREVIEW = 160


def attachment_data(attachment: Attachment) -> dict[str, Any]:
    """`url` is relative to the desk; whoever follows it must be allowed to see the conversation."""
    return {
        "id": str(attachment.id),
        "name": attachment.name,
        "media_type": attachment.media_type,
        "size": attachment.size,
        "width": attachment.width,
        "height": attachment.height,
        "url": f"/files/{attachment.id}/",
    }


def delivery_data(delivery: Delivery) -> dict[str, Any]:
    return {
        "channel": str(delivery.channel_id),
        "state": delivery.state,
        "detail": delivery.detail,
        "at": iso(delivery.updated_at),
        "held_until": iso(delivery.held_until),
    }


def delivery_frame(message: Message, deliveries: Iterable[Delivery]) -> dict[str, Any]:
    """Return the frame that shows what became of a message."""
    return {
        "type": "delivery.updated",
        "conversation": str(message.conversation_id),
        "message": str(message.id),
        "deliveries": [delivery_data(delivery) for delivery in deliveries],
    }


def in_words(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message's payload with what became of it in the reader's language: for answers to one reader.

    (Frames are the same for all, so there our reasons are in English; a provider's words are as they came.)
    """
    for delivery in message["deliveries"]:
        delivery["detail"] = told.in_words(delivery["detail"])
    return message


def message_data(
    message: Message, *, attachments: list[Attachment] | None = None, deliveries: list[Delivery] | None = None
) -> dict[str, Any]:
    """Return the message of the contract. Lists not given are read from the (prefetched) relations."""
    if attachments is None:
        attachments = sorted(message.attachments.all(), key=lambda attachment: attachment.pk)
    if deliveries is None:
        deliveries = sorted(message.deliveries.all(), key=lambda delivery: delivery.pk)
    return {
        "id": str(message.id),
        "seq": message.seq,
        "conversation": str(message.conversation_id),
        "author": {
            "kind": message.author_kind,
            "id": str(message.author_id) if message.author_id else None,
            "name": message.author_name,
        },
        "channel": message.channel_kind,
        "private": message.private,
        "kind": message.kind,
        "body": message.body,
        "card": message.data if message.kind == Message.Kind.CARD else None,
        "event": message.data if message.kind == Message.Kind.SYSTEM else None,
        "attachments": [attachment_data(a) for a in attachments],
        "client_id": message.client_id,
        "created_at": iso(message.created_at),
        "deliveries": [delivery_data(d) for d in deliveries],
        **_original_data(message),
    }


def _original_data(message: Message) -> dict[str, Any]:
    """What is said of a message that came with more than its text; most have nothing of the sort."""
    if message.data is None or message.kind in (Message.Kind.CARD, Message.Kind.SYSTEM):
        return {}
    return {"original": message.data["original"]} if "original" in message.data else {}


def tag_data(tag: Tag) -> dict[str, Any]:
    return {"id": str(tag.id), "name": tag.name, "color": tag.color}


def channel_data(channel: Channel) -> dict[str, Any]:
    """Return a way in which buyers write. (Load it with its store.)"""
    return {
        "id": str(channel.id),
        "kind": channel.kind,
        "name": channel.name,
        "store": store_ref(channel.store),
        "active": channel.active,
    }


def summary_data(conversation: Conversation) -> dict[str, Any]:
    """Return what a row of the list and the header of a conversation show; the same for every agent.

    An agent's unread count is `inbound_count` less their own `inbound_seen` (given beside it in lists).
    """
    c = conversation
    return {
        "id": str(c.id),
        "store": store_ref(c.store),
        "buyer": {"id": str(c.buyer_id), "name": c.buyer.display_name, "verified": c.buyer.is_verified},
        "channel": {"id": str(c.channel_id), "kind": c.channel.kind, "name": c.channel.name},
        "status": c.status,
        "priority": c.priority,
        "assignee": {"id": str(c.assignee_id), "name": c.assignee.name} if c.assignee else None,
        "team": {"id": str(c.team_id), "name": c.team.name} if c.team else None,
        "tags": [tag_data(tag) for tag in c.tags.all()],
        "preview": c.preview,
        "last_seq": c.last_seq,
        "last_at": iso(c.last_at),
        "inbound_count": c.inbound_count,
        "waiting_since": iso(c.waiting_since),
        "reply_kind": c.reply_kind if c.reply_due_at else None,
        "reply_due_at": iso(c.reply_due_at),
        "reply_warn_at": iso(c.reply_warn_at),
        "snoozed_until": iso(c.snoozed_until),
        "resolved_at": iso(c.resolved_at),
        "rating": c.rating,
        "buyer_read_seq": c.buyer_read_seq,
        "agent_read_seq": c.agent_read_seq,
        "created_at": iso(c.created_at),
        "merged_into": str(c.merged_into_id) if c.merged_into_id else None,
    }
