"""Connectors by kind (settings.STORE_CONNECTORS): how commands reach a store's own system."""

from django.conf import settings
from django.utils.module_loading import import_string

from orders.models import Connection
from orders.stores.base import StoreConnector
from people.models import Store


def connector_class(kind: str) -> type[StoreConnector] | None:
    for path in settings.STORE_CONNECTORS:
        connector: type[StoreConnector] = import_string(path)
        if connector.kind == kind:
            return connector
    return None


def connector_for(store: Store) -> StoreConnector | None:
    """Return the connector of a store, None where it has no connection or its kind is not installed."""
    connection: Connection | None = getattr(store, "connection", None)
    if connection is None:
        return None
    found = connector_class(connection.kind)
    return found(connection) if found else None


def can(store: Store, capability: str) -> bool:
    connector = connector_for(store)
    return connector is not None and capability in connector.capabilities
