"""The scenarios on sockets. Candidates take turns, round after round: the machine drifts more
within an hour than they differ from each other."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack

from bench import machine, traffic
from bench.machine import Server
from bench.results import Goal, Plan, Scenario
from bench.targets import Floor, StockKept, Target, prepared
from bench.traffic import Figures, Rooms
from bench.wire import Socket

Measure = Callable[[Rooms, float], Awaitable[Figures]]
Classes = list[type[Target]]

TALKING = range(20)
BROADCAST = range(20, 21)
AUDIENCE = 200
WARM_UP = 1.5
AT_ONCE = 20

CHAT_COLUMNS = ["messages_s", "p50_ms", "p95_ms", "p99_ms", "ack_p50_ms", "ack_p99_ms"]
COST_COLUMNS = ["cpu_ms_per_message", "memory_mb", "lost", "twice"]


def busy(classes: Classes, plan: Plan, processes: int = 1) -> Scenario:
    several = f"{processes} daphne processes" if processes > 1 else "one daphne process"
    scenario = Scenario(
        name=f"busy{processes}",
        title=f"Busy: 20 conversations, each buyer sends when the last message is stored, {several}",
        columns=CHAT_COLUMNS + COST_COLUMNS,
        goals=[
            Goal("messages_s", "product", "stock", at_least=2),
            Goal("messages_s", "product", "stock, connection kept"),
            Goal("messages_s", "product", "floor"),
        ],
    )
    _take_turns(scenario, classes, traffic.busy, plan.rounds, plan.seconds, TALKING, 1, processes)
    return scenario


def calm(classes: Classes, plan: Plan) -> Scenario:
    scenario = Scenario(
        name="calm",
        title="Calm: 50 messages a second over 20 conversations, one daphne process",
        columns=CHAT_COLUMNS + COST_COLUMNS,
        goals=[
            Goal("p50_ms", "product", "floor", at_most=3),
            Goal("p99_ms", "product", "floor", at_most=4),
        ],
    )
    classes = [cls for cls in classes if cls is not StockKept]
    _take_turns(scenario, classes, traffic.calm, plan.rounds, plan.calm_seconds, TALKING)
    return scenario


def fan_out(classes: Classes, plan: Plan) -> Scenario:
    scenario = Scenario(
        name="fanout",
        title=f"Fan-out: each message to {AUDIENCE} agents, in bursts of {traffic.BURST}",
        columns=["deliveries_s", "frames_s", "p50_ms", "p95_ms", "p99_ms", *COST_COLUMNS],
        goals=[Goal("deliveries_s", "product", "stock", at_least=6)],
    )
    classes = [cls for cls in classes if cls is not StockKept]
    _take_turns(scenario, classes, traffic.fan_out, plan.rounds, plan.seconds / 2, BROADCAST, AUDIENCE)
    return scenario


def idle(classes: Classes, plan: Plan) -> Scenario:
    scenario = Scenario(
        name="idle",
        title=f"Idle: memory of {plan.sockets:,} open sockets, one daphne process",
        columns=["kb_per_socket", "empty_mb", "memory_mb", "connects_s", "lost"],
        goals=[Goal("kb_per_socket", "product", "stock", at_most=1.5)],
    )
    with prepared([cls for cls in classes if cls not in (StockKept, Floor)]) as targets:
        for _ in range(plan.rounds):
            for target in targets:
                with machine.serving(target.application, target.env) as server:
                    figures = asyncio.run(_idle(target, server, plan.sockets))
                scenario.add(target.name, figures)
    return scenario


def _take_turns(
    scenario: Scenario,
    classes: Classes,
    measure: Measure,
    rounds: int,
    seconds: float,
    rooms: range,
    agents: int = 1,
    processes: int = 1,
) -> None:
    async def all_rounds(pairs: list[tuple[Target, Server]]) -> None:
        crowds = [Rooms(target, server.ports) for target, server in pairs]
        for crowd in crowds:
            await crowd.open(rooms, agents)
            await measure(crowd, WARM_UP)
        for _ in range(rounds):
            for crowd, (target, server) in zip(crowds, pairs, strict=True):
                gc.collect()
                before = server.processor_time()
                figures = await measure(crowd, seconds)
                used = server.processor_time() - before
                figures["cpu_ms_per_message"] = 1000 * used / figures["messages"]
                figures["memory_mb"] = server.memory() / 2**20
                scenario.add(target.name, figures)
        for crowd in crowds:
            crowd.close()

    with prepared(classes) as targets, ExitStack() as stack:
        servers = [
            stack.enter_context(machine.serving(target.application, target.env, processes))
            for target in targets
        ]
        asyncio.run(all_rounds(list(zip(targets, servers, strict=True))))


async def _idle(target: Target, server: Server, count: int) -> Figures:
    # The first sockets bring in what is loaded late and then stays.
    await _open_idle(target, server, range(AT_ONCE))
    await asyncio.sleep(1)
    empty = server.memory()
    loop = asyncio.get_running_loop()
    start = loop.time()
    sockets = await _open_idle(target, server, range(AT_ONCE, AT_ONCE + count))
    took = loop.time() - start
    await asyncio.sleep(2)
    full = server.memory()
    lost = sum(socket.closed is not None for socket in sockets)
    for socket in sockets:
        socket.close()
    return {
        "lost": lost,
        "connects_s": count / took,
        "kb_per_socket": (full - empty) / 1024 / count,
        "empty_mb": empty / 2**20,
        "memory_mb": full / 2**20,
    }


async def _open_idle(target: Target, server: Server, numbers: Iterable[int]) -> list[Socket]:
    waiting = iter(numbers)

    async def some() -> list[Socket]:
        return [await target.idle(server.ports[0], number) for number in waiting]

    groups = await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return [socket for group in groups for socket in group]
