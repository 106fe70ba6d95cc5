"""Text analysis for search: one analyser for every engine, applied when writing and when asking.

Han runs become single characters and overlapping pairs, so that a two-character word is found wherever it
stands; other words are kept as they are and, where a stemmer knows the word's script, by their stem.

`index_terms` and `query_terms` are for what people say (messages, names): every term has to be there. `words`,
`stem`, `fold` and `grams` are what articles are taken apart with, where language is known and ranking matters.
"""

import re
import threading
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import snowballstemmer

# Han, kana and hangul are written without spaces; everything else is cut at non-word characters.
_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_HAN}]+|[^\W{_HAN}_]+", re.UNICODE)
_IS_HAN = re.compile(rf"[{_HAN}]")
# The languages of articles that have a stemmer; words of the others are stemmed as English ones, which is what
# stands between their Han.
_LANGUAGES = {
    "en": "english", "fi": "finnish", "sv": "swedish", "de": "german", "fr": "french", "es": "spanish",
    "it": "italian", "nl": "dutch", "pt": "portuguese", "ru": "russian",
}  # fmt: skip
_stemmers = {"english": snowballstemmer.stemmer("english")}
_stemming = threading.Lock()  # a stemmer keeps the word it works on in itself
MAX_TERMS = 5_000  # different ones of one text: a pasted book must not become an index of its own
MAX_WORD = 64


@lru_cache(maxsize=50_000)
def _stem(word: str, language: str = "english") -> str:
    with _stemming:
        if language not in _stemmers:
            _stemmers[language] = snowballstemmer.stemmer(language)
        return str(_stemmers[language].stemWord(word))


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())


def index_terms(text: str) -> str:
    """Return the terms of `text` for an index: space-separated, each once, at most MAX_TERMS of them."""
    terms: dict[str, None] = {}
    for token in _tokens(text):
        if _IS_HAN.match(token):
            # A character and the pair it begins, side by side: who writes on and on is found by pairs too.
            for i in range(len(token)):
                terms[token[i]] = terms[token[i : i + 2]] = None
                if len(terms) >= MAX_TERMS:
                    break
        else:
            word = token[:MAX_WORD]
            terms[word] = terms[_stem(word)] = None
        if len(terms) >= MAX_TERMS:
            break
    return " ".join(list(terms)[:MAX_TERMS])


def query_terms(text: str, limit: int = 12) -> list[str]:
    """Return the terms that must all be present for `text` to be found: pairs of Han characters, stems of words."""
    terms: list[str] = []
    for token in _tokens(text):
        if not _IS_HAN.match(token):
            terms.append(_stem(token[:MAX_WORD]))
        elif len(token) == 1:
            terms.append(token)
        else:
            terms.extend(token[i : i + 2] for i in range(len(token) - 1))
    return list(dict.fromkeys(terms))[:limit]


class Word(NamedTuple):
    """A word, or a run of Han, in its normal form (NFKC, casefolded), and where in the text it stands."""

    text: str
    start: int
    end: int
    is_run: bool


def words(text: str) -> list[Word]:
    """Return the words of `text` in their order. The text should be in NFC, or accents are cut off their letters."""
    found = []
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        # One sign may be several words in its normal form.
        for part in _TOKEN.findall(_normal(match[0])):
            is_run = _IS_HAN.match(part) is not None
            found.append(Word(part if is_run else part[:MAX_WORD], start, end, is_run))
    return found


@lru_cache(maxsize=50_000)
def _normal(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold()


def stem(word: str, locale: str) -> str:
    """Return the stem of a word (in its normal form) in a language; English, where there is no stemmer for it."""
    return _stem(word, _LANGUAGES.get(locale.partition("-")[0], "english"))


def fold(text: str) -> str:
    """Return `text` as it is typed on a keyboard without accents: ä as a, ø as o."""
    if text.isascii():
        return text
    return _fold_word(text) if len(text) <= MAX_WORD else _fold(text)


def _fold(text: str) -> str:
    parts = unicodedata.normalize("NFD", text.translate(_PLAIN))
    return unicodedata.normalize("NFC", parts.translate(_ACCENTS))


_fold_word = lru_cache(maxsize=50_000)(_fold)
_ACCENTS = dict.fromkeys(range(0x300, 0x370))
_PLAIN = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i"})


def grams(run: str) -> list[str]:
    """Return the terms of a run of Han for an index: each character and the pair it begins."""
    return [run[i : i + n] for i in range(len(run)) for n in (1, 2) if i + n <= len(run)]


def is_storable(text: str) -> bool:
    """False for what no database takes as text: NUL, and half a character (a lone surrogate)."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
