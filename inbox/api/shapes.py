"""What inbox/payloads.py gives, for the schema of the API; the tests hold answers against it."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from helpdesk.lib.openapi import ErrorsSerializer
from helpdesk.lib.palette import COLORS
from inbox.models import Conversation, Delivery, Message
from people.shapes import NamedSerializer, StoreRefSerializer

PRIORITIES = Conversation.Priority.values
_SHOP = {
    "id": "0199f3a2-0000-7000-8000-000000000001",
    "key": "demo",
    "name": "Northlight",
    "color": "#2f6fed",
}
_ROW = {
    "id": "0199f3a2-7c1e-7b52-9b1f-2a4f6d1c9e10",
    "store": _SHOP,
    "buyer": {"id": "0199f3a2-0000-7000-8000-00000000000b", "name": "Kim Larsen", "verified": True},
    "channel": {"id": "0199f3a2-0000-7000-8000-00000000000c", "kind": "widget", "name": "Website chat"},
    "status": "open",
    "priority": 0,
    "assignee": {"id": "0199f3a2-0000-7000-8000-00000000000a", "name": "Ann"},
    "team": None,
    "tags": [{"id": "0199f3a2-0000-7000-8000-00000000000d", "name": "shipping", "color": "blue"}],
    "preview": "Where is my order 100234?",
    "last_seq": 4,
    "last_at": "2026-11-21T09:30:00.000Z",
    "inbound_count": 2,
    "waiting_since": "2026-11-21T09:30:00.000Z",
    "reply_kind": "next",
    "reply_due_at": "2026-11-21T10:30:00.000Z",
    "reply_warn_at": "2026-11-21T10:15:00.000Z",
    "snoozed_until": None,
    "resolved_at": None,
    "rating": None,
    "buyer_read_seq": 3,
    "agent_read_seq": 3,
    "created_at": "2026-11-21T09:28:11.250Z",
    "merged_into": None,
    "read_seq": 3,
    "inbound_seen": 1,
}
_MESSAGE = {
    "id": "0199f3a2-8000-7b52-9b1f-2a4f6d1c9e11",
    "seq": 5,
    "conversation": _ROW["id"],
    "author": {"kind": "agent", "id": "0199f3a2-0000-7000-8000-00000000000a", "name": "Ann"},
    "channel": "widget",
    "private": False,
    "kind": "text",
    "body": "It left this morning.",
    "card": None,
    "event": None,
    "attachments": [],
    "client_id": "c-7f0e",
    "created_at": "2026-11-21T09:31:02.118Z",
    "deliveries": [
        {
            "channel": "0199f3a2-0000-7000-8000-00000000000c",
            "state": "delivered",
            "detail": "",
            "at": "2026-11-21T09:31:02.400Z",
            "held_until": None,
        }
    ],
}


class TagSerializer(NamedSerializer):
    color = serializers.ChoiceField(COLORS, help_text="A name of the palette.")


class ChannelRefSerializer(NamedSerializer):
    kind = serializers.CharField(help_text="The transport: widget, email ...")


class BuyerRefSerializer(NamedSerializer):
    verified = serializers.BooleanField(help_text="The store itself vouched for who this is.")


@extend_schema_serializer(examples=[OpenApiExample("A conversation", _ROW, response_only=True)])
class ConversationSerializer(serializers.Serializer[Any]):
    """A row of the list. Unread is `inbound_count` less `inbound_seen`."""

    id = serializers.UUIDField()
    store = StoreRefSerializer()
    buyer = BuyerRefSerializer()
    channel = ChannelRefSerializer()
    status = serializers.ChoiceField(Conversation.Status.values)
    priority = serializers.ChoiceField(PRIORITIES, help_text="-1 low, 0 normal, 1 high, 2 urgent.")
    assignee = NamedSerializer(allow_null=True)
    team = NamedSerializer(allow_null=True)
    tags = TagSerializer(many=True)
    preview = serializers.CharField(help_text="The last public words.")
    last_seq = serializers.IntegerField(help_text="The place of the last message.")
    last_at = serializers.DateTimeField()
    inbound_count = serializers.IntegerField(help_text="Buyer's messages so far.")
    waiting_since = serializers.DateTimeField(
        allow_null=True, help_text="The first that nobody has answered."
    )
    reply_kind = serializers.ChoiceField(
        Conversation.ReplyKind.values,
        allow_null=True,
        help_text="Of the answer that has a target; null: none has.",
    )
    reply_due_at = serializers.DateTimeField(
        allow_null=True,
        help_text="By when the buyer is to have it, by the store's targets and opening hours.",
    )
    reply_warn_at = serializers.DateTimeField(allow_null=True, help_text="From then on it is due soon.")
    snoozed_until = serializers.DateTimeField(allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    rating = serializers.IntegerField(allow_null=True, help_text="1 to 5.")
    buyer_read_seq = serializers.IntegerField()
    agent_read_seq = serializers.IntegerField(help_text="The furthest that any agent has read.")
    created_at = serializers.DateTimeField()
    merged_into = serializers.UUIDField(
        allow_null=True, help_text="The conversation that it became part of: its messages are there."
    )
    read_seq = serializers.IntegerField(help_text="How far I have read.")
    inbound_seen = serializers.IntegerField(help_text="How many of the buyer's messages I have seen.")


class ListedSerializer(ConversationSerializer):
    snippet = serializers.CharField(required=False, help_text="With `q`: the words that were found.")


class ConversationPageSerializer(serializers.Serializer[Any]):
    results = ListedSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The address of the next page.")


class ViewerSerializer(serializers.Serializer[Any]):
    agent = NamedSerializer()
    composing = serializers.BooleanField()


class DraftSerializer(serializers.Serializer[Any]):
    body = serializers.CharField()
    private = serializers.BooleanField()


class ConversationDetailSerializer(ConversationSerializer):
    viewers = ViewerSerializer(many=True, help_text="Colleagues who look at it, as far as this server knows.")
    draft = DraftSerializer(allow_null=True, help_text="What I have typed and not sent.")


class CountSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="At most 99.")
    more = serializers.BooleanField()


class CountsSerializer(serializers.Serializer[Any]):
    mine = CountSerializer()
    unassigned = CountSerializer()
    all = CountSerializer()
    waiting = CountSerializer()
    mentions = CountSerializer(help_text="Only those that are not resolved.")
    snoozed = CountSerializer()


class AuthorSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(["buyer", "agent", "bot", "system"])
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()


class AttachmentSerializer(NamedSerializer):
    media_type = serializers.CharField(help_text="What the bytes are, not what the sender said.")
    size = serializers.IntegerField(help_text="In bytes.")
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    url = serializers.CharField(help_text="Relative to the desk, with the same log-in.")


class DeliverySerializer(serializers.Serializer[Any]):
    channel = serializers.UUIDField()
    state = serializers.ChoiceField(Delivery.State.values)
    detail = serializers.CharField()
    at = serializers.DateTimeField()
    held_until = serializers.DateTimeField(
        allow_null=True, help_text="The buyer's night: what is no answer to anything waits for its end."
    )


class OriginalSerializer(serializers.Serializer[Any]):
    """An e-mail. Who may see the conversation finds all of it at `/mails/<message>/`."""

    subject = serializers.CharField()
    html = serializers.BooleanField(help_text="It has a look of its own.")
    quoted = serializers.BooleanField(help_text="It repeats what it answers; `body` leaves that out.")
    kept = serializers.BooleanField(help_text="False where it was too large to be kept.")


@extend_schema_serializer(examples=[OpenApiExample("An answer", _MESSAGE, response_only=True)])
class MessageSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    seq = serializers.IntegerField(help_text="Its place in the conversation, without gaps.")
    conversation = serializers.UUIDField()
    author = AuthorSerializer()
    channel = serializers.CharField()
    private = serializers.BooleanField(help_text="A note: agents only.")
    kind = serializers.ChoiceField(Message.Kind.values)
    body = serializers.CharField()
    card = serializers.DictField(allow_null=True, help_text="Of kind card: {kind, title, choices, ...}.")
    event = serializers.DictField(allow_null=True, help_text="Of kind system: {event, ...}.")
    attachments = AttachmentSerializer(many=True)
    client_id = serializers.CharField()
    created_at = serializers.DateTimeField()
    deliveries = DeliverySerializer(many=True, help_text="Only what agents say to the buyer has any.")
    original = OriginalSerializer(required=False, help_text="Only what came with more than its text has one.")


class MessagePageSerializer(serializers.Serializer[Any]):
    results = MessageSerializer(many=True, help_text="Oldest first.")
    has_more = serializers.BooleanField(help_text="There is more in the direction that was asked for.")


class StaleSerializer(ErrorsSerializer):
    messages = MessageSerializer(
        many=True, required=False, help_text="With code stale: what came in between."
    )


class CannedReplySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    shortcut = serializers.CharField()
    title = serializers.CharField()
    language = serializers.CharField()
    body = serializers.CharField(help_text="With {{variables}}.")
    rendered = serializers.CharField(help_text="With their values, as far as there are any.")
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="The variables that had none and still stand in `rendered`."
    )


class ActorSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(["buyer", "agent", "bot", "system"])
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField(help_text="As it was then.")


class EventSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    name = serializers.CharField(help_text="conversation.assigned, order.action.done ...")
    actor = ActorSerializer()
    store = serializers.UUIDField(allow_null=True)
    conversation = serializers.UUIDField(allow_null=True)
    order = serializers.UUIDField(allow_null=True)
    data = serializers.DictField(  # type: ignore[assignment]  # a field: it is no attribute any more
        help_text="What changed, before and after."
    )


class EventPageSerializer(serializers.Serializer[Any]):
    results = EventSerializer(many=True, help_text="Oldest first.")
    after = serializers.IntegerField(help_text="What to ask after next time.")
    has_more = serializers.BooleanField(help_text="Ask again at once.")
