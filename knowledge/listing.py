"""Lists of articles, the newest first."""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from helpdesk.lib.keyset import Keyset, cut
from knowledge.access import articles_for, with_texts
from knowledge.models import Article, ArticleProduct, Report, Text
from people.models import Agent, Store

PAGE = 50
MAX_WORDS = 8
MOST_COUNTED = 100
NEWEST_FIRST = Keyset("articles", "created_at")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; empty: by nothing. `store` and `category` are keys, `q` words of titles or SKUs."""

    store: str = ""
    category: str = ""
    audience: str = ""
    topic: str = ""
    sku: str = ""
    locale: str = ""
    state: str = ""
    owner: UUID | None = None
    q: str = ""


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
    if wanted.owner:
        articles = articles.filter(owner=wanted.owner)
    for word in wanted.q.split()[:MAX_WORDS]:
        titled = Q(title__icontains=word) | Q(live__title__icontains=word)
        products = ArticleProduct.objects.filter(article=OuterRef("pk"), sku__iexact=word)
        articles = articles.filter(Exists(texts.filter(titled)) | Exists(products))
    if is_so := _states().get(wanted.state):
        articles = articles.filter(Exists(texts.filter(is_so)))
    if wanted.state == "review":
        articles = articles.filter(due_for_review())
    return articles


def due_for_review() -> Q:
    """Return the condition that an article's review date has passed, where its store is."""
    zones = Store.objects.order_by().values_list("time_zone", flat=True).distinct()
    due = Q(pk__in=[])
    for zone in zones:
        today = timezone.localdate(timezone=ZoneInfo(zone))
        due |= Q(store__time_zone=zone, review_on__lte=today)
    return due


def count_attention(articles: QuerySet[Article]) -> dict[str, int]:
    """Return how many articles await somebody, by state; never more than MOST_COUNTED."""
    return {
        state: narrowed(articles, Wanted(state=state)).order_by()[:MOST_COUNTED].count()
        for state in ("changed", "review", "reported")
    }


def is_changed() -> Q:
    """Return the condition that the working copy of a text says something else than what is live of it."""
    same = Q(title=F("live__title"), body=F("live__body"), keywords=F("live__keywords"))
    # What was not touched since cannot say something else: the words are compared where it was.
    return Q(live__isnull=False, edited_at__gt=F("live__published_at")) & ~same


def _states() -> dict[str, Q | Exists]:
    return {
        "draft": Q(live__isnull=True),
        "live": Q(live__isnull=False),
        "changed": is_changed(),
        "reported": Exists(Report.objects.filter(text=OuterRef("pk"), closed_at__isnull=True)),
    }
