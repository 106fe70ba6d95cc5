"""At which addresses a buyer is known, and which of them somebody vouches for."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.phones import e164
from inbox import transports
from people.models import Buyer, BuyerIdentity

# Kinds of address that several kinds of channel share; any other is a channel's own.
_SHARED: dict[str, tuple[str, str | Promise]] = {
    "email": ("mail", _("E-mail")),
    "phone": ("phone", _("Phone")),
}

_NO_ADDRESS = ("widget", "store")  # a browser, and the number at the store


@dataclass(frozen=True)
class Contact:
    """`is_verified`: the provider, or the store, vouches that it is theirs; what was typed in nobody vouches for."""

    icon: str
    label: str | Promise
    value: str
    is_verified: bool


def contacts_of(buyer: Buyer) -> list[Contact]:
    """Return a buyer's addresses, e-mail and number first, each once. (Load the buyer with their store.)"""
    number = e164(buyer.phone, buyer.country or buyer.store.country) or buyer.phone
    known = {one: False for one in (("email", buyer.email.lower()), ("phone", number)) if one[1]}
    rows = BuyerIdentity.objects.filter(buyer=buyer).exclude(kind__in=_NO_ADDRESS).order_by("created_at")
    for kind, value, verified in rows.values_list("kind", "value", "verified"):
        one = (kind.removeprefix("store_"), value)
        known[one] = known.get(one, False) or verified
    order = list(_SHARED)
    ranked = sorted(
        known.items(), key=lambda one: order.index(one[0][0]) if one[0][0] in order else len(order)
    )
    written = {number: buyer.phone}  # as somebody wrote it down, which is easier to read
    return [Contact(*_shown(kind), written.get(value, value), verified) for (kind, value), verified in ranked]


def _shown(kind: str) -> tuple[str, str | Promise]:
    if kind in _SHARED:
        return _SHARED[kind]
    transport = transports.all_transports().get(kind)
    return (transport.icon, transport.label) if transport else ("at", kind)
