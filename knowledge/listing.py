"""Lists of articles, the newest first."""

from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from helpdesk.lib.keyset import Keyset, cut
from knowledge.access import articles_for, with_texts
from knowledge.models import Article, Text
from people.models import Agent

PAGE = 50
NEWEST_FIRST = Keyset("articles", "created_at")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; empty: by nothing. `store` and `category` are keys."""

    store: str = ""
    category: str = ""
    audience: str = ""
    topic: str = ""
    sku: str = ""
    locale: str = ""
    state: str = ""


def list_articles(agent: Agent, wanted: Wanted, *, cursor: str = "") -> tuple[list[Article], str | None]:
    """Return a page of articles, and the cursor of the next. Raises keyset.BadCursor."""
    rows = with_texts(narrowed(articles_for(agent), wanted))
    if cursor:
        rows = rows.filter(NEWEST_FIRST.beyond(NEWEST_FIRST.place(cursor)))
    page = list(rows.order_by(*NEWEST_FIRST.ordering())[: PAGE + 1])
    return cut(page, NEWEST_FIRST, PAGE)


def narrowed(articles: QuerySet[Article], wanted: Wanted) -> QuerySet[Article]:
    fields = {
        "store__key": wanted.store,
        "category__key": wanted.category,
        "audience": wanted.audience,
        "topic": wanted.topic,
        "products__sku": wanted.sku,
    }
    articles = articles.filter(archived_at__isnull=wanted.state != "archived")
    articles = articles.filter(**{name: value for name, value in fields.items() if value})
    texts = Text.objects.filter(article=OuterRef("pk"))
    if wanted.locale:
        articles = articles.filter(Exists(texts.filter(locale=wanted.locale)))
    if is_so := _states().get(wanted.state):
        articles = articles.filter(Exists(texts.filter(is_so)))
    return articles


def _states() -> dict[str, Q]:
    same = Q(title=F("live__title"), body=F("live__body"), keywords=F("live__keywords"))
    return {
        "draft": Q(live__isnull=True),
        "live": Q(live__isnull=False),
        "changed": Q(live__isnull=False) & ~same,
    }
