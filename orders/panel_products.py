"""What the store of a conversation sells, beside it: looked up as one types, sent by one click."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from orders.listing import products_bought, search_products
from orders.models import Product
from orders.panel_cards import send_button
from orders.panel_orders import open_conversation
from orders.reviews.listing import ratings_of
from people.views.roles import AgentRequest, for_agents


@for_agents
@require_GET
def products(request: AgentRequest, conversation_id: UUID) -> HttpResponse:
    conversation = open_conversation(request, conversation_id)
    q = request.GET.get("q", "").strip()
    store_id, buyer_id = conversation.store_id, conversation.buyer_id
    bought = [] if q else products_bought(request.user, store_id=store_id, buyer_id=buyer_id)
    known = {product.id for product in bought}
    found = [
        product
        for product in search_products(request.user, store_id=store_id, q=q)
        if product.id not in known
    ]

    ratings = ratings_of(product.id for product in [*bought, *found])

    def present(product: Product) -> dict[str, Any]:
        return {
            "product": product,
            "rating": ratings.get(product.id),
            "send": send_button("product", str(product.id), conversation.id),
        }

    context = {
        "conversation": conversation,
        "q": q,
        "bought": [present(product) for product in bought],
        "products": [present(product) for product in found],
    }
    is_typing = "q" in request.GET
    return render(request, "orders/_products.html" if is_typing else "orders/_panel_products.html", context)
