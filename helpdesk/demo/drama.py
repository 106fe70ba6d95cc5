"""Who writes about what, and when: the conversations of one block, planned, played and given their end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import translation
from django.utils.translation import gettext

from helpdesk.demo import people, play
from helpdesk.demo.cast import Block, Person
from helpdesk.demo.chat import Chat, Seen
from helpdesk.demo.photos import Photo, photo_of
from helpdesk.demo.play import Stage
from helpdesk.demo.rows import Rows
from helpdesk.demo.sales import Sale
from helpdesk.demo.scripts import Decks, Script, Turn, phrases
from helpdesk.demo.shop_en import Item
from helpdesk.demo.shops import Shop
from helpdesk.demo.slots import Slots
from helpdesk.demo.topics import ABOUT_NOTHING_BOUGHT, ABOUT_ORDERS, needs_of, window
from inbox.models import Channel, Conversation, Draft, Tag, Tagging
from inbox.services.messages import REOPEN_WITHIN
from people.models import Agent, Store, Team

KNOWN = ("agent@demo.test", "supervisor@demo.test", "admin@demo.test")
_LIVE_STATES = ("new", "asked", "answered", "asked", "new", "answered", "snoozed", "answered", "asked", "new")
# How long ago the last words of what is going on now were said, in minutes: from, to.
_AGES = {"new": (1, 200), "asked": (2, 400), "answered": (6, 1300), "snoozed": (100, 600)}


# What somebody who writes right now would rather write about than how to wash a kettle.
_PRESSING = ("parcel", "missing", "when", "address", "gift", "cancel", "fee", "payment", "fault", "wrong", "refund")


@dataclass(frozen=True)
class Scene:
    """A conversation that is to be played. `state` is "" for one that has been resolved."""

    person: Person
    topic: str
    sale: Sale | None
    start: datetime
    state: str = ""


@dataclass
class House:
    """What a shop's conversations have in common."""

    shop: Shop
    store: Store
    channel: Channel
    agents: dict[str, Agent]  # by address
    teams: list[Team]
    tags: dict[str, Tag]
    photos: dict[str, Photo]
    rows: Rows

    def __post_init__(self) -> None:
        here = [c for c in people.COLLEAGUES if self.shop.key in c.answers]
        self.colleagues = [self.agents[c.email] for c in here]
        self.shares = [c.answers[self.shop.key] for c in here]
        self.calls = {self.agents[c.email]: (c.call, c.pace) for c in people.COLLEAGUES}
        self.supervisor = next(a for a in self.colleagues if a.role == Agent.Role.SUPERVISOR)


class Drama:
    def __init__(self, block: Block, house: House, persons: list[Person]) -> None:
        self.block, self.house, self.persons = block, house, persons
        self.shop, self.now = house.shop, block.now
        self.rng = block.rng(self.shop.key, "drama")
        self.decks = Decks(self.rng)
        self.clock = self.shop.clock(self.now)
        self.drafted = False
        self.live = self._cast_live()

    def _cast_live(self) -> list[Person]:
        """Choose who is in the middle of something: mostly those whose order gives them a reason now."""
        soon = self.now - timedelta(hours=1)
        buyers = [p for p in self.persons if p.sales and not p.is_hero]
        troubled = [p for p in buyers if any(_pressing(topic, sale, soon) for topic in _PRESSING for sale in p.sales)]
        live = self._mixed(troubled, round(self.shop.live * 0.85), soon)
        chosen = set(map(id, live))
        calm = [p for p in buyers if id(p) not in chosen]
        live += self.rng.sample(calm, self.shop.live - len(live))
        self.rng.shuffle(live)
        for person in live:
            person.is_live = True
        return live

    def _mixed(self, troubled: list[Person], count: int, moment: datetime) -> list[Person]:
        """Choose people with different troubles, as often as such troubles are."""
        left = {topic: [p for p in troubled if any(_pressing(topic, s, moment) for s in p.sales)] for topic in _PRESSING}
        found: dict[int, Person] = {}
        while len(found) < count and any(left.values()):
            topics = [topic for topic in _PRESSING if left[topic]]
            topic = self.rng.choices(topics, [ABOUT_ORDERS[topic][0] for topic in topics])[0]
            person = left[topic].pop(self.rng.randrange(len(left[topic])))
            if id(person) not in found:
                found[id(person)] = person
                person.live_topic = topic
        return list(found.values())

    def run(self) -> None:
        past = sorted(self._past(), key=lambda scene: scene.start)
        for scene in past:
            self._play_past(scene)
        for index, person in enumerate(self.live):
            self._play_live(person, _LIVE_STATES[index % len(_LIVE_STATES)])

    # -- planning

    def _past(self) -> list[Scene]:
        buyers = [p for p in self.persons if p.sales and not p.is_hero]
        strangers = [p for p in self.persons if not p.sales]
        wanted = self.shop.conversations - self.shop.live - len(strangers)
        scenes = [scene for p in strangers if (scene := self._ask(p, stranger=True))]
        scenes += [scene for p in self.persons if p.is_hero if (scene := self._heros(p))]
        # A few more than wanted: some fall too close upon another to be a conversation of their own.
        chosen = self.rng.choices(buyers, [1 + len(p.sales) for p in buyers], k=round(wanted * 1.12))
        scenes += [scene for p in chosen if (scene := self._scene(p))]
        return scenes

    def _scene(self, person: Person) -> Scene | None:
        latest = self.now - timedelta(days=11 if person.is_live else 0, hours=2)
        found = []
        weights = []
        for topic, (weight, _) in ABOUT_ORDERS.items():
            for sale in person.sales:
                times = window(topic, sale)
                if times is not None and times[0] < latest:
                    found.append((topic, sale, times))
                    weights.append(weight)
        nothing = sum(weight for weight, _ in ABOUT_NOTHING_BOUGHT.values())
        if not found or self.rng.random() < nothing / (nothing + 105):
            return self._ask(person, stranger=False)
        topic, sale, (start, end) = self.rng.choices(found, weights)[0]
        sale.talked = True
        moment = start + (min(end, latest) - start) * self.rng.random()
        awake = self.clock.awake(moment, self.rng)
        return Scene(person, topic, sale, awake if awake <= end else moment)

    def _ask(self, person: Person, *, stranger: bool) -> Scene | None:
        weights = [pair[stranger] for pair in ABOUT_NOTHING_BOUGHT.values()]
        topic = self.rng.choices(list(ABOUT_NOTHING_BOUGHT), weights)[0]
        moment = self.clock.moment(self.rng.uniform(0.01, 0.86 if person.is_live else 0.999))
        return Scene(person, topic, None, moment)

    def _heros(self, person: Person) -> Scene | None:
        """One that is over long enough for the hero's next message to begin a new one."""
        for sale in person.sales[1:]:
            times = window("care", sale)
            if times is not None and times[0] < self.now - timedelta(days=14):
                sale.talked = True
                return Scene(person, "care", sale, self.clock.awake(times[0], self.rng))
        return None

    # -- playing

    def _play_past(self, scene: Scene) -> None:
        person = scene.person
        if person.free_from is not None and scene.start < person.free_from:
            return
        script = self.decks.script(self.shop.language, scene.topic, needs_of(scene.sale, scene.start))
        if script is None:
            return
        stage = self._stage(scene, script, live=False)
        turns = list(script.turns)
        first_answer = next(i for i, turn in enumerate(turns) if turn.who == "A")
        if scene.topic in _PRESSING and self.rng.random() < 0.2:
            turns.insert(first_answer + 1, self._some_note())
        greeting, rest = tuple(turns[:first_answer]), tuple(turns[first_answer:])
        play.play(stage, greeting)
        if self.rng.random() < 0.1 and stage.chat.agent is not self.house.supervisor:
            stage.chat.at = self.clock.worked(stage.chat.at, timedelta(minutes=self.rng.uniform(1, 6)))
            stage.chat.assign(self.house.supervisor, stage.chat.agent)
        play.play(stage, rest)
        self._tag(stage, scene.topic, 0.65)
        self._end(stage)
        if stage.chat.at > self.now - timedelta(minutes=15):
            return
        person.free_from = stage.chat.at + REOPEN_WITHIN + timedelta(hours=1)
        self._finish(stage, person, timedelta(), self._seen_past(stage))

    def _some_note(self) -> Turn:
        return Turn("N", (self.decks.deal("note", phrases(self.shop.language)["note"]),))

    def _end(self, stage: Stage) -> None:
        chat, rng = stage.chat, self.rng
        if chat.c.status != Conversation.Status.RESOLVED:
            wait = rng.uniform(1, 12) if rng.random() < 0.8 else rng.uniform(60, 600)
            chat.at = self.clock.worked(chat.at, timedelta(minutes=wait))
            chat.resolve()
        if rng.random() < 0.42:
            rating = rng.choices((5, 4, 3, 2, 1), (64, 22, 7, 4, 3))[0]
            comment = ""
            if rng.random() < 0.4:
                name = "comment_good" if rating > 3 else "comment_bad"
                comment = stage.slots.fill(self.decks.phrase(self.shop.language, name))
            chat.at += timedelta(minutes=rng.uniform(0.5, 40))
            chat.rate(rating, comment)

    def _play_live(self, person: Person, state: str) -> None:
        for _ in range(30):
            scene = self._scene_now(person, state)
            script = self.decks.script(
                self.shop.language, scene.topic, needs_of(scene.sale, self.now), "snooze" if state == "snoozed" else ""
            )
            turns = play.cut(script, state, self.rng) if script is not None else None
            if script is not None and turns is not None:
                break
        else:
            return
        if person.free_from is not None and person.free_from > self.now - timedelta(days=1):
            return
        stage = self._stage(scene, script, live=True)
        chat, rng = stage.chat, self.rng
        play.play(stage, turns)
        if state == "new" and rng.random() < 0.3:
            chat.at += timedelta(seconds=rng.uniform(20, 90))
            chat.assign(self.house.supervisor, None, rng.choice(self.house.teams))
        elif state != "new":
            self._tag(stage, scene.topic, 0.4)
        first, last = _AGES[state]
        age = timedelta(minutes=first + (last - first) * rng.random() ** 2)
        seen = self._seen_live(stage, state)
        self._finish(stage, person, self.now - age - chat.at, seen)
        if state == "asked" and chat.agent is self.house.agents[KNOWN[0]] and not self.drafted:
            self.drafted = True
            text = "Let me ask the warehouse, " if self.shop.language == "en" else "我跟仓库确认一下，"
            self.house.rows.add(Draft(agent=chat.agent, conversation=chat.c, body=text))

    def _scene_now(self, person: Person, state: str) -> Scene:
        soon = self.now - timedelta(hours=1)
        start = self.now - timedelta(days=1)
        found = [(topic, sale) for topic in ABOUT_ORDERS for sale in person.sales if _pressing(topic, sale, soon)]
        if pressing := [pair for pair in found if pair[0] == person.live_topic]:
            found = pressing
        if state == "snoozed":
            found = [(topic, sale) for topic, sale in found if topic in ("parcel", "missing")]
        if found and self.rng.random() < 0.9:
            topic, sale = self.rng.choices(found, [ABOUT_ORDERS[topic][0] for topic, _ in found])[0]
            return Scene(person, topic, sale, start, state)
        if state == "snoozed":
            return Scene(person, "restock", None, start, state)
        asking = self._ask(person, stranger=False)
        assert asking is not None
        return Scene(person, asking.topic, None, start, state)

    # -- casting and finishing

    def _stage(self, scene: Scene, script: Script, *, live: bool) -> Stage:
        rng, house = self.rng, self.house
        person, sale = scene.person, scene.sale
        item, variant = self._subject(sale, script)
        conversation = Conversation(store=house.store, buyer=person.row, channel=house.channel)
        chat = Chat(conversation, rng, scene.start)
        chat.agent = rng.choices(house.colleagues, house.shares)[0]
        if live and rng.random() < 0.15:
            chat.agent = house.agents[KNOWN[0]]
        slots = Slots(shop=self.shop, decks=self.decks, rng=rng, item=item, variant=variant, sale=sale,
                      orders=sum(s.placed_at <= scene.start for s in person.sales))  # fmt: skip
        slots.setdefault("city", person.city.name)
        slots.update(
            first=person.first,
            name=person.row.name,
            email=person.row.email,
            agent=house.calls[chat.agent][0],
            helper=house.calls[rng.choice(house.colleagues)][0],
        )
        if sale is not None:
            what = next((turn.argument for turn in script.turns if turn.who == "refund"), "line")
            slots["refund"] = slots.amount(play.refund_of(sale, what))
        slots.at(scene.start)
        return Stage(
            chat=chat,
            slots=slots,
            decks=self.decks,
            rng=rng,
            clock=self.clock,
            rows=house.rows,
            colleagues=house.colleagues,
            calls=house.calls,
            photo=house.photos[photo_of(item.drawing, script.topic)],
            live=live,
            casual=self.shop.language == "en" and person.rng.random() < 0.22,
            cards=self._card,
        )

    def _subject(self, sale: Sale | None, script: Script) -> tuple[Item, str]:
        """Return the thing it is about: of the order, or one that the buyer looks at."""
        if sale is not None:
            return sale.lines[0].item, sale.lines[0].variant
        fitting = [item for item in self.shop.items if len(item.variants) > 1 or "variants" not in script.needs]
        item = self.decks.deal(("subject", script.topic), fitting)
        return item, self.rng.choice(item.variants) if item.variants else ""

    def _card(self, chat: Chat, sale: Sale) -> None:
        with translation.override(self.shop.store_language):
            title = gettext("Order %(number)s") % {"number": sale.number}
        items = ", ".join(f"{line.quantity} × {line.item.name}" for line in sale.lines)
        data: dict[str, Any] = {"kind": "order", "title": title, "order": None, "choices": []}
        message = chat.agent_says(f"{title}: {items}", data=data)
        chat.effects.append(lambda shift: self.house.rows.cards.append((message, sale)))

    def _tag(self, stage: Stage, topic: str, chance: float) -> None:
        name = people.TAG_OF[self.shop.language].get(topic)
        if name is None or self.rng.random() > chance:
            return
        tag = self.house.tags[name]
        chat = stage.chat
        chat.at += timedelta(seconds=self.rng.uniform(5, 40))
        chat.tag(tag)

        def put(shift: timedelta) -> None:
            tagging = Tagging(conversation=chat.c, tag=tag, status=chat.c.status, last_at=chat.c.last_at)
            self.house.rows.add(tagging)

        chat.effects.append(put)

    def _finish(self, stage: Stage, person: Person, shift: timedelta, seen: Seen) -> None:
        stage.chat.finish(self.house.rows, now=self.now, shift=shift, seen=seen)
        last = max(person.row.last_seen_at or stage.chat.c.last_at, stage.chat.c.last_at)
        person.row.last_seen_at = last

    def _seen_past(self, stage: Stage) -> Seen:
        chat = stage.chat
        public = _last(chat, private=False)
        own = _last(chat, by="buyer")
        read_to = public if self.rng.random() < 0.92 else own
        readers = {chat.c.assignee: chat.c.last_seq}
        if self.block.scale == 1 and chat.at < self.now - timedelta(hours=20):
            # Whoever was here has looked through what their colleagues did; a desk of nothing but unread is nobody's.
            readers |= dict.fromkeys([*self.house.colleagues, *map(self.house.agents.get, KNOWN)], chat.c.last_seq)
        return Seen(read_to, public, {agent: seq for agent, seq in readers.items() if agent is not None})

    def _seen_live(self, stage: Stage, state: str) -> Seen:
        chat, rng = stage.chat, self.rng
        own, public = _last(chat, by="buyer"), _last(chat, private=False)
        if state == "new":
            return Seen(public, public, {})
        agent = chat.c.assignee
        assert agent is not None
        if state == "asked":
            read = chat.c.last_seq if rng.random() < 0.45 else _last(chat, by="agent")
            return Seen(public, public, {agent: read})
        read_to = public if rng.random() < 0.6 else own
        received_to = public if rng.random() < 0.7 else read_to
        return Seen(read_to, received_to, {agent: chat.c.last_seq})


def _pressing(topic: str, sale: Sale, moment: datetime) -> bool:
    if topic in ("fee", "payment") and sale.paid_at is not None:
        return False
    times = window(topic, sale)
    return times is not None and times[0] < moment < times[1]


def _last(chat: Chat, *, by: str = "", private: bool | None = None) -> int:
    """Return the place of the last message that fits, 0 where there is none."""
    found = 0
    for entry in chat.entries:
        m = entry.message
        if m is None or (by and (m.author_kind != by or m.kind == "system")) or (private is False and m.private):
            continue
        found = m.seq
    return found


