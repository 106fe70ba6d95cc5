"""Who works in the demo world, and the names of those who buy there."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

PASSWORD = "demo-demo-demo"


@dataclass(frozen=True)
class Colleague:
    """`answers` says how much of a store's conversations are theirs, `pace` how long they take (1: usual)."""

    email: str
    name: str
    call: str  # what they sign with
    role: str
    language: str
    time_zone: str
    teams: tuple[str, ...]
    answers: dict[str, int] = field(default_factory=dict)
    pace: float = 1.0


TEAMS = {
    "Shop support": ("demo",),
    "茶器客服": ("demo-cn",),
    "Orders & returns": ("demo", "demo-cn"),
}

COLLEAGUES = (
    Colleague(
        "agent@demo.test", "Mia Chen", "Mia", "agent", "en", "America/New_York",
        ("Shop support", "Orders & returns"), {"demo": 10, "demo-cn": 4}, 0.8,
    ),
    Colleague(
        "supervisor@demo.test", "Daniel Brooks", "Daniel", "supervisor", "en", "America/New_York",
        ("Shop support", "Orders & returns"), {"demo": 2}, 1.1,
    ),
    Colleague(
        "admin@demo.test", "Olivia Hart", "Olivia", "admin", "en", "America/New_York",
        ("Orders & returns",), {"demo": 1}, 1.3,
    ),
    Colleague(
        "priya@demo.test", "Priya Raman", "Priya", "agent", "en", "America/New_York",
        ("Shop support",), {"demo": 8}, 0.9,
    ),
    Colleague(
        "jonas@demo.test", "Jonas Weber", "Jonas", "agent", "en", "America/New_York",
        ("Shop support", "Orders & returns"), {"demo": 6}, 1.5,
    ),
    Colleague(
        "lin@demo.test", "林晓雨", "晓雨", "agent", "zh-hans", "Asia/Shanghai",
        ("茶器客服",), {"demo-cn": 9}, 0.7,
    ),
    Colleague(
        "chen@demo.test", "陈一鸣", "一鸣", "agent", "zh-hans", "Asia/Shanghai",
        ("茶器客服", "Orders & returns"), {"demo-cn": 7}, 1.2,
    ),
    Colleague(
        "zhou@demo.test", "周雅婷", "雅婷", "supervisor", "zh-hans", "Asia/Shanghai",
        ("茶器客服", "Orders & returns"), {"demo-cn": 3}, 1.0,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Names:
    """The words of a language that make up people: see names.toml."""

    first: list[list[str]]  # as it is written, and in an address
    last: list[list[str]]
    streets: list[str]
    courts: list[str]
    notes: list[str]
    tags: dict[str, dict[str, Any]]

    def tag_of(self, topic: str) -> str | None:
        """Return the tag that agents put on a topic."""
        return next((name for name, tag in self.tags.items() if topic in tag["topics"]), None)


@cache
def names(language: str) -> Names:
    text = (Path(__file__).parent / "names.toml").read_text(encoding="utf-8")
    given: dict[str, Any] = tomllib.loads(text)[language]
    pairs = {key: [(word.split(":") * 2)[:2] for word in given[key].split()] for key in ("first", "last")}
    return Names(**{"courts": [], **given, **pairs})
