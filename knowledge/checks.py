"""What an article may hold. Each raises inbox.errors.Invalid, with the name of the field that is to blame."""

import re
from collections.abc import Iterable

from django.utils.text import slugify
from django.utils.translation import gettext as _

from helpdesk.lib.text import is_storable
from inbox.errors import Invalid
from knowledge.models import MAX_BODY

MAX_TITLE, MAX_SLUG, MAX_SKU = 200, 100, 40
MAX_KEYWORDS, MAX_PRODUCTS = 50, 200
MAX_MARKS = (
    20_000  # signs that Markdown is made of: more are no text that anybody reads, but take seconds to lay out
)
_MARKS = re.compile(r"[|\[\]*_`>!~<]")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def title(text: str) -> str:
    return _one_line(text, "title", MAX_TITLE, _("An article needs a title."))


def body(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not is_storable(text):
        raise Invalid(_("There are characters in it that no text has."), attr="body")
    if len(text) > MAX_BODY:
        words = _("At most %(n)s characters: make several articles of it.")
        raise Invalid(words % {"n": f"{MAX_BODY:,}"}, code="too_long", attr="body")
    if len(_MARKS.findall(text)) > MAX_MARKS:
        raise Invalid(
            _("The tables and marks in it are too many for one page."), code="too_long", attr="body"
        )
    return text.rstrip() + "\n" if text.strip() else ""


def keywords(words: Iterable[str]) -> list[str]:
    """Return them without blanks and repeats, in their order."""
    found = dict.fromkeys(filter(None, (_one_line(word, "keywords", 60) for word in words)))
    if len(found) > MAX_KEYWORDS:
        raise Invalid(_("At most %(n)s keywords.") % {"n": MAX_KEYWORDS}, attr="keywords")
    return list(found)


def name(text: str) -> str:
    """Return the name of a category, or what it says of itself."""
    return _one_line(text, "names", 200)


def word(text: str, attr: str, most: int) -> str:
    return _one_line(text, attr, most)


def note(text: str) -> str:
    return _one_line(text, "note", 200)


def words(text: str) -> str:
    """Return what somebody says about an article, as they wrote it."""
    if not is_storable(text):
        raise Invalid(_("There are characters in it that no text has."), attr="words")
    if len(text) > 1000:
        raise Invalid(_("At most %(n)s characters.") % {"n": 1000}, code="too_long", attr="words")
    return text.strip()


def skus(codes: Iterable[str]) -> list[str]:
    found = dict.fromkeys(filter(None, (_one_line(code, "products", MAX_SKU) for code in codes)))
    if len(found) > MAX_PRODUCTS:
        raise Invalid(_("At most %(n)s products.") % {"n": MAX_PRODUCTS}, attr="products")
    return list(found)


def slug(text: str) -> str:
    if len(text) > MAX_SLUG or not _SLUG.fullmatch(text):
        raise Invalid(_("An address is of small letters, digits and hyphens."), attr="slug")
    return text


def slug_of(title: str) -> str:
    """Return an address made of a title, or "" where it has no letter that may stand in one."""
    return slugify(title)[:MAX_SLUG].strip("-_").replace("_", "-")


def _one_line(text: str, attr: str, most: int, missing: str = "") -> str:
    if not is_storable(text):
        raise Invalid(_("There are characters in it that no text has."), attr=attr)
    line = " ".join(text.split())
    if len(line) > most:
        raise Invalid(_("At most %(n)s characters.") % {"n": most}, code="too_long", attr=attr)
    if missing and not line:
        raise Invalid(missing, code="required", attr=attr)
    return line
