"""Which orders, products and actions somebody may see, as querysets."""

from django.db.models import Prefetch, QuerySet

from inbox.access import store_ids_for
from orders.models import Order, OrderAction, Product
from people.models import Agent


def orders_for(agent: Agent) -> QuerySet[Order]:
    ids = store_ids_for(agent)
    return Order.objects.all() if ids is None else Order.objects.filter(store_id__in=ids)


def actions_for(agent: Agent) -> QuerySet[OrderAction]:
    ids = store_ids_for(agent)
    return OrderAction.objects.all() if ids is None else OrderAction.objects.filter(order__store_id__in=ids)


def products_for(agent: Agent) -> QuerySet[Product]:
    ids = store_ids_for(agent)
    found = Product.objects.filter(active=True)
    return found if ids is None else found.filter(store_id__in=ids)


def with_order_relations(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Load what `order_data` reads: six queries, however many rows."""
    return orders.select_related("store__connection", "buyer").prefetch_related(
        "lines__product",
        "payments",
        "shipments",
        Prefetch("actions", OrderAction.objects.select_related("agent").order_by("created_at")),
    )
