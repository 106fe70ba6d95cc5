"""What the API takes and gives of channels. Credentials go in only."""

from typing import Any

from rest_framework import serializers

from helpdesk.lib.fields import Flag, Text
from helpdesk.lib.openapi import sent
from helpdesk.lib.text import is_storable
from inbox.api.shapes import ChannelRefSerializer
from people.shapes import StoreRefSerializer

MOST_VALUES = 60
LONGEST_VALUE = 10_000


class ChannelSerializer(ChannelRefSerializer):
    store = StoreRefSerializer()
    active = serializers.BooleanField()
    label = serializers.CharField(  # type: ignore[assignment]  # a field: it is no attribute any more
        help_text="Its kind, in the reader's language."
    )
    state = serializers.ChoiceField(["works", "trouble", "paused", "off"])
    trouble = serializers.CharField(
        help_text="Why it does not work at present; often in the provider's words."
    )
    paused_until = serializers.DateTimeField(
        allow_null=True, help_text="The provider is away: nothing is sent until then."
    )


class ChannelWithConfigSerializer(ChannelSerializer):
    """The last three are for admins; null for everybody else."""

    config = serializers.DictField(allow_null=True, help_text="What was filled in, without what is secret.")
    secrets = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="The names of those that are saved."
    )
    webhook = serializers.CharField(
        allow_null=True, help_text="The address for its provider to call; null where it calls none."
    )


class ChannelTestSerializer(serializers.Serializer[Any]):
    works = serializers.BooleanField()
    account = serializers.CharField(help_text="As whom we were let in.")
    trouble = serializers.CharField(help_text="What went wrong.")


class Values(serializers.DictField):
    """What a form is filled in with: texts, numbers, yes and no."""

    def to_internal_value(self, data: Any) -> Any:
        found: dict[str, Any] = super().to_internal_value(data)
        if len(found) > MOST_VALUES:
            raise serializers.ValidationError("There are too many of them.")
        for name, value in found.items():
            plain = value is None or isinstance(value, bool | int | str)
            if not plain or (
                isinstance(value, str) and (len(value) > LONGEST_VALUE or not is_storable(value))
            ):
                raise serializers.ValidationError({name: "A text, a number, true, false or null."})
        return found


class ChannelInput(serializers.Serializer[Any]):
    store = Text(max_length=40, help_text="A key.")
    kind = Text(max_length=20)
    name = Text(max_length=60)
    values = Values(help_text="What the page of its kind asks for.")


@sent("Switch it off", {"active": False})
class ChannelChange(serializers.Serializer[Any]):
    name = Text(max_length=60, required=False)
    active = Flag(required=False)
    values = Values(required=False)
