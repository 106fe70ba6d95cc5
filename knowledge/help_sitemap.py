"""The help centre for search engines: every public text, and nothing else."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap as listed
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from knowledge.access import public_texts
from knowledge.helping import article_path
from knowledge.models import Text
from people.models import Store


class Articles(Sitemap):
    """One page holds 50,000 addresses, which is all that the protocol allows; `?p=2` holds the next."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.protocol, _, self.domain = settings.PUBLIC_URL.partition("://")

    def items(self) -> QuerySet[Text]:
        rows = public_texts(self.store).order_by("article__slug", "locale")
        return rows.only("locale", "article__slug", "live__published_at", "article__category__key")

    def location(self, item: Text) -> str:
        return article_path(self.store, item.locale, item.article.slug)

    def lastmod(self, item: Text) -> datetime | None:
        return item.live.published_at if item.live else None

    def get_domain(self, site: Any = None) -> str:
        return self.domain


@require_safe
def sitemap(request: HttpRequest, store_key: str) -> HttpResponse:
    articles = Articles(get_object_or_404(Store, key=store_key))
    response = listed(request, {"articles": articles}).render()
    patch_cache_control(response, public=True, max_age=3600)
    return response
