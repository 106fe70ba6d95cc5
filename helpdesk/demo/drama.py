"""The conversations of one shop in one block: cast, played and given their end."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.utils import translation
from django.utils.translation import gettext

from helpdesk.demo import people, play
from helpdesk.demo.cast import Block, Person
from helpdesk.demo.catalogue import Item
from helpdesk.demo.chat import Chat, Seen
from helpdesk.demo.checks import play_check
from helpdesk.demo.photos import Photo, photo_of
from helpdesk.demo.play import Stage
from helpdesk.demo.plot import Plot, Scene
from helpdesk.demo.ratings import STARS, weights_of
from helpdesk.demo.rows import Rows
from helpdesk.demo.sales import Sale
from helpdesk.demo.scripts import Decks, Script, Turn, phrases
from helpdesk.demo.shops import Shop
from helpdesk.demo.slots import Slots
from helpdesk.demo.topics import NOT_SENT, PRESSING, needs_of
from helpdesk.demo.ways import Ways
from inbox.models import Conversation, Draft, Tag, Tagging
from inbox.services.opening import REOPEN_WITHIN
from people.models import Agent, Store, Team

KNOWN = ("agent@demo.test", "supervisor@demo.test", "admin@demo.test")
_LIVE_STATES = ("new", "asked", "answered", "asked", "new", "answered", "snoozed", "answered", "asked", "new")
# How long ago the last words of what is going on now were said, in minutes: from, to.
_AGES = {"new": (1, 200), "asked": (2, 400), "answered": (6, 1300), "snoozed": (100, 600)}


@dataclass
class House:
    """What a shop's conversations have in common."""

    shop: Shop
    store: Store
    ways: Ways
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
    """Plays the scenes of one shop in one block, and writes them down."""

    def __init__(self, block: Block, house: House, persons: list[Person]) -> None:
        self.block, self.house = block, house
        self.shop, self.now = house.shop, block.now
        self.rng = block.rng(self.shop.key, "drama")
        self.decks = Decks(self.rng)
        self.clock = self.shop.clock(self.now)
        self.plot = Plot(self.shop, persons, self.now, self.rng)
        self.drafted = self.moved = False
        self.answered = 0  # of what goes on: some answers are read, some delivered, some only sent

    def run(self) -> None:
        live = self.plot.cast_live()
        for scene in self.plot.past():
            self._play_past(scene)
        for index, person in enumerate(live):
            self._play_live(person, _LIVE_STATES[index % len(_LIVE_STATES)])

    # -- playing

    def _play_past(self, scene: Scene) -> None:
        person = scene.person
        if person.free_from is not None and scene.start < person.free_from:
            return
        script = self.decks.script(self.shop.language, scene.topic, needs_of(scene.sale, scene.start))
        if script is None:
            return
        stage = self._stage(scene, script)
        if scene.sale is not None and scene.topic in NOT_SENT:
            stage.chat.effects.append(partial(_hold, stage.chat, scene.sale))
        turns = list(script.turns)
        first_answer = next(i for i, turn in enumerate(turns) if turn.who == "A")
        if scene.topic in PRESSING and self.rng.random() < 0.2:
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
            rating = rng.choices(STARS, weights_of(chat.c.resolved_by))[0]
            comment = ""
            if rng.random() < 0.4:
                name = "comment_good" if rating > 3 else "comment_bad"
                comment = stage.slots.fill(self.decks.phrase(self.shop.language, name))
            chat.at += timedelta(minutes=rng.uniform(0.5, 40))
            if chat.c.channel.kind == "widget":  # which asks for it
                chat.rate(rating, comment)

    def _play_live(self, person: Person, state: str) -> None:
        for _ in range(30):
            scene = self.plot.scene_now(person, state)
            script = self.decks.script(
                self.shop.language,
                scene.topic,
                needs_of(scene.sale, self.now),
                "snooze" if state == "snoozed" else "",
            )
            turns = play.cut(script, state, self.rng) if script is not None else None
            if script is not None and turns is not None:
                break
        else:
            return
        if person.free_from is not None and person.free_from > self.now - timedelta(days=1):
            return
        stage = self._stage(scene, script, state=state)
        chat, rng = stage.chat, self.rng
        if state in ("asked", "answered"):
            self._move(stage, person, turns)
        chat.goes_wrong = state == "answered"
        play.play(stage, turns)
        if state == "new" and rng.random() < 0.3:
            chat.at += timedelta(seconds=rng.uniform(20, 90))
            chat.assign(self.house.supervisor, None, rng.choice(self.house.teams))
        elif state != "new":
            self._ask_colleague(stage, scene.topic)
            self._tag(stage, scene.topic, 0.4)
        if state == "answered":
            play_check(chat, person.sales, self.house.rows)
        first, last = _AGES[state]
        age = timedelta(minutes=first + (last - first) * rng.random() ** 2)
        seen = self._seen_live(stage, state)
        self._finish(stage, person, self.now - age - chat.at, seen)
        if state == "asked" and chat.agent is self.house.agents[KNOWN[0]] and not self.drafted:
            self.drafted = True
            text = "Let me ask the warehouse, " if self.shop.language == "en" else "我跟仓库确认一下，"
            self.house.rows.add(Draft(agent=chat.agent, conversation=chat.c, body=text))

    def _move(self, stage: Stage, person: Person, turns: tuple[Turn, ...]) -> None:
        """Let one buyer of the shop go on from another app twice: it stays one conversation."""
        said = sum(turn.who in ("B", "photo") for turn in turns)
        kinds = [k for k in ("email", "wechat", "whatsapp", "sms") if k in self.house.ways.channels][:2]
        if self.moved or said <= len(kinds):
            return
        found = [self.house.ways.come(person, kind, self.house.rows) for kind in kinds]
        if found and all(found):
            self.moved = True
            stage.chat.c.channel, stage.chat.moves = self.house.ways.channels["widget"], found

    def _ask_colleague(self, stage: Stage, topic: str) -> None:
        """Let every third of those who are at work ask the best known agent what to do."""
        known = self.house.agents[KNOWN[0]]
        if topic not in PRESSING or stage.chat.agent is known or self.rng.random() > 0.35:
            return
        questions = [text for text in phrases(self.shop.language)["note"] if "{colleague}" in text]
        play.note(stage, self.decks.deal("question", questions), known)

    # -- casting and finishing

    def _stage(self, scene: Scene, script: Script, *, state: str = "") -> Stage:
        """Set the stage; `state` is that of what goes on now, empty for what is over."""
        rng, house = self.rng, self.house
        person, sale = scene.person, scene.sale
        item, variant = self._subject(sale, script)
        way = house.ways.way_of(person, house.rows, state)
        conversation = Conversation(store=house.store, buyer=person.row, channel=way)
        chat = Chat(conversation, rng, scene.start, house.ways, self.shop.routing)
        chat.agent = rng.choices(house.colleagues, house.shares)[0]
        if state and rng.random() < 0.15:
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
        with translation.override(self.shop.store_language):
            about = gettext("Order %(number)s") % {"number": sale.number} if sale else item.name
        chat.subject = about
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
            live=bool(state),
            casual=self.shop.language == "en" and person.rng.random() < 0.22,
            cards=self._card,
        )

    def _subject(self, sale: Sale | None, script: Script) -> tuple[Item, str]:
        """Return the thing it is about: of the order, or one that the buyer looks at."""
        if sale is not None:
            return sale.lines[0].item, sale.lines[0].variant
        fitting = [
            item for item in self.shop.items if len(item.variants) > 1 or "variants" not in script.needs
        ]
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
        name = people.names(self.shop.language).tag_of(topic)
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
            # Whoever was here has looked at what their colleagues did: no desk is all unread.
            readers |= dict.fromkeys(
                [*self.house.colleagues, *map(self.house.agents.get, KNOWN)], chat.c.last_seq
            )
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
        self.answered += 1
        wrong = chat.goes_wrong and self.house.ways.may_go_wrong(chat.c.channel.kind)
        read_to = own if self.answered % 2 or wrong else public
        received_to = own if self.answered % 4 == 1 else public
        return Seen(read_to, received_to, {agent: chat.c.last_seq})


def _hold(chat: Chat, sale: Sale, shift: timedelta) -> None:
    sale.hold_until(chat.c.last_at)


def _last(chat: Chat, *, by: str = "", private: bool | None = None) -> int:
    """Return the place of the last message that fits, 0 where there is none."""
    found = 0
    for entry in chat.entries:
        m = entry.message
        if (
            m is None
            or (by and (m.author_kind != by or m.kind == "system"))
            or (private is False and m.private)
        ):
            continue
        found = m.seq
    return found
