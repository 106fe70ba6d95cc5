"""Articles as files: what is live, and drafts as drafts. Read in again they are the same articles."""

import zipfile
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import yaml
from django.db.models import Prefetch, QuerySet

from knowledge.exchange.documents import Document, write_document
from knowledge.models import Article, Category, SynonymGroup, Text
from people.models import Store

IN_MEMORY = 5_000_000  # bytes of a ZIP file; what is more lies on the disk until it is sent
AT_ONCE = 200  # articles


def documents_of(articles: QuerySet[Article]) -> Iterator[Document]:
    """Return each text of each article, in the order of their addresses, a few articles in memory at a time.

    What is live is what is given; changes that are not published stay here.
    """
    texts = Prefetch("texts", Text.objects.select_related("live"))
    rows = articles.select_related("category").prefetch_related(texts, "products").order_by("slug", "id")
    for article in rows.iterator(chunk_size=AT_ONCE):
        for text in article.texts.all():
            yield _document(article, text)


def zip_of(store: Store, articles: QuerySet[Article]) -> IO[bytes]:
    """Return a folder of a store's articles, packed, at its beginning."""
    file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  who sends it closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("categories.yaml", _yaml([_shelf(c) for c in Category.objects.filter(store=store)]))
        groups = SynonymGroup.objects.filter(store=store).values_list("words", flat=True)
        packed.writestr("synonyms.yaml", _yaml(list(groups)))
        for document in documents_of(articles.filter(store=store)):
            packed.writestr(path_of(document), write_document(document))
    file.seek(0)
    return file


def path_of(document: Document) -> str:
    folder = f"{document.category}/" if document.category else ""
    return f"{folder}{document.slug}.{document.locale}.md"


def _document(article: Article, text: Text) -> Document:
    said = text.live or text
    return Document(
        slug=article.slug,
        locale=text.locale,
        title=said.title,
        body=said.body,
        category=article.category.key if article.category else "",
        keywords=said.keywords,
        audience=article.audience,
        topic=article.topic,
        products=[product.sku for product in article.products.all()],
        review=article.review_on,
        state="published" if text.live else "draft",
    )


def _shelf(category: Category) -> dict[str, Any]:
    return {"key": category.key, "names": category.names, "about": category.abouts}


def _yaml(said: list[Any]) -> str:
    return yaml.safe_dump(said, allow_unicode=True, sort_keys=False, width=1000)
