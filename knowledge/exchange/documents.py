"""An article in one language as a file: front matter in YAML, then Markdown."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

import yaml
from django.utils.translation import gettext as _

from helpdesk.lib.text import is_storable
from inbox.errors import InboxError
from knowledge import checks, locales
from knowledge.models import Article

MAX_FILE = 1_000_000  # bytes
FENCE = "---"


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says. None: it says nothing of this, and what is there stays."""

    slug: str
    locale: str
    title: str
    body: str
    category: str | None = None  # a key; "" for none
    keywords: list[str] | None = None
    audience: str | None = None
    topic: str | None = None
    products: list[str] | None = None
    review: date | None = None
    state: str = ""  # draft: whatever is asked for, this is not published
    where: str = ""  # the file, or the line of a table
    files: dict[str, bytes] = field(default_factory=dict)  # by how its links name them: slug.files/name


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a file, in words."""

    where: str
    detail: str


class Unreadable(ValueError):
    """A file that is no document; its text says why."""


def read_document(text: str, *, slug: str, locale: str, category: str | None, where: str) -> Document:
    """Return what a file says. Raises Unreadable."""
    said, body = _front_matter(text)
    return checked_document(
        {"slug": slug, "locale": locale, "category": category, "body": body, **said}, where=where
    )


def checked_document(said: dict[str, Any], *, where: str) -> Document:
    """Return a document of values as files and tables have them. Raises Unreadable for the first that is wrong."""
    known = {f.name for f in fields(Document)} - {"where", "files"}
    if strange := sorted(str(name) for name in said.keys() - known):
        raise Unreadable(_("What is “%(name)s”?") % {"name": strange[0][:60]})
    try:
        locale = locales.checked(_text(said, "locale"))
        return Document(
            slug=checks.slug(_text(said, "slug")),
            locale=locale,
            title=checks.title(_text(said, "title")),
            body=checks.body(_text(said, "body")),
            category=_optional_text(said, "category"),
            keywords=_words(said, "keywords", checks.keywords),
            audience=_one_of(said, "audience", Article.Audience.values),
            topic=_one_of(said, "topic", ["", *Article.Topic.values]),
            products=_words(said, "products", checks.skus),
            review=_day(said.get("review")),
            state=_one_of(said, "state", ["", "draft", "published"]) or "",
            where=where,
        )
    except InboxError as refusal:
        raise Unreadable(f"{refusal.attr}: {refusal.detail}" if refusal.attr else refusal.detail) from None


def write_document(document: Document) -> str:
    """Return the text of a file that `read_document` reads again as this document."""
    said: dict[str, Any] = {"title": document.title}
    for name in ("audience", "topic", "products", "keywords", "review", "state"):
        if value := getattr(document, name):
            said[name] = value
    head = yaml.safe_dump(said, allow_unicode=True, sort_keys=False, width=1000)
    return f"{FENCE}\n{head}{FENCE}\n\n{document.body}"


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if not is_storable(text):
        raise Unreadable(_("There are characters in it that no text has."))
    if not text.startswith(FENCE + "\n"):
        raise Unreadable(_("It does not begin with its front matter: a line of three hyphens."))
    head, fence, body = text[len(FENCE) + 1 :].partition(f"\n{FENCE}\n")
    if not fence:
        raise Unreadable(_("Its front matter has no end: a line of three hyphens."))
    try:
        said = yaml.load(head, Loader=PlainLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        place = getattr(error, "problem_mark", None)
        at = _(" (line %(line)s)") % {"line": place.line + 2} if place else ""
        raise Unreadable(_("Its front matter is no YAML") + at) from None
    if not isinstance(said, dict):
        raise Unreadable(_("Its front matter is a list of name: value."))
    return said, body.lstrip("\n")


class PlainLoader(yaml.SafeLoader):
    """YAML without anchors: a few lines of them stand for gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("no aliases here")
        return super().compose_node(parent, index)


def _text(said: dict[str, Any], name: str) -> str:
    value = said.get(name)
    if value is None:
        return ""
    if isinstance(value, bool | list | dict):
        raise Unreadable(_("%(name)s: a text is wanted.") % {"name": name})
    return str(value)


def _optional_text(said: dict[str, Any], name: str) -> str | None:
    return None if said.get(name) is None else _text(said, name)


def _one_of(said: dict[str, Any], name: str, choices: Iterable[str]) -> str | None:
    value = _optional_text(said, name)
    if value is None or value in choices:
        return value
    allowed = ", ".join(filter(None, choices))
    raise Unreadable(_("%(name)s: one of %(choices)s.") % {"name": name, "choices": allowed})


def _words(said: dict[str, Any], name: str, check: Any) -> list[str] | None:
    value = said.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or any(isinstance(word, list | dict) for word in value):
        raise Unreadable(_("%(name)s: a list of words is wanted.") % {"name": name})
    found: list[str] = check(str(word) for word in value)
    return found


def _day(value: Any) -> date | None:
    if value is None or value == "":
        return None
    try:
        return value if type(value) is date else date.fromisoformat(str(value))
    except ValueError:
        raise Unreadable(_("review: say the day as in 2027-03-01.")) from None
