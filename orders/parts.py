"""What other rooms show at an order, on its page and beside a conversation (settings.ORDER_PARTS)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from orders.models import Order
from people.models import Agent


class OrderPart(Protocol):
    """One of them: its `template` is given what `of` returns for an order, as `shown`."""

    template: ClassVar[str]

    def of(self, agent: Agent, order_ids: Sequence[UUID]) -> dict[UUID, Any]:
        """Return what is shown at each of a few orders, which the agent may see."""


@dataclass(frozen=True)
class Shown:
    template: str
    shown: Any


@cache
def all_parts() -> list[OrderPart]:
    return [import_string(path)() for path in settings.ORDER_PARTS]


def parts_of(agent: Agent, orders: Sequence[Order]) -> dict[UUID, list[Shown]]:
    ids = [order.pk for order in orders]
    found: dict[UUID, list[Shown]] = {pk: [] for pk in ids}
    for part in all_parts() if ids else ():
        for pk, shown in part.of(agent, ids).items():
            found[pk].append(Shown(part.template, shown))
    return found
