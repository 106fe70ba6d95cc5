"""Whom one can be on the phone: buyers whom the store knows by their address on a channel, and two who never wrote."""

from dataclasses import dataclass

from django.db.models import Max

from helpdesk.demo.phone.models import PhoneMessage
from helpdesk.demo.shops import SHOPS
from helpdesk.lib.palette import initials
from inbox import transports
from inbox.models import Channel
from people.models import BuyerIdentity

KNOWN = 3  # besides the one whom everybody knows
_HEROES = {shop.key: shop.hero.external_id for shop in SHOPS}


@dataclass(frozen=True)
class Contact:
    address: str
    name: str
    is_new: bool = False

    @property
    def initials(self) -> str:
        return initials(self.name)


# Two in each store; the same person has the same number, whichever app it is.
_NAMES = {"demo": ("Robin Ash", "Maya Okafor"), "demo-cn": ("周小满", "陈默")}
_ADDRESSES = {
    "demo": {
        "phone": ("+12025550143", "+12025550178"),
        "email": ("robin.ash@example.com", "maya.okafor@example.com"),
        "telegram": ("700000143", "700000178"),
        "http": ("robin-ash", "maya-okafor"),
    },
    "demo-cn": {
        "phone": ("+8615400000143", "+8615400000178"),
        "email": ("zhou.xiaoman@example.com", "chen.mo@example.com"),
        "wechat": ("oDemo0143_zhouxiaoman_xxxxxx", "oDemo0178_chenmo_xxxxxxxxxxx"),
        "http": ("zhouxiaoman", "chenmo"),
    },
}


def address_kind(channel: Channel) -> str:
    return transports.get(channel.kind).address_kind or channel.kind


def contacts(channel: Channel) -> list[Contact]:
    """Return those who can write on a channel: the best known buyer of the store, who wrote last, and two new ones."""
    kind, key = address_kind(channel), channel.store.key
    new = dict(zip(_ADDRESSES[key].get(kind, ()), _NAMES[key], strict=False))
    rows = BuyerIdentity.objects.select_related("buyer").filter(store=channel.store_id, kind=kind)
    threads = PhoneMessage.objects.filter(channel=channel).values("who").annotate(last=Max("id"))
    lately = list(threads.order_by("-last").values_list("who", flat=True)[: KNOWN + len(new)])
    heroes = list(rows.filter(buyer__external_id=_HEROES[key]))
    by_address = {row.value: row for row in [*heroes, *rows.filter(value__in=lately)]}
    order = [row.value for row in heroes] + [who for who in lately if who not in new][:KNOWN]
    found = [
        Contact(who, by_address[who].buyer.name or who) for who in dict.fromkeys(order) if who in by_address
    ]
    have = {contact.address for contact in found}
    return found + [Contact(who, name, who not in by_address) for who, name in new.items() if who not in have]


def contact_of(channel: Channel, address: str) -> Contact | None:
    """Return who has an address; also one who is not shown any more, for others have written since."""
    known = next((one for one in contacts(channel) if one.address == address), None)
    row = BuyerIdentity.objects.select_related("buyer").filter(
        store=channel.store_id, kind=address_kind(channel), value=address
    )
    if known is None and (found := row.first()):
        return Contact(address, found.buyer.name or address)
    return known
