"""Mails that came in: how fast one worker reads, threads and posts them.

`python -m bench.mails N` (with the product's environment, on an empty database) writes N mails down as a mailbox
would, reads them one after the other as a worker does, and prints the figures as JSON.
"""

import base64
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from typing import Any

from bench import machine
from bench.machine import BenchError
from bench.product import Product
from bench.results import Goal, Plan, Scenario
from bench.traffic import percentile

PROMISED = 1000  # a minute
BUYERS = 150
QUOTE = "\r\n".join(f"> line {n} of what was said before, as mail programs repeat it" for n in range(30))
LETTER = "".join(f'<p style="margin: 0">Line {n}: where is my <b>order 100{n}</b>?</p>' for n in range(200))


def mails(plan: Plan) -> Scenario:
    scenario = Scenario(
        name="mails",
        title="Mails: 1,000 that came in (plain, HTML, with files, in threads, in GBK), read by one worker",
        columns=["per_minute", "promised", "cpu_ms", "p50_ms", "p99_ms", "conversations"],
        goals=[Goal("per_minute", "one worker", "one worker", to_figure="promised", at_least=1)],
    )
    count = 200 if plan.rounds == 1 else 1000
    for number in range(plan.rounds):
        with ExitStack() as stack:
            url = stack.enter_context(machine.database(f"mails{number}"))
            product = Product(url, stack.enter_context(machine.redis_database()))
            product.prepare()
            media = stack.enter_context(tempfile.TemporaryDirectory())
            done = subprocess.run(
                [sys.executable, "-m", "bench.mails", str(count)],
                cwd=machine.ROOT,
                env=os.environ | product.env | {"MEDIA_ROOT": media},
                capture_output=True,
                text=True,
            )
            if done.returncode:
                raise BenchError(done.stderr[-2000:])
            scenario.add("one worker", json.loads(done.stdout.splitlines()[-1]))
    return scenario


# -- In the product's environment


def measure(count: int) -> dict[str, float]:
    from inbox import inbound
    from inbox.models import Channel, Conversation, Message, Payload
    from inbox.transports.base import Request
    from people.models import Store

    store = Store.objects.create(key="mails", name="Mails")
    config = {"address": "help@shop.test", "route": "smtp", "imap_host": "mail.shop.test"}
    channel = Channel.objects.create(store=store, kind="email", name="Mail", config=config)
    kept = {"content-type": "message/rfc822"}
    rows = [inbound.write_down(channel, Request("IMAP", kept, {}, raw)).pk for raw in letters(count)]
    times = []
    began, worked = time.perf_counter(), time.process_time()
    for pk in rows:
        start = time.perf_counter()
        inbound.read_payload(pk)
        times.append((time.perf_counter() - start) * 1000)
    took, worked = time.perf_counter() - began, time.process_time() - worked
    if (
        Payload.objects.filter(state="done").count() < count
        or Message.objects.filter(kind="text").count() != count
    ):
        raise BenchError("not every mail became a message")
    times.sort()
    return {
        "per_minute": count / took * 60,
        "promised": PROMISED,
        "cpu_ms": worked / count * 1000,
        "p50_ms": percentile(times, 50),
        "p99_ms": percentile(times, 99),
        "conversations": Conversation.objects.filter(channel=channel).count(),
    }


def letters(count: int) -> list[bytes]:
    """Return mails as shops get them, always the same ones."""
    chance = random.Random(7)  # no secret
    photo = base64.encodebytes(chance.randbytes(200_000)).decode()
    before: dict[int, list[str]] = {}
    found = []
    for number in range(count):
        buyer = chance.randrange(BUYERS)
        thread = before.setdefault(buyer, [])
        head = (
            f"From: Buyer {buyer} <buyer{buyer}@mail.test>\r\nTo: help@shop.test\r\nSubject: Re: my order {buyer}\r\n"
            f"Message-ID: <{number}@mail.test>\r\nDate: Mon, 3 May 2027 10:00:00 +0800\r\nMIME-Version: 1.0\r\n"
        )
        if thread:
            head += f"In-Reply-To: {thread[-1]}\r\nReferences: {' '.join(thread[-10:])}\r\n"
        thread.append(f"<{number}@mail.test>")
        found.append(head.encode() + _body(number, photo))
    return found


def _body(number: int, photo: str) -> bytes:
    words = f"Hello, this is number {number}.\r\n\r\nOn 2 May 2027, Ann wrote:\r\n{QUOTE}\r\n"
    plain = f"Content-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n"
    page = f"Content-Type: text/html; charset=utf-8\r\n\r\n<div>Number {number}</div>{LETTER}\r\n"
    sort = number % 10
    if sort < 3:
        return plain.encode()
    if sort < 5:
        return b"Content-Type: text/plain; charset=gbk\r\n\r\n" + f"您好，第 {number} 封".encode("gbk")
    if sort < 9:
        return f'Content-Type: multipart/alternative; boundary="A"\r\n\r\n--A\r\n{plain}--A\r\n{page}--A--\r\n'.encode()
    picture = (
        "Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=photo.bin\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{photo}\r\n"
    )
    return (
        f'Content-Type: multipart/mixed; boundary="M"\r\n\r\n--M\r\n{plain}--M\r\n{picture}--M--\r\n'.encode()
    )


def main() -> None:
    import django

    django.setup()
    figures: dict[str, Any] = measure(int(sys.argv[1]))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
