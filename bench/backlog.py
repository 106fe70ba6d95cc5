"""A provider that is dead, with thousands of messages waiting for it: does another channel wait, too?

`python -m bench.backlog HOW N SECONDS` (with the product's environment, workers beside it) posts messages on a
channel whose provider lives, prints how long each takes to reach it, and again with N deliveries waiting on a
channel whose provider `refuses` connections, or `hangs`: takes them and never answers.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

from bench import machine
from bench.machine import BenchError
from bench.product import Product
from bench.results import Goal, Plan, Scenario
from bench.traffic import percentile

EVERY_S = 0.1
SETTLE_S = 6.0  # until the workers have met the backlog, and the sweep has come round more than once
PATIENCE_S = 60.0
WORKERS = 2
NOTHING = "nothing waits"


def backlog(plan: Plan) -> Scenario:
    count = 1_000 if plan.rounds == 1 else 10_000
    dead = {how: f"{count:,} wait, the provider {how}" for how in ("refuses", "hangs")}
    scenario = Scenario(
        name="backlog",
        title=f"Backlog: messages of another channel while {count:,} wait for a dead provider, {WORKERS} workers",
        columns=["p50_ms", "p95_ms", "p99_ms", "messages", "lost"],
        goals=[
            Goal(figure, row, NOTHING, at_most=2) for row in dead.values() for figure in ("p50_ms", "p95_ms")
        ],
    )
    for number in range(plan.rounds):
        rounds = {how: _run(how, count, plan.seconds, number) for how in dead}
        scenario.add(NOTHING, rounds["refuses"]["without"])
        for how, row in dead.items():
            scenario.add(row, rounds[how]["with"])
    return scenario


def _run(how: str, count: int, seconds: float, number: int) -> dict[str, dict[str, float]]:
    with ExitStack() as stack:
        url = stack.enter_context(machine.database(f"backlog{how}{number}"))
        product = Product(url, stack.enter_context(machine.redis_database()))
        product.prepare()
        env = product.env | {"OUTGOING_TO_PRIVATE": "1"}
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        worker = ["-m", "celery", "-A", "helpdesk", "worker", "-c", str(WORKERS), "-B", "-l", "WARNING"]
        schedule = ["-s", str(Path(folder) / "beat")]
        stack.enter_context(machine.running([[sys.executable, *worker, *schedule]], env))
        done = subprocess.run(
            [sys.executable, "-m", "bench.backlog", how, str(count), str(seconds)],
            cwd=machine.ROOT,
            env=os.environ | env,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise BenchError(done.stderr[-2000:])
        found: dict[str, dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
        return found


# -- In the product's environment


class Alive:
    """A provider that notes when each message reached it."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}
        alive = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                alive.at.setdefault(said["text"], time.perf_counter())
                answer = json.dumps({"id": said["id"]}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


@contextmanager
def dead(how: str) -> Iterator[str]:
    """The address of a provider that is no more: nobody is there, or somebody who never answers."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    port = listener.getsockname()[1]
    if how == "refuses":
        listener.close()
    yield f"http://127.0.0.1:{port}/"
    listener.close()


def measure(how: str, count: int, seconds: float) -> dict[str, dict[str, float]]:
    from inbox import inbound
    from inbox.models import Channel, Conversation
    from inbox.tasks import send_due_deliveries
    from inbox.transports.base import Said
    from people.models import Agent, Store

    store = Store.objects.create(key="backlog", name="Backlog")
    alive = Alive()

    def channel(name: str, url: str) -> Any:
        made = {
            "store": store,
            "kind": "http",
            "name": name,
            "config": {"url": url},
            "secrets": {"secret": "s" * 20},
        }
        return Channel.objects.create(**made)

    with dead(how) as nowhere:
        living, lost = channel("Living", alive.url), channel("Dead", nowhere)
        for number in range(20):
            inbound.take_in(living, Said(external_id=f"{number}", sender=f"buyer-{number}", text="Hello"))
        conversations = list(Conversation.objects.filter(channel=living))
        agent = Agent.objects.first()
        _talk(alive, agent, conversations, 2, patience=PATIENCE_S)  # the workers have started
        without = _talk(alive, agent, conversations, seconds)
        _pile_up(lost, count)
        send_due_deliveries()
        time.sleep(SETTLE_S)
        return {"without": without, "with": _talk(alive, agent, conversations, seconds)}


def _talk(
    alive: Alive, agent: Any, conversations: list[Any], seconds: float, patience: float = 30.0
) -> dict[str, float]:
    """Answer buyers on the living channel, ten a second; return how long each took to reach the provider."""
    from events.record import Actor
    from inbox.services import Draft, post_message

    sent: dict[str, float] = {}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        text = f"Answer {uuid4().hex}"
        conversation = conversations[len(sent) % len(conversations)]
        post_message(
            Draft(actor=Actor.agent(agent), client_id=uuid4().hex, body=text, conversation_id=conversation.id)
        )
        sent[text] = time.perf_counter()
        time.sleep(EVERY_S)
    last = time.perf_counter() + patience
    while sent.keys() - alive.at.keys() and time.perf_counter() < last:
        time.sleep(0.02)
    # What has not come yet counts as what it has waited by now.
    times = sorted((alive.at.get(text, time.perf_counter()) - at) * 1000 for text, at in sent.items())
    figures = {f"p{percent}_ms": percentile(times, percent) for percent in (50, 95, 99)}
    return figures | {"messages": len(sent), "lost": len(sent.keys() - alive.at.keys())}


def _pile_up(channel: Any, count: int) -> None:
    """Let so many buyers wait for an answer that is due on a channel."""
    from django.utils import timezone

    from inbox.models import Conversation, Delivery, Message
    from people.models import Buyer

    now = timezone.now()
    buyers = Buyer.objects.bulk_create(Buyer(store=channel.store, name=f"B{n}") for n in range(count))
    talks = Conversation.objects.bulk_create(
        Conversation(store=channel.store, buyer=buyer, channel=channel, last_seq=1, last_public_seq=1)
        for buyer in buyers
    )
    said = Message.objects.bulk_create(
        Message(
            conversation=talk,
            seq=1,
            client_id="first",
            author_kind="agent",
            author_name="Ann",
            channel_kind="http",
            body="Sorry for the wait",
            indexed=True,
        )
        for talk in talks
    )
    Delivery.objects.bulk_create(
        Delivery(
            message=message, conversation=message.conversation, seq=1, channel=channel, to="b", run_at=now
        )
        for message in said
    )


def main() -> None:
    import django

    django.setup()
    how, count, seconds = sys.argv[1:]
    print(json.dumps(measure(how, int(count), float(seconds))))


if __name__ == "__main__":
    main()
