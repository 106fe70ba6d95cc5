"""A connector to the demo shop over a line that can be told how to fail."""

from collections.abc import Callable
from typing import Any, ClassVar

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

    def lookup(self, key: str, *, command: str = "", order_number: str = "") -> Result | None:
        self.lookups.append(key)
        _next(self.on_lookup)
        return super().lookup(key)

    def __getattribute__(self, name: str) -> Any:
        """Every command goes over the line: what the shop can do is named by its capabilities."""
        found = super().__getattribute__(name)
        return _over_the_line(found) if name in DemoStore.capabilities else found


def _over_the_line(command: Callable[..., Result]) -> Callable[..., Result]:
    def send(*, key: str, **rest: Any) -> Result:
        FaultyStore.keys.append(key)
        _next(FaultyStore.before)
        result = command(key=key, **rest)
        _next(FaultyStore.after)
        return result

    return send


def _next(plan: list[Callable[[], None]]) -> None:
    if plan:
        plan.pop(0)()


def fails_with(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail
