"""Which articles somebody may see, as querysets. What buyers read starts from `public_texts`, and nowhere else."""

from django.db.models import Prefetch, QuerySet

from knowledge.models import Article, ArticleFile, Category, Text, Version
from people.access import stores_for
from people.models import Agent, Store


def articles_for(agent: Agent) -> QuerySet[Article]:
    """Return every article of the agent's stores: drafts, internal and archived ones too."""
    return Article.objects.filter(store__in=stores_for(agent))


def texts_for(agent: Agent) -> QuerySet[Text]:
    return Text.objects.filter(article__store__in=stores_for(agent))


def versions_for(agent: Agent) -> QuerySet[Version]:
    return Version.objects.filter(text__article__store__in=stores_for(agent))


def categories_for(agent: Agent) -> QuerySet[Category]:
    return Category.objects.filter(store__in=stores_for(agent))


def files_for(agent: Agent) -> QuerySet[ArticleFile]:
    return ArticleFile.objects.filter(article__store__in=stores_for(agent))


def public_texts(store: Store) -> QuerySet[Text]:
    """Return what the public may read of a store. The words are those of `live`, never of the working copy."""
    return Text.objects.filter(
        article__store=store,
        article__audience=Article.Audience.PUBLIC,
        article__archived_at__isnull=True,
        live__isnull=False,
    ).select_related("live", "article", "article__category")


def live_texts(store: Store) -> QuerySet[Text]:
    """Return what agents tell buyers of a store from: all that is published, internal or not."""
    return Text.objects.filter(
        article__store=store, article__archived_at__isnull=True, live__isnull=False
    ).select_related("live", "article", "article__category")


def with_texts(articles: QuerySet[Article]) -> QuerySet[Article]:
    """Load what lists and cards of articles read: three queries, however many rows."""
    texts = Text.objects.select_related("live", "edited_by").defer("body", "live__body")
    return articles.select_related("store", "category", "owner").prefetch_related(
        Prefetch("texts", texts), "products"
    )
