"""Who writes about what, and when: conversations before anything is said in them."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from helpdesk.demo.cast import Person
from helpdesk.demo.clock import Clock
from helpdesk.demo.sales import Sale
from helpdesk.demo.shops import Shop
from helpdesk.demo.topics import ABOUT_NOTHING_BOUGHT, ABOUT_ORDERS, PRESSING, window

_SOON = timedelta(hours=1)
_QUIET_BEFORE = timedelta(days=11)  # what goes on now must not be the end of what was before


@dataclass(frozen=True)
class Scene:
    """A conversation that is to be played."""

    person: Person
    topic: str
    sale: Sale | None
    start: datetime


class Plot:
    """The scenes of one shop in one block."""

    def __init__(self, shop: Shop, persons: list[Person], now: datetime, rng: random.Random) -> None:
        self.shop, self.persons, self.now, self.rng = shop, persons, now, rng
        self.clock: Clock = shop.clock(now)
        self.buyers = [p for p in persons if p.sales and not p.is_hero]

    # -- what is over

    def past(self) -> list[Scene]:
        """Return what has been resolved by now, oldest first."""
        strangers = [p for p in self.persons if p.row.external_id is None]
        wanted = self.shop.conversations - self.shop.live - len(strangers)
        scenes = [self._ask(p, stranger=True) for p in strangers]
        scenes += [scene for p in self.persons if p.is_hero if (scene := self._heros(p))]
        # A few more than wanted: some fall too close upon another to be a conversation of their own.
        chosen = self.rng.choices(
            self.buyers, [1 + len(p.sales) for p in self.buyers], k=round(wanted * 1.12)
        )
        scenes += [self._scene(p) for p in chosen]
        return sorted(scenes, key=lambda scene: scene.start)

    def _scene(self, person: Person) -> Scene:
        latest = self.now - (_QUIET_BEFORE if person.is_live else _SOON)
        found = [
            (topic, sale, times)
            for topic in ABOUT_ORDERS
            for sale in person.sales
            if (times := window(topic, sale)) is not None and times[0] < latest
        ]
        nothing = sum(weight for weight, _ in ABOUT_NOTHING_BOUGHT.values())
        orders = sum(weight for weight, _ in ABOUT_ORDERS.values())
        if not found or self.rng.random() < nothing / (nothing + orders):
            return self._ask(person, stranger=False)
        weights = [ABOUT_ORDERS[topic][0] for topic, _, _ in found]
        topic, sale, (start, end) = self.rng.choices(found, weights)[0]
        sale.talked = True
        moment = start + (min(end, latest) - start) * self.rng.random()
        awake = self.clock.awake(moment, self.rng)
        return Scene(person, topic, sale, awake if awake <= end else moment)

    def _ask(self, person: Person, *, stranger: bool) -> Scene:
        """A question that needs no order."""
        weights = [pair[stranger] for pair in ABOUT_NOTHING_BOUGHT.values()]
        topic = self.rng.choices(list(ABOUT_NOTHING_BOUGHT), weights)[0]
        latest = 0.86 if person.is_live else 0.999
        return Scene(person, topic, None, self.clock.moment(self.rng.uniform(0.01, latest)))

    def _heros(self, person: Person) -> Scene | None:
        """One that is over for so long that the hero's next message begins a new one."""
        for sale in person.sales:
            times = window("care", sale)
            if times is not None and times[0] < self.now - 2 * _QUIET_BEFORE:
                sale.talked = True
                return Scene(person, "care", sale, self.clock.awake(times[0], self.rng))
        return None

    # -- what goes on

    def cast_live(self) -> list[Person]:
        """Choose who is in the middle of something: mostly those whose order gives them a reason now."""
        live = self._troubled(round(self.shop.live * 0.85))
        chosen = set(map(id, live))
        calm = [p for p in self.buyers if id(p) not in chosen]
        live += self.rng.sample(calm, self.shop.live - len(live))
        self.rng.shuffle(live)
        for person in live:
            person.is_live = True
        return live

    def _troubled(self, count: int) -> list[Person]:
        """Choose people with different troubles, each as often as it is had."""
        left = {
            topic: [p for p in self.buyers if any(self._presses(topic, sale) for sale in p.sales)]
            for topic in PRESSING
        }
        found: dict[int, Person] = {}
        while len(found) < count and any(left.values()):
            topics = [topic for topic in PRESSING if left[topic]]
            topic = self.rng.choices(topics, [ABOUT_ORDERS[topic][0] for topic in topics])[0]
            person = left[topic].pop(self.rng.randrange(len(left[topic])))
            if id(person) not in found:
                found[id(person)] = person
                person.live_topic = topic
        return list(found.values())

    def _presses(self, topic: str, sale: Sale) -> bool:
        """Return whether the order gives cause to write about it within the hour."""
        if topic in ("fee", "payment") and sale.paid_at is not None:
            return False
        times = window(topic, sale)
        return times is not None and times[0] < self.now - _SOON < times[1]

    def scene_now(self, person: Person, state: str) -> Scene:
        """Return what somebody who is live writes about. When it begins does not matter: its end is now."""
        start = self.now - timedelta(days=1)
        found = [(topic, s) for topic in ABOUT_ORDERS for s in person.sales if self._presses(topic, s)]
        if state == "snoozed":
            found = [(topic, sale) for topic, sale in found if topic in ("parcel", "missing")]
        else:
            found = [pair for pair in found if pair[0] == person.live_topic] or found
        if found and self.rng.random() < 0.9:
            topic, sale = self.rng.choices(found, [ABOUT_ORDERS[topic][0] for topic, _ in found])[0]
            return Scene(person, topic, sale, start)
        if state == "snoozed":
            return Scene(person, "restock", None, start)
        return Scene(person, self._ask(person, stranger=False).topic, None, start)
