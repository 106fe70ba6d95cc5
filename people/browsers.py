"""What a User-Agent header says to a person: "Firefox on Windows". Only a hint, and shown as no more."""

import re
from dataclasses import dataclass

# The first that is found counts: most browsers also claim to be the ones below them.
_BROWSERS = [
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("WeChat", r"MicroMessenger/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Safari/"),
]
_SYSTEMS = [
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux|X11"),
]
_PHONES = {"iPhone", "iPad", "Android"}


@dataclass(frozen=True, slots=True)
class Client:
    browser: str  # "" where nothing is recognised
    system: str

    @property
    def is_phone(self) -> bool:
        return self.system in _PHONES


def describe(user_agent: str) -> Client:
    def first(known: list[tuple[str, str]]) -> str:
        return next((name for name, pattern in known if re.search(pattern, user_agent)), "")

    return Client(first(_BROWSERS), first(_SYSTEMS))
