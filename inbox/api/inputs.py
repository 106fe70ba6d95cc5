"""What the inbox's part of the API takes. What a service judges (lengths, whose it is) is left to the service."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from events.names import NAMES
from helpdesk.lib.fields import MAX_SEQ, Choice, Flag, Id, Moment, Number, Text
from helpdesk.lib.openapi import sent
from helpdesk.lib.palette import COLORS
from inbox.api.shapes import PRIORITIES
from inbox.lists import DUE, STATUSES, VIEWS

LONGEST = 20_000  # of any text: above it the service would not even look


class IdOr(serializers.UUIDField):
    """An id, or one of some words that stand for one."""

    def __init__(self, *words: str, **kwargs: Any) -> None:
        self.words = words
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and data in self.words:
            return data
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


# -- Parameters of addresses


class ConversationQuery(serializers.Serializer[Any]):
    view = serializers.ChoiceField(VIEWS, required=False, help_text="Left out: every status.")
    status = serializers.ChoiceField(STATUSES, required=False)
    assignee = IdOr("me", "none", required=False, help_text="An id, `me` or `none`.")
    team = serializers.UUIDField(required=False)
    channel = serializers.CharField(required=False, max_length=20, help_text="A kind, such as widget.")
    tag = serializers.UUIDField(required=False)
    store = serializers.CharField(required=False, max_length=40, help_text="A key.")
    buyer = serializers.UUIDField(required=False)
    priority = serializers.ChoiceField(PRIORITIES, required=False)
    waiting = serializers.ChoiceField(
        ["true", "false"], required=False, help_text="Whether the buyer waits for an answer."
    )
    due = serializers.ChoiceField(
        DUE, required=False, help_text="Whose answer is due soon, or overdue; by when it is due."
    )
    q = serializers.CharField(required=False, max_length=200, help_text="Words said in it, or of its buyer.")
    cursor = serializers.CharField(required=False, max_length=300, help_text="From `next`.")


class MessageQuery(serializers.Serializer[Any]):
    after = serializers.IntegerField(required=False, min_value=0, max_value=MAX_SEQ)
    before = serializers.IntegerField(required=False, min_value=0, max_value=MAX_SEQ)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=200, default=50)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "after" in attrs and "before" in attrs:
            raise serializers.ValidationError({"before": _("Ask for what is after, or for what is before.")})
        return attrs


class CannedQuery(serializers.Serializer[Any]):
    q = serializers.CharField(required=False, allow_blank=True, max_length=200)
    conversation = serializers.UUIDField(required=False, help_text="Whose words to fill in.")


class EventQuery(serializers.Serializer[Any]):
    after = serializers.IntegerField(required=False, min_value=0, max_value=2**63 - 1, default=0)
    name = serializers.ChoiceField(sorted(NAMES), required=False, help_text="What happened.")
    actor = serializers.UUIDField(required=False, help_text="Which agent did it.")
    store = serializers.CharField(required=False, max_length=40, help_text="A key.")
    conversation = serializers.UUIDField(required=False)
    order = serializers.UUIDField(required=False)
    since = Moment(required=False, help_text="What happened then, or later.")
    until = Moment(required=False, help_text="What happened before.")


# -- Bodies


class TemplateInput(serializers.Serializer[Any]):
    name = Text(max_length=600)
    language = Text(max_length=20)
    values = serializers.DictField(child=Text(max_length=LONGEST), required=False, default=dict)


@sent("An answer", {"client_id": "c-7f0e", "body": "It left this morning.", "reply_after": 4})
class MessageInput(serializers.Serializer[Any]):
    client_id = Text(max_length=200, help_text="Your own; the same one again is the same message.")
    body = Text(required=False, allow_blank=True, trim_whitespace=False, max_length=LONGEST, default="")
    private = Flag(required=False, default=False, help_text="A note: agents only.")
    attachments = serializers.ListField(child=Id(), required=False, max_length=20, default=list)
    reply_after = Number(required=False, allow_null=True, min_value=0, max_value=MAX_SEQ, default=None)
    force = Flag(required=False, default=False, help_text="Send although somebody wrote in between.")
    via = Id(
        required=False,
        allow_null=True,
        default=None,
        help_text="The channel by which it goes; left out: as the buyer came.",
    )
    template = TemplateInput(
        required=False, allow_null=True, default=None, help_text="Instead of `body`: one that is approved."
    )


@sent("An order", {"kind": "order", "ref": "0199f3a2-0000-7000-8000-00000000000e", "client_id": "c-7f0f"})
class CardInput(serializers.Serializer[Any]):
    kind = Text(
        max_length=40,
        help_text="order, check_order, check_address, payment, tracking, product, coupon, article",
    )
    ref = Text(
        max_length=100,
        help_text="What it shows: an order's id, say; for check_address, `<order id> hold` also keeps the parcel "
        "back until the buyer has answered.",
    )
    client_id = Text(max_length=200)
    via = Id(
        required=False,
        allow_null=True,
        default=None,
        help_text="The channel by which it goes; left out: as the buyer came.",
    )


class AssignTo(serializers.Serializer[Any]):
    agent = IdOr("me", required=False, allow_null=True, help_text="An id, `me`, or null for nobody.")
    team = Id(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs.keys() & {"agent", "team"}) != 1:
            raise serializers.ValidationError({"agent": _("Name an agent or a team.")})
        return attrs


@sent(
    "To a colleague, with a note",
    {
        "agent": "0199f3a2-0000-7000-8000-00000000000a",
        "note": "She wants the blue one; I have asked the warehouse.",
        "client_id": "c-7f10",
    },
)
class AssignInput(AssignTo):
    note = Text(
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        max_length=LONGEST,
        default="",
        help_text="Written down as a note, and told to whoever gets it.",
    )
    client_id = Text(
        required=False, max_length=200, help_text="Of the note: the same one again changes nothing more."
    )


@sent("Until Monday", {"until": "2027-05-31T08:00:00Z"})
class SnoozeInput(serializers.Serializer[Any]):
    until = Moment()


@sent("From the third message", {"seq": 3})
class SplitInput(serializers.Serializer[Any]):
    seq = Number(min_value=1, max_value=MAX_SEQ, help_text="Of the message that is to be the first.")


@sent("Urgent", {"priority": 2})
class PriorityInput(serializers.Serializer[Any]):
    priority = Choice(PRIORITIES)


@sent("A tag", {"add": ["0199f3a2-0000-7000-8000-00000000000d"]})
class TagsInput(serializers.Serializer[Any]):
    add = serializers.ListField(child=Id(), required=False, max_length=50, default=list)
    remove = serializers.ListField(child=Id(), required=False, max_length=50, default=list)


@sent("Up to the fourth", {"seq": 4})
class ReadInput(serializers.Serializer[Any]):
    seq = Number(min_value=0, max_value=MAX_SEQ)


@sent("A beginning", {"body": "It left this"})
class DraftInput(serializers.Serializer[Any]):
    body = Text(allow_blank=True, trim_whitespace=False, max_length=LONGEST)
    private = Flag(required=False, default=False)


@sent("A tag", {"name": "shipping", "color": "blue"})
class TagInput(serializers.Serializer[Any]):
    name = Text(max_length=40)
    color = Choice(COLORS, required=False, help_text="Left out: one that suits the name.")


class UploadInput(serializers.Serializer[Any]):
    file = serializers.FileField()
