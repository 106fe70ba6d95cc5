"""Which orders, products and actions somebody may see, as querysets."""

from uuid import UUID

from django.db.models import Prefetch, QuerySet

from inbox.access import store_ids_for
from orders.models import BuyerRequest, Order, OrderAction, OrderNote, Product
from people.models import Agent

# The stores of an agent, as `store_ids_for` gives them: None is every store there is.
Stores = frozenset[UUID] | None


def orders_for(agent: Agent) -> QuerySet[Order]:
    return orders_of(store_ids_for(agent))


def orders_of(stores: Stores) -> QuerySet[Order]:
    return Order.objects.all() if stores is None else Order.objects.filter(store_id__in=stores)


def actions_for(agent: Agent) -> QuerySet[OrderAction]:
    stores = store_ids_for(agent)
    return (
        OrderAction.objects.all()
        if stores is None
        else OrderAction.objects.filter(order__store_id__in=stores)
    )


def products_for(agent: Agent) -> QuerySet[Product]:
    return products_of(store_ids_for(agent))


def products_of(stores: Stores) -> QuerySet[Product]:
    found = Product.objects.filter(active=True)
    return found if stores is None else found.filter(store_id__in=stores)


def with_order_relations(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Load what `order_data` reads: nine queries, however many rows."""
    return orders.select_related("store__connection", "buyer", "replaces").prefetch_related(
        "lines__product",
        "payments",
        "shipments",
        "returns",
        "replacements",
        Prefetch("notes", OrderNote.objects.select_related("agent").order_by("created_at", "id")),
        Prefetch("actions", OrderAction.objects.select_related("agent", "approver").order_by("created_at")),
        Prefetch(
            "requests",
            BuyerRequest.objects.filter(state=BuyerRequest.State.OPEN).order_by("created_at"),
            to_attr="open_requests",
        ),
    )
