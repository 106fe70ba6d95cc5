"""Rows written and read by statements whose text is made once: for the one path that every message takes.

The ORM composes its SQL anew at every call, which costs several times what the database needs for it.
These do what `bulk_create` and a queryset would, for concrete fields; anything else belongs to the ORM.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)

MOST_AT_ONCE = 50  # rows in one statement: SQLite binds a limited number of values


def insert(rows: Sequence[models.Model]) -> None:
    """Insert new rows of one model. A key that the database gives is set on the row."""
    if not rows:
        return
    fields, statement, value = _insertion(type(rows[0]))
    for start in range(0, len(rows), MOST_AT_ONCE):
        some = rows[start : start + MOST_AT_ONCE]
        values = [
            field.get_db_prep_save(getattr(row, field.attname), connection)
            for row in some
            for field in fields
        ]
        with connection.cursor() as cursor:
            cursor.execute(statement.format(", ".join([value] * len(some))), values)
            for row, (key,) in zip(some, cursor.fetchall(), strict=True):
                if row.pk is None:
                    row.pk = key
                row._state.adding = False
                row._state.db = connection.alias


@cache
def _insertion(model: type[models.Model]) -> tuple[list[Any], str, str]:
    """Return the fields written, the statement with a place for its rows, and the places of one row."""
    key: Any = model._meta.pk
    fields = [f for f in model._meta.concrete_fields if f is not key or not f.db_returning]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    statement = f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES {{}} RETURNING "{key.column}"'
    return fields, statement, "(" + ", ".join(["%s"] * len(fields)) + ")"


@cache
def columns(model: type[models.Model], table: str) -> str:
    """Return the columns of a model, named with its alias in the statement, in the order that `reader` expects."""
    return ", ".join(f'{table}."{field.column}"' for field in model._meta.concrete_fields)


@cache
def reader(model: type[Row]) -> tuple[int, Callable[[Sequence[Any]], Row]]:
    """Return how many columns a row has, and what makes an instance of them."""
    fields = model._meta.concrete_fields
    names = [field.attname for field in fields]
    converters = []
    for place, field in enumerate(fields):
        column = field.get_col(model._meta.db_table)  # of a key to another table, what that one is
        found = connection.ops.get_db_converters(column) + column.get_db_converters(connection)
        converters += [(place, column, convert) for convert in found]

    def build(values: Sequence[Any]) -> Row:
        row = list(values)
        for place, column, convert in converters:
            row[place] = convert(row[place], column, connection)
        return model.from_db(connection.alias, names, row)

    return len(fields), build


def prepared(model: type[models.Model], name: str, values: Sequence[Any]) -> list[Any]:
    """Return values as the database of this connection takes them for the named field."""
    field: Any = model._meta.get_field(name)
    return [field.get_db_prep_value(value, connection) for value in values]
