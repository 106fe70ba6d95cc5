"""The coupon card: a code in a conversation, with what it gives and what became of it."""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib.ids import parse_id
from helpdesk.lib.times import iso
from inbox.cards import language_of, update_cards
from inbox.errors import NotFound
from inbox.models import Conversation, Message
from orders import stores
from orders.coupons.access import codes_for, with_code_relations
from orders.coupons.terms import conditions, gives, until
from orders.models import CouponCode, Product
from people.models import Agent


class CouponCard:
    kind = "coupon"
    unasked = True
    label = gettext_lazy("Coupon")

    def build(self, *, agent: Agent, conversation: Conversation, ref: str) -> dict[str, Any]:
        """Only a code that is valid is ever sent, and only to the buyer for whom it was made."""
        own = with_code_relations(codes_for(agent)).filter(buyer=conversation.buyer_id)
        code_id = parse_id(ref)
        code = own.filter(pk=code_id, state=CouponCode.State.ACTIVE).first() if code_id else None
        if code is None:
            raise NotFound(_("This buyer has no such coupon."))
        with translation.override(language_of(conversation)):
            said = [*conditions(code.terms), until(code.expires_at)]
            return {
                "title": code.terms["name"],
                "coupon": {
                    "id": str(code.id),
                    "code": code.code,
                    "state": code.state,
                    "gives": gives(code.terms),
                    "terms": said,
                    "expires_at": iso(code.expires_at),
                    "url": shop_url(code),
                    "order": None,
                },
                "choices": [],
            }

    def text(self, data: dict[str, Any]) -> str:
        coupon = data["coupon"]
        lines = [
            f"{data['title']}: {coupon['gives']}",
            coupon["code"],
            " · ".join(coupon["terms"]),
            coupon["url"],
        ]
        return "\n".join(filter(None, lines))


def shop_url(code: CouponCode) -> str:
    """Return where the buyer goes shopping with it: the product that it is for, else the shop."""
    products = code.terms["products"]
    if len(products) == 1:
        found = Product.objects.filter(store=code.store_id, sku=products[0]["sku"], active=True).first()
        if found is not None and found.url:
            return found.url
    connector = stores.connector_for(code.store)
    return connector.shop_url(code.buyer.external_id or "") if connector else ""


def refresh_coupon_cards(code: CouponCode) -> None:
    """Show what became of the code on every card of it, kept and open."""
    cards = Message.objects.filter(conversation__buyer=code.buyer_id, data__coupon__id=str(code.id))
    # That somebody is about to revoke it is not the buyer's to see: until the store says so, it is valid.
    state = CouponCode.State.ACTIVE.value if code.state == CouponCode.State.REVOKING else code.state
    now = {"state": state, "order": code.order_number or None}
    update_cards(cards, lambda data: {**data, "coupon": {**data["coupon"], **now}})
