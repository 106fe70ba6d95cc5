"""What the widget's API takes, checked; and, for its schema, what it gives."""

from typing import Any

from rest_framework import serializers

from helpdesk.lib.openapi import sent
from helpdesk.lib.text import is_storable

MAX_PAGE_KEYS = 20
MAX_SEQ = 2**31 - 1


class PageField(serializers.DictField):
    """What the shop says of the page the buyer is on: `url`, `title`, and short facts of its own."""

    child = serializers.JSONField()

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        page: dict[str, Any] = super().to_internal_value(data)
        if len(page) > MAX_PAGE_KEYS or any(len(key) > 40 or not is_storable(key) for key in page):
            raise serializers.ValidationError("At most 20 facts, each with a short name.", code="too_many")
        return {key: _short(value) for key, value in page.items()}


def _short(value: Any) -> Any:
    if isinstance(value, bool | int | float) or value is None:
        return value
    text = (value if isinstance(value, str) else str(value)).replace("\x00", "")
    # Halves of characters are left out, too: nothing can store them.
    return text.encode("utf-8", "ignore").decode()[:500]


@sent("A visitor", {"store": "demo", "locale": "en-US", "page": {"url": "https://shop.example/mug"}})
class SessionRequest(serializers.Serializer[Any]):
    store = serializers.CharField(max_length=40)
    visitor_token = serializers.CharField(max_length=100, required=False, allow_blank=True)
    identity_token = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    locale = serializers.CharField(max_length=35, required=False, allow_blank=True)
    page = PageField(required=False)


@sent("A question", {"client_id": "w-1", "body": "Where is my order 100234?"})
class MessageRequest(serializers.Serializer[Any]):
    client_id = serializers.CharField(max_length=64)
    # Its length is the service's to judge, so that socket and HTTP answer alike.
    body = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False, default="")
    attachments = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=20, default=list
    )


@sent("All of it", {"received": 5, "read": 5})
class ReadRequest(serializers.Serializer[Any]):
    received = serializers.IntegerField(min_value=0, max_value=MAX_SEQ, required=False)
    read = serializers.IntegerField(min_value=0, max_value=MAX_SEQ, required=False)


@sent("Begins", {"on": True})
class TypingRequest(serializers.Serializer[Any]):
    on = serializers.BooleanField(default=True)


@sent("Five stars", {"rating": 5, "comment": "Quick and kind."})
class RatingRequest(serializers.Serializer[Any]):
    rating = serializers.IntegerField(min_value=1, max_value=5)
    comment = serializers.CharField(required=False, allow_blank=True, max_length=1000, default="")


@sent("How to be reached", {"name": "Kim", "email": "kim@example.com"})
class ContactRequest(serializers.Serializer[Any]):
    name = serializers.CharField(required=False, allow_blank=True, max_length=120, default="")
    email = serializers.EmailField(required=False, allow_blank=True, max_length=254, default="")


class WindowQuery(serializers.Serializer[Any]):
    after = serializers.IntegerField(min_value=0, max_value=MAX_SEQ, required=False)
    before = serializers.IntegerField(min_value=0, max_value=MAX_SEQ, required=False)


class UploadRequest(serializers.Serializer[Any]):
    file = serializers.FileField(max_length=None, allow_empty_file=True)


# -- Answers, for the schema; inbox/payloads.py and services make them


class NamedAnswer(serializers.Serializer[Any]):
    name = serializers.CharField()


class VisitorAnswer(NamedAnswer):
    id = serializers.UUIDField()
    verified = serializers.BooleanField()


class PublicConversationAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(["open", "snoozed", "resolved"])
    last_seq = serializers.IntegerField()
    agent_read_seq = serializers.IntegerField()
    buyer_read_seq = serializers.IntegerField()
    assignee = NamedAnswer(allow_null=True)
    rating = serializers.IntegerField(allow_null=True)


class FileAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    url = serializers.CharField()


class AuthorAnswer(NamedAnswer):
    kind = serializers.ChoiceField(["buyer", "agent", "bot", "system"])
    id = serializers.UUIDField(allow_null=True)


class PublicMessageAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    seq = serializers.IntegerField()
    conversation = serializers.UUIDField()
    author = AuthorAnswer()
    channel = serializers.CharField()
    private = serializers.BooleanField(help_text="Always false here.")
    kind = serializers.ChoiceField(["text", "card", "file", "system"])
    body = serializers.CharField()
    card = serializers.DictField(allow_null=True)
    event = serializers.DictField(allow_null=True)
    attachments = FileAnswer(many=True)
    client_id = serializers.CharField()
    created_at = serializers.DateTimeField()
    deliveries = serializers.ListField(child=serializers.DictField())


class MessagesAnswer(serializers.Serializer[Any]):
    conversation = PublicConversationAnswer(allow_null=True)
    messages = PublicMessageAnswer(many=True)
    has_more = serializers.BooleanField()


class StoreAnswer(NamedAnswer):
    color = serializers.CharField()
    greeting = serializers.CharField()
    language = serializers.CharField()


class HoursAnswer(serializers.Serializer[Any]):
    is_open = serializers.BooleanField()
    changes_in_s = serializers.IntegerField(
        allow_null=True, help_text="After so many seconds it is the other way round; null: it stays so."
    )
    opens_at = serializers.DateTimeField(
        allow_null=True, help_text="After it has closed next, or is closed now."
    )
    away = serializers.CharField(help_text="What the store says while it is closed; may be empty.")


class SessionAnswer(MessagesAnswer):
    visitor_token = serializers.CharField()
    visitor = VisitorAnswer()
    agents_online = serializers.IntegerField()
    agents = NamedAnswer(many=True)
    expected_wait_s = serializers.IntegerField(allow_null=True)
    queue_position = serializers.IntegerField(
        allow_null=True, help_text="1: the next who is answered; null: nobody is waited for."
    )
    hours = HoursAnswer()
    store = StoreAnswer()


class PostedAnswer(serializers.Serializer[Any]):
    message = PublicMessageAnswer()


class UploadedAnswer(serializers.Serializer[Any]):
    attachment = FileAnswer()
