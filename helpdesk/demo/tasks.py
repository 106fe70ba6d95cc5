"""What the agents of the demo have to do: late or done, at conversations and orders, and because of low ratings."""

import random
import tomllib
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from events import names
from events.models import Event
from events.record import SYSTEM, Actor
from helpdesk.demo.people import COLLEAGUES
from helpdesk.demo.rows import Rows, uid
from helpdesk.demo.shops import Shop
from helpdesk.lib.times import iso
from inbox.models import Conversation, Message
from inbox.reception import schedule_of
from orders.models import Order
from people.models import Agent, Store, Team
from team.models import Mark, Task
from team.todo import ratings
from team.todo.announce import LINES
from team.todo.services import NEVER
from team.todo.words import plain_title

BAD = {"en": (2, "Had to ask twice, and it took a day."), "zh": (1, "问了两遍才有人回复，太慢了。")}
BOSSES = {"demo": "supervisor@demo.test", "demo-cn": "zhou@demo.test"}
LOOKED_BACK = timedelta(days=45)  # for so long the shops have tasks
LOOKED_INTO = timedelta(days=2)  # by then somebody has


@cache
def _scripts() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads((Path(__file__).parent / "tasks.toml").read_text(encoding="utf-8"))


def add_tasks(
    rows: Rows,
    shop: Shop,
    store: Store,
    orders: Iterable[Order],
    agents: dict[str, Agent],
    teams: list[Team],
    *,
    first: bool,
    now: datetime,
    rng: random.Random,
) -> None:
    """Add what was typed (to the `first` block alone) and what low ratings have made."""
    if first:
        live = [c for c in rows.tables[Conversation] if c.status == "open" and c.assignee_id]
        about: dict[str, list[Any]] = {
            "conversation": rng.sample(sorted(live, key=lambda c: str(c.pk)), len(live)),
            "order": rng.sample(
                sorted((o for o in orders if o.status in ("paid", "shipped")), key=lambda o: o.number), 6
            ),
        }
        called = {c.call: agents[c.email] for c in COLLEAGUES}
        for script in _scripts()[shop.language]:
            one = about[script["about"]].pop() if "about" in script else None
            _typed(rows, script, store, one, called, teams, now, rng)
    _low_ratings(rows, store, agents[BOSSES[shop.key]], now, rng)


def _typed(
    rows: Rows,
    script: dict[str, Any],
    store: Store,
    one: Conversation | Order | None,
    called: dict[str, Agent],
    teams: list[Team],
    now: datetime,
    rng: random.Random,
) -> None:
    def ago(hours: float) -> datetime:
        return now - timedelta(hours=hours)

    conversation = one if isinstance(one, Conversation) else None
    at = ago(script["made"])
    if conversation is not None:  # said after what was said
        last = _last_line(rows, conversation)
        at = max(at, last + (now - last) / 2)
    due_at = (ago(-script["due"])).replace(minute=0, second=0, microsecond=0) if "due" in script else None
    ended = ago(script["done"]) if "done" in script else None
    who, by = script.get("who", ""), called[script["by"]]
    assignee = called.get(who)
    task = Task(
        id=uid(at, rng),
        store=store,
        title=script["title"],
        note=script.get("note", ""),
        assignee=assignee,
        team=teams[0] if who == "team" else None,
        priority=script.get("priority", 0),
        conversation=conversation,
        order=one if isinstance(one, Order) else None,
        due_at=due_at,
        sort_at=due_at or NEVER,
        created_by=by,
        created_at=at,
        status="done" if ended else "open",
        done_at=ended,
        done_by=assignee if ended else None,
    )
    if due_at is not None:
        remind_at = due_at - timedelta(hours=script["remind"]) if "remind" in script else None
        task.remind_at = remind_at if remind_at and remind_at > now else None
        task.overdue_at = due_at if due_at <= now else None  # it was told then
    _add(rows, task, Actor.agent(by), at, rng)
    if ended is not None and assignee is not None:
        _tell(rows, names.TASK_DONE, task, Actor.agent(assignee), ended)


def rate_one_badly(rows: Rows, shop: Shop, now: datetime, rng: random.Random) -> None:
    """Have the buyer of the latest conversation that nobody has rated say that it was not good: today is such a day."""
    over = [
        c
        for c in rows.tables[Conversation]
        if c.status == "resolved" and c.rating is None and c.channel.kind == "widget" and c.assignee_id
    ]
    c = max(over, key=lambda c: (c.last_at, str(c.pk)))
    last = _last_line(rows, c)
    at = last + min(now - last, timedelta(minutes=9)) / 2
    c.rating, c.rating_comment = BAD[shop.language]
    params = {"rating": c.rating, "comment": c.rating_comment}
    words = f"Rated {c.rating} of 5"
    _say(rows, c, Actor.buyer(c.buyer), at, words, {"event": names.CONVERSATION_RATED, **params}, rng)
    rows.add_event(
        names.CONVERSATION_RATED,
        Actor.buyer(c.buyer),
        at,
        c.store_id,
        c.pk,
        None,
        {**params, "seq": c.last_seq},
    )


def _last_line(rows: Rows, c: Conversation) -> datetime:
    return max(m.created_at for m in rows.tables[Message] if m.conversation_id == c.pk)


def _low_ratings(rows: Rows, store: Store, boss: Agent, now: datetime, rng: random.Random) -> None:
    """As team/todo/ratings.py makes them: a task for each low rating; those of before `boss` has done."""
    schedule = schedule_of(store)
    rated = {
        event.conversation_id: event.at
        for event in rows.tables[Event]
        if event.name == names.CONVERSATION_RATED and event.at > now - LOOKED_BACK
    }
    low = [c for c in rows.tables[Conversation] if c.pk in rated and c.rating and c.rating <= 2]
    for c in sorted(low, key=lambda c: rated[c.pk]):
        at = min(rated[c.pk] + timedelta(seconds=1), now)
        due_at = ratings.due(schedule, at)
        task = Task(
            id=uid(at, rng),
            store=store,
            kind=Task.Kind.LOW_RATING,
            data={"rating": c.rating},
            source=ratings.source_of(c),
            team=c.team,
            priority=Task.Priority.HIGH,
            conversation=c,
            due_at=due_at,
            sort_at=due_at,
            overdue_at=due_at if due_at <= now else None,
            created_at=at,
        )
        _add(rows, task, SYSTEM, at, rng)
        ended = due_at - timedelta(hours=rng.uniform(0.5, 3))
        if at < now - LOOKED_INTO and at < ended < now:
            task.status, task.done_by, task.done_at, task.overdue_at = "done", boss, ended, None
            _tell(rows, names.TASK_DONE, task, Actor.agent(boss), ended)
            _line(rows, names.TASK_DONE, task, Actor.agent(boss), ended, rng)


def _add(rows: Rows, task: Task, actor: Actor, at: datetime, rng: random.Random) -> None:
    rows.add(task)
    _tell(rows, names.TASK_CREATED, task, actor, at)
    _line(rows, names.TASK_CREATED, task, actor, at, rng)


def _line(rows: Rows, name: str, task: Task, actor: Actor, at: datetime, rng: random.Random) -> None:
    """Add the line of a task's conversation behind everything that was said there."""
    c = task.conversation
    if c is None:
        return
    params = {
        "event": name,
        "actor": actor.name,
        "task": str(task.pk),
        "task_kind": task.kind,
        "title": task.title,
        "assignee": task.assignee.name if task.assignee else None,
        **task.data,
    }
    words = LINES[name].format(actor=actor.name or "The desk", title=plain_title(task))
    _say(rows, c, actor, at, words, params, rng)


def _say(
    rows: Rows,
    c: Conversation,
    actor: Actor,
    at: datetime,
    words: str,
    data: dict[str, Any],
    rng: random.Random,
) -> None:
    c.last_seq += 1
    rows.add(
        Message(
            id=uid(at, rng),
            conversation=c,
            seq=c.last_seq,
            client_id=f"line.{rng.getrandbits(128):032x}",
            author_kind=actor.kind,
            author_id=actor.id,
            author_name=actor.name,
            channel_kind=c.channel.kind,
            private=True,
            kind=Message.Kind.SYSTEM,
            body=words,
            data=data,
            indexed=True,
            created_at=at,
        )
    )


def _tell(rows: Rows, name: str, task: Task, actor: Actor, at: datetime) -> None:
    data = {
        "task": str(task.pk),
        "kind": task.kind,
        "title": task.title,
        "words": task.data,
        "assignee": str(task.assignee_id) if task.assignee_id else None,
        "team": str(task.team_id) if task.team_id else None,
        "due_at": iso(task.due_at),
    }
    where = (task.store_id, task.conversation_id, task.order_id)
    rows.add_event(name, actor, at, *where, data)


def mark_ratings() -> None:
    """Say that the ratings of the past are looked at: what makes tasks of them begins with what comes."""
    last = Event.objects.order_by("-id").values_list("id", flat=True).first()
    Mark.objects.create(key=ratings.KEY, event=last or 0)
