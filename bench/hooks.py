"""Webhooks of providers: how long it takes to check one, write it down and answer, beside a view that does nothing.

`python -m bench.hooks` (with the product's environment) makes a channel and prints where it is called.
"""

import http.client
import itertools
import json
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import Any

from bench import machine
from bench.machine import BenchError
from bench.product import Product, headers
from bench.results import Goal, Plan, Scenario
from bench.traffic import percentile
from helpdesk.demo.phone.signed import hook

ALLOWED_MS = 50.0
SECRET = "a-secret-of-the-bench"
BUYERS = 40
CALM = "one after the other"
CROWDS = {CALM: 1, "eight at once": 8}
_numbers = itertools.count(1)


@dataclass
class Caller:
    """A provider's connection to the desk, and one that asks for the empty view: a call of each in turn."""

    port: int
    path: str
    hooks: list[float] = field(default_factory=list)
    empty: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.head = headers() | {"Host": "127.0.0.1"}

    def call(self) -> None:
        number = next(_numbers)
        said = {
            "type": "message",
            "id": f"m{number}",
            "from": f"buyer-{number % BUYERS}",
            "text": f"No {number}?",
        }
        call = hook({"secret": SECRET}, said)
        given = {**call.headers, "Content-Type": call.content_type}
        self.empty.append(self._timed("GET", "/healthz", b"", {}))
        self.hooks.append(self._timed("POST", self.path, call.body, given))

    def _timed(self, method: str, path: str, body: bytes, given: dict[str, str]) -> float:
        start = time.perf_counter()
        self.line.request(method, path, body or None, self.head | given)
        answer = self.line.getresponse()
        answer.read()
        if answer.status != 200:
            raise BenchError(f"{path}: {answer.status}")
        return (time.perf_counter() - start) * 1000


def hooks(plan: Plan) -> Scenario:
    scenario = Scenario(
        name="hooks",
        title="Webhooks: signed, checked, written down and answered, beside an empty view of the same server",
        columns=["empty_p50_ms", "empty_p99_ms", "hook_p50_ms", "hook_p99_ms", "beyond_p99_ms", "allowed_ms"],
        # Eight who never pause keep one process busy, and wait for each other: shown, and promised nothing of.
        goals=[Goal("beyond_p99_ms", CALM, CALM, to_figure="allowed_ms", at_most=1)],
    )
    calls = plan.requests * 40
    with ExitStack() as stack:
        url = stack.enter_context(machine.database("hooks"))
        product = Product(url, stack.enter_context(machine.redis_database()))
        product.prepare()
        product.collect_static(stack.enter_context(TemporaryDirectory()))
        made = json.loads(machine.manage("-m", "bench.hooks", env=product.env))
        server = stack.enter_context(machine.serving(product.application, product.env))
        _crowd(server.ports[0], made["path"], 8, 20)  # threads and connections are there before it counts
        for _ in range(plan.rounds):
            for row, many in CROWDS.items():
                scenario.add(row, _crowd(server.ports[0], made["path"], many, calls // many))
        written = int(machine.manage("-m", "bench.hooks", "count", env=product.env))
        if written != next(_numbers) - 1:
            raise BenchError(f"{written} webhooks are written down")
    return scenario


def _crowd(port: int, path: str, many: int, calls: int) -> dict[str, float]:
    callers = [Caller(port, path) for _ in range(many)]
    failures: list[BaseException] = []

    def work(caller: Caller) -> None:
        try:
            for _ in range(calls):
                caller.call()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(caller,)) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise BenchError(f"a webhook was not taken: {failures[0]}")
    hook = sorted(ms for caller in callers for ms in caller.hooks)
    empty = sorted(ms for caller in callers for ms in caller.empty)
    return {
        "empty_p50_ms": percentile(empty, 50),
        "empty_p99_ms": percentile(empty, 99),
        "hook_p50_ms": percentile(hook, 50),
        "hook_p99_ms": percentile(hook, 99),
        "beyond_p99_ms": percentile(hook, 99) - percentile(empty, 99),
        "allowed_ms": ALLOWED_MS,
    }


# -- In the product's environment


def main() -> None:
    import django

    django.setup()

    from inbox.models import Channel, Payload
    from people.models import Store

    if "count" in sys.argv:
        print(Payload.objects.count())
        return
    store = Store.objects.create(key="hooks", name="Hooks")
    config: dict[str, Any] = {"url": "https://provider.example/"}
    channel = Channel.objects.create(
        store=store, kind="http", name="App", config=config, secrets={"secret": SECRET}
    )
    print(json.dumps({"path": f"/hooks/channels/{channel.hook_key}/"}))


if __name__ == "__main__":
    main()
