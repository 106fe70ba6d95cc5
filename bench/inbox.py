"""The inbox page over HTTP: does it stay as fast when the desk has grown a hundredfold?"""

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory

from bench import machine
from bench.machine import BenchError
from bench.product import Product, fill, headers, pages, rows_shown
from bench.results import Goal, Plan, Scenario
from bench.traffic import percentile
from bench.web import Web

LIMIT = 1.3


@dataclass
class Desk:
    """One size of desk: its server, and the time each answer took."""

    web: Web
    pages: dict[str, str]
    times: list[float] = field(default_factory=list)

    def get(self, page: str) -> bytes:
        start = time.perf_counter()
        answer = self.web.get(self.pages[page])
        self.times.append((time.perf_counter() - start) * 1000)
        return answer


def inbox(plan: Plan) -> Scenario:
    small, large = plan.rows
    scenario = Scenario(
        name="inbox",
        title=f"Inbox: a page of 50 with {large:,} conversations, beside one with {small:,}",
        columns=["small_p50_ms", "large_p50_ms", "small_p95_ms", "large_p95_ms", "rows"],
    )
    with ExitStack() as stack:
        desks = []
        for rows in plan.rows:
            url = stack.enter_context(machine.database(f"inbox{rows}"))
            product = Product(url, stack.enter_context(machine.redis_database()))
            product.prepare()
            product.collect_static(stack.enter_context(TemporaryDirectory()))
            fill(product, rows)
            server = stack.enter_context(machine.serving(product.application, product.env))
            web = Web(server.ports[0], headers(product.cookie(0)) | {"Host": "127.0.0.1"})
            stack.callback(web.close)
            desks.append(Desk(web, pages(product)))
        shown = {page: _warm_up(desks, page) for page in desks[0].pages}
        for _ in range(plan.rounds):
            for page, rows in shown.items():
                for desk in desks:
                    desk.times.clear()
                # One request each in turn: whatever else the machine does meets both.
                for _ in range(plan.requests):
                    for desk in desks:
                        desk.get(page)
                of_small, of_large = (sorted(desk.times) for desk in desks)
                scenario.add(
                    page,
                    {
                        "small_p50_ms": percentile(of_small, 50),
                        "large_p50_ms": percentile(of_large, 50),
                        "small_p95_ms": percentile(of_small, 95),
                        "large_p95_ms": percentile(of_large, 95),
                        "rows": rows,
                    },
                )
    scenario.goals += [
        Goal("large_p50_ms", page, page, to_figure="small_p50_ms", at_most=LIMIT) for page in shown
    ]
    return scenario


def _warm_up(desks: list[Desk], page: str) -> int:
    """Both desks must show the same number of rows, or they would not be doing the same work."""
    counts = [rows_shown(desk.get(page)) for desk in desks for _ in range(3)]
    if min(counts) != max(counts):
        raise BenchError(f"{page} shows {counts} rows")
    return counts[0]
