"""Text analysis for search: one analyser for every engine, applied when writing and when asking.

Han runs become single characters and overlapping pairs, so that a two-character word is found wherever it
stands; other words are kept as they are and, where a stemmer knows the word's script, by their stem.
"""

import re
import threading
import unicodedata
from functools import lru_cache

import snowballstemmer

# Han, kana and hangul are written without spaces; everything else is cut at non-word characters.
_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_HAN}]+|[^\W{_HAN}_]+", re.UNICODE)
_IS_HAN = re.compile(rf"[{_HAN}]")
_stemmer = snowballstemmer.stemmer("english")
_stemming = threading.Lock()  # it keeps the word it works on in itself
MAX_TERMS = 5_000  # different ones of one text: a pasted book must not become an index of its own
MAX_WORD = 64


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    with _stemming:
        return str(_stemmer.stemWord(word))


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


def is_storable(text: str) -> bool:
    """False for what no database takes as text: NUL, and half a character (a lone surrogate)."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
