"""What a desk is set up from: stores with their channel. (Tags and canned replies are single rows.)"""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from events import names, topics
from events.record import Actor, Happening, record
from inbox.models import Channel
from inbox.services.targets import unsettle
from people import sessions
from people.models import Agent, Store, new_secret

_SHOWN = ["key", "name", "currency", "language", "time_zone", "country", "color", "greeting", "origins"]


@transaction.atomic
def create_store(*, actor: Agent, store: Store) -> Store:
    """Save a new store, with the channel through which its widget writes."""
    store.save()
    Channel.objects.create(store=store, kind="widget", name=_("Website chat"))
    _record(store, by=actor, before={}, after=_values(store))
    # Admins see every store, so their open consoles have one more to listen to.
    admins = Agent.objects.filter(role=Agent.Role.ADMIN).values_list("id", flat=True)
    sessions.end_sockets([topics.agent(pk) for pk in admins], code=sessions.SAY_HELLO_AGAIN)
    return store


@transaction.atomic
def update_store(*, actor: Agent, store: Store) -> Store:
    """Save what a form changed on `store`."""
    before = _values(Store.objects.select_for_update().get(pk=store.pk))
    store.save(update_fields=_SHOWN)
    after = _values(store)
    if after != before:
        changed = [name for name in _SHOWN if before[name] != after[name]]
        _record(store, by=actor, before={n: before[n] for n in changed}, after={n: after[n] for n in changed})
        if "time_zone" in changed:
            unsettle(store.pk)
    return store


@transaction.atomic
def rotate_identity_secret(*, actor: Agent, store: Store) -> str:
    """Give the store a new secret and return it to be shown, once. Tokens signed with the old one fail."""
    store.identity_secret = new_secret()
    store.save(update_fields=["identity_secret"])
    _record(store, by=actor, before={}, after={"identity_secret": "replaced"})
    return store.identity_secret


def _values(store: Store) -> dict[str, Any]:
    return {name: getattr(store, name) for name in _SHOWN}


def _record(store: Store, *, by: Agent, before: dict[str, Any], after: dict[str, Any]) -> None:
    data = {"before": before, "after": after}
    record(Happening(names.STORE_CHANGED, Actor.agent(by), store_id=store.id, data=data))
