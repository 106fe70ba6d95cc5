"""What every store connector promises. docs/adding-a-store.md walks through one.

A command carries a key. A store that knows the key has carried the command out before and answers with the
same result: that, and `lookup`, is what makes a lost answer harmless.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise

from orders.models import Connection

# What the store says of the order after a command: the fields that it set, named as orders.sync.upsert_order
# takes them, and `updated_at` (ISO 8601) by the store's own clock.
Result = dict[str, Any]


@dataclass(frozen=True)
class Delivery:
    """A webhook that was verified: the sender's id for it, so that one that comes again is known, and its topic.

    An id that is no signed part of it, or is given to more than one, has to be joined with a digest of the body.
    """

    id: str
    topic: str


@dataclass(frozen=True)
class Issued:
    """A key that the desk makes for a shop. `make` returns what is shown, once, and what is kept of it."""

    label: str | Promise
    about: str | Promise
    make: Callable[[Connection], tuple[str, str]]


@dataclass(frozen=True)
class Changes:
    """What a store tells of: payloads for orders.sync, and the mark from which to ask on."""

    orders: list[dict[str, Any]] = field(default_factory=list)
    products: list[dict[str, Any]] = field(default_factory=list)
    reviews: list[dict[str, Any]] = field(default_factory=list)
    mark: str = ""


@dataclass(frozen=True)
class ShippingMethod:
    """A way to send. `fee` in minor units is what an order that is not paid yet is charged; None: what it was."""

    name: str
    fee: int | None = None


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
    # How long a store may go on with a command whose answer we no longer wait for, where it cannot tell a repeated one
    # from a new one by itself: before that, a lookup that finds nothing proves nothing.
    settles_in_s: ClassVar[float] = 0
    kind: ClassVar[str]
    label: ClassVar[str | Promise]
    capabilities: frozenset[str] = frozenset()
    # What a person fills in to connect; fields named in `secret_fields` are sealed, the others stand in `config`.
    form: ClassVar[type[forms.Form]] = forms.Form
    secret_fields: ClassVar[frozenset[str]] = frozenset()
    about: ClassVar[str | Promise] = ""  # one sentence, where a kind is chosen
    icon: ClassVar[str] = "building-store"
    issued: ClassVar[dict[str, Issued]] = {}  # kept in the connection's secrets, by these names
    # Where in the shop the address for its webhooks is put, and which events to choose there. Empty: it has none.
    hook_help: ClassVar[str | Promise] = ""
    hook_topics: ClassVar[tuple[str, ...]] = ()

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def shop_url(self, buyer: str = "") -> str:
        """Return where buyers shop, as `buyer` (their id there) where that can be said; empty where unknown."""
        return ""

    # -- what it tells us

    def check(self) -> None:  # noqa: B027  # a store that needs no log-in has nothing to say
        """Ask the store whether it lets us in. Raises StoreError with what is wrong, for people."""

    def changes(self, mark: str) -> Iterator[Changes]:
        """Yield page by page what changed since `mark` (empty: everything), oldest change first.

        Each page's mark is one that may be asked from when everything before it was taken in. Raises StoreError.
        """
        return iter(())

    def verify(self, headers: Mapping[str, str], body: bytes) -> Delivery | None:
        """Return which delivery this webhook is, None where its signature is not the store's.

        In constant time, on the raw bytes. Header names are lower case.
        """
        return None

    def greets(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Return whether this is the unsigned call by which a shop tries a new address: answered, never stored."""
        return False

    def parse(self, topic: str, body: bytes) -> Changes:
        """Return what a verified webhook tells.

        Raises StoreRefused where it is not as documented; StoreBusy or StoreUnreachable where the store had to be
        asked for the rest: then it is tried again.
        """
        return Changes()

    def shipping_methods(self) -> list[ShippingMethod]:
        """Return how the store sends, from what is known of it already: nobody is called."""
        return [
            ShippingMethod(str(one["name"]), one.get("fee"))
            for one in self.connection.config.get("shipping_methods", [])
        ]

    # -- what we tell it

    @abstractmethod
    def lookup(self, key: str, *, command: str, order_number: str) -> Result | None:
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

    def change_carrier(self, *, order_number: str, shipping_method: str, key: str) -> Result:
        """Set how an order that is not dispatched is sent; return `shipping_method`, and `shipping_fee` where the
        store charges another for it."""
        raise NotImplementedError

    def change_address(
        self, *, order_number: str, address: dict[str, str], key: str, expected: dict[str, str]
    ) -> Result:
        """Set the address of an order that is not dispatched, where it still is `expected`; return `address`."""
        raise NotImplementedError

    def discount(self, *, order_number: str, discount: int, currency: str, key: str, expected: int) -> Result:
        """Set the discount of an unpaid order (minor units), where it still is `expected`; return `discount`."""
        raise NotImplementedError

    def refund(
        self,
        *,
        order_number: str,
        amount: int,
        currency: str,
        lines: list[dict[str, Any]],
        shipping: int,
        restock: bool,
        reason: str,
        key: str,
        expected: int,
    ) -> Result:
        """Pay `amount` back, of which `shipping` for the shipping fee; `lines` are [{"sku", "quantity"}].

        Only while what was refunded before is still `expected`. Return `refunded`, the new sum.
        """
        raise NotImplementedError

    def cancel(self, *, order_number: str, reason: str, restock: bool, key: str) -> Result:
        """Cancel an order that is not dispatched; pay back what was paid. Return `status` and `refunded`."""
        raise NotImplementedError

    def edit_lines(
        self, *, order_number: str, lines: list[dict[str, Any]], key: str, expected: list[dict[str, Any]]
    ) -> Result:
        """Set what an undispatched order holds ([{"sku", "quantity"}]); return `lines`, `items_total`, what else
        of `tax` and `discount` changed and, where less is owed than was paid, `refunded`. Where more is owed, the
        order waits for the rest: `status` is unpaid."""
        raise NotImplementedError

    def replace(
        self, *, order_number: str, lines: list[dict[str, Any]], charge: int, reason: str, key: str
    ) -> Result:
        """Make a new order for the same buyer and address with `lines`, of which the buyer owes `charge`.

        Below zero, `charge` is paid back on the order that is replaced (a store that cannot refuses). Return
        `replacement`, its payload for orders.sync, and `refunded`, the new sum, where that has changed.
        """
        raise NotImplementedError

    def hold(self, *, order_number: str, on_hold: bool, key: str) -> Result:
        """Keep an undispatched parcel from leaving, or let it go; return `on_hold`."""
        raise NotImplementedError

    def create_coupon(self, *, code: str, terms: dict[str, Any], key: str) -> Result:
        """Make a single-use code. `terms`: kind, value, currency, most, min_spend, skus, expires_at, email.

        The code itself is the key: one that is there already with these terms is done, and `lookup` finds it.
        """
        raise NotImplementedError

    def revoke_coupon(self, *, code: str, key: str) -> Result:
        """Make a code invalid. Raises StoreRefused where it was redeemed."""
        raise NotImplementedError

    def answer_review(
        self, *, external_id: str, product_sku: str, reply: str, hidden: bool, key: str
    ) -> Result:
        """Set the store's reply to a review (empty: none) and whether it is shown."""
        raise NotImplementedError
