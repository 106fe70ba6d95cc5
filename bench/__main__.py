"""`python -m bench`: see docs/performance.md."""

import argparse
import gc
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import results, scenarios
from bench.backlog import backlog
from bench.hooks import hooks
from bench.inbox import inbox
from bench.knowledge import knowledge, relevance
from bench.machine import BenchError
from bench.mails import mails
from bench.performance import performance
from bench.product import Product
from bench.results import QUICK, Plan, Scenario
from bench.routing import routing
from bench.targets import Floor, Stock, StockKept, Target
from bench.wire import NotOpenedError

TARGETS: dict[str, list[type[Target]]] = {
    "stock": [Stock, StockKept],
    "floor": [Floor],
    "product": [Product],
}
SCENARIOS: dict[str, Callable[[list[type[Target]], Plan], Scenario]] = {
    "busy1": scenarios.busy,
    "busy2": lambda classes, plan: scenarios.busy(classes, plan, processes=2),
    "calm": scenarios.calm,
    "fanout": scenarios.fan_out,
    "idle": scenarios.idle,
    "inbox": lambda classes, plan: inbox(plan),
    "mails": lambda classes, plan: mails(plan),
    "hooks": lambda classes, plan: hooks(plan),
    "backlog": lambda classes, plan: backlog(plan),
    "knowledge": lambda classes, plan: knowledge(plan),
    "relevance": lambda classes, plan: relevance(plan),
    "routing": lambda classes, plan: routing(plan),
    "performance": lambda classes, plan: performance(plan),
}


def main() -> int:
    options = arguments()
    allow_many_sockets()
    # Otherwise being told to stop would leave servers and databases behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: told to stop"))
    # What is loaded now stays; later collections need not look at it again and again.
    gc.freeze()
    plan = QUICK if options.quick else Plan()
    classes = [cls for name in options.targets for cls in TARGETS[name]]
    done: list[Scenario] = []
    start = time.monotonic()
    try:
        for name in options.only or SCENARIOS:
            print(f"{name}:", flush=True)
            done.append(SCENARIOS[name](classes, plan))
    except (BenchError, NotOpenedError, OSError) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    print(f"\nin {time.monotonic() - start:.0f} s, medians of {plan.rounds} rounds\n")
    print("\n".join(scenario.as_text() for scenario in done))
    if options.json:
        options.json.write_text(results.as_json(done, plan))
    if options.write_docs:
        results.write_document(done, plan)
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, for a first look")
    parser.add_argument("--only", action="append", choices=SCENARIOS, metavar="NAME")
    parser.add_argument(
        "--targets",
        type=lambda text: text.split(","),
        default=list(TARGETS),
        help="a part of " + ",".join(TARGETS),
    )
    parser.add_argument("--json", type=Path, metavar="PATH", help="write all rounds there")
    parser.add_argument("--write-docs", action="store_true", help="put the table into docs/performance.md")
    return parser.parse_args()


def allow_many_sockets() -> None:
    """For this process and the servers, which inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 if hard == resource.RLIM_INFINITY else min(8192, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


if __name__ == "__main__":
    sys.exit(main())
