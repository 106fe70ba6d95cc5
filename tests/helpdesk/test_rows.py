"""Statements made once write and read what the ORM would."""

import pytest
from django.db import IntegrityError, connection, transaction

from events.models import Event
from helpdesk.lib import rows
from people.models import Buyer, Store

pytestmark = pytest.mark.django_db


def make_event(number: int) -> Event:
    return Event(name="test", actor_kind="system", data={"n": number, "text": "王 \"'%s"})


def test_rows_are_written_as_the_orm_would_however_many_there_are() -> None:
    events = [make_event(number) for number in range(rows.MOST_AT_ONCE + 3)]
    rows.insert(events)
    assert [event.pk for event in events] == list(Event.objects.order_by("id").values_list("id", flat=True))
    for written, given in zip(Event.objects.order_by("id"), events, strict=True):
        assert (written.data, written.at, written.store_id) == (given.data, given.at, None)


def test_a_row_that_was_inserted_can_be_saved_again() -> None:
    store = Store(key="a", name="A", origins=["https://a.example"])
    rows.insert([store])
    store.name = "B"
    store.save()
    assert Store.objects.get() == store
    assert Store.objects.get().origins == ["https://a.example"]


def test_what_the_database_refuses_is_refused() -> None:
    rows.insert([Store(key="a", name="A")])
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.insert([Store(key="a", name="again")])


def test_nothing_to_insert_is_no_statement(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        rows.insert([])


def test_a_row_is_read_with_the_types_that_the_orm_gives() -> None:
    store = Store.objects.create(key="a", name="A", origins=["https://a.example"])
    buyer = Buyer.objects.create(store=store, name="王小明", external_id="7")
    for model, expected in ((Store, store), (Buyer, buyer)):
        width, build = rows.reader(model)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {rows.columns(model, 't')} FROM {model._meta.db_table} t")
            [row] = cursor.fetchall()
        found = build(row)
        assert width == len(row)
        assert found == expected
        for field in model._meta.concrete_fields:
            assert getattr(found, field.attname) == getattr(expected, field.attname), field
