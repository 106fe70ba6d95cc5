"""What of an article goes into the index.

Besides the plain terms (words as written, their stems, both without accents; characters and pairs of Han) there are
marked ones. They let a database that cannot rank find the strongest of very many first:

    ^term   stands in the title or among the keywords      =title   is the whole title
    !term   stands in a title of few words                 #sku     is about this product
    ~be     a word of the title begins so                  @store   is of this store; @storep: and public
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from helpdesk.lib.text import fold, grams, stem, words

HEAD, SHORT, WHOLE, SKU, BEGINS, STORE = "^", "!", "=", "#", "~", "@"
MARKS = HEAD + SHORT + WHOLE + SKU + BEGINS + STORE
MAX_LEXEMES = 6_000  # different ones of a text
MAX_CHARACTERS = 200_000  # of all of them: engines have limits, too
MAX_TERM = 64
SHORT_TITLE = 4  # words; of Han, twice as many characters
# A code as shops make them: letters and digits, held together by signs. "MUG-1" is also "mug1".
_CODE = re.compile(r"[^\W_]+(?:[-_/.][^\W_]+)+")


def squashed(text: str) -> str:
    """Return `text` without anything between its letters and digits: codes and titles are compared so."""
    return "".join(word.text for word in words(normal(text)))[:MAX_TERM]


def normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def codes(text: str) -> list[str]:
    """Return the codes in `text` as one word each."""
    found = (squashed(match[0]) for match in _CODE.finditer(text))
    return [code for code in found if not code.isalpha() and not code.isdecimal()]


def forms(word: str, locale: str) -> dict[str, None]:
    """Return what a word is indexed as: written so, its stem, and both without accents. An ordered set."""
    stemmed = stem(word, locale)
    folded = fold(word)
    found = dict.fromkeys([word, stemmed])
    if folded != word:
        found |= dict.fromkeys([folded, fold(stemmed), stem(folded, locale)])
    return found


@dataclass
class Lexemes:
    """The terms of a text, each once, bounded; the first ones are the ones that stay."""

    locale: str
    found: dict[str, None] = field(default_factory=dict)
    characters: int = 0

    def add(self, terms: Iterable[str]) -> None:
        for term in terms:
            if term not in self.found:
                if len(self.found) >= MAX_LEXEMES or self.characters > MAX_CHARACTERS:
                    return
                self.found[term] = None
                self.characters += len(term)

    def add_part(self, part: "Part", marks: str = "") -> None:
        """Add the terms of a part of an article, plain and with each of `marks`."""
        for word in part.words:
            terms = grams(word.text) if word.is_run else list(forms(word.text, self.locale))
            self.add(terms)
            for mark in marks:
                self.add([mark + term for term in terms])
        for code in part.codes:
            self.add([code, *(mark + code for mark in marks)])

    def __str__(self) -> str:
        return " ".join(self.found)


class Part:
    """A part of an article, taken apart once."""

    def __init__(self, text: str) -> None:
        self.words = words(text)
        self.codes = codes(text)

    def sequence(self, locale: str) -> str:
        """Return the stems in their order, with a blank on each side: what ranking looks for phrases in."""
        parts = [word.text if word.is_run else stem(word.text, locale) for word in self.words]
        return " ".join(["", *parts, *self.codes, ""]) if parts else " "

    @property
    def length(self) -> float:
        """About how many words it has; two characters of Han are one."""
        return sum(len(word.text) / 2 if word.is_run else 1 for word in self.words)


def entry(
    *,
    title: str,
    keywords: Iterable[str],
    skus: Iterable[str],
    plain: str,
    locale: str,
    store_id: UUID,
    is_public: bool,
) -> dict[str, object]:
    """Return the fields of an ArticleEntry that depend on the words."""
    skus, title, plain = list(skus), normal(title), normal(plain)
    called, head, numbers, body = map(Part, (title, normal("\n".join(keywords)), "\n".join(skus), plain))
    lexemes = Lexemes(locale)
    lexemes.add([STORE, store_mark(store_id, public=False)])
    if is_public:
        lexemes.add([store_mark(store_id, public=True)])
    lexemes.add(SKU + code for code in map(squashed, skus) if code)
    lexemes.add([WHOLE + squashed(title)])
    lexemes.add_part(called, HEAD + SHORT if called.length <= SHORT_TITLE else HEAD)
    for word in called.words:
        if not word.is_run:
            lexemes.add(BEGINS + begun[:n] for begun in (word.text, fold(word.text)) for n in (1, 2))
    lexemes.add_part(head, HEAD)
    lexemes.add_part(numbers, HEAD)
    lexemes.add_part(body)
    return {
        "terms": str(lexemes),
        "title": called.sequence(locale),
        "head": " ".join([head.sequence(locale), numbers.sequence(locale), *map(squashed, skus), ""]),
        "body": body.sequence(locale),
        "plain": plain,
        "length": round(body.length),
    }


def store_mark(store_id: UUID, *, public: bool) -> str:
    return f"{STORE}{store_id.hex}{'p' if public else ''}"


def counted(terms: str) -> list[str]:
    """Return which of an entry's terms are counted: those without a mark, SKUs, and the one that every entry has."""
    return [term for term in terms.split() if term[0] not in MARKS or term[0] == SKU or term == STORE]
