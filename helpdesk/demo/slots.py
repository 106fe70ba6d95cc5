"""What stands in the braces of a script: the buyer's own order, the thing it is about, who speaks."""

import random
from datetime import datetime
from functools import lru_cache

from helpdesk.demo.catalogue import Item
from helpdesk.demo.sales import Sale
from helpdesk.demo.scripts import Decks
from helpdesk.demo.shops import Shop
from helpdesk.lib import money

_PLURAL = {"boots": "a pair of boots", "socks": "some socks", "mugs": "a set of mugs"}


@lru_cache(maxsize=50_000)
def _amount(amount: int, currency: str, language: str) -> str:
    return money.display(amount, currency, language)


def a(thing: str) -> str:
    return _PLURAL.get(thing) or ("an " if thing[0] in "aeiou" else "a ") + thing


class Slots(dict[str, str]):
    """The words for one conversation. They are looked up when a script asks, and then stay the same."""

    def __init__(
        self,
        *,
        shop: Shop,
        decks: Decks,
        rng: random.Random,
        item: Item,
        variant: str,
        sale: Sale | None,
        orders: int,
    ) -> None:
        self.shop, self.decks, self.rng = shop, decks, rng
        self.item, self.sale = item, sale
        language = shop.language
        others = [v for v in item.variants if v != variant]
        super().__init__(
            thing=item.thing,
            product=item.name,
            variant=variant,
            other_variant=rng.choice(others) if others else "",
            stock=str(item.stock or 3),
            orders=str(max(orders, 1)),
            careq=item.care[0],
            carea=item.care[1],
            carrier=rng.choice(("UPS", "DHL")) if language == "en" else "顺丰",
        )
        if language == "en":
            self["athing"] = a(item.thing)
            self["newthing"] = "new " + item.thing if item.thing in _PLURAL else "a new " + item.thing
        if sale is not None:
            self._about(sale)

    def _about(self, sale: Sale) -> None:
        self.update(
            order=sale.number,
            carrier=sale.carrier.name,
            tracking=sale.tracking,
            street=sale.street + (sale.line2 if self.shop.language == "zh" else ""),
            city=sale.city.name,
            postcode=sale.city.postcode,
            fee=self.amount(sale.fee),
            total=self.amount(sale.total),
        )

    def amount(self, value: int) -> str:
        return _amount(value, self.shop.currency, self.shop.store_language)

    def at(self, moment: datetime) -> None:
        """Say what is true at `moment`: where the parcel is, how long it has been in use."""
        if self.sale is not None:
            self["place"] = self.sale.place_at(moment)
            self["days"] = str(max(2, (moment - self.sale.arrives_at).days))

    def __missing__(self, name: str) -> str:
        """Deal what is dealt from a deck. Pleasantries come anew each time, the rest is kept."""
        match name:
            case "thing2" | "athing2":
                others = [i for i in self.shop.items if i is not self.item]
                alike = [i for i in others if i.category == self.item.category] or others
                other = self.decks.deal(("alike", self.item.sku), alike)
                self["thing2"] = other.thing
                self["athing2"] = a(other.thing) if self.shop.language == "en" else other.thing
            case "q" | "a":
                self["q"], self["a"] = self.decks.deal(("ask", self.item.sku), self.item.ask)
            case "fault" | "Fault":
                fault = self.decks.deal(("fault", self.item.sku), self.item.faults)
                self["fault"], self["Fault"] = fault, fault[0].upper() + fault[1:]
            case "like" | "Like":
                like = self.decks.deal(("like", self.item.sku), self.item.likes)
                self["like"], self["Like"] = like, like[0].upper() + like[1:]
            case "code":
                self["code"] = self.decks.deal("code", self.shop.codes)
            case "hey" | "close" if not self["first"]:
                return self.fill(self.decks.phrase(self.shop.language, f"{name}_stranger"))
            case "hi" | "hey" | "bye" | "close":
                return self.fill(self.decks.phrase(self.shop.language, name))
            case _:
                raise KeyError(name)
        return self[name]

    def fill(self, text: str) -> str:
        return text.format_map(self)
