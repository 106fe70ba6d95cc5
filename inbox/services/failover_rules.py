"""A store's rules of failover: when a channel hands over, and which channels take over, in which order."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from events import names
from events.record import Actor, Happening, record
from inbox import transports
from inbox.models import Channel, Delivery
from people.models import Agent, Store

MINUTES = (5, 10, 15, 30, 60, 120, 240, 720)


@dataclass(frozen=True)
class Rule:
    """`unread_after` in minutes, None: it hands nothing over. `place`: 1 is asked first, None: it never is."""

    unread_after: int | None = None
    place: int | None = None


def can_take_over(channel: Channel) -> bool:
    """A page that the buyer has to come to reaches nobody who has left it."""
    return transports.get(channel.kind).first_state == Delivery.State.QUEUED


def save_rules(*, actor: Agent, store: Store, rules: dict[UUID, Rule]) -> None:
    """Make these the rules of the store's channels; a channel that is not named has none. Places become 1, 2, 3 …

    What is on its way already keeps the time that it was given.
    """
    with transaction.atomic():
        rows = Channel.objects.select_for_update().filter(store=store).order_by("name", "id")
        channels = {channel.id: channel for channel in rows}
        before = {str(channel.id): _words(channel) for channel in channels.values()}
        wanted = {pk: rules.get(pk, Rule()) for pk in channels}
        takers = [pk for pk, rule in wanted.items() if rule.place is not None and can_take_over(channels[pk])]
        takers.sort(key=lambda pk: wanted[pk].place or 0)
        for pk, channel in channels.items():
            channel.unread_after = wanted[pk].unread_after
            channel.takes_over = takers.index(pk) + 1 if pk in takers else None
            channel.save(update_fields=["unread_after", "takes_over"])
        after = {str(channel.id): _words(channel) for channel in channels.values()}
        if changed := [pk for pk in after if after[pk] != before[pk]]:
            data = {
                "before": {pk: before[pk] for pk in changed},
                "after": {pk: after[pk] for pk in changed},
            }
            record(Happening(names.FAILOVER_CHANGED, Actor.agent(actor), store_id=store.id, data=data))


def _words(channel: Channel) -> dict[str, Any]:
    return {"name": channel.name, "unread_after": channel.unread_after, "takes_over": channel.takes_over}
