"""Is this where it goes? The address, which the buyer confirms, or corrects in a form of their country.

A correction changes nothing by itself: it becomes a request of the buyer's, with before and after, that an agent or
a rule of the store accepts.
"""

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.record import Actor
from inbox.cards import Answer, Choice, language_of
from inbox.errors import Conflict, Invalid
from inbox.models import Conversation, Message
from inbox.services import Posted
from orders import requests
from orders.address_rules import address_fields, clean_address
from orders.addresses import Address, address_lines
from orders.cards import parcels
from orders.cards.asked import locked_order, order_of, order_to_ask_about, too_late
from orders.cards.check_order import record_check
from orders.cards.checks import ADDRESS, OPEN_TO_CHANGE, address_mark
from orders.errors import Forbidden, InvalidParams, NotAllowed
from orders.models import BuyerRequest, Order
from people.models import Agent

HOLD = " hold"


class CheckAddressCard:
    kind = ADDRESS
    label = gettext_lazy("Check address")

    def build(self, *, agent: Agent, conversation: Conversation, ref: str) -> dict[str, Any]:
        """`ref` is the order's id. Only its own buyer is ever shown where an order goes."""
        order = order_to_ask_about(agent, conversation, ref.removesuffix(HOLD))
        with translation.override(language_of(conversation)):
            if why := too_late(order):
                raise Conflict(why, code="closed")
            if not address_lines(order.address):
                raise Invalid(_("This order has no address."), attr="ref")
            return {
                "language": language_of(conversation),
                "title": _("Is this address right?"),
                "intro": _("Order %(number)s goes there.") % {"number": order.number},
                "waits": "",
                "corrected": [],
                **_shown(order),
            }

    def send(
        self,
        *,
        agent: Agent,
        conversation: Conversation,
        ref: str,
        client_id: str,
        post: Callable[[dict[str, Any]], Posted],
    ) -> Posted:
        """With `ref` "<order id> hold" the parcel is kept back, and released when the buyer has confirmed."""
        if not ref.endswith(HOLD):
            return post(self.build(agent=agent, conversation=conversation, ref=ref))
        with transaction.atomic():
            # The same card sent again is posted again by nobody, and holds nothing a second time.
            known = Message.objects.filter(conversation=conversation, client_id=client_id).first()
            data = known.data if known and known.data else None
            if data is None:
                data = self.build(agent=agent, conversation=conversation, ref=ref)
                name = hashlib.sha256(f"{conversation.id} {client_id}".encode()).hexdigest()[:32]
                order = order_to_ask_about(agent, conversation, ref.removesuffix(HOLD))
                if not order.on_hold:  # by somebody else, it is theirs to release
                    data["hold"] = parcels.keep_back(agent, order, conversation.id, name)
                with translation.override(data["language"]):
                    data["waits"] = _("Your parcel waits until you have answered.")
            return post(data)

    def text(self, data: dict[str, Any]) -> str:
        first = f"{data['title']} {data['intro']}"
        return "\n".join(filter(None, [first, *data["lines"], data["waits"]]))

    def refresh(self, card: dict[str, Any], order: Order) -> dict[str, Any]:
        with translation.override(card["language"]):
            closed = too_late(order)
            if card.get("answer"):  # what was answered stays what it was about
                return {**card, "closed": closed}
            return {**card, **_shown(order), "closed": closed}

    def lock(self, data: dict[str, Any]) -> None:
        locked_order(data)

    def may_change(self, message: Message) -> bool:
        order = order_of(message)
        asked = BuyerRequest.objects.filter(order=order, client_id__startswith=_asked_by(message))
        return order.status in OPEN_TO_CHANGE and not asked.filter(state=BuyerRequest.State.ACCEPTED).exists()

    def answer(self, *, message: Message, choice: str, data: dict[str, str], by: Actor) -> Answer:
        order = order_of(message)
        params = {"order": order.number, "order_id": str(order.id)}
        if choice == "yes":
            return self._confirm(message, order, by, params)
        address = clean_address({**data, "country": _country(order)})
        if address_mark(address) in (address_mark(order.address), _mark_as_cleaned(order)):
            return self._confirm(message, order, by, params)
        record_check(order, message, by, {"check": ADDRESS, "choice": choice, "address": address})
        _ask_for(order, message, address)
        line = f"{by.name} corrected the address of order {order.number}"
        right = {"right": address_mark(address), "corrected": address_lines(address)}
        said = ", ".join(address_lines(address))
        return Answer(line, params, right, needs_somebody=True, said=said)

    def _confirm(self, message: Message, order: Order, by: Actor, params: dict[str, Any]) -> Answer:
        shown = (message.data or {}).get("mark")
        if shown != address_mark(order.address):
            raise Conflict(_("The address has changed meanwhile. Please look again."), code="changed")
        record_check(order, message, by, {"check": ADDRESS, "choice": "yes"})
        _withdraw(order, message)
        parcels.release(order, message)
        line = f"{by.name} confirmed the address of order {order.number}"
        return Answer(line, params, {"right": shown, "corrected": []})


def _mark_as_cleaned(order: Order) -> str:
    """Return what the order's address is as the form gives it back where nothing was changed in it."""
    try:
        return address_mark(clean_address({**order.address, "country": _country(order)}))
    except InvalidParams:
        return ""


def _ask_for(order: Order, message: Message, address: Address) -> None:
    """Make a request of a correction. Where none can be (nobody vouches for the buyer, the store takes no change
    of an address), what they wrote stands on the card, and agents do what they can."""
    try:
        requests.ask(
            buyer=message.conversation.buyer,
            order=order,
            kind="change_address",
            params={"address": address},
            reason=_("Corrected when asked about the address"),
            conversation_id=message.conversation_id,
            client_id=f"{_asked_by(message)}.{uuid4().hex[:8]}",
        )
    except (Forbidden, NotAllowed):
        return


def _withdraw(order: Order, message: Message) -> None:
    """Take back what was asked for by an answer that is another now."""
    rows = BuyerRequest.objects.filter(order=order, state=BuyerRequest.State.OPEN)
    for request in rows.filter(client_id__startswith=_asked_by(message)):
        requests.withdraw(buyer=message.conversation.buyer, request_id=request.id)


def _asked_by(message: Message) -> str:
    return f"card.{message.id.hex}"


def _country(order: Order) -> str:
    return (order.address.get("country") or order.store.country).upper()


def _shown(order: Order) -> dict[str, Any]:
    choices: list[Choice] = [
        {"id": "yes", "label": _("Yes, that is right"), "style": "primary"},
        {
            "id": "correct",
            "label": _("Correct it"),
            "hint": _("If it should go to another country, please write to us."),
            "fields": address_fields(_country(order), order.address),
        },
    ]
    return {
        "order": {"id": str(order.id), "number": order.number},
        "lines": address_lines(order.address),
        "mark": address_mark(order.address),
        "choices": choices,
    }
