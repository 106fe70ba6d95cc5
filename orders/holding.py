"""What of this room belongs to a buyer, and moves when two rows of one person become one (inbox.services.merging)."""

from inbox.services.merging import Moved
from orders.models import BuyerRequest, CouponCode, Order, PaymentReminder, Review
from people.models import Buyer

ROWS = {
    "orders": Order,
    "requests": BuyerRequest,
    "coupon_codes": CouponCode,
    "reminders": PaymentReminder,
    "reviews": Review,
}


class OrdersOfBuyers:
    def move(self, kept: Buyer, merged: Buyer) -> Moved:
        moved = {}
        for name, model in ROWS.items():
            rows = model._default_manager.filter(buyer=merged)
            moved[name] = [str(pk) for pk in rows.values_list("pk", flat=True)]
            rows.update(buyer=kept)
        return moved

    def move_back(self, kept: Buyer, merged: Buyer, moved: Moved) -> None:
        for name, model in ROWS.items():
            model._default_manager.filter(pk__in=moved.get(name, []), buyer=kept).update(buyer=merged)
