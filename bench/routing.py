"""Arrivals that are routed: how long it takes from a buyer's first message until an agent has it.

`python -m bench.routing SECONDS` (with the product's environment, workers beside it) lets buyers arrive at a steady
pace, and hears from the database itself of each conversation that gets another agent, when that is committed.
"""

import json
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg2

from bench import machine
from bench.machine import BenchError
from bench.product import Product
from bench.results import Goal, Plan, Scenario
from bench.traffic import percentile

PER_SECOND = 100
DOORS = 8  # connections by which buyers come in
AGENTS = 30
WORKERS = 2
WARM_UP = 20
PATIENCE_S = 30.0
ALLOWED_MS = 1000.0
ROW = f"{PER_SECOND} arrivals a second"
TELL = """
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_notify('routed', NEW.id::text); RETURN NEW; END $$;
CREATE TRIGGER tell AFTER UPDATE OF assignee_id ON inbox_conversation FOR EACH ROW
WHEN (NEW.assignee_id IS DISTINCT FROM OLD.assignee_id) EXECUTE FUNCTION tell();
"""


def routing(plan: Plan) -> Scenario:
    scenario = Scenario(
        name="routing",
        title=f"Routing: from a buyer's first message until one of {AGENTS} agents has it, {WORKERS} workers",
        columns=["arrivals_s", "p50_ms", "p95_ms", "p99_ms", "arrivals", "twice", "lost", "beyond_capacity"],
        goals=[Goal("p99_ms", ROW, ROW, to_figure="allowed_ms", at_most=1)],
    )
    for number in range(plan.rounds):
        scenario.add(ROW, _run(plan.seconds * 2, number))
    return scenario


def _run(seconds: float, number: int) -> dict[str, float]:
    with ExitStack() as stack:
        url = stack.enter_context(machine.database(f"routing{number}"))
        product = Product(url, stack.enter_context(machine.redis_database()))
        product.prepare()
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        worker = ["-m", "celery", "-A", "helpdesk", "worker", "-c", str(WORKERS), "-B", "-l", "WARNING"]
        schedule = ["-s", str(Path(folder) / "beat")]
        stack.enter_context(machine.running([[sys.executable, *worker, *schedule]], product.env))
        done = subprocess.run(
            [sys.executable, "-m", "bench.routing", str(seconds)],
            cwd=machine.ROOT,
            env=os.environ | product.env,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise BenchError(done.stderr[-2000:])
        figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        if figures["twice"] or figures["lost"] or figures["beyond_capacity"]:
            raise BenchError(f"not everybody was given to one agent: {figures}")
        return figures


# -- In the product's environment


class Ear:
    """Hears which conversation got another agent, and when."""

    def __init__(self, url: str) -> None:
        self.heard: list[tuple[str, float]] = []
        self.line = psycopg2.connect(url)
        self.line.autocommit = True
        self.line.cursor().execute(TELL + "LISTEN routed;")
        threading.Thread(target=self._hear, daemon=True).start()

    def _hear(self) -> None:
        while True:
            select.select([self.line], [], [])
            self.line.poll()
            now = time.perf_counter()
            while self.line.notifies:
                self.heard.append((self.line.notifies.pop(0).payload, now))


def measure(seconds: float) -> dict[str, float]:
    from datetime import timedelta

    from django.utils import timezone

    from inbox.models import Channel, RoutingRule
    from people.models import Agent, Buyer, Store, Team

    count = WARM_UP + int(seconds * PER_SECOND)
    capacity = count // AGENTS + 5
    store = Store.objects.create(key="routing", name="Routing")
    channel = Channel.objects.create(store=store, kind="widget", name="Widget")
    team = Team.objects.create(name="Routing")
    team.stores.add(store)
    agents = list(Agent.objects.order_by("email")[:AGENTS])
    team.agents.set(agents)
    lease = timezone.now() + timedelta(hours=1)
    Agent.objects.filter(pk__in=[agent.pk for agent in agents]).update(lease_until=lease)
    RoutingRule.objects.create(store=store, method="least_busy", last_agent_first=True, capacity=capacity)
    buyers = Buyer.objects.bulk_create(Buyer(store=store, name=f"Buyer {n}") for n in range(count))
    ear = Ear(os.environ["DATABASE_URL"])
    for buyer in buyers[:WARM_UP]:  # the workers have started
        _arrive(buyer, channel.id)
    _wait(ear, WARM_UP)
    ear.heard.clear()
    sent: dict[str, float] = {}
    took = _all_arrive(buyers[WARM_UP:], channel.id, sent)
    _wait(ear, len(sent))
    time.sleep(1)  # whatever comes twice has come
    return _figures(ear, sent, took, capacity)


def _arrive(buyer: Any, channel_id: Any) -> str:
    from events.record import Actor
    from inbox.services import Draft, post_message

    draft = Draft(
        actor=Actor.buyer(buyer), client_id="first", body="Hello?", buyer_id=buyer.id, channel_id=channel_id
    )
    return str(post_message(draft).conversation.id)


def _all_arrive(buyers: list[Any], channel_id: Any, sent: dict[str, float]) -> float:
    """Let them come, each in its moment; return how long it took. A time begins before its message is posted."""
    start = time.perf_counter() + 0.1

    def come_in(door: int) -> None:
        for number in range(door, len(buyers), DOORS):
            time.sleep(max(0.0, start + number / PER_SECOND - time.perf_counter()))
            began = time.perf_counter()
            sent[_arrive(buyers[number], channel_id)] = began

    doors = [threading.Thread(target=come_in, args=(door,)) for door in range(DOORS)]
    for thread in doors:
        thread.start()
    for thread in doors:
        thread.join()
    return time.perf_counter() - start


def _wait(ear: Ear, count: int) -> None:
    last = time.perf_counter() + PATIENCE_S
    while len(ear.heard) < count and time.perf_counter() < last:
        time.sleep(0.02)


def _figures(ear: Ear, sent: dict[str, float], took: float, capacity: int) -> dict[str, float]:
    from inbox.models import Conversation

    heard = Counter(conversation for conversation, _at in ear.heard)
    times = sorted((at - sent[conversation]) * 1000 for conversation, at in ear.heard if conversation in sent)
    has = Counter(Conversation.objects.filter(assignee__isnull=False).values_list("assignee", flat=True))
    figures = {f"p{percent}_ms": percentile(times, percent) for percent in (50, 95, 99)}
    return figures | {
        "arrivals": len(sent),
        "arrivals_s": len(sent) / took,
        "twice": sum(times > 1 for times in heard.values()),
        "lost": len(sent.keys() - heard.keys()),
        "beyond_capacity": sum(number > capacity for number in has.values()),
        "allowed_ms": ALLOWED_MS,
    }


def main() -> None:
    import django

    django.setup()
    print(json.dumps(measure(float(sys.argv[1]))))


if __name__ == "__main__":
    main()
