"""What codes take out of the budget of their offer."""

from django.db.models import F

from orders.models import Coupon, CouponCode


def take(code: CouponCode) -> None:
    """Commit what the code may come to. In the transaction that writes it down, with the offer locked."""
    Coupon.objects.filter(pk=code.coupon_id).update(committed=F("committed") + code.value)


def give_back(code: CouponCode) -> None:
    """Let others have it. In the transaction that ends the code."""
    Coupon.objects.filter(pk=code.coupon_id).update(committed=F("committed") - code.value)
