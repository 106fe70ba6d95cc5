"""manage.py index_articles: make the index of the knowledge base anew."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from knowledge.indexing import index_articles, recount
from knowledge.models import Article, ArticleEntry
from people.models import Store


class Command(BaseCommand):
    help = (
        "Make the index of the knowledge base anew. The desk goes on meanwhile. Stopped half-way, it goes on where "
        "it was with --after and the last id it printed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--after", type=UUID, help="the last article that is done")
        parser.add_argument("--batch", type=int, default=200, help="articles of one transaction")

    def handle(self, *, after: UUID | None, batch: int, **options: Any) -> None:
        while ids := _next(after, batch):
            with transaction.atomic():
                index_articles(ids)
            after = ids[-1]
            self.stdout.write(str(after))
        for store in Store.objects.order_by("id"):
            recount(store)
        self.stdout.write(f"{ArticleEntry.objects.count()} texts can be found.")


def _next(after: UUID | None, batch: int) -> list[UUID]:
    articles = Article.objects.order_by("id")
    if after is not None:
        articles = articles.filter(pk__gt=after)
    return list(articles.values_list("pk", flat=True)[:batch])
