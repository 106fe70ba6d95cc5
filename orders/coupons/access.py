"""Which offers and codes somebody may see, as querysets."""

from django.db.models import QuerySet

from inbox.access import store_ids_for
from orders.models import Coupon, CouponCode
from people.models import Agent


def coupons_for(agent: Agent) -> QuerySet[Coupon]:
    stores = store_ids_for(agent)
    return Coupon.objects.all() if stores is None else Coupon.objects.filter(store_id__in=stores)


def codes_for(agent: Agent) -> QuerySet[CouponCode]:
    stores = store_ids_for(agent)
    return CouponCode.objects.all() if stores is None else CouponCode.objects.filter(store_id__in=stores)


def with_code_relations(codes: QuerySet[CouponCode]) -> QuerySet[CouponCode]:
    """Load what `code_data` and the panel read, in the query itself."""
    return codes.select_related("coupon", "store__connection", "buyer", "agent", "approver", "order")
