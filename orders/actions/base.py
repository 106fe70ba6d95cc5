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

    def offered(self, order: Order) -> tuple[Preset, ...]:
        """Return the presets that make sense for this order."""
        return self.presets

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

    def left(self, order: Order, agent: Agent) -> int | None:
        """Return how far the agent may still go with this order, in minor units; None: no limit."""
        return None

    def check(self, order: Order, params: dict[str, Any], agent: Agent) -> None:
        """Raise NotAllowed, LimitExceeded or InvalidParams where `agent` may not do it to the order now."""
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
        """Set on our copy what the store says it did; return the names of the fields."""

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
        """Return values as frames and the API carry them, amounts as money."""
        currency = values.get("currency", "")
        return {k: money(v, currency) if isinstance(v, int) else v for k, v in values.items()}
