"""Articles as files: what is live, and drafts as drafts. Read in again they are the same articles."""

import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import yaml
from django.db.models import Prefetch, QuerySet
from django.utils.text import slugify

from knowledge.exchange.documents import Document, write_document
from knowledge.models import Article, ArticleFile, Category, SynonymGroup, Text
from people.models import Store

IN_MEMORY = 5_000_000  # bytes of a ZIP file; what is more lies on the disk until it is sent
AT_ONCE = 200  # articles
_LINK = re.compile(r"\bfile:([0-9a-f-]{36})")


def documents_of(articles: QuerySet[Article]) -> Iterator[Document]:
    """Return each text of each article, in the order of their addresses, a few articles in memory at a time.

    What is live is what is given; changes that are not published stay here.
    """
    for article in _loaded(articles):
        yield from _documents(article)


def zip_of(store: Store, articles: QuerySet[Article]) -> IO[bytes]:
    """Return a folder of a store's articles with the files they show, packed, at its beginning."""
    file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  who sends it closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("categories.yaml", _yaml([_shelf(c) for c in Category.objects.filter(store=store)]))
        groups = SynonymGroup.objects.filter(store=store).order_by("id").values_list("words", flat=True)
        packed.writestr("synonyms.yaml", _yaml(list(groups)))
        for article in _loaded(articles.filter(store=store).prefetch_related("files")):
            _pack(packed, article)
    file.seek(0)
    return file


def _pack(packed: zipfile.ZipFile, article: Article) -> None:
    files = {str(kept.id): kept for kept in article.files.all()}
    names = _names(article.slug, list(files.values()))
    folder = f"{article.category.key}/" if article.category else ""
    used: set[str] = set()
    for document in _documents(article):
        used |= files.keys() & set(_LINK.findall(document.body))
        body = _LINK.sub(lambda found: names.get(found[1], found[0]), document.body)
        name = f"{folder}{document.slug}.{document.locale}.md"
        packed.writestr(name, write_document(replace(document, body=body)))
    for pk in sorted(used):
        with files[pk].file.open("rb") as content, packed.open(folder + names[pk], "w") as room:
            shutil.copyfileobj(content, room)


def _names(slug: str, files: list[ArticleFile]) -> dict[str, str]:
    """Return how links name the files of an article, by their ids: plainly, and each by a name of its own."""
    names: dict[str, str] = {}
    for file in files:
        path = PurePath(file.name)
        stem, suffix = slugify(path.stem) or "file", path.suffix.lower()
        taken, name, number = set(names.values()), f"{slug}.files/{stem}{suffix}", 2
        while name in taken:
            name, number = f"{slug}.files/{stem}-{number}{suffix}", number + 1
        names[str(file.id)] = name
    return names


def _loaded(articles: QuerySet[Article]) -> Iterator[Article]:
    texts = Prefetch("texts", Text.objects.select_related("live"))
    rows = articles.select_related("category").prefetch_related(texts, "products").order_by("slug", "id")
    return rows.iterator(chunk_size=AT_ONCE)


def _documents(article: Article) -> Iterator[Document]:
    for text in article.texts.all():
        said = text.live or text
        yield Document(
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
