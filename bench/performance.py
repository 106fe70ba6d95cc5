"""Performance of agents: how long a day of a million events takes to be counted, and how long its ranking to be shown.

`python -m bench.performance EVENTS` (with the product's environment) tells of such a day, counts it, then fills 90
days of 50 agents, and asks for the ranking page of all of them and of a time in which nothing was done.
"""

import json
import os
import resource
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

AGENTS, DAYS, OF_ONE = 50, 90, 10  # events of one conversation
ALLOWED_S, ALLOWED_MB, ALLOWED_QUERIES = 60.0, 400.0, 9.0
PAGES = 15
# Ten events each: opened, asked and answered three times over, resolved, rated, and an order told of.
EVENTS = """
INSERT INTO events_event (at, name, actor_kind, actor_id, actor_name, store_id, conversation_id, order_id, data)
SELECT %(day)s::timestamptz + c * interval '60 ms' + k * interval '40 s',
  (ARRAY['conversation.opened','message.created','message.created','message.created','message.created',
         'message.created','message.created','conversation.resolved','conversation.rated','order.synced'])[k + 1],
  CASE WHEN k IN (2, 4, 6, 7) THEN 'agent' WHEN k = 9 THEN 'system' ELSE 'buyer' END,
  CASE WHEN k IN (2, 4, 6, 7) THEN (%(agents)s::uuid[])[1 + c %% 50] WHEN k = 9 THEN NULL ELSE md5('b' || c)::uuid END,
  '', %(store)s::uuid, CASE WHEN k = 9 THEN NULL ELSE md5('c' || c)::uuid END,
  CASE WHEN k = 9 THEN md5('o' || c)::uuid END,
  CASE WHEN k = 0 THEN '{"channel": "widget"}'::jsonb
    WHEN k BETWEEN 1 AND 6 THEN jsonb_build_object('private', false, 'channel', 'widget', 'seq', k)
    WHEN k = 8 THEN jsonb_build_object('rating', 1 + c %% 5)
    WHEN k = 9 THEN jsonb_build_object('buyer', md5('b' || c)::uuid, 'before', '{}'::jsonb, 'parts', '[]'::jsonb,
      'placed_at', '2026-03-03T23:00:00Z', 'paid_at', '2026-03-03T23:00:00Z', 'after', jsonb_build_object(
        'status', 'paid', 'paid', m, 'items_total', m, 'shipping_fee', z, 'tax', z, 'discount', z))
    ELSE '{}'::jsonb END
FROM generate_series(0, %(conversations)s - 1) AS c, generate_series(0, 9) AS k,
  (SELECT '{"amount": 5000, "currency": "USD"}'::jsonb AS m, '{"amount": 0, "currency": "USD"}'::jsonb AS z) AS money
ORDER BY 1
"""


def performance(plan: Plan) -> Scenario:
    count = 1_000_000 if plan.rounds > 1 else 100_000
    row = f"{count:,} events; {AGENTS} agents, {DAYS} days"
    limits = {"count_s": "allowed_s", "memory_mb": "allowed_mb", "queries": "allowed_queries"}
    scenario = Scenario(
        name="performance",
        title="Performance of agents: counting the events of one day, then the ranking of all of them",
        columns=["count_s", "memory_mb", "ranking_p50_ms", "empty_p50_ms", "queries"],
        goals=[
            *(Goal(figure, row, row, to_figure=limit, at_most=1) for figure, limit in limits.items()),
            Goal("ranking_p50_ms", row, row, to_figure="empty_p50_ms", at_most=3),
        ],
    )
    scenario.add(row, _run(count))
    return scenario


def _run(count: int) -> dict[str, float]:
    with ExitStack() as stack:
        url = stack.enter_context(machine.database("performance"))
        product = Product(url, stack.enter_context(machine.redis_database()))
        product.prepare()
        product.collect_static(stack.enter_context(tempfile.TemporaryDirectory()))
        done = subprocess.run(
            [sys.executable, "-m", "bench.performance", str(count)],
            cwd=machine.ROOT,
            env=os.environ | product.env,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise BenchError(done.stderr[-2000:])
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return found


# -- In the product's environment


def measure(count: int) -> dict[str, float]:
    from django.db import connection

    from people.models import Agent, Store
    from team.performance.models import DayFigures
    from team.performance.rollup import count_on

    store = Store.objects.get(key="bench")
    agents = list(Agent.objects.order_by("email").values_list("pk", flat=True)[:AGENTS])
    given: dict[str, Any] = {
        "day": "2026-03-03 00:00:00+00",
        "agents": list(map(str, agents)),
        "store": str(store.pk),
        "conversations": count // OF_ONE,
    }
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, given)
        cursor.execute("VACUUM ANALYZE events_event")
    before = _memory_mb()
    start = time.perf_counter()
    read = count_on()
    took = time.perf_counter() - start
    handled = sum(DayFigures.objects.values_list("handled", flat=True))
    if (read, handled) != (count, count // OF_ONE):
        raise BenchError(f"{read} events were read, {handled} conversations counted")
    counted = {
        "count_s": took,
        "memory_mb": _memory_mb() - before,
        "allowed_s": ALLOWED_S,
        "allowed_mb": ALLOWED_MB,
    }
    return counted | _show(store.pk, agents)


def _memory_mb() -> float:
    """Return the most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _show(store_id: Any, agents: list[Any]) -> dict[str, float]:
    from datetime import date, timedelta

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from people.models import Agent
    from team.performance.counters import OF_A_DAY
    from team.performance.models import DayFigures

    DayFigures.objects.all().delete()
    first = date(2026, 1, 1)
    DayFigures.objects.bulk_create(
        (
            DayFigures(
                store_id=store_id,
                day=first + timedelta(days=day),
                agent_id=agent,
                channel=channel,
                **dict.fromkeys(OF_A_DAY, number % 40 + 20),
            )
            for number, agent in enumerate(agents)
            for day in range(DAYS)
            for channel in ("widget", "email")
        ),
        batch_size=1000,
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE team_dayfigures")
    admin = Agent.objects.create(email="admin@bench.example", name="Admin", role="admin")
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(admin.pk), admin.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session.create()
    client = Client(HTTP_HOST="127.0.0.1", HTTP_X_FORWARDED_PROTO="https", HTTP_X_FORWARDED_FOR="10.0.0.1")
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    full = f"/team/performance/?period=range&since={first}&until={first + timedelta(days=DAYS - 1)}"
    empty = "/team/performance/?period=range&since=2020-01-01&until=2020-03-30"
    times: dict[str, list[float]] = {full: [], empty: []}
    for turn in range(PAGES + 3):
        for path, taken in times.items():
            start = time.perf_counter()
            answer = client.get(path)
            if turn >= 3:
                taken.append((time.perf_counter() - start) * 1000)
            rows = answer.content.count(b'class="figures-place"')
            if answer.status_code != 200 or (rows > AGENTS) != (path == full):
                raise BenchError(f"{path} answered {answer.status_code} with {rows} rows")
    with CaptureQueriesContext(connection) as queries:
        client.get(full)
    return {
        "ranking_p50_ms": percentile(sorted(times[full]), 50),
        "empty_p50_ms": percentile(sorted(times[empty]), 50),
        "queries": len(queries),
        "allowed_queries": ALLOWED_QUERIES,
    }


def main() -> None:
    import django

    django.setup()
    print(json.dumps(measure(int(sys.argv[1]))))


if __name__ == "__main__":
    main()
