"""The product card: something that the store sells."""

from typing import Any

from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib.ids import parse_id
from helpdesk.lib.money import display, money
from inbox.errors import NotFound
from inbox.models import Conversation
from orders.access import products_for
from orders.cards.buyers import speaking_to
from orders.models import Product
from people.models import Agent

FEW = 5  # in stock: worth saying


class ProductCard:
    """A product of the conversation's store: picture, price, whether there are any, and its page."""

    kind = "product"
    label = gettext_lazy("Product")

    def build(self, *, agent: Agent, conversation: Conversation, ref: str) -> dict[str, Any]:
        sold_here = products_for(agent).filter(store=conversation.store_id)
        product_id = parse_id(ref)
        product = sold_here.filter(pk=product_id).first() if product_id else None
        if product is None:
            raise NotFound(_("This store sells no such product."))
        with speaking_to(conversation.buyer, conversation.store):
            words = [product.name, display(product.price, product.currency)]
            if product.stock <= 0:
                words.append(_("sold out"))
        text = " · ".join(words)
        return {
            "title": product.name,
            "text": f"{text} {product.url}" if product.url else text,
            "product": _public_product_data(product),
            "choices": [],
        }

    def text(self, data: dict[str, Any]) -> str:
        return str(data["text"])


def _public_product_data(product: Product) -> dict[str, Any]:
    """What a buyer sees of a product: whether there are any, not how many."""
    stock = "sold_out" if product.stock <= 0 else "few" if product.stock <= FEW else "in_stock"
    return {
        "id": str(product.id),
        "sku": product.sku,
        "name": product.name,
        "price": money(product.price, product.currency),
        "stock": stock,
        "image": picture_url(product),
        "color": product.color,
        "url": product.url,
    }


def picture_url(product: Product) -> str:
    """Return where a product's picture is: a web address, or a drawing of the demo among our own files."""
    if not product.image or "/" in product.image:
        return product.image if product.image.startswith("https://") else ""
    return static(f"demo/{product.image}.svg")
