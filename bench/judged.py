"""How good the search is: asks what people asked of the demo's articles, and compares with what they should be shown.

`tests/knowledge/judged.toml` holds the questions, each with a store, a reader's language and the articles that answer
it; who wrote them had not seen how the search works. `tests/knowledge/test_relevance.py` holds what is promised.

`python -m bench.judged` (with the product's environment, on an empty database) prints the figures as JSON.
"""

import json
import sys
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ARTICLES = ROOT / "helpdesk" / "demo" / "articles"
JUDGED = ROOT / "tests" / "knowledge" / "judged.toml"
DEEP = 5


@dataclass(frozen=True)
class Judged:
    store: str
    locale: str
    query: str
    relevant: frozenset[str]

    def recall(self, shown: list[str]) -> float:
        return len(self.relevant & set(shown[:DEEP])) / min(DEEP, len(self.relevant))


def questions() -> list[Judged]:
    rows = tomllib.loads(JUDGED.read_text())
    (several,) = (value for value in rows.values() if isinstance(value, list))
    return [Judged(row["store"], row["locale"], row["query"], frozenset(row["relevant"])) for row in several]


def load() -> dict[str, Any]:
    """Put the demo's articles into the database and the index, all published; return the stores by key."""
    from knowledge.exchange.folders import read_folder
    from knowledge.indexing import index_articles
    from knowledge.models import Article, ArticleProduct, SynonymGroup, Text, Version
    from people.models import Store

    stores = {}
    for folder in sorted(path for path in ARTICLES.iterdir() if path.is_dir()):
        bundle = read_folder(folder)
        language = "zh-hans" if folder.name.endswith("cn") else "en"
        store = Store.objects.create(key=folder.name, name=folder.name, language=language)
        stores[folder.name] = store
        articles: dict[str, Article] = {}
        texts, versions, products = [], [], []
        for document in bundle.documents:
            article = articles.setdefault(document.slug, Article(store=store, slug=document.slug))
            article.audience = document.audience or article.audience
            article.topic = document.topic or article.topic
            products += [ArticleProduct(article=article, sku=sku) for sku in document.products or []]
            said = {
                "title": document.title,
                "body": document.body,
                "keywords": document.keywords or [],
            }
            text = Text(article=article, locale=document.locale, **said)
            texts.append(text)
            versions.append(Version(text=text, number=1, **said))
        Article.objects.bulk_create(articles.values())
        ArticleProduct.objects.bulk_create(products, ignore_conflicts=True)
        Text.objects.bulk_create(texts)
        Version.objects.bulk_create(versions)
        for text, version in zip(texts, versions, strict=True):
            text.live = version
        Text.objects.bulk_update(texts, ["live"])
        SynonymGroup.objects.bulk_create(
            SynonymGroup(store=store, words=words) for words in bundle.synonyms or []
        )
        index_articles([article.pk for article in articles.values()])
    return stores


def ask(stores: dict[str, Any], judged: Judged) -> list[str]:
    from knowledge.search import search

    store = stores[judged.store]
    hits = search(text=judged.query, store=store, stores=[store.pk], locale=judged.locale, limit=DEEP)
    return [hit.slug for hit in hits]


def figures(stores: dict[str, Any]) -> dict[str, float]:
    """Return the mean recall among the first five, of all questions and of those in each language."""
    found: dict[str, list[float]] = defaultdict(list)
    for judged in questions():
        recall = judged.recall(ask(stores, judged))
        found["all"].append(recall)
        found[judged.locale].append(recall)
    return {name: mean(recalls) for name, recalls in found.items()}


def main() -> None:
    import django

    django.setup()
    stores = load()
    if "misses" in sys.argv:
        for judged in questions():
            if judged.recall(shown := ask(stores, judged)) < 1:
                print(
                    f"{judged.locale} {judged.query!r}: {sorted(judged.relevant - set(shown))}, shown {shown}"
                )
    print(json.dumps(figures(stores)))


if __name__ == "__main__":
    main()
