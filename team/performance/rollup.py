"""Counting on: events from the mark, portion by portion, each in one transaction with its numbers and the new mark.

Whoever is killed has counted a portion or has not. Who counts beside another waits for nothing and does nothing.
"""

import gc
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models.functions import Cast

from events import feed, names
from events.models import Event
from people.models import Agent, Store
from team.performance.counters import COUNTERS, OF_A_DAY
from team.performance.models import CaseFigures, DayFigures, Memory, Rollup
from team.performance.rules import RULES, VERSION, Happened, Known, Place, Rules, ms_of

PORTION = 100_000  # events in memory at once
_ROWS = 400  # of one statement: SQLite takes 32,766 values
_IDS = 5_000
_FIELDS = ("id", "name", "at", "actor_kind", "data")
_IDS_OF = ("actor_id", "store_id", "conversation_id", "order_id")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_parsed = json.JSONDecoder().raw_decode
_written = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_STORE = len(_FIELDS) + _IDS_OF.index("store_id")


def count_on(*, portion: int = PORTION, portions: int | None = None) -> int:
    """Count what has happened since the last time (at most so many portions). Returns how many events were read."""
    read = 0
    for _ in range(portions) if portions is not None else iter(int, 1):
        with _uncollected():
            done = _portion(portion)
        if not done:
            break
        read += done
    return read


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let nothing be searched for cycles: what a portion makes, it keeps to its end, and to look through all that again
    and again took a quarter of its time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def count_anew() -> None:
    """Forget all figures; the next `count_on` begins with the first event."""
    with transaction.atomic():
        row = _lock()
        if row is not None:
            _forget(row)


def _forget(row: Rollup) -> None:
    for model in (DayFigures, CaseFigures, Memory):
        model._default_manager.all().delete()
    row.mark, row.upto, row.made_with = 0, None, {}
    row.save()


def _lock() -> Rollup | None:
    Rollup.objects.get_or_create(pk=1)
    return Rollup.objects.select_for_update(
        skip_locked=connection.features.has_select_for_update_skip_locked
    ).first()


def _portion(size: int) -> int:
    with transaction.atomic():
        row = _lock()
        if row is None:
            return 0
        zones = {str(pk): ZoneInfo(zone) for pk, zone in Store.objects.values_list("id", "time_zone")}
        if _is_made_otherwise(row, zones):
            _forget(row)
        upto = feed.settled(row.mark)
        rows = Event.objects.filter(id__gt=row.mark, id__lte=upto, name__in=list(RULES)).order_by("id")
        found = list(islice(_read(rows), size))
        mark = found[-1][0] if len(found) == size else upto
        if mark == row.mark:
            return 0
        _count([_happened(*event) for event in found if event[_STORE] in zones], zones)
        row.mark, row.upto = mark, found[-1][2] if found else row.upto
        row.made_with = _made_with(zones)
        row.save()
        return len(found)


def _read(rows: models.QuerySet[Event]) -> Iterator[tuple[Any, ...]]:
    """Yield events with ids as texts: a million UUIDs that are only looked up take longer than all the counting.

    Their data is read as text too, and parsed by nobody but us.
    """
    fields = (*_FIELDS[:-1], "data_text")
    rows = rows.annotate(data_text=Cast("data", models.TextField()))
    if not connection.features.has_native_uuid_field:
        for row in rows.values_list(*fields, *_IDS_OF).iterator(chunk_size=2_000):
            yield (*row[: len(fields)], *(str(pk) if pk else None for pk in row[len(fields) :]))
        return
    texts = {f"{name}_text": Cast(name, models.TextField()) for name in _IDS_OF}
    yield from rows.annotate(**texts).values_list(*fields, *texts).iterator(chunk_size=2_000)


def _made_with(zones: dict[str, ZoneInfo]) -> dict[str, Any]:
    return {
        "rules": VERSION,
        "advised_days": settings.PERFORMANCE_ADVISED_DAYS,
        "zones": {pk: zone.key for pk, zone in zones.items()},
    }


def _is_made_otherwise(row: Rollup, zones: dict[str, ZoneInfo]) -> bool:
    """Tell whether what is there follows other rules than now; a store that is new changes nothing of it."""
    if not row.made_with:
        return False
    now, then = _made_with(zones), row.made_with
    now["zones"] = {pk: zone for pk, zone in now["zones"].items() if pk in then["zones"]}
    return now != {**then, "zones": {pk: zone for pk, zone in then["zones"].items() if pk in now["zones"]}}


def _happened(
    _id: int,
    name: str,
    at: datetime,
    actor_kind: str,
    data: str,
    actor: str | None,
    store: str,
    conversation: str | None,
    order: str | None,
) -> Happened:
    return Happened(name, at, ms_of(at), actor_kind, actor, store, conversation, order, _parsed(data)[0])


def _count(events: list[Happened], zones: dict[str, ZoneInfo]) -> None:
    memory, totals = _Memory(), _Totals({str(pk) for pk in Agent.objects.values_list("id", flat=True)})
    memory.load(_ids_in(events))
    memory.load({state["buyer"] for state in memory.states() if state.get("buyer")})
    rules = Rules(memory, totals.add, zones, settings.PERFORMANCE_ADVISED_DAYS)
    for event in events:
        rules.read(event)
    memory.write()
    totals.write()


def _ids_in(events: list[Happened]) -> set[str]:
    """Return what the rules will ask for, as far as the events say so; what is left out is asked for one by one."""
    ids = {event.store_id for event in events}
    for event in events:
        if event.conversation_id:
            ids.add(event.conversation_id)
        if event.actor_kind == "buyer" and event.actor_id:
            ids.add(event.actor_id)
        if event.name == names.MESSAGE_CREATED:  # most of all, and it names nobody else
            continue
        for name in ("buyer", "action", "id", "visitor", "other"):
            # The line of a merge in a conversation has the name of the buyer there.
            if isinstance(value := event.data.get(name), str) and _is_id(value):
                ids.add(value)
    return ids


def _is_id(text: str) -> bool:
    """Tell whether this is an id as events have it; a million times, so that only the look of it counts."""
    return _ID.fullmatch(text) is not None


class _Memory:
    """What the rules remember, for one portion: read at once, and written at once."""

    def __init__(self) -> None:
        self._known: dict[str, Known | None] = {}
        self._changed: set[str] = set()

    def load(self, ids: Collection[str]) -> None:
        wanted = [key for key in ids if key not in self._known]
        for key in wanted:
            self._known[key] = None
        quote, cast = connection.ops.quote_name, _value_of(Memory._meta.pk)
        statement = f"SELECT id, CAST(data AS text) FROM {quote(Memory._meta.db_table)} WHERE id IN "
        with connection.cursor() as cursor:
            for some in _chunks(wanted, _IDS):
                places = ", ".join(["%s"] * len(some))
                cursor.execute(f"{statement}({places})", [cast(key) for key in some])
                self._known |= {str(UUID(str(pk))): _parsed(data)[0] for pk, data in cursor.fetchall()}

    def states(self) -> Iterator[Known]:
        return (known for known in self._known.values() if known)

    def get(self, key: str) -> Known | None:
        if key in self._known:
            return self._known[key]
        if not key:
            return None
        if not _is_id(key):
            raise ValueError(f"{key!r} is no id")
        self.load([key])
        return self._known[key]

    def put(self, key: str, known: Known) -> None:
        if key not in self._known and not _is_id(key):
            raise ValueError(f"{key!r} is no id")
        self._known[key] = known
        self._changed.add(key)

    def drop(self, key: str) -> None:
        if self.get(key) is not None:
            self._known[key] = None
            self._changed.add(key)

    def write(self) -> None:
        kept = [(key, data) for key in sorted(self._changed) if (data := self._known[key]) is not None]
        gone = [key for key in self._changed if self._known[key] is None]
        table, cast = connection.ops.quote_name(Memory._meta.db_table), _value_of(Memory._meta.pk)
        tail = " ON CONFLICT (id) DO UPDATE SET data = excluded.data"
        with connection.cursor() as cursor:
            for some in _chunks(kept, _ROWS):
                places = ", ".join(["(%s, %s)"] * len(some))
                values = [value for key, data in some for value in (cast(key), _written(data))]
                cursor.execute(f"INSERT INTO {table} (id, data) VALUES {places}{tail}", values)
        for some in _chunks(gone, _IDS):
            Memory.objects.filter(pk__in=some).delete()


class _Totals:
    """What a portion adds to the figures."""

    def __init__(self, agents: set[str]) -> None:
        self._agents = agents  # whoever is not there any more has no figures
        self._cases: defaultdict[tuple[str, ...], dict[str, int]] = defaultdict(dict)

    def add(self, place: Place, kind: str, case: str, currency: str, add: dict[str, int]) -> None:
        if place.agent not in self._agents:
            return
        of_case = self._cases[*place, currency, kind, case]
        for name, value in add.items():
            of_case[name] = of_case.get(name, 0) + value

    def write(self) -> None:
        """Write days and cases: a day is the sum of its cases, and keeps besides how many fell where."""
        days: defaultdict[tuple[str, ...], dict[str, int]] = defaultdict(dict)
        for key, of_case in self._cases.items():
            day = days[key[:5]]
            for name, value in of_case.items():
                day[name] = day.get(name, 0) + value
        keys = ("store", "day", "agent", "channel", "currency")
        _add(DayFigures, keys, OF_A_DAY, days)
        _add(CaseFigures, (*keys, "kind", "case_id"), COUNTERS, self._cases)


def _add(
    model: type[models.Model],
    keys: tuple[str, ...],
    counters: tuple[str, ...],
    totals: dict[tuple[str, ...], dict[str, int]],
) -> None:
    """Add to the rows that are there, and make those that are not: a statement for each few hundred."""
    quote = connection.ops.quote_name
    fields: list[Any] = [model._meta.get_field(name) for name in keys]
    table, columns = quote(model._meta.db_table), [quote(field.column) for field in fields]
    # Most rows of a portion have a few counters each: only the columns that somebody has are written.
    somebodys = set[str]().union(*totals.values())
    used = [name for name in counters if name in somebodys]
    rest = [name for name in counters if name not in used]
    added = ", ".join(f"{quote(name)} = {table}.{quote(name)} + excluded.{quote(name)}" for name in used)
    places, zeros = "(" + "%s, " * len(keys), ", 0" * len(rest) + ")"
    head = f"INSERT INTO {table} ({', '.join([*columns, *map(quote, used), *map(quote, rest)])}) VALUES "
    tail = f" ON CONFLICT ({', '.join(columns)}) DO " + (f"UPDATE SET {added}" if used else "NOTHING")
    prepare = [_value_of(field) for field in fields]
    with connection.cursor() as cursor:
        # In one order for everybody, so that nobody waits for somebody who waits for them.
        for some in _chunks(sorted(totals.items(), key=lambda item: item[0]), _ROWS):
            values = [convert(part) for key, _ in some for convert, part in zip(prepare, key, strict=True)]
            # Whole numbers of ours are written as they are: a place for each takes longer than all the rest.
            rows = (
                places + ", ".join([str(int(add.get(name, 0))) for name in used]) + zeros for _, add in some
            )
            cursor.execute(head + ", ".join(rows) + tail, values)


def _value_of(field: Any) -> Any:
    """Return how a part of a key is written to this database."""
    target = field.target_field if field.is_relation else field
    if isinstance(target, models.UUIDField) and not connection.features.has_native_uuid_field:
        return lambda text: text.replace("-", "")
    return lambda text: text


def _chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


def standing(now: datetime) -> tuple[datetime | None, float | None]:
    """Return up to when events are counted (None: none is), and for how many seconds others have been waiting to be
    (None: none has). One query."""
    later = Event.objects.filter(id__gt=models.OuterRef("mark")).order_by("id").values("at")[:1]
    row = (
        Rollup.objects.filter(pk=1)
        .annotate(waits=models.Subquery(later))
        .values_list("upto", "waits")
        .first()
    )
    if row is None:
        row = (None, Event.objects.order_by("id").values_list("at", flat=True).first())
    upto, first = row
    return upto, None if first is None else max(0.0, (now - first).total_seconds())
