"""The tracking card: where a parcel is."""

from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inbox.errors import NotFound
from inbox.models import Conversation
from orders.cards.buyers import own_order, speaking_to
from orders.models import Order
from orders.payloads import public_order_data
from orders.templatetags.orders import daytime
from people.models import Agent


class TrackingCard:
    """A parcel on its way: steps, the last scans, the carrier's page. `ref` is an order's id, or
    `<order's id>:<tracking number>` for one of several parcels; the newest, where none is named."""

    kind = "tracking"
    label = gettext_lazy("Tracking")

    def build(self, *, agent: Agent, conversation: Conversation, ref: str) -> dict[str, Any]:
        order_ref, _colon, number = ref.partition(":")
        order = own_order(agent, conversation, order_ref)
        parcels = public_order_data(order)["shipments"]
        found = [parcel for parcel in parcels if not number or parcel["tracking_number"] == number]
        if not found:
            raise NotFound(_("This order has no such parcel."))
        return {
            **_words(order, found[-1]),
            "order": public_order_data(order),
            "tracking_number": found[-1]["tracking_number"],
            "choices": [],
        }

    def refresh(self, card: dict[str, Any], order: Order) -> dict[str, Any]:
        public = public_order_data(order)
        own = (p for p in public["shipments"] if p["tracking_number"] == card["tracking_number"])
        parcel = next(own, None)
        return {**card, **(_words(order, parcel) if parcel else {}), "order": public}

    def text(self, data: dict[str, Any]) -> str:
        return str(data["text"])


def _words(order: Order, parcel: dict[str, Any]) -> dict[str, str]:
    """Return what the card says where it is not drawn: on its page, and in channels that carry only text."""
    with speaking_to(order.buyer, order.store):
        title = _("Your parcel of order %(number)s") % {"number": order.number}
        where = _where(parcel)
    text = f"{title}: {where} {parcel['url']}".strip()
    return {"title": title, "intro": where, "url": parcel["url"], "text": text}


def _where(parcel: dict[str, Any]) -> str:
    """Return in words where a parcel is: its carrier, number and last scan."""
    words = [f"{parcel['carrier']} {parcel['tracking_number']}"]
    if parcel["events"]:
        last = parcel["events"][-1]
        place = f", {last['place']}" if last.get("place") else ""
        words.append(f"{last['text']}{place} ({daytime(parse_datetime(last['at']))})")
    return " · ".join(words)
