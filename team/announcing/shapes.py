"""What the API tells of announcements."""

from typing import Any

from rest_framework import serializers

from team.announcing.models import Announcement


class PersonSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class AnnouncementSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    body = serializers.CharField(help_text="Markdown.")
    importance = serializers.ChoiceField(Announcement.Importance.values)
    state = serializers.ChoiceField(["draft", "scheduled", "live", "over"])
    author = PersonSerializer()
    everybody = serializers.BooleanField()
    teams = PersonSerializer(many=True, help_text="Empty where it is for everybody.")
    version = serializers.IntegerField(
        help_text="Which text it is: the next one, where it is to be read anew."
    )
    revision = serializers.IntegerField(help_text="Every change; a change says which one it knows.")
    publish_at = serializers.DateTimeField(allow_null=True)
    published_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    edited_at = serializers.DateTimeField(allow_null=True)
    is_unread = serializers.BooleanField(help_text="It is for me, and I have not read (or not confirmed) it.")


class AnnouncementPageSerializer(serializers.Serializer[Any]):
    next = serializers.CharField(allow_null=True, help_text="The address of the next page.")
    results = AnnouncementSerializer(many=True)


class ReaderSerializer(serializers.Serializer[Any]):
    agent = PersonSerializer()
    read_at = serializers.DateTimeField(allow_null=True)
    confirmed_at = serializers.DateTimeField(allow_null=True)
    read_earlier_version = serializers.BooleanField(help_text="They have read a text that was changed since.")


class ReadersSerializer(serializers.Serializer[Any]):
    people = serializers.IntegerField(help_text="How many it is for now.")
    settled = ReaderSerializer(
        many=True, help_text="Who has read it, or confirmed it where that is asked for."
    )
    waiting = ReaderSerializer(many=True)
    left = ReaderSerializer(many=True, help_text="Who has read it and is not among them any more.")
