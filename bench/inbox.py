"""The inbox page over HTTP: does it stay as fast when the desk has grown a hundredfold?"""

import time
from contextlib import ExitStack
from dataclasses import dataclass, field

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
    times: dict[str, list[float]] = field(default_factory=dict)

    def get(self, path: str) -> bytes:
        start = time.perf_counter()
        answer = self.web.get(path)
        self.times.setdefault(path, []).append((time.perf_counter() - start) * 1000)
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
            fill(product, rows)
            server = stack.enter_context(machine.serving(product.application, product.env))
            web = Web(server.ports[0], headers(product.cookie(0)) | {"Host": "127.0.0.1"})
            stack.callback(web.close)
            desks.append(Desk(web))
        views = pages(product)
        shown = {view: _warm_up(desks, path) for view, path in views.items()}
        for _ in range(plan.rounds):
            for view, path in views.items():
                for desk in desks:
                    desk.times.clear()
                # One request each in turn: whatever else the machine does meets both.
                for _ in range(plan.requests):
                    for desk in desks:
                        desk.get(path)
                of_small, of_large = (sorted(desk.times[path]) for desk in desks)
                scenario.add(
                    view,
                    {
                        "small_p50_ms": percentile(of_small, 50),
                        "large_p50_ms": percentile(of_large, 50),
                        "small_p95_ms": percentile(of_small, 95),
                        "large_p95_ms": percentile(of_large, 95),
                        "rows": shown[view],
                    },
                )
    scenario.goals += [
        Goal("large_p50_ms", view, view, to_figure="small_p50_ms", at_most=LIMIT) for view in views
    ]
    return scenario


def _warm_up(desks: list[Desk], path: str) -> int:
    """Both desks must show the same number of rows, or they would not be doing the same work."""
    counts = [rows_shown(desk.get(path)) for desk in desks for _ in range(3)]
    if min(counts) != max(counts) or not counts[0]:
        raise BenchError(f"{path} shows {counts} rows")
    return counts[0]
