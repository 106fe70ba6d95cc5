"""/api/widget/v1/help: the help centre inside the widget. Public, and the same for everybody: no token is asked for."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from helpdesk.lib import tally
from helpdesk.lib.addresses import client_ip
from helpdesk.lib.api import read
from helpdesk.lib.openapi import ErrorsSerializer
from inbox.errors import NotFound
from knowledge import helping
from knowledge.access import public_texts
from knowledge.help_views import MAX_QUERY, SEARCHES, find_public
from people.models import Store

MOST = 8


class HelpQuery(serializers.Serializer[Any]):
    store = serializers.CharField(max_length=40, help_text="A key.")
    locale = serializers.CharField(
        required=False, default="", max_length=40, allow_blank=True, help_text="The reader's language."
    )


class HelpSearchQuery(HelpQuery):
    q = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=MAX_QUERY,
        trim_whitespace=False,
        help_text="Words, as somebody types them; without them what is asked most.",
    )


class AnswerLine(serializers.Serializer[Any]):
    slug = serializers.CharField()
    locale = serializers.CharField()
    title = serializers.CharField()
    snippet = serializers.CharField(help_text="HTML: text, with what was found in <mark>.")


class AnswersSerializer(serializers.Serializer[Any]):
    results = AnswerLine(many=True)


class ArticleAnswer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    locale = serializers.CharField()
    title = serializers.CharField()
    html = serializers.CharField()
    url = serializers.CharField(help_text="Its page in the help centre.")


class PerAddress(BaseThrottle):
    def allow_request(self, request: Request, view: APIView) -> bool:
        return tally.count(f"help:{client_ip(request)}") <= SEARCHES

    def wait(self) -> float:
        return tally.seconds_left()


class HelpView(APIView):
    authentication_classes: list[Any] = []
    permission_classes: list[Any] = [AllowAny]
    throttle_classes: list[Any] = [PerAddress]


class HelpSearch(HelpView):
    @extend_schema(
        summary="Search the help centre",
        description="What is public and published, the best first, at most eight. No token is needed.",
        parameters=[HelpSearchQuery],
        auth=[],
        responses={200: AnswersSerializer, 404: ErrorsSerializer},
    )
    def get(self, request: Request) -> Response:
        given = read(HelpSearchQuery, request.query_params)
        store = get_object_or_404(Store, key=given["store"])
        if given["q"].strip():
            found: list[Any] = list(find_public(store, given["q"], given["locale"], limit=MOST))
        else:
            found = helping.popular(store, given["locale"])
        results = [
            {
                "slug": one.slug,
                "locale": one.locale,
                "title": one.title,
                "snippet": getattr(one, "snippet", ""),
            }
            for one in found
        ]
        return Response({"results": results})


class HelpArticle(HelpView):
    @extend_schema(
        summary="An article of the help centre",
        description="In the reader's language, or the nearest that it is written in. No token is needed.",
        parameters=[HelpQuery],
        auth=[],
        responses={200: ArticleAnswer, 404: ErrorsSerializer},
    )
    def get(self, request: Request, slug: str) -> Response:
        given = read(HelpQuery, request.query_params)
        store = get_object_or_404(Store, key=given["store"])
        found = helping.read(store, slug, given["locale"])
        if found is None:
            raise NotFound(_("No such article."))
        text, _written = found
        assert text.live is not None
        path = helping.article_path(store, text.locale, slug)
        return Response(
            {
                "slug": slug,
                "locale": text.locale,
                "title": text.live.title,
                "html": helping.html_for_public(store, text),
                "url": helping.absolute(path),
            }
        )


def panel_part(store: Store) -> dict[str, Any]:
    """Tell the widget's panel whether there is anything to read."""
    return {"help": public_texts(store).exists()}
