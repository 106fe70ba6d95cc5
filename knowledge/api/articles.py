"""/api/v1/articles/: what stores know. Agents write drafts; supervisors publish."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, StrictJSONParser, next_page, read
from helpdesk.lib.openapi import ErrorsSerializer
from inbox.errors import NotFound
from knowledge import locales, services
from knowledge.access import articles_for, categories_for, with_texts
from knowledge.api import shapes
from knowledge.listing import Wanted, list_articles, narrowed
from knowledge.models import Article, Category
from knowledge.payloads import article_data, category_data
from knowledge.search import search
from people.access import stores_for
from people.api import agent_of
from people.models import Agent, Store

TAGS = ["Knowledge"]
MOST_HITS = 50
REFUSALS: dict[int, Any] = {403: ErrorsSerializer, 404: ErrorsSerializer, 409: ErrorsSerializer}
_NEW = {
    "store": "demo",
    "locale": "en",
    "title": "How long does delivery take?",
    "body": "Two to four days.\n",
    "category": "delivery",
    "audience": "public",
    "keywords": ["ETA"],
}


class LongJSONParser(StrictJSONParser):
    """As long as an article may be, with every character escaped."""

    max_bytes = 2_600_000


class Articles(ApiView):
    scope = "knowledge"
    parser_classes = [LongJSONParser]

    @extend_schema(
        tags=TAGS,
        summary="List articles",
        description="The newest first, in pages of 50. With `q` what fits best first, all on one page.",
        parameters=[shapes.ArticleQuery],
        responses=shapes.ArticlePageSerializer,
    )
    def get(self, request: Request) -> Response:
        given = read(shapes.ArticleQuery, request.query_params)
        cursor = given.pop("cursor", "")
        q = given.pop("q")
        if "locale" in given:
            given["locale"] = locales.checked(given["locale"])
        wanted = Wanted(**given)
        if q.strip():
            return Response({"results": _found(agent_of(request), q, wanted), "next": None})
        found, more = list_articles(agent_of(request), wanted, cursor=cursor)
        results = [{**article_data(article), "hit": None} for article in found]
        return Response({"results": results, "next": next_page(request, more)})

    @extend_schema(
        tags=TAGS,
        summary="Begin an article",
        description="As a draft in one language. Without a slug the title makes one.",
        request=shapes.ArticleInput,
        responses={201: shapes.ArticleSerializer, **REFUSALS},
        examples=[OpenApiExample("A public article", _NEW, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        agent, given = agent_of(request), read(shapes.ArticleInput, request.data)
        store = stores_for(agent).filter(key=given.pop("store")).first()
        if store is None:
            raise NotFound(_("No such store."))
        text = services.create_article(agent=agent, store=store, **_with_category(store, given))
        return _shown(agent, text.article_id, status=201)


class ArticleDetail(ApiView):
    scope = "knowledge"

    @extend_schema(tags=TAGS, summary="One article", responses=shapes.ArticleSerializer)
    def get(self, request: Request, article_id: UUID) -> Response:
        return _shown(agent_of(request), article_id)

    @extend_schema(
        tags=TAGS,
        summary="Change where an article stands and who sees it",
        description="What is not named stays. What is published becomes public by a supervisor.",
        request=shapes.ArticleChange,
        responses={200: shapes.ArticleSerializer, **REFUSALS},
        examples=[
            OpenApiExample("About a product", {"topic": "care", "products": ["MUG-1"]}, request_only=True)
        ],
    )
    def patch(self, request: Request, article_id: UUID) -> Response:
        agent, given = agent_of(request), read(shapes.ArticleChange, request.data)
        article = _article(agent, article_id)
        services.change_article(agent=agent, article_id=article_id, **_with_category(article.store, given))
        return _shown(agent, article_id)


class ArchiveArticle(ApiView):
    scope = "knowledge"

    @extend_schema(
        tags=TAGS,
        summary="Archive an article",
        description="By a supervisor. Nobody finds it any more; its texts and versions stay.",
        request=None,
        responses={200: shapes.ArticleSerializer, **REFUSALS},
    )
    def post(self, request: Request, article_id: UUID) -> Response:
        agent = agent_of(request)
        services.archive_article(agent=agent, article_id=article_id)
        return _shown(agent, article_id)


class UnarchiveArticle(ApiView):
    scope = "knowledge"

    @extend_schema(
        tags=TAGS,
        summary="Take an article back from the archive",
        request=None,
        responses={200: shapes.ArticleSerializer, **REFUSALS},
    )
    def post(self, request: Request, article_id: UUID) -> Response:
        agent = agent_of(request)
        services.unarchive_article(agent=agent, article_id=article_id)
        return _shown(agent, article_id)


class Categories(ApiView):
    scope = "knowledge"

    @extend_schema(
        tags=TAGS,
        summary="Categories of my stores",
        responses=shapes.CategorySerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        rows = categories_for(agent_of(request)).select_related("store")
        return Response([category_data(c) for c in rows.order_by("store__key", "position", "key")])


def _found(agent: Agent, q: str, wanted: Wanted) -> list[dict[str, Any]]:
    """Return what `q` finds among the articles that are wanted, the best first."""
    stores = stores_for(agent).filter(**({"key": wanted.store} if wanted.store else {}))
    hits = search(
        text=q,
        stores=list(stores.values_list("id", flat=True)),
        locale=wanted.locale or agent.language,
        skus=[wanted.sku] if wanted.sku else [],
        public=wanted.audience == Article.Audience.PUBLIC,
        limit=MOST_HITS,
    )
    among = narrowed(articles_for(agent), wanted).filter(pk__in=[hit.article_id for hit in hits])
    articles = {article.id: article for article in with_texts(among)}
    return [
        {
            **article_data(articles[hit.article_id]),
            "hit": {"locale": hit.locale, "title": hit.title, "snippet": hit.snippet},
        }
        for hit in hits
        if hit.article_id in articles
    ]


def _article(agent: Agent, article_id: UUID) -> Article:
    article = with_texts(articles_for(agent)).filter(pk=article_id).first()
    if article is None:
        raise NotFound(_("No such article."))
    return article


def _shown(agent: Agent, article_id: UUID, status: int = 200) -> Response:
    return Response(article_data(_article(agent, article_id)), status=status)


def _with_category(store: Store, given: dict[str, Any]) -> dict[str, Any]:
    """Return what was given with the category that its key names."""
    if given.get("category"):
        found = Category.objects.filter(store=store, key=given["category"]).first()
        if found is None:
            raise NotFound(_("This store has no such category."), attr="category")
        return {**given, "category": found}
    return {**given, "category": None} if "category" in given else given
