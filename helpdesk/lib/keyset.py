"""Pages of long lists, each as fast as the first: by the last row's place, never by counting rows.

A place is a time and an id, which is what the indexes end with. A list that is spread over several ranges of
an index (three statuses, two stores) is read in lanes: the first rows of each range, then the first of those.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db.models import BooleanField, F, Func, Model, Q, QuerySet, Value
from django.db.models.expressions import RawSQL

Row = TypeVar("Row", bound=Model)
Place = tuple[datetime, UUID | int]


class BadCursor(ValueError):
    """A cursor that this list has not given out."""


@dataclass(frozen=True, slots=True)
class Keyset:
    """Rows by `field` and `id`, the newest first or the oldest. `name` keeps the cursors of lists apart."""

    name: str
    field: str
    newest_first: bool = True
    # Fields that are null in all rows of the list and stand before `field` in its index: PostgreSQL reads such an
    # index in its order only where it is asked for the whole of it.
    after_nulls: tuple[str, ...] = ()

    def ordering(self, pk: str = "id") -> tuple[str, ...]:
        sign = "-" if self.newest_first else ""
        return *self.after_nulls, f"{sign}{self.field}", f"{sign}{pk}"

    def beyond(self, place: Place, pk: str = "id") -> Func:
        """Return what comes after a place: one comparison of rows, which an index can start from."""
        ours = Func(F(self.field), F(pk), function="")
        theirs = Func(*map(Value, place), function="")
        sign = " < " if self.newest_first else " > "
        return Func(ours, theirs, template="%(expressions)s", arg_joiner=sign, output_field=BooleanField())

    def cursor(self, row: Any) -> str:
        row_id = row.pk if isinstance(row.pk, int) else row.pk.hex
        at: datetime = getattr(row, self.field)
        said = json.dumps([self.name, at.astimezone(UTC).isoformat(), row_id], separators=(",", ":"))
        return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")

    def place(self, cursor: str) -> Place:
        """Return the place that `cursor` names. Raises BadCursor."""
        try:
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            name, at, row_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            moment = datetime.fromisoformat(at).astimezone(UTC)
            place = moment, row_id if type(row_id) is int and 0 <= row_id < 2**63 else UUID(hex=row_id)
        except (ValueError, TypeError, OverflowError, AttributeError, RecursionError, binascii.Error):
            raise BadCursor("not a cursor") from None
        if name != self.name:
            raise BadCursor("the cursor of another list")
        return place


@dataclass(frozen=True, slots=True)
class Lanes:
    """The ranges of a list. `pk` is the field of their rows that names what is listed."""

    key: Keyset
    ranges: list[QuerySet[Any]]
    pk: str = "id"

    def first(self, limit: int, place: Place | None = None) -> tuple[str, list[Any]]:
        """Return a SELECT of the ids of the first `limit` of all, from `place` on, and its parameters.

        Each lane is cut before anything is joined to it, so what a page costs does not grow with the table.
        Raises EmptyResultSet where there is nothing to select from.
        """
        parts: list[str] = []
        params: list[Any] = []
        for rows in self.ranges:
            beyond = rows.filter(self.key.beyond(place, self.pk)) if place else rows
            ordered = beyond.order_by(*self.key.ordering(self.pk))
            try:
                sql, given = ordered.values_list(self.pk, self.key.field)[:limit].query.sql_with_params()
            except EmptyResultSet:  # its conditions cannot all be true
                continue
            parts.append(f"SELECT * FROM ({sql}) AS lane")
            params += given
        if not parts:
            raise EmptyResultSet
        way = "DESC" if self.key.newest_first else "ASC"
        lanes = " UNION ALL ".join(parts)
        order = f"ORDER BY place {way}, id {way} LIMIT {limit}"
        return f"WITH lanes (id, place) AS ({lanes}) SELECT id FROM lanes {order}", params

    def page(self, limit: int, place: Place | None = None) -> Q:
        """Return the condition that a row is one of the first `limit`, from `place` on."""
        try:
            return Q(pk__in=RawSQL(*self.first(limit, place)))
        except EmptyResultSet:
            return Q(pk__in=[])


def cut(rows: list[Row], key: Keyset, limit: int) -> tuple[list[Row], str | None]:
    """Return the page of `rows` (one more than `limit` was asked for) and the cursor of the next page."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], key.cursor(rows[limit - 1])
