"""Connecting a store to its own system: which kind it is, its credentials, and the keys that we give it."""

from typing import Any

from django.db import transaction

from events import names
from events.record import Actor, Happening, record
from helpdesk.lib import sealed
from orders.models import Connection, OrderAction
from orders.stores import connector_class
from orders.stores.base import StoreConnector
from people.models import Agent, Store

UNDER_WAY = (OrderAction.State.HELD, OrderAction.State.RUNNING, OrderAction.State.UNKNOWN)


@transaction.atomic
def connect(
    *, actor: Agent, store: Store, connector: type[StoreConnector], values: dict[str, Any]
) -> Connection:
    """Save what a form of the connector holds. A secret that is left empty stays as it is.

    Where it is another shop than before, it is asked for everything anew.
    """
    connection = Connection.objects.select_for_update().filter(store=store).first()
    before = (connection.kind, connection.config) if connection else ("", {})
    if connection is None:
        connection = Connection(store=store)
    same = connection.kind == connector.kind
    secrets = sealed.opened(connection.secrets) if same else {}
    new = {name: values[name] for name in connector.secret_fields if values.get(name)}
    config = {name: value for name, value in values.items() if name not in connector.secret_fields}
    connection.kind = connector.kind
    connection.config = {**connection.config, **config} if same else config
    connection.secrets = {**secrets, **new}
    if before[0] != connector.kind or before[1].get("url") != config.get("url"):
        connection.synced_to, connection.synced_at = "", None
    connection.claimed_until, connection.trouble = None, ""  # a catch-up with the old values loses its claim
    connection.save()
    after = {"kind": connection.kind, **_public(connection.config), "new_secrets": sorted(new)}
    _record(store, actor, before={"kind": before[0], **_public(before[1])}, after=after)
    return connection


@transaction.atomic
def disconnect(*, actor: Agent, store: Store) -> bool:
    """Forget how the store is reached, and what it told that was not taken in. Its orders stay.

    False where an action is under way: nobody could find out what became of it.
    """
    connection = Connection.objects.select_for_update().filter(store=store).first()
    if connection is None:
        return True
    if OrderAction.objects.filter(order__store=store, state__in=UNDER_WAY).exists():
        return False
    _record(store, actor, before={"kind": connection.kind, **_public(connection.config)}, after={"kind": ""})
    connection.delete()
    return True


@transaction.atomic
def issue_key(*, actor: Agent, connection: Connection, name: str) -> str:
    """Make a new key for the shop and return it, to be shown once. The old one stops working."""
    connection = Connection.objects.select_for_update().select_related("store").get(pk=connection.pk)
    found = connector_class(connection.kind)
    if found is None or name not in found.issued:
        raise KeyError(name)
    shown, kept = found.issued[name].make(connection)
    connection.secrets = {**sealed.opened(connection.secrets), name: kept}
    connection.save(update_fields=["secrets"])
    _record(connection.store, actor, before={}, after={"kind": connection.kind, "new_secrets": [name]})
    return shown


def _public(config: dict[str, Any]) -> dict[str, Any]:
    return {name: config[name] for name in sorted(config)}


def _record(store: Store, actor: Agent, *, before: dict[str, Any], after: dict[str, Any]) -> None:
    data = {"before": before, "after": after}
    record(Happening(names.CONNECTION_CHANGED, Actor.agent(actor), store_id=store.id, data=data))
