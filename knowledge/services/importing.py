"""Taking in a folder or a table of articles: all of it, or nothing and what is wrong with it."""

from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext as _

from events import names
from events.record import Actor, Happening, record
from inbox.errors import InboxError, Invalid, NotFound
from knowledge import checks
from knowledge.exchange.documents import Document, Fault
from knowledge.exchange.folders import Bundle, Shelf
from knowledge.models import Article, ArticleFile, Category, Text
from knowledge.services.articles import change_article, create_article, needs
from knowledge.services.categories import order_categories, save_category
from knowledge.services.files import add_file
from knowledge.services.synonyms import save_synonyms
from knowledge.services.texts import publish, save_text
from people.access import stores_for
from people.models import Agent, Store


class ImportRefused(Invalid):
    """Nothing was taken in; `faults` says why, for each file or line."""

    code = "cannot_import"

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(_("Nothing was imported: there are mistakes in it."))
        self.faults = faults

    def frame(self) -> dict[str, Any]:
        faults = [{"where": fault.where, "detail": fault.detail} for fault in self.faults]
        return {**super().frame(), "faults": faults}


@dataclass(slots=True)
class Imported:
    """What came of it: texts, an article in two languages being two of them."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    published: int = 0
    files: list[FieldFile] = field(default_factory=list)  # that were kept for it


def import_bundle(
    *, agent: Agent, store: Store, bundle: Bundle, publishing: bool, only_try: bool = False
) -> Imported:
    """Take in articles by their slugs: what is there is changed, what is not is made, nothing is taken away.

    Taken in twice, nothing changes. `publishing` publishes each text but those whose `state` is draft; `only_try`
    finds out what would come of it. Raises ImportRefused with every fault, Invalid and
    NotFound for who may not.
    """
    needs(agent, "articles.import")
    if not stores_for(agent).filter(pk=store.pk).exists():
        raise NotFound(_("No such store."))
    if bundle.faults:
        raise ImportRefused(bundle.faults)
    done = Imported()
    is_kept = False
    try:
        with transaction.atomic():
            # One after the other, whoever else imports: two at once would make the same articles.
            Store.objects.select_for_update().get(pk=store.pk)
            faults = _take_setting(agent, store, bundle)
            faults += _take_documents(agent, store, bundle.documents, publishing, done)
            if faults:
                raise ImportRefused(faults)
            if only_try:
                transaction.set_rollback(True)
            elif done.new or done.changed or done.published:
                counts = {"new": done.new, "changed": done.changed, "published": done.published}
                record(Happening(names.ARTICLES_IMPORTED, Actor.agent(agent), store_id=store.id, data=counts))
            is_kept = not only_try
    finally:
        if not is_kept:  # the rows are gone again, and what they kept has to go as well
            for file in done.files:
                file.delete(save=False)
    return done


def _take_setting(agent: Agent, store: Store, bundle: Bundle) -> list[Fault]:
    """Take in what is beside the articles: categories in their order, and synonyms."""
    faults = []
    try:
        with transaction.atomic():
            _take_shelves(agent, store, bundle.shelves or [])
    except InboxError as refusal:
        faults.append(Fault("categories.yaml", refusal.detail))
    try:
        if bundle.synonyms is not None:
            save_synonyms(agent=agent, store=store, groups=bundle.synonyms)
    except InboxError as refusal:
        faults.append(Fault("synonyms.yaml", refusal.detail))
    return faults


def _take_shelves(agent: Agent, store: Store, shelves: list[Shelf]) -> None:
    known = dict(Category.objects.filter(store=store).values_list("key", "id"))
    ids = [
        save_category(
            agent=agent,
            store=store,
            key=shelf.key,
            names=shelf.names,
            abouts=shelf.abouts,
            category_id=known.get(shelf.key),
        ).id
        for shelf in shelves
    ]
    if ids:
        order_categories(agent=agent, store=store, ids=ids)


def _take_documents(
    agent: Agent, store: Store, documents: list[Document], publishing: bool, done: Imported
) -> list[Fault]:
    faults: list[Fault] = []
    seen: set[tuple[str, str]] = set()
    # The store's own language first: its files say what the article is, the others what it is called.
    for document in sorted(documents, key=lambda d: (d.locale != store.language, d.where)):
        try:
            if (document.slug, document.locale) in seen:
                raise Invalid(_("This article is in it twice, in the same language."))
            seen.add((document.slug, document.locale))
            with transaction.atomic():
                _take_document(agent, store, document, publishing, done)
        except InboxError as refusal:
            faults.append(Fault(document.where, refusal.detail))
    return faults


def _take_document(agent: Agent, store: Store, document: Document, publishing: bool, done: Imported) -> None:
    fields = _fields(store, document)
    article = Article.objects.filter(store=store, slug=document.slug).first()
    said: dict[str, Any] = {"title": document.title, "body": document.body}
    if article is None:
        text = create_article(
            agent=agent,
            store=store,
            slug=document.slug,
            locale=document.locale,
            keywords=document.keywords or [],
            **said,
            **fields,
        )
        done.new += 1
        if (body := _with_files(agent, article := text.article, document, done)) != document.body:
            text = save_text(
                agent=agent,
                article_id=article.id,
                locale=text.locale,
                title=text.title,
                body=body,
                keywords=text.keywords,
                revision=text.revision,
            )
    else:
        before = Text.objects.filter(article=article, locale=document.locale).first()
        was = _as_it_is(article)
        article = change_article(agent=agent, article_id=article.id, **fields)
        keywords = before.keywords if before and document.keywords is None else document.keywords or []
        text = save_text(
            agent=agent,
            article_id=article.id,
            locale=document.locale,
            keywords=keywords,
            revision=before.revision if before else 0,
            title=document.title,
            body=_with_files(agent, article, document, done),
        )
        is_same = before and before.revision == text.revision and was == _as_it_is(article)
        done.new += before is None
        done.unchanged += bool(is_same)
        done.changed += before is not None and not is_same
    if publishing and document.state != "draft" and document.body:
        live = text.live_id
        text = publish(agent=agent, article_id=text.article_id, locale=text.locale, revision=text.revision)
        done.published += text.live_id != live


def _with_files(agent: Agent, article: Article, document: Document, done: Imported) -> str:
    """Return the document's body with its links to files beside it leading to files of the article.

    What the article has already, by name and content, is not kept twice.
    """
    body = document.body
    for link, content in sorted(document.files.items()):
        if link not in body:
            continue
        name = link.partition("/")[2]
        kept = next(
            (file for file in article.files.filter(name=name, size=len(content)) if _holds(file, content)),
            None,
        )
        if kept is None:
            kept = add_file(agent=agent, article_id=article.id, upload=SimpleUploadedFile(name, content))
            done.files.append(kept.file)
        body = body.replace(f"({link}", f"(file:{kept.id}")
    return body


def _holds(file: ArticleFile, content: bytes) -> bool:
    with file.file.open("rb") as kept:
        return bool(kept.read() == content)


def _fields(store: Store, document: Document) -> dict[str, Any]:
    """Return what the file says of the article as a whole."""
    fields: dict[str, Any] = {
        "audience": document.audience,
        "topic": document.topic,
        "products": document.products,
        "review_on": document.review,
    }
    fields = {name: value for name, value in fields.items() if value is not None}
    if document.category is not None:
        fields["category"] = _category(store, document.category)
    return fields


def _category(store: Store, key: str) -> Category | None:
    """Return the category of that key; one that is not there is made, and named in settings."""
    if not key:
        return None
    name = key.replace("-", " ").capitalize()
    return Category.objects.get_or_create(
        store=store, key=checks.slug(key), defaults={"names": {store.language: name}}
    )[0]


def _as_it_is(article: Article) -> tuple[Any, ...]:
    article.refresh_from_db()
    skus = tuple(article.products.order_by("sku").values_list("sku", flat=True))
    return article.audience, article.topic, article.category_id, article.review_on, skus
