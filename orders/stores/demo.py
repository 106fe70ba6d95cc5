"""The demo store: a shop in tables of its own, which does what a real one promises."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from orders.models import DemoShopCommand, DemoShopOrder, Order
from orders.stores.base import Result, StoreConnector, StoreRefused
from people.models import Store


class DemoStore(StoreConnector):
    kind = "demo"
    label = _("Demo shop")
    capabilities = frozenset({"change_shipping_fee"})

    def lookup(self, key: str) -> Result | None:
        command = DemoShopCommand.objects.filter(pk=key, order__store=self.connection.store_id).first()
        return command.result if command else None

    def change_shipping_fee(
        self, *, order_number: str, fee: int, currency: str, key: str, expected: int
    ) -> Result:
        with transaction.atomic():
            orders = DemoShopOrder.objects.select_for_update()
            order = orders.filter(store=self.connection.store_id, number=order_number).first()
            if order is None:
                raise StoreRefused(gettext_noop("The store does not know this order."))
            # After the lock: two of the same key that come at once are one command.
            if (before := self.lookup(key)) is not None:
                return before
            if order.dispatched:
                raise StoreRefused(gettext_noop("The store has dispatched this order."))
            if order.paid:
                raise StoreRefused(gettext_noop("The buyer has just paid for this order."))
            if order.shipping_fee != expected:
                raise StoreRefused(gettext_noop("The shipping fee is another by now at the store."))
            order.shipping_fee = fee
            order.save(update_fields=["shipping_fee"])
            result: Result = {"shipping_fee": fee, "updated_at": timezone.now().isoformat()}
            DemoShopCommand.objects.create(key=key, order=order, result=result)
        return result


def pay(store: Store, number: str) -> dict[str, Any] | None:
    """Let a buyer pay at the demo shop. Return what the shop then tells the desk; None: it cannot be paid."""
    with transaction.atomic():
        orders = DemoShopOrder.objects.select_for_update()
        order = orders.filter(store=store, number=number, paid=False, dispatched=False).first()
        ours = Order.objects.filter(store=store, number=number, status=Order.Status.UNPAID).first()
        if order is None or ours is None:
            return None
        order.paid = True
        order.save(update_fields=["paid"])
    now = timezone.now().isoformat()
    total = ours.total - ours.shipping_fee + order.shipping_fee
    return {
        "number": number,
        "status": Order.Status.PAID.value,
        "shipping_fee": order.shipping_fee,
        "paid": total,
        "payments": [{"amount": total, "method": "Visa", "reference": f"pay_{number}", "paid_at": now}],
        "updated_at": now,
    }
