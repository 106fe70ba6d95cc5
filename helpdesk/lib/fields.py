"""What requests may hold, taken as it is: nothing is turned into another type, so "1" is no number and 1 no flag.

Parameters of an address are texts by nature; for those the fields of the framework do.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

MAX_SEQ = 2**31 - 1


class Text(serializers.CharField):
    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is not serializers.empty and data is not None and not isinstance(data, str):
            self.fail("invalid")
        return super().run_validation(data)


class Email(serializers.EmailField, Text):
    pass


class Number(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class Flag(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class Choice(serializers.ChoiceField):
    def to_internal_value(self, data: Any) -> Any:
        if type(data) not in {type(choice) for choice in self.choices} and data != "":
            self.fail("invalid_choice", input=str(data)[:40])
        return super().to_internal_value(data)


class Id(serializers.UUIDField):
    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class Moment(serializers.DateTimeField):
    """A time that says of which zone it is."""

    default_error_messages = {"naive": _("Say the time zone, as in 2026-05-31T08:00:00Z.")}

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            self.fail("invalid", format="ISO 8601")
        try:
            moment = datetime.fromisoformat(value)
            aware = moment.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail("invalid", format="ISO 8601")
        if moment.tzinfo is None:
            self.fail("naive")
        return aware
