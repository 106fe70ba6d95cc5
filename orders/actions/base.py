"""What an action on an order is. docs/adding-an-action.md walks through one.

An action is a value: a kind, cleaned params, and what the order was before and will be after. Its class says
what is allowed and how to do it; orders.services and orders.running decide when, once, and write it down.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib.money import money
from orders import stores
from orders.errors import NotAllowed
from orders.models import Order, OrderAction
from orders.stores.base import Result, StoreConnector
from people.models import Agent

Values = dict[str, Any]  # of an order: amounts as minor units, beside their "currency"


@dataclass(frozen=True)
class Row:
    """One line of a preview or of the audit trail, as a person reads it."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Preset:
    """A button that opens the form filled in."""

    slug: str
    label: str | Promise
    initial: dict[str, str] = field(default_factory=dict)


class ActionForm(forms.Form):
    """What a person fills in; `params` makes of it what `ActionKind.clean` takes."""

    template: ClassVar[str] = "orders/_fields.html"  # what draws its fields
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)

    def __init__(self, data: Any = None, *, order: Order) -> None:
        self.order = order
        super().__init__(data, auto_id=f"{order.id}-%s")  # several orders stand in one page

    def params(self) -> dict[str, Any]:
        raise NotImplementedError


class ActionKind(ABC):
    kind: ClassVar[str]
    label: ClassVar[str | Promise]
    icon: ClassVar[str]
    capability: ClassVar[str]  # what the store's connector must be able to do
    form: ClassVar[type[ActionForm]]
    presets: ClassVar[tuple[Preset, ...]] = ()
    # What is said before it is done: that nothing puts it back afterwards, or what does.
    final: ClassVar[str | Promise] = ""
    back: ClassVar[str | Promise] = ""
    # The statuses of an order in which it is one of the buttons; in the others it stands in the menu beside them.
    first_for: ClassVar[frozenset[str]] = frozenset()
    needs_reason: ClassVar[bool] = False  # of an agent; what a buyer asks for has the buyer's
    reasons: ClassVar[tuple[str | Promise, ...]] = ()  # the usual ones, each a click
    buyer_may_ask: ClassVar[bool] = False  # as a request, that an agent or a rule of the store accepts

    def offered(self, order: Order) -> tuple[Preset, ...]:
        """Return the presets that make sense for this order."""
        return self.presets

    def named(self, order: Order) -> str:
        """Return what it is called on a button of this order."""
        return str(self.label)

    @property
    def hold_s(self) -> int:
        """Seconds in which it can be taken back before the store hears of it."""
        return int(settings.ORDER_HOLD_SECONDS)

    # -- what may be asked

    @abstractmethod
    def clean(self, order: Order, params: Any) -> dict[str, Any]:
        """Return the params as they are stored. Raises InvalidParams for whatever is not exactly right."""

    def against(self, order: Order) -> str:
        """Return why this order allows it to nobody now, in words; empty where it does."""
        return ""

    def cost(self, order: Order, params: dict[str, Any]) -> int:
        """Return what the store gives away by it, in minor units: what limits count. Below zero: it takes back."""
        return 0

    def beyond(self, order: Order, agent: Agent, params: dict[str, Any]) -> list[str]:
        """Return the names of rules of its own that this breaks: then, as above a limit, a second person decides."""
        return []

    def check(self, order: Order, params: dict[str, Any]) -> None:
        """Raise NotAllowed or InvalidParams where it cannot be done to the order now, whoever asks.

        Who asks matters to limits alone (orders/limits.py).
        """
        if why := self.why_not(order):
            raise NotAllowed(why)

    def why_not(self, order: Order) -> str:
        if not stores.can(order.store, self.capability):
            return _("This store's system takes no such change from here.")
        return self.against(order)

    # -- what it does

    @abstractmethod
    def snapshot(self, order: Order) -> Values:
        """Return the values of the order that this action is about."""

    @abstractmethod
    def preview(self, order: Order, params: dict[str, Any]) -> tuple[Values, Values]:
        """Return the snapshot now, and as it would be after."""

    @abstractmethod
    def execute(self, connector: StoreConnector, action: OrderAction) -> Result:
        """Tell the store, with `str(action.id)` as the key. Called outside any transaction.

        Raises StoreError.
        """

    @abstractmethod
    def apply(self, order: Order, result: Result) -> list[str]:
        """Set on our copy what the store says it did; return the names of the fields.

        In the transaction that ends the action, with the order locked: rows of other tables may change too.
        """

    def finished(self, order: Order, action: OrderAction, result: Result) -> None:  # noqa: B027  # may be nothing
        """Write down what else comes of it (a return to wait for, say), in the same transaction as `apply`."""

    def outcome(self, order: Order, action: OrderAction, result: Result) -> Values:
        """Return the values after, once it was done: what the order is now, and what else is worth keeping."""
        return self.snapshot(order)

    def inverse(self, action: OrderAction) -> dict[str, Any] | None:
        """Return the params that put the order back, None where nothing can."""
        return None

    # -- how it is told

    @abstractmethod
    def rows(self, before: Values, after: Values) -> list[Row]:
        """Return before and after for people, in the active language."""

    @abstractmethod
    def sentence(self, action: OrderAction) -> str:
        """Return the change in one English sentence without a full stop: the fallback of timeline lines."""

    def wire(self, values: Values) -> dict[str, Any]:
        """Return values as frames and the API carry them: their whole numbers are amounts, and become money."""
        currency = values.get("currency", "")
        return {
            k: money(v, currency) if isinstance(v, int) and not isinstance(v, bool) else v
            for k, v in values.items()
        }

    def public(self, values: Values) -> dict[str, Any]:
        """Return what lines of a conversation carry of the values: the buyer's browser gets it, shown or not."""
        return self.wire(values)
