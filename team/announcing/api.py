"""/api/v1/announcements/: read, written, and who has read them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, next_page, read
from helpdesk.lib.fields import Choice, Flag, Id, Moment, Number, Text
from helpdesk.lib.openapi import ErrorsSerializer, sent
from helpdesk.lib.times import iso
from inbox.errors import NotFound
from orders.errors import Forbidden
from people.api import agent_of
from people.models import Agent
from team.announcing import listing, receipts, services
from team.announcing.access import announcements_for, written_for
from team.announcing.models import MAX_BODY, MAX_TITLE, Announcement
from team.announcing.services import Wording
from team.announcing.shapes import AnnouncementPageSerializer, AnnouncementSerializer, ReadersSerializer

TAGS = ["Team"]
ERRORS = {400: ErrorsSerializer, 403: ErrorsSerializer, 404: ErrorsSerializer, 409: ErrorsSerializer}
MOST_TEAMS = 200


class AnnouncementQuery(serializers.Serializer[Any]):
    state = Choice(
        ["live", "drafts", "over"],
        required=False,
        default="live",
        help_text="`drafts`: also what is scheduled, of those who write.",
    )
    cursor = Text(required=False, max_length=200, help_text="Of `over` and `drafts`, which go on in pages.")


class WordingSerializer(serializers.Serializer[Any]):
    title = Text(max_length=MAX_TITLE)
    body = Text(
        max_length=MAX_BODY,
        required=False,
        default="",
        allow_blank=True,
        help_text="Markdown.",
        trim_whitespace=False,
    )
    teams = serializers.ListField(
        child=Id(), max_length=MOST_TEAMS, help_text="Ids; none: everybody.", allow_empty=True
    )
    importance = Choice(Announcement.Importance.values, required=False, default="normal")
    expires_at = Moment(
        required=False, default=None, allow_null=True, help_text="Null: until somebody ends it."
    )


@sent(
    "To one team, at once",
    {
        "title": "Warehouse in Turku closed until Friday",
        "body": "Nothing leaves Turku before **Friday noon**. Say so before somebody asks.",
        "teams": ["01900000-0000-7000-8000-000000000003"],
        "importance": "confirm",
        "publish": True,
    },
)
class NewAnnouncementInput(WordingSerializer):
    publish = Flag(required=False, default=True, help_text="False: a draft.")
    publish_at = Moment(required=False, default=None, allow_null=True, help_text="Null: now.")


@sent(
    "Other words, to be read anew",
    {
        "title": "Warehouse in Turku closed until Monday",
        "body": "It takes longer than thought.",
        "teams": [],
        "importance": "confirm",
        "revision": 2,
        "read_anew": True,
    },
)
class ChangedAnnouncementInput(WordingSerializer):
    revision = Number(min_value=1, help_text="The one that this is a change of.")
    read_anew = Flag(
        required=False, default=False, help_text="Who has read the old text is to read this one."
    )


@sent("On a Monday morning", {"publish_at": "2026-11-30T07:00:00Z"})
class ScheduleInput(serializers.Serializer[Any]):
    publish_at = Moment(required=False, default=None, allow_null=True, help_text="Null: now.")


@sent("The text as it was first", {"version": 1})
class AnnouncementVersionInput(serializers.Serializer[Any]):
    version = Number(min_value=1, help_text="Which text was on the screen.")


def announcement_data(one: Any) -> dict[str, Any]:
    """Return an announcement as `found` and the lists give it."""
    return {
        "id": str(one.pk),
        "title": one.title,
        "body": one.body,
        "importance": one.importance,
        "state": one.state(),
        "author": {"id": str(one.author_id), "name": one.author.name},
        "everybody": one.everybody,
        "teams": [{"id": str(team.pk), "name": team.name} for team in one.teams.all()],
        "version": one.version,
        "revision": one.revision,
        "publish_at": iso(one.publish_at),
        "published_at": iso(one.published_at),
        "expires_at": iso(one.expires_at),
        "ended_at": iso(one.ended_at),
        "edited_at": iso(one.edited_at),
        "is_unread": one.is_mine and not one.is_settled and one.state() == "live",
    }


def _found(agent: Agent, announcement_id: UUID) -> Any:
    rows = listing.known_to(announcements_for(agent), agent).filter(pk=announcement_id)
    if (one := rows.first()) is None:
        raise NotFound(_("There is no such announcement."))
    return one


def _wording(given: dict[str, Any]) -> Wording:
    return Wording(
        title=given["title"],
        body=given["body"],
        everybody=not given["teams"],
        teams=frozenset(given["teams"]),
        importance=given["importance"],
        expires_at=given["expires_at"],
    )


class Announcements(ApiView):
    scope = "team"

    @extend_schema(
        tags=TAGS,
        summary="Announcements",
        description="What was told to me, and what I may write. Of what is live all, what waits for me first.",
        parameters=[AnnouncementQuery],
        responses={200: AnnouncementPageSerializer},
    )
    def get(self, request: Request) -> Response:
        agent, given = agent_of(request), read(AnnouncementQuery, request.query_params)
        cursor = given.get("cursor", "")
        following = None
        if given["state"] == "live":
            rows = listing.standing(agent)
        elif given["state"] == "over":
            rows, following = listing.over(agent, cursor)
        else:
            rows, following = listing.drafts(agent, cursor)
        results = [announcement_data(one) for one in rows]
        return Response({"next": next_page(request, following), "results": results})

    @extend_schema(
        tags=TAGS,
        summary="Write an announcement",
        description="For those who may write them. It is published at once unless `publish` or `publish_at` say "
        "otherwise.",
        request=NewAnnouncementInput,
        responses={201: AnnouncementSerializer, **ERRORS},
    )
    def post(self, request: Request) -> Response:
        agent, given = agent_of(request), read(NewAnnouncementInput, request.data)
        made = services.write(
            agent=agent, wording=_wording(given), out=given["publish"], at=given["publish_at"]
        )
        return Response(announcement_data(_found(agent, made.pk)), status=status.HTTP_201_CREATED)


class AnnouncementDetail(ApiView):
    scope = "team"

    @extend_schema(
        tags=TAGS,
        summary="One announcement",
        description="To fetch it is not to have read it: say so with `read/`.",
        responses={200: AnnouncementSerializer, 404: ErrorsSerializer},
    )
    def get(self, request: Request, announcement_id: UUID) -> Response:
        return Response(announcement_data(_found(agent_of(request), announcement_id)))

    @extend_schema(
        tags=TAGS,
        summary="Change an announcement",
        request=ChangedAnnouncementInput,
        responses={200: AnnouncementSerializer, **ERRORS},
    )
    def put(self, request: Request, announcement_id: UUID) -> Response:
        return _done(
            request,
            announcement_id,
            ChangedAnnouncementInput,
            lambda agent, given: services.change(
                agent=agent,
                announcement_id=announcement_id,
                revision=given["revision"],
                wording=_wording(given),
                read_anew=given["read_anew"],
            ),
        )

    @extend_schema(
        tags=TAGS,
        summary="Throw a draft away",
        responses={204: None, 403: ErrorsSerializer, 404: ErrorsSerializer, 409: ErrorsSerializer},
    )
    def delete(self, request: Request, announcement_id: UUID) -> Response:
        services.discard(agent=agent_of(request), announcement_id=announcement_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _done(
    request: Request,
    announcement_id: UUID,
    body: type[serializers.Serializer[Any]] | None,
    do: Callable[[Agent, dict[str, Any]], Any],
) -> Response:
    """Do it with what was sent, and tell how it stands. What is not theirs is not found, whatever they send."""
    agent = agent_of(request)
    _found(agent, announcement_id)
    do(agent, read(body, request.data) if body else {})
    return Response(announcement_data(_found(agent, announcement_id)))


class PublishAnnouncement(ApiView):
    scope = "team"

    @extend_schema(
        tags=TAGS,
        summary="Publish a draft, or schedule it",
        description="What is published already stays as it is.",
        request=ScheduleInput,
        responses={200: AnnouncementSerializer, **ERRORS},
    )
    def post(self, request: Request, announcement_id: UUID) -> Response:
        return _done(
            request,
            announcement_id,
            ScheduleInput,
            lambda agent, given: services.publish(
                agent=agent, announcement_id=announcement_id, at=given["publish_at"]
            ),
        )


class EndAnnouncement(ApiView):
    scope = "team"

    @extend_schema(
        tags=TAGS,
        summary="End an announcement",
        description="It leaves every page; who has read it stays known. Ended again, nothing changes.",
        request=None,
        responses={
            200: AnnouncementSerializer,
            403: ErrorsSerializer,
            404: ErrorsSerializer,
            409: ErrorsSerializer,
        },
    )
    def post(self, request: Request, announcement_id: UUID) -> Response:
        return _done(
            request,
            announcement_id,
            None,
            lambda agent, given: services.end(agent=agent, announcement_id=announcement_id),
        )


class ReadAnnouncement(ApiView):
    scope = "team"

    @extend_schema(
        tags=TAGS,
        summary="I have read it",
        description="Once somebody has had the whole text before them, and not before. Said again, nothing changes.",
        request=AnnouncementVersionInput,
        responses={200: AnnouncementSerializer, **ERRORS},
    )
    def post(self, request: Request, announcement_id: UUID) -> Response:
        return _done(
            request,
            announcement_id,
            AnnouncementVersionInput,
            lambda agent, given: receipts.mark_read(
                agent=agent, announcement_id=announcement_id, version=given["version"]
            ),
        )


class ConfirmAnnouncement(ApiView):
    scope = "team"

    @extend_schema(
        tags=TAGS,
        summary="I confirm that I have read it",
        description="For what must be confirmed. 409 where the text was changed since, or it is over.",
        request=AnnouncementVersionInput,
        responses={200: AnnouncementSerializer, **ERRORS},
    )
    def post(self, request: Request, announcement_id: UUID) -> Response:
        return _done(
            request,
            announcement_id,
            AnnouncementVersionInput,
            lambda agent, given: receipts.confirm(
                agent=agent, announcement_id=announcement_id, version=given["version"]
            ),
        )


class AnnouncementReaders(ApiView):
    scope = "team"

    @extend_schema(
        tags=TAGS,
        summary="Who has read an announcement",
        description="For those who may write it: everybody whom it is for now, and who has left since they read it.",
        responses={200: ReadersSerializer, 403: ErrorsSerializer, 404: ErrorsSerializer},
    )
    def get(self, request: Request, announcement_id: UUID) -> Response:
        agent = agent_of(request)
        one = _found(agent, announcement_id)
        if not written_for(agent).filter(pk=one.pk).exists():
            raise Forbidden(_("It is for people whom you do not supervise."))
        found = receipts.readers(one)
        return Response(
            {
                "people": found.total,
                "settled": [_reader(reader) for reader in found.settled],
                "waiting": [_reader(reader) for reader in found.waiting],
                "left": [_reader(reader) for reader in found.left],
            }
        )


def _reader(reader: receipts.Reader) -> dict[str, Any]:
    return {
        "agent": {"id": str(reader.agent.pk), "name": reader.agent.name},
        "read_at": iso(reader.read_at),
        "confirmed_at": iso(reader.confirmed_at),
        "read_earlier_version": reader.earlier,
    }


class RemindOfAnnouncement(ApiView):
    scope = "team"

    @extend_schema(
        tags=TAGS,
        summary="Remind those who have not read it",
        description="At most every half hour.",
        request=None,
        responses={
            200: ReadersSerializer,
            403: ErrorsSerializer,
            404: ErrorsSerializer,
            409: ErrorsSerializer,
        },
    )
    def post(self, request: Request, announcement_id: UUID) -> Response:
        receipts.remind(agent=agent_of(request), announcement_id=announcement_id)
        return AnnouncementReaders().get(request, announcement_id)
