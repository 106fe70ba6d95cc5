"""A store's rule of ratings: when its buyers are asked, over which channels, and whom bad ratings concern."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from events import names
from events.record import Actor, Happening, record
from helpdesk.lib.text import is_storable
from inbox import transports
from inbox.errors import Invalid
from inbox.models import Channel, Delivery, RatingRule
from people.models import LANGUAGES, Agent, Store

MOST_MINUTES = 7 * 24 * 60
MOST_DAYS = 365
MAX_SUBJECT, MAX_GREETING = 120, 300
LOW = range(5)  # 5 stars are not bad
TEXTS = {"subject": MAX_SUBJECT, "greeting": MAX_GREETING}


@dataclass(frozen=True, slots=True)
class Rule:
    """As RatingRule; `words` by language, with "subject" and "greeting"."""

    active: bool
    delay: int
    channels: Collection[UUID]
    mails_visitors: bool
    every_days: int
    words: Mapping[str, Mapping[str, str]]
    low: int
    tells_agent: bool
    tells_supervisors: bool


def channels_that_ask(store: Store) -> list[Channel]:
    """Return the channels of a store that reach buyers outside of its pages."""
    known = transports.all_transports()
    rows = Channel.objects.filter(store=store).order_by("name", "id")
    return [c for c in rows if c.kind in known and known[c.kind].first_state == Delivery.State.QUEUED]


def save_rule(*, actor: Agent, store: Store, rule: Rule) -> RatingRule:
    """Set the rule of a store. What waits already is looked at by the new one when it is due. Raises Invalid."""
    channels = [c for c in channels_that_ask(store) if c.id in set(rule.channels)]
    _check(rule, len(channels))
    words = {code: said for code, _name in LANGUAGES if (said := _words(rule.words.get(code, {})))}
    with transaction.atomic():
        Store.objects.select_for_update().get(pk=store.pk)  # one at a time
        row = RatingRule.objects.filter(store=store).first()
        before = rule_data(store, row)
        row = row or RatingRule(store=store)
        row.active, row.delay, row.every_days = rule.active, rule.delay, rule.every_days
        row.mails_visitors, row.words, row.low = rule.mails_visitors, words, rule.low
        row.tells_agent, row.tells_supervisors = rule.tells_agent, rule.tells_supervisors
        row.save()
        row.channels.set(channels)
        after = rule_data(store, row)
        if changed := [key for key in after if before[key] != after[key]]:
            data = {
                side: {key: whole[key] for key in changed}
                for side, whole in (("before", before), ("after", after))
            }
            record(Happening(names.RATING_RULE_CHANGED, Actor.agent(actor), store_id=store.id, data=data))
    return row


def rule_data(store: Store, row: RatingRule | None) -> dict[str, Any]:
    """Return a store's rule as it is written down and given by the API; None: what holds where nobody set one."""
    rule = row or RatingRule(store=store)
    channels = row.channels.order_by("name", "id") if row else Channel.objects.none()
    return {
        "active": rule.active,
        "delay_min": rule.delay,
        "channels": [{"id": str(c.id), "name": c.name, "kind": c.kind} for c in channels],
        "mails_visitors": rule.mails_visitors,
        "every_days": rule.every_days,
        "words": {code: dict(said) for code, said in rule.words.items()},
        "low": rule.low,
        "tells_agent": rule.tells_agent,
        "tells_supervisors": rule.tells_supervisors,
    }


def _check(rule: Rule, found: int) -> None:
    if found < len(set(rule.channels)):
        raise Invalid(_("This store has no such channel."), code="unknown_channel", attr="channels")
    if not 0 <= rule.delay <= MOST_MINUTES:
        raise Invalid(_("At most a week."), attr="delay_min")
    if not 0 <= rule.every_days <= MOST_DAYS:
        raise Invalid(_("At most a year."), attr="every_days")
    if rule.low not in LOW:
        raise Invalid(_("Bad are at most 4 stars."), attr="low")
    for said in rule.words.values():
        for name, most in TEXTS.items():
            text = said.get(name, "")
            if len(text.strip()) > most:
                raise Invalid(_("At most %(count)s characters.") % {"count": most}, attr=name)
            if not is_storable(text):
                raise Invalid(_("The text is not valid Unicode."), attr=name)


def _words(said: Mapping[str, str]) -> dict[str, str]:
    given = {name: said.get(name, "").strip() for name in TEXTS}
    given["subject"] = " ".join(given.get("subject", "").split())
    return {name: text for name, text in given.items() if text}
