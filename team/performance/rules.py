"""What counts, for whom and on which day: events in, numbers out. docs/performance-metrics.md is this file in words.

Nothing in here reads a row: what is known is the event and what was remembered of those before it, so that the same
events give the same numbers whenever, and in however large portions, they are read.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from events import names
from helpdesk.lib.hours import Interval, Schedule
from inbox.services.hours import minutes
from team.performance import promises
from team.performance.counters import bin_of

log = logging.getLogger(__name__)

VERSION = 2  # of the rules: another one has everything counted anew
ADVICE_KEPT = timedelta(days=14)  # beyond the days that count: stores are told of late
MOST_ADVICE = 20  # of one buyer
GOOD = 4  # and 5, of 5
_DAY_MS, _QUARTER_MS = 86_400_000, 900_000

Known = dict[str, Any]


class Happened(NamedTuple):
    """An event, as far as it matters here; ids are texts. (A tuple: there are millions.)"""

    name: str
    at: datetime
    ms: int  # the same since 1970
    actor_kind: str
    actor_id: str | None
    store_id: str
    conversation_id: str | None
    order_id: str | None
    data: dict[str, Any]

    @property
    def agent(self) -> str | None:
        """Whose doing it was, where it was an agent's."""
        return self.actor_id if self.actor_kind == "agent" else None


class Place(NamedTuple):
    """Where a number goes. `day` is ISO 8601."""

    store: str
    day: str
    agent: str
    channel: str


class Remembered(Protocol):
    """What was remembered under an id; what `get` returns is kept when it is `put`, or `dropped`."""

    def get(self, key: str) -> Known | None: ...
    def put(self, key: str, known: Known) -> None: ...
    def drop(self, key: str) -> None: ...


# (where, kind of case, its id, currency, what to add)
Tally = Callable[[Place, str, str, str, dict[str, int]], None]


@dataclass
class Rules:
    memory: Remembered
    tally: Tally
    zones: Mapping[str, ZoneInfo]
    advised_days: int
    _schedules: dict[str, Schedule | None] = field(default_factory=dict)
    _days: dict[tuple[str, int], str] = field(default_factory=dict)

    def read(self, event: Happened) -> None:
        """Count an event. One that makes no sense is left out: it must not hold up all that come after it."""
        try:
            RULES[event.name](self, event)
        except (KeyError, TypeError, ValueError, AttributeError):
            log.exception("an event %s of %s was not counted", event.name, event.at)

    # -- conversations

    def opened(self, event: Happened) -> None:
        state = _new(event.ms) | {
            "buyer": event.actor_id if event.actor_kind == "buyer" else None,
            "channel": event.data["channel"],
        }
        self.memory.put(str(event.conversation_id), state)

    def _conversation(self, event: Happened) -> Known:
        found = self.memory.get(str(event.conversation_id))
        return found if found is not None else _new(event.ms)

    def said(self, event: Happened) -> None:
        """Count a message that the buyer may read. Notes, lines and what bots say are nobody's work and no answer."""
        if event.data["private"] or event.actor_kind not in ("agent", "buyer") or event.data.get("quiet"):
            return
        state = self._conversation(event)
        state["channel"] = event.data.get("channel") or state["channel"]
        if event.actor_kind == "buyer":
            state["buyer"] = state["buyer"] or event.actor_id
            if state["waits"] is None:
                state["waits"] = event.ms
        elif event.agent:
            self._answered(event, event.agent, state)
        self.memory.put(str(event.conversation_id), state)

    def _answered(self, event: Happened, agent: str, state: Known) -> None:
        day = self._day(event)
        place = Place(event.store_id, day, agent, state["channel"])
        add = {"messages": 1}
        if agent not in state["handled"]:
            add |= {"handled": 1} if state["handled"] else {"handled": 1, "taken": 1}
            state["handled"][agent] = [day, state["channel"]]
        if state["waits"] is not None:
            seconds = self._open_s(event.store_id, _since(state, agent), event.ms)
            add |= {"replies": 1, "reply_s": seconds, bin_of("reply", seconds): 1}
            if not state["answered"]:
                add |= {"firsts": 1, "first_s": seconds, "firsts_30": int(seconds <= 30)}
                add |= {bin_of("first", seconds): 1}
            state["answered"], state["waits"] = True, None
        add |= promises.answered(event, state)
        state["last"] = agent
        self.tally(place, "c", str(event.conversation_id), "", add)
        if state["buyer"]:
            self._advised(event, agent, state)

    def assigned(self, event: Happened) -> None:
        """Remember a hand-over: for what the buyer had waited before, the one who was given it can do nothing."""
        state = self._conversation(event)
        agent = event.data.get("agent")
        state["given"] = [agent, event.ms] if agent and agent != event.agent else None
        self.memory.put(str(event.conversation_id), state)

    def resolved(self, event: Happened) -> None:
        state = self._conversation(event)
        state["status"], state["waits"] = "resolved", None
        if agent := event.agent:
            seconds = max(0, (event.ms - state["since"]) // 1000)
            place = Place(event.store_id, self._day(event), agent, state["channel"])
            state["resolved"] = [place.day, agent, place.channel, seconds]
            self._resolution(event, place, seconds, 1)
            if late := promises.ended(state):
                self.tally(place, "c", str(event.conversation_id), "", late)
        self.memory.put(str(event.conversation_id), state)

    def _resolution(self, event: Happened, place: Place, seconds: int, sign: int) -> None:
        add = {"resolved": sign, "resolve_s": sign * seconds, bin_of("resolve", seconds): sign}
        self.tally(place, "c", str(event.conversation_id), "", add)

    def reopened(self, event: Happened) -> None:
        """By the buyer: it was not over, which stands beside the resolution, on its day. By an agent: it was none."""
        state = self._conversation(event)
        ended, was_resolved = state["resolved"], state["status"] == "resolved"
        state["status"], state["resolved"] = "open", None
        if was_resolved and ended:
            day, agent, channel, seconds = ended
            place = Place(event.store_id, day, agent, channel)
            if event.actor_kind == "buyer":
                self.tally(place, "c", str(event.conversation_id), "", {"reopened": 1})
            else:
                self._resolution(event, place, seconds, -1)
        if was_resolved and event.actor_kind == "buyer":
            state = _new(event.ms) | {"buyer": state["buyer"], "channel": state["channel"]}
        self.memory.put(str(event.conversation_id), state)

    def snoozed(self, event: Happened) -> None:
        state = self._conversation(event)
        state["status"] = "open" if event.name == names.CONVERSATION_WOKEN else "snoozed"
        self.memory.put(str(event.conversation_id), state)

    def rated(self, event: Happened) -> None:
        """A rating is of who resolved it, on the day of that; one that is changed takes the place of the other."""
        state = self._conversation(event)
        value, before = int(event.data["rating"]), state["rated"]
        if before:
            day, agent, channel, old = before
            add = {"rating_sum": value - old, "ratings_good": int(value >= GOOD) - int(old >= GOOD)}
        elif ended := state["resolved"]:
            day, agent, channel, _seconds = ended
            add = {"ratings": 1, "rating_sum": value, "ratings_good": int(value >= GOOD)}
        else:
            return
        place = Place(event.store_id, day, agent, channel)
        self.tally(place, "c", str(event.conversation_id), "", add)
        state["rated"] = [day, agent, channel, value]
        self.memory.put(str(event.conversation_id), state)

    def moved(self, event: Happened) -> None:
        """One that was found to be the same buyer's became part of this one: whoever waited there waits here."""
        gone = self.memory.get(event.data.get("conversation") or "")
        if gone is None:
            return
        state = self._conversation(event)
        waits = [since for since in (state["waits"], gone["waits"]) if since is not None]
        state["waits"], state["late"] = min(waits, default=None), state["late"] or gone["late"]
        self.memory.put(str(event.conversation_id), state)
        self.memory.drop(event.data["conversation"])

    def split(self, event: Happened) -> None:
        """The end of a conversation became one of its own, or part of the other again: it goes on as it stood."""
        if str(event.conversation_id) != event.data["to"]:
            return  # it is recorded of both
        ended = self.memory.get(event.data["from"]) or _new(event.ms)
        goes_on = self.memory.get(event.data["to"])
        if goes_on is None:
            goes_on = _new(event.ms) | {name: ended[name] for name in ("buyer", "channel", "given")}
            goes_on["answered"] = ended["waits"] is None
        goes_on |= {
            "waits": ended["waits"],
            "late": ended["late"],
            "status": ended["status"],
            "resolved": ended["resolved"],
        }
        self.memory.put(event.data["to"], goes_on)
        self.memory.put(
            event.data["from"], ended | {"waits": None, "late": None, "status": "resolved", "resolved": None}
        )

    def overdue(self, event: Happened) -> None:
        """Count what was not kept: of who had it, on the day on which it was due."""
        state = self._conversation(event)
        if (owner := promises.missed(event, state)) is not None:
            day = self._day_of(event.store_id, datetime.fromisoformat(event.data["due"]))
            add = promises.counted(event.data["kind"], "targets", "targets_all")
            self.tally(
                Place(event.store_id, day, owner, state["channel"]), "c", str(event.conversation_id), "", add
            )
        self.memory.put(str(event.conversation_id), state)

    # -- what comes of it: orders

    def _advised(self, event: Happened, agent: str, state: Known) -> None:
        buyer = self._who(state["buyer"])
        known = self.memory.get(buyer) or {"advice": []}
        conversation, round_ = str(event.conversation_id), state["since"]
        oldest = event.ms - (self.advised_days * _DAY_MS + int(ADVICE_KEPT.total_seconds() * 1000))
        kept = [one for one in known["advice"] if one["last"] >= oldest]
        same = (agent, conversation, round_)
        one = next((one for one in kept if (one["agent"], one["case"], one["round"]) == same), None)
        if one is None:
            day, channel = state["handled"][agent]
            one = {"agent": agent, "case": conversation, "round": round_, "first": event.ms}
            one |= {"day": day, "channel": channel, "led": False}
            kept.append(one)
        one["last"] = event.ms
        self.memory.put(buyer, known | {"advice": kept[-MOST_ADVICE:]})

    def _advice(self, buyer: str, at: int) -> Known | None:
        """Return the last advice before a moment that is not too long ago: who spoke last, of those who had begun."""
        days = self.advised_days * _DAY_MS
        known = (self.memory.get(buyer) or {"advice": []})["advice"]
        fitting = [one for one in known if one["first"] <= at <= one["last"] + days]
        return max(fitting, key=lambda one: (min(one["last"], at), one["first"], one["agent"]), default=None)

    def order_told(self, event: Happened) -> None:
        """Count an order that was placed or paid after advice, for the conversation and on the day of that advice."""
        before, after, owner = event.data["before"], event.data["after"], event.data.get("buyer")
        if not owner or "status" not in after:
            return
        buyer = self._who(owner)
        is_new = not before and _worth(after) > 0  # what costs nothing replaces what did
        if is_new and (adviser := self._advice(buyer, _parsed(event.data["placed_at"]))):
            self._credit(event, adviser, {"ordered": 1})
        was_unpaid = before.get("status", "unpaid") == "unpaid"
        if not was_unpaid or after["status"] in ("unpaid", "cancelled") or "paid" not in after:
            return
        amount = after["paid"]["amount"] - (before["paid"]["amount"] if "paid" in before else 0)
        one = self._advice(buyer, _parsed(event.data["paid_at"])) if amount > 0 else None
        if one is None:
            return
        self._credit(event, one, {"paid": 1, "converted": 0 if one["led"] else 1})
        self._credit(event, one, {"paid_money": amount}, after["paid"]["currency"])
        known = self.memory.get(buyer) or {"advice": []}
        one["led"] = True
        self.memory.put(buyer, known)

    def _credit(self, event: Happened, one: Known, add: dict[str, int], currency: str = "") -> None:
        place = Place(event.store_id, one["day"], one["agent"], one["channel"])
        self.tally(place, "o", str(event.order_id), currency, add)

    def recovered(self, event: Happened) -> None:
        paid, agent = event.data["amount"], event.data["agent_id"]
        place = Place(event.store_id, self._day(event), agent, self._channel(event))
        self.tally(place, "o", str(event.order_id), "", {"recovered": 1})
        self.tally(place, "o", str(event.order_id), paid["currency"], {"recovered_money": paid["amount"]})

    def asked(self, event: Happened) -> None:
        if event.data["kind"] == "refund" and self.memory.get(event.data["action"]) is None:
            self.memory.put(event.data["action"], {"asked": event.ms})

    def given_up(self, event: Happened) -> None:
        if event.data["kind"] == "refund":
            self.memory.drop(event.data["action"])

    def done(self, event: Happened) -> None:
        if event.data["kind"] != "refund" or not event.agent:
            return
        asked = (self.memory.get(event.data["action"]) or {}).get("asked", event.ms)
        self.memory.drop(event.data["action"])
        after, before = event.data["after"]["refunded"], event.data["before"]["refunded"]
        place = Place(event.store_id, self._day(event), event.agent, self._channel(event))
        seconds = max(0, (event.ms - asked) // 1000)
        self.tally(place, "o", str(event.order_id), "", {"refunds": 1, "refund_s": seconds})
        money = {"refund_money": after["amount"] - before["amount"]}
        self.tally(place, "o", str(event.order_id), after["currency"], money)

    def coupon_sent(self, event: Happened) -> None:
        data = event.data
        place = Place(event.store_id, self._day(event), data["agent"]["id"], self._channel(event))
        kind, case = ("c", data["conversation"]) if data["conversation"] else ("k", data["id"])
        self.tally(place, kind, case, "", {"coupons": 1})
        self.memory.put(data["id"], {"day": place.day, "channel": place.channel})

    def coupon_used(self, event: Happened) -> None:
        """A code costs what it took off an order, and that belongs to the day on which it was given."""
        data = event.data
        sent = self.memory.get(data["id"])
        if sent is None:
            return
        self.memory.drop(data["id"])
        place = Place(event.store_id, sent["day"], data["agent"]["id"], sent["channel"])
        kind, case = ("c", data["conversation"]) if data["conversation"] else ("k", data["id"])
        self.tally(place, kind, case, data["value"]["currency"], {"coupon_money": data["value"]["amount"]})

    # -- buyers who are one

    def identified(self, event: Happened) -> None:
        self._join(event.data["visitor"], event.data["buyer"])

    def merged(self, event: Happened) -> None:
        if "other" in event.data:  # the same name also stands for a line in a conversation
            self._join(event.data["other"], event.data["buyer"])

    def _join(self, other: str, kept: str) -> None:
        if self._who(kept) == other or other == kept:
            return
        was = (self.memory.get(other) or {"advice": []})["advice"]
        known = self.memory.get(kept) or {"advice": []}
        advice = sorted([*known["advice"], *was], key=lambda one: (one["last"], one["agent"]))
        self.memory.put(kept, known | {"advice": advice[-MOST_ADVICE:]})
        self.memory.put(other, {"advice": [], "is": kept})

    def told_apart(self, event: Happened) -> None:
        """They are two again: what comes from now on. Who advised the one before may have advised either."""
        known = self.memory.get(event.data["other"]) or {"advice": []}
        self.memory.put(event.data["other"], {"advice": known["advice"]})

    def _who(self, buyer: str) -> str:
        seen = {buyer}
        while (known := self.memory.get(buyer)) and (is_now := known.get("is")) and is_now not in seen:
            seen.add(is_now)
            buyer = is_now
        return buyer

    # -- days and hours

    def hours_changed(self, event: Happened) -> None:
        """Remember when the store is open from now on: what was before is measured by the hours of then."""
        known = self.memory.get(event.store_id) or {"weekly": None, "special": []}
        known |= {name: event.data["after"][name] for name in known if name in event.data["after"]}
        self.memory.put(event.store_id, known)
        self._schedules.pop(event.store_id, None)

    def _open_s(self, store_id: str, start: int, end: int) -> int:
        if store_id not in self._schedules:
            known = self.memory.get(store_id)
            self._schedules[store_id] = _schedule(known, self.zones[store_id]) if known else None
        schedule = self._schedules[store_id]
        if schedule is None or schedule.is_always_open:
            return max(0, (end - start) // 1000)
        return int(schedule.open_seconds_between(_moment(start), _moment(end)))

    def _day(self, event: Happened) -> str:
        return self._days.get((event.store_id, event.ms // _QUARTER_MS)) or self._day_of(
            event.store_id, event.at
        )

    def _day_of(self, store_id: str, at: datetime) -> str:
        # No clock is set forward or back within a quarter of an hour.
        key = store_id, ms_of(at) // _QUARTER_MS
        if (day := self._days.get(key)) is None:
            day = self._days[key] = at.astimezone(self.zones[store_id]).date().isoformat()
        return day

    def _channel(self, event: Happened) -> str:
        known = self.memory.get(str(event.conversation_id)) if event.conversation_id else None
        return known["channel"] if known else ""


RULES: dict[str, Callable[[Rules, Happened], None]] = {
    names.MESSAGE_CREATED: Rules.said,
    names.CONVERSATION_OPENED: Rules.opened,
    names.CONVERSATION_ASSIGNED: Rules.assigned,
    names.CONVERSATION_RESOLVED: Rules.resolved,
    names.CONVERSATION_REOPENED: Rules.reopened,
    names.CONVERSATION_SNOOZED: Rules.snoozed,
    names.CONVERSATION_WOKEN: Rules.snoozed,
    names.REPLY_OVERDUE: Rules.overdue,
    names.CONVERSATION_RATED: Rules.rated,
    names.CONVERSATION_MOVED: Rules.moved,
    names.CONVERSATION_SPLIT: Rules.split,
    names.CONVERSATION_JOINED: Rules.split,
    names.ORDER_SYNCED: Rules.order_told,
    names.PAYMENT_RECOVERED: Rules.recovered,
    names.ACTION_REQUESTED: Rules.asked,
    names.ACTION_WAITING: Rules.asked,
    names.ACTION_DONE: Rules.done,
    names.ACTION_TAKEN_BACK: Rules.given_up,
    names.ACTION_REJECTED: Rules.given_up,
    names.COUPON_SENT: Rules.coupon_sent,
    names.COUPON_REDEEMED: Rules.coupon_used,
    names.BUYER_IDENTIFIED: Rules.identified,
    names.BUYER_MERGED: Rules.merged,
    names.BUYER_SPLIT: Rules.told_apart,
    names.HOURS_CHANGED: Rules.hours_changed,
}


def _new(ms: int) -> Known:
    """Return what is known of a conversation that begins, or that a buyer has begun anew."""
    return {
        "buyer": None,
        "channel": "",
        "status": "open",
        "since": ms,
        "waits": None,  # since when the buyer waits
        "late": None,  # the wait in which an answer was overdue
        "answered": False,
        "given": None,  # to whom and when, by somebody else
        "handled": {},  # by agent: the day and channel that count
        "last": None,
        "resolved": None,
        "rated": None,
    }


def _since(state: Known, agent: str) -> int:
    """Return from when on an answer of this agent was to be expected."""
    since, given = int(state["waits"]), state["given"]
    return max(since, int(given[1])) if given and given[0] == agent else since


def _worth(after: Known) -> int:
    amounts = {name: after[name]["amount"] for name in ("items_total", "shipping_fee", "tax", "discount")}
    return int(amounts["items_total"] + amounts["shipping_fee"] + amounts["tax"] - amounts["discount"])


def _schedule(known: Known, zone: ZoneInfo) -> Schedule:
    weekly = known["weekly"]
    special = {date.fromisoformat(day["date"]): _spans(day["open"]) for day in known["special"]}
    return Schedule(zone, None if weekly is None else tuple(_spans(day) for day in weekly), special)


def _spans(spans: list[dict[str, str]]) -> tuple[Interval, ...]:
    return tuple((minutes(span["from"]), minutes(span["to"])) for span in spans)


def ms_of(at: datetime) -> int:
    since = at - _EPOCH
    return since.days * _DAY_MS + since.seconds * 1000 + since.microseconds // 1000


def _moment(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)


def _parsed(text: str) -> int:
    return ms_of(datetime.fromisoformat(text))


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
