"""Whether a buyer may be written to at an address, and who said so when. docs/channels/failover.md has the rules.

Without a word of theirs, who wrote to us from an address may be answered there, and that is all. `Consent` holds
what was said last; every change is an Event.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from events import names
from events.record import SYSTEM, Actor, Happening, record
from helpdesk.lib.phones import e164
from inbox import transports
from inbox.errors import Invalid, NotFound
from inbox.models import Channel, Consent, Message
from inbox.services.buyers import pushes_of
from inbox.services.timeline import add_system_line
from people.access import buyers_for
from people.models import Agent, Buyer, BuyerIdentity

State, Source = Consent.State, Consent.Source
STOPPED = gettext_noop("The buyer asked not to be written to here.")
ANSWERS_ONLY = gettext_noop("The buyer wants answers here, and nothing else.")
MAX_REASON = 200


@dataclass(frozen=True)
class Standing:
    """How it stands with writing to a buyer on one kind of channel. `row` None: nobody has said anything."""

    kind: str
    address: str
    wrote: bool  # they wrote to us from this channel
    row: Consent | None

    @property
    def state(self) -> str:
        """One of Consent.State; empty where nothing may be sent because nobody agreed to it."""
        if self.row is not None:
            return self.row.state
        return State.ANSWERS if self.wrote else ""

    def allows(self, *, unasked: bool) -> bool:
        return bool(self.address) and self.state in ((State.ALL,) if unasked else (State.ALL, State.ANSWERS))


def standing(buyer: Buyer, kind: str) -> Standing:
    """Return where a buyer is reached on a kind of channel, and whether they may be. (Load it with its store.)

    An address that a form, the store or an agent gave counts where it was agreed to, not by itself.
    """
    address_kind = transports.get(kind).address_kind or kind
    own = BuyerIdentity.objects.filter(buyer=buyer, kind=address_kind).order_by("-created_at")
    used = list(own.values_list("value", flat=True))
    given = {"email": buyer.email.lower(), "phone": e164(buyer.phone, buyer.country or buyer.store.country)}
    known = list(dict.fromkeys(filter(None, [*used, given.get(address_kind, "")])))
    rows = Consent.objects.filter(store=buyer.store_id, kind=kind, address__in=known)
    said = {row.address: row for row in rows.select_related("agent")}
    wrote = bool(used) and _wrote(buyer, kind)
    found = [Standing(kind, address, wrote and address in used, said.get(address)) for address in known]
    return next(
        (one for one in found if one.allows(unasked=False)), (found or [Standing(kind, "", False, None)])[0]
    )


def _wrote(buyer: Buyer, kind: str) -> bool:
    """Whether they wrote to us from there: a number is one for SMS and for WhatsApp, to have agreed to one is not."""
    rows = Message.objects.filter(conversation__buyer=buyer, author_kind="buyer", channel_kind=kind)
    return rows.exists()


def refusal(channel: Channel, address: str, *, unasked: bool = False) -> str:
    """Return why nothing may be sent to this address, or nothing of this sort; empty: it may."""
    rows = Consent.objects.filter(store=channel.store_id, kind=channel.kind, address=address)
    state = rows.values_list("state", flat=True).first()
    if state == State.NONE:
        return STOPPED
    return ANSWERS_ONLY if unasked and state == State.ANSWERS else ""


def opt_out(channel: Channel, address: str, source: str, *, reason: str = "") -> Consent | None:
    """Write nothing to this address again until they want it. None: that was known."""
    return _say(channel, address, State.NONE, source, reason=reason)


def opt_in(channel: Channel, address: str, source: str, *, reason: str = "") -> Consent | None:
    """Note that anything may be sent to this address. None: that was known."""
    return _say(channel, address, State.ALL, source, reason=reason)


def resume(channel: Channel, address: str, source: str, *, reason: str = "") -> Consent | None:
    """Take a stop back. None: there was none, and the word (a "yes" to a question of ours, say) means nothing here."""
    if refusal(channel, address) != STOPPED:
        return None
    return opt_in(channel, address, source, reason=reason)


def answers_only(store_id: UUID, kind: str, address: str, source: str, *, reason: str = "") -> Consent | None:
    """Note that this address wants answers and nothing else. None: that was known, or they want nothing at all."""
    row = Consent.objects.filter(store=store_id, kind=kind, address=address).first()
    if row is not None and row.state == State.NONE:
        return None  # somebody else's form takes no stop back
    return set_consent(store_id, kind, address, State.ANSWERS, source, reason=reason)


def agreed_by_form(buyer: Buyer, email: str) -> None:
    """Note that a visitor who left their e-mail address is to be answered there. (Load the buyer with their store.)"""
    address = email.replace("\x00", "").strip().lower()
    if buyer.is_verified or not address or address != buyer.email.lower():
        return
    for kind, transport in transports.all_transports().items():
        if transport.address_kind == "email":
            answers_only(buyer.store_id, kind, address, Source.FORM)


def _say(channel: Channel, address: str, state: str, source: str, *, reason: str) -> Consent | None:
    return set_consent(channel.store_id, channel.kind, address, state, source, reason=reason)


def set_consent(
    store_id: UUID,
    kind: str,
    address: str,
    state: str,
    source: str,
    *,
    reason: str = "",
    agent: Agent | None = None,
    buyer: Buyer | None = None,
) -> Consent | None:
    """Note what was said about an address, with its Event and a line for agents. None: nothing is new in it.

    `buyer`: whose it is, where that is known; None: who wrote from there.
    """
    said = {
        "state": state,
        "source": source,
        "reason": reason.replace("\x00", "")[:MAX_REASON],
        "agent": agent,
        "at": timezone.now(),
    }
    with transaction.atomic():
        rows = Consent.objects.filter(store=store_id, kind=kind, address=address[:200])
        row = rows.select_for_update().first()
        if row is None:
            try:
                with transaction.atomic():
                    row = Consent.objects.create(store_id=store_id, kind=kind, address=address[:200], **said)
            except IntegrityError:  # said twice in one moment
                row = rows.select_for_update().get()
            else:
                _tell(row, buyer, before="", agent=agent)
                return row
        before = row.state
        if before == state:
            return None
        for name, value in said.items():
            setattr(row, name, value)
        row.save()
        _tell(row, buyer, before=before, agent=agent)
    return row


def change_consent(
    *, agent: Agent, buyer_id: UUID, kind: str, state: str, reason: str, source: str
) -> Consent:
    """Note what a buyer said to an agent (or, by the API, to the store). Raises NotFound or Invalid."""
    buyer = buyers_for(agent).select_related("store").filter(pk=buyer_id).first()
    if buyer is None:
        raise NotFound("No such buyer.")
    if state not in State.values:
        raise Invalid(_("Say what the buyer agreed to."), attr="state")
    if kind not in kinds_of(buyer.store_id):
        raise Invalid(_("This store has no such channel."), attr="kind")
    if not reason.strip() or len(reason) > MAX_REASON:
        raise Invalid(_("Say how the buyer told you, in at most 200 characters."), attr="reason")
    address = standing(buyer, kind).address
    if not address:
        raise Invalid(_("There is no address of the buyer for this."), attr="kind")
    how: dict[str, Any] = {"reason": reason.strip(), "agent": agent, "buyer": buyer}
    said = set_consent(buyer.store_id, kind, address, state, source, **how)
    return said or Consent.objects.select_related("agent").get(
        store=buyer.store_id, kind=kind, address=address
    )


def kinds_of(store_id: UUID) -> list[str]:
    """Return the kinds of the store's channels that reach buyers outside of its pages."""
    rows = Channel.objects.filter(store=store_id, active=True).order_by("kind").values_list("kind", flat=True)
    return [kind for kind in dict.fromkeys(rows) if transports.get(kind).first_state == "queued"]


def standings(buyer: Buyer) -> list[Standing]:
    """Return how it stands on every kind of channel on which the buyer has an address. (Load it with its store.)"""
    found = [standing(buyer, kind) for kind in kinds_of(buyer.store_id)]
    return [one for one in found if one.address]


def _tell(row: Consent, buyer: Buyer | None, *, before: str, agent: Agent | None) -> None:
    """Record it, and where the buyer has a conversation going, say it there."""
    actor = Actor.agent(agent) if agent else SYSTEM
    params = {
        "actor": actor.name,
        "channel": str(transports.get(row.kind).label),
        "address": row.address,
        "state": row.state,
        "source": row.source,
    }
    buyer = buyer or _writer(row)
    happening = Happening(names.CONSENT_CHANGED, actor, store_id=row.store_id)
    happening.data = {**params, "kind": row.kind, "before": before, "reason": row.reason}
    if buyer is not None:
        happening.data["buyer"] = str(buyer.id)
        happening.pushes = pushes_of(buyer)
    record(happening)
    live = buyer.conversations.exclude(status="resolved").first() if buyer else None
    if live is not None:
        words = f"{params['channel']} {row.address}: {row.get_state_display()}"
        add_system_line(
            conversation_id=live.id,
            event=names.CONSENT_CHANGED,
            params=params,
            body=words,
            public=False,
            actor=actor,
        )


def _writer(row: Consent) -> Buyer | None:
    kind = transports.get(row.kind).address_kind or row.kind
    rows = BuyerIdentity.objects.select_related("buyer__store")
    found = rows.filter(store=row.store_id, kind=kind, value=row.address).first()
    return found.buyer if found else None
