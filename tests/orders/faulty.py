"""A connector to the demo shop over a line that can be told how to fail."""

from collections.abc import Callable
from typing import ClassVar

from orders.stores.base import Result
from orders.stores.demo import DemoStore


class Killed(BaseException):
    """The worker's process ends here: no `except Exception` sees it."""


class FaultyStore(DemoStore):
    """`before` runs when a command is sent, `after` when it is done, `on_lookup` when the shop is asked."""

    kind = "faulty"
    before: ClassVar[list[Callable[[], None]]] = []
    after: ClassVar[list[Callable[[], None]]] = []
    on_lookup: ClassVar[list[Callable[[], None]]] = []
    keys: ClassVar[list[str]] = []
    lookups: ClassVar[list[str]] = []

    @classmethod
    def reset(cls) -> None:
        for plan in (cls.before, cls.after, cls.on_lookup, cls.keys, cls.lookups):
            plan.clear()

    def lookup(self, key: str) -> Result | None:
        self.lookups.append(key)
        _next(self.on_lookup)
        return super().lookup(key)

    def change_shipping_fee(
        self, *, order_number: str, fee: int, currency: str, key: str, expected: int
    ) -> Result:
        self.keys.append(key)
        _next(self.before)
        shop = DemoStore(self.connection)
        result = shop.change_shipping_fee(
            order_number=order_number, fee=fee, currency=currency, key=key, expected=expected
        )
        _next(self.after)
        return result


def _next(plan: list[Callable[[], None]]) -> None:
    if plan:
        plan.pop(0)()


def fails_with(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail
