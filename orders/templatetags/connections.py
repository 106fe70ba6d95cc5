"""How stores are connected, for pages of apps below this one."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import template

from orders.models import Connection
from orders.stores import connector_class
from people.models import Store

register = template.Library()


@register.simple_tag
def connection_of(store: Store) -> dict[str, Any] | None:
    """Return the connection's label and trouble, None where there is none."""
    found = Connection.objects.filter(store=store).values("kind", "trouble").first()
    kind = connector_class(found["kind"]) if found else None
    return {**found, "label": kind.label if kind else found["kind"]} if found else None


@register.simple_tag
def connections_of(stores: Iterable[Store]) -> set[UUID]:
    """Return the ids of those that are connected."""
    ids = [store.pk for store in stores]
    return set(Connection.objects.filter(pk__in=ids).values_list("pk", flat=True))
