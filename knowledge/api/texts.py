"""/api/v1/articles/<id>/texts/: the words of articles, by language."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, read
from inbox.errors import NotFound
from knowledge import locales, services
from knowledge.access import texts_for
from knowledge.api import shapes
from knowledge.api.articles import REFUSALS, TAGS, LongJSONParser
from knowledge.models import Text
from knowledge.payloads import text_data, version_data
from people.api import agent_of
from people.models import Agent

MOST_VERSIONS = 200


class ArticleText(ApiView):
    scope = "knowledge"
    parser_classes = [LongJSONParser]

    @extend_schema(tags=TAGS, summary="An article in one language", responses=shapes.TextSerializer)
    def get(self, request: Request, article_id: UUID, locale: str) -> Response:
        return _shown(agent_of(request), article_id, locale)

    @extend_schema(
        tags=TAGS,
        summary="Write an article in one language",
        description="Replaces the working copy; what is live stays until it is published. `stale`: somebody has saved "
        "since you read it.",
        request=shapes.TextChange,
        responses={200: shapes.TextSerializer, **REFUSALS},
        examples=[
            OpenApiExample(
                "In Finnish",
                {"title": "Toimitusaika", "body": "Kaksi päivää.\n", "revision": 0},
                request_only=True,
            )
        ],
    )
    def put(self, request: Request, article_id: UUID, locale: str) -> Response:
        agent, given = agent_of(request), read(shapes.TextChange, request.data)
        services.save_text(agent=agent, article_id=article_id, locale=locale, **given)
        return _shown(agent, article_id, locale)


class PublishText(ApiView):
    scope = "knowledge"

    @extend_schema(
        tags=TAGS,
        summary="Publish an article in one language",
        description="By a supervisor. The working copy becomes a version, and live.",
        request=shapes.PublishInput,
        responses={200: shapes.TextSerializer, **REFUSALS},
        examples=[OpenApiExample("Publish", {"revision": 3, "note": "New fees"}, request_only=True)],
    )
    def post(self, request: Request, article_id: UUID, locale: str) -> Response:
        agent, given = agent_of(request), read(shapes.PublishInput, request.data)
        services.publish(agent=agent, article_id=article_id, locale=locale, **given)
        return _shown(agent, article_id, locale)


class WithdrawText(ApiView):
    scope = "knowledge"

    @extend_schema(
        tags=TAGS,
        summary="Take a text out of what is read",
        description="By a supervisor. Its working copy and its versions stay.",
        request=None,
        responses={200: shapes.TextSerializer, **REFUSALS},
    )
    def post(self, request: Request, article_id: UUID, locale: str) -> Response:
        agent = agent_of(request)
        services.withdraw(agent=agent, article_id=article_id, locale=locale)
        return _shown(agent, article_id, locale)


class TextVersions(ApiView):
    scope = "knowledge"

    @extend_schema(
        tags=TAGS,
        summary="Every version that was published",
        description="The newest first, at most 200.",
        responses=shapes.VersionSerializer(many=True),
    )
    def get(self, request: Request, article_id: UUID, locale: str) -> Response:
        text = _text(agent_of(request), article_id, locale)
        rows = text.versions.select_related("author").order_by("-number")[:MOST_VERSIONS]
        return Response([version_data(version) for version in rows])


class RestoreVersion(ApiView):
    scope = "knowledge"

    @extend_schema(
        tags=TAGS,
        summary="Take an old version as the working copy",
        description="What is live stays until it is published.",
        request=shapes.RestoreInput,
        responses={200: shapes.TextSerializer, **REFUSALS},
        examples=[
            OpenApiExample(
                "Back",
                {"version": "019a8d5e-7c1f-7a52-9a39-0d2f4a0f3c11", "revision": 3},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, article_id: UUID, locale: str) -> Response:
        agent, given = agent_of(request), read(shapes.RestoreInput, request.data)
        text = _text(agent, article_id, locale)
        if not text.versions.filter(pk=given["version"]).exists():
            raise NotFound(_("No such version."))
        services.restore(agent=agent, version_id=given["version"], revision=given["revision"])
        return _shown(agent, article_id, locale)


class ReportText(ApiView):
    scope = "knowledge"

    @extend_schema(
        tags=TAGS,
        summary="Say that an article is out of date",
        request=shapes.ReportInput,
        responses={200: shapes.TextSerializer, **REFUSALS},
        examples=[OpenApiExample("Out of date", {"words": "It is three days now."}, request_only=True)],
    )
    def post(self, request: Request, article_id: UUID, locale: str) -> Response:
        agent, given = agent_of(request), read(shapes.ReportInput, request.data)
        text = _text(agent, article_id, locale)
        services.report(agent=agent, text_id=text.id, words=given["words"])
        return _shown(agent, article_id, locale)


def _text(agent: Agent, article_id: UUID, locale: str) -> Text:
    rows: Any = texts_for(agent).select_related("live__author", "edited_by")
    text = rows.filter(article=article_id, locale=locales.normal(locale)).first()
    if text is None:
        raise NotFound(_("The article is not written in this language."))
    return text


def _shown(agent: Agent, article_id: UUID, locale: str) -> Response:
    return Response(text_data(_text(agent, article_id, locale)))
