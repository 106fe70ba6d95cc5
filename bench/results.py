"""Figures of all rounds, their medians, and the ratios that are promised."""

import json
import os
import platform
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench.traffic import Figures

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
START, END = "<!-- figures: start -->", "<!-- figures: end -->"
PACKAGES = ("Django", "channels", "channels-redis", "daphne", "redis", "psycopg2-binary")


@dataclass(frozen=True)
class Plan:
    """How long and how large."""

    rounds: int = 3
    seconds: float = 6
    calm_seconds: float = 12
    sockets: int = 1000
    rows: tuple[int, int] = (10_000, 1_000_000)
    requests: int = 15


QUICK = Plan(rounds=1, seconds=2, calm_seconds=4, sockets=200, rows=(10_000, 100_000), requests=5)


@dataclass(frozen=True)
class Goal:
    """One figure of a row divided by a figure of another row, and where that should be."""

    figure: str
    of: str
    to: str
    to_figure: str = ""
    at_least: float | None = None
    at_most: float | None = None

    def ratio(self, ours: Figures, theirs: Figures) -> float:
        return ours[self.figure] / theirs[self.to_figure or self.figure]

    def met(self, ratio: float) -> bool:
        if self.at_least is not None:
            return ratio >= self.at_least
        return self.at_most is None or ratio <= self.at_most

    def __str__(self) -> str:
        if self.to_figure:
            return f"{self.of}: {self.figure} / {self.to_figure}"
        return f"{self.figure}: {self.of} / {self.to}"

    @property
    def limit(self) -> str:
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return "" if self.at_most is None else f"at most {self.at_most:g}"


@dataclass
class Scenario:
    name: str
    title: str
    columns: list[str]
    goals: list[Goal] = field(default_factory=list)
    rows: dict[str, list[Figures]] = field(default_factory=dict)

    def add(self, row: str, figures: Figures) -> None:
        self.rows.setdefault(row, []).append(figures)
        shown = "  ".join(f"{name} {number(figures[name])}" for name in self.columns)
        print(f"  {row:24} {shown}", flush=True)

    def medians(self) -> dict[str, Figures]:
        return {
            row: {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
            for row, rounds in self.rows.items()
        }

    def ratios(self) -> Iterator[tuple[Goal, float]]:
        """Rounds are compared one by one: neighbours in time share the machine's mood."""
        for goal in self.goals:
            pairs = zip(self.rows.get(goal.of, []), self.rows.get(goal.to, []), strict=False)
            if ratios := [goal.ratio(ours, theirs) for ours, theirs in pairs]:
                yield goal, statistics.median(ratios)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "median": self.medians(),
            "rounds": self.rows,
            "ratios": [
                {"ratio": str(goal), "value": ratio, "limit": goal.limit, "met": goal.met(ratio)}
                for goal, ratio in self.ratios()
            ],
        }

    def as_text(self) -> str:
        heads = ["", *(name.replace("_", " ") for name in self.columns)]
        body = [
            [row, *(number(figures[name]) for name in self.columns)]
            for row, figures in self.medians().items()
        ]
        text = f"### {self.title}\n\n{table(heads, body)}\n"
        ratios = [
            [
                str(goal).replace("_", " "),
                f"{ratio:.2f}",
                goal.limit,
                ("yes" if goal.met(ratio) else "**no**") if goal.limit else "",
            ]
            for goal, ratio in self.ratios()
        ]
        if ratios:
            text += f"\n{table(['ratio', 'measured', 'promised', 'kept'], ratios)}\n"
        return text


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def table(heads: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """Markdown, padded so that it can also be read in a terminal."""
    lines = [heads, *body]
    widths = [max(len(line[place]) for line in lines) for place in range(len(heads))]
    padded = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines]
    padded.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(padded)


def machine_facts() -> dict[str, Any]:
    packages = {}
    for package in PACKAGES:
        try:
            packages[package] = version(package)
        except PackageNotFoundError:
            packages[package] = "?"
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
        "packages": packages,
    }


def as_json(scenarios: Sequence[Scenario], plan: Plan) -> str:
    facts = {"machine": machine_facts(), "plan": vars(plan)}
    return json.dumps(facts | {"scenarios": [each.as_json() for each in scenarios]}, indent=1)


def write_document(scenarios: Sequence[Scenario], plan: Plan) -> None:
    """Replace the figures in the document; what is written around them stays."""
    before, found, rest = DOCUMENT.read_text().partition(START)
    _, found_end, after = rest.partition(END)
    if not (found and found_end):
        raise SystemExit(f"{DOCUMENT.name} has no place for figures: {START} {END}")
    facts = machine_facts()
    packages = ", ".join(f"{name} {number}" for name, number in facts["packages"].items())
    intro = (
        f"{facts['cores']} cores shared by client, servers, PostgreSQL and Redis; "
        f"Python {facts['python']}, {packages}. Medians of {plan.rounds} rounds."
    )
    figures = "\n".join(scenario.as_text() for scenario in scenarios)
    DOCUMENT.write_text(f"{before}{START}\n{intro}\n\n{figures}{END}{after}")
