"""Languages of articles, and which one a reader gets where theirs is not written."""

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

from inbox.errors import Invalid

# What an article can be written in: names as their own speakers write them.
NAMES = {
    "en": "English",
    "zh-hans": "简体中文",
    "zh-hant": "繁體中文",
    "fi": "Suomi",
    "sv": "Svenska",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "it": "Italiano",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "ja": "日本語",
    "ko": "한국어",
    "ru": "Русский",
}
_REGIONS = {"zh": "zh-hans", "zh-cn": "zh-hans", "zh-sg": "zh-hans", "zh-tw": "zh-hant", "zh-hk": "zh-hant"}
_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")


def normal(locale: str) -> str:
    """Return the locale of NAMES that `locale` (BCP 47, any case) means, or "" where it means none."""
    tag = locale.strip().lower().replace("_", "-")
    if not _TAG.fullmatch(tag):
        return ""
    while tag:
        if tag in _REGIONS or tag in NAMES:
            return _REGIONS.get(tag, tag)
        tag = tag.rpartition("-")[0]
    return ""


def checked(locale: str) -> str:
    """Return `locale` as NAMES writes it. Raises Invalid where articles are not written in it."""
    if found := normal(locale):
        return found
    raise Invalid(_("Articles are not written in this language."), code="unknown_locale", attr="locale")


def best(wanted: str, there: Iterable[str], default: str) -> str:
    """Return which of the locales `there` a reader of `wanted` gets: theirs, its script's sister, the store's
    own (`default`), English, then the first by name. Returns "" where there is none."""
    have = sorted(there)
    wanted = normal(wanted)
    sisters = [locale for locale in have if wanted and locale.split("-")[0] == wanted.split("-")[0]]
    for locale in [wanted, *sisters, normal(default), "en", *have]:
        if locale in have:
            return locale
    return ""
