"""What every store connector promises. docs/adding-a-store.md walks through one.

A command carries a key. A store that knows the key has carried the command out before and answers with the
same result: that, and `lookup`, is what makes a lost answer harmless.
"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from django.utils.functional import Promise

from orders.models import Connection

# What the store says of the order after a command: the fields that it set, and `updated_at` (ISO 8601) by
# the store's own clock.
Result = dict[str, Any]


class StoreError(Exception):
    pass


class StoreRefused(StoreError):
    """The store said no and has done nothing. The message is for people, marked with gettext_noop."""


class StoreUnreachable(StoreError):
    """No answer, a broken one, or one that came too late: the command may have been carried out, or not."""


class StoreBusy(StoreError):
    """The store has done nothing and asks us to come back in `retry_after` seconds."""

    def __init__(self, message: str = "", *, retry_after: float = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StoreConnector(ABC):
    """One way to reach stores' systems, made for one connection. `kind` is stored with it.

    Every call ends within TIMEOUT_S, by StoreUnreachable where the store is slower. A capability is the name
    of a command method; commands that are not named there are never called.
    """

    TIMEOUT_S: ClassVar[float] = 15
    kind: ClassVar[str]
    label: ClassVar[str | Promise]
    capabilities: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @abstractmethod
    def lookup(self, key: str) -> Result | None:
        """Return the result of the command that came with `key`, None where the store has carried out none.

        Raises StoreUnreachable.
        """

    def change_shipping_fee(
        self, *, order_number: str, fee: int, currency: str, key: str, expected: int
    ) -> Result:
        """Set the fee where it is still `expected`, and return at least `shipping_fee` and `updated_at`.

        Raises StoreRefused (also where the fee is another by now), StoreBusy or StoreUnreachable.
        """
        raise NotImplementedError
