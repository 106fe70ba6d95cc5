"""Rows that hardly ever change, kept in the process for a few seconds: a store's name is not worth a join a message."""

import time
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from django.db.models import Model

Row = TypeVar("Row", bound=Model)
Value = TypeVar("Value")


class Kept(Generic[Row]):
    """Rows of `model` by id, each read again when it is older than `seconds`.

    What is read here may be that old: names to show, never what somebody may do.
    """

    def __init__(self, model: type[Row], seconds: float = 5.0) -> None:
        self.model, self.seconds = model, seconds
        self._rows: dict[Any, tuple[float, Row]] = {}

    def get(self, ids: Iterable[Any]) -> dict[Any, Row]:
        """Return the rows that exist of `ids` (None is skipped), by id; one query where any has to be read."""
        now = time.monotonic()
        found, missing = {}, []
        for pk in set(ids) - {None}:
            read_at, row = self._rows.get(pk, (0.0, None))
            if row is not None and now - read_at < self.seconds:
                found[pk] = row
            else:
                missing.append(pk)
        if missing:
            if len(self._rows) > 10_000:
                self._rows.clear()
            read = self.model._default_manager.in_bulk(missing)
            self._rows.update({pk: (now, row) for pk, row in read.items()})
            found |= read
        return found


class KeptWhole(Generic[Value]):
    """One value that is read as a whole (a small table), and again when it is older than `seconds`.

    Whoever changes what it is read from calls `forget` after the commit: this process knows it at once, the others
    within `seconds`.
    """

    def __init__(self, read: Callable[[], Value], seconds: float) -> None:
        self.read, self.seconds = read, seconds
        self._kept: tuple[float, Value] | None = None
        self._times_forgotten = 0

    def get(self) -> Value:
        kept = self._kept
        now = time.monotonic()
        if kept is not None and now - kept[0] < self.seconds:
            return kept[1]
        before = self._times_forgotten
        value = self.read()
        # Where it was changed while we read, this may be what it was before.
        if before == self._times_forgotten:
            self._kept = (now, value)
        return value

    def forget(self) -> None:
        self._times_forgotten += 1
        self._kept = None
