"""What agents know of a buyer besides how to reach them: tags, how it is to talk with them, who may not write."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names
from events.record import Actor, Happening, record
from helpdesk.lib.palette import COLORS
from inbox.access import check_may
from inbox.errors import Conflict, InboxError, Invalid, NotFound
from inbox.services.buyers import pushes_of
from people.access import buyers_for
from people.models import Agent, Buyer, BuyerBlock, BuyerTag

MAX_TAGS = 12
MAX_TAG = 40
MOODS = range(1, 6)
FOR_GOOD = datetime(9999, 12, 31, tzinfo=UTC)


class Blocked(InboxError):
    """What a blocked buyer writes is not taken. They are not told why: the reason is between agents."""

    status, code = 403, "blocked"


def tag_buyer(*, agent: Agent, buyer_id: UUID, tags: list[str]) -> Buyer:
    """Make these the buyer's tags; words that are new become tags. Raises NotFound or Invalid."""
    wanted = list(dict.fromkeys(" ".join(tag.replace("\x00", "").split()) for tag in tags))
    if len(wanted) > MAX_TAGS:
        raise Invalid(_("A buyer has at most %(limit)d tags.") % {"limit": MAX_TAGS}, attr="tags")
    if any(not tag or len(tag) > MAX_TAG for tag in wanted):
        raise Invalid(_("A tag has 1 to %(limit)d characters.") % {"limit": MAX_TAG}, attr="tags")

    def change(buyer: Buyer) -> dict[str, Any] | None:
        before = [tag.name for tag in buyer.tags.all()]
        if sorted(before) == sorted(wanted):
            return None
        buyer.tags.set([_tag(name) for name in wanted])
        return {"before": before, "after": wanted}

    return _change(agent, buyer_id, names.BUYER_TAGGED, change)


def _tag(name: str) -> BuyerTag:
    """Return the tag of that name, whatever its capitals; a new one where there is none."""
    found = BuyerTag.objects.filter(name__iexact=name).first()
    if found is not None:
        return found
    color = list(COLORS)[sum(name.encode()) % len(COLORS)]
    return BuyerTag.objects.get_or_create(name=name, defaults={"color": color})[0]


def set_mood(*, agent: Agent, buyer_id: UUID, mood: int | None) -> Buyer:
    """Say how it is to talk with a buyer: 1 (hard) to 5 (a pleasure), None: nobody knows."""
    if mood is not None and mood not in MOODS:
        raise Invalid(_("Friendliness is 1 to 5."), attr="mood")

    def change(buyer: Buyer) -> dict[str, Any] | None:
        before, buyer.mood = buyer.mood, mood
        if before == mood:
            return None
        buyer.save(update_fields=["mood"])
        return {"before": {"mood": before}, "after": {"mood": mood}}

    return _change(agent, buyer_id, names.BUYER_UPDATED, change)


def block_buyer(*, agent: Agent, buyer_id: UUID, reason: str, until: datetime | None = None) -> Buyer:
    """Take nothing that a buyer writes until `until` (aware; None: for good). Raises NotFound, Forbidden or Invalid."""
    reason = reason.replace("\x00", "").strip()
    if not reason or len(reason) > 200:
        raise Invalid(_("Say why, in at most 200 characters."), attr="reason")
    if until is not None and until <= timezone.now():
        raise Invalid(_("The end lies in the past."), attr="until")

    def change(buyer: Buyer) -> dict[str, Any]:
        check_may(agent, "buyers.block")
        _lift(buyer, agent)
        buyer.blocked_until = until or FOR_GOOD
        buyer.save(update_fields=["blocked_until"])
        BuyerBlock.objects.create(buyer=buyer, agent=agent, reason=reason, until=buyer.blocked_until)
        return {"reason": reason, "until": until.isoformat() if until else None}

    return _change(agent, buyer_id, names.BUYER_BLOCKED, change)


def unblock_buyer(*, agent: Agent, buyer_id: UUID) -> Buyer:
    """Let a buyer write again. Raises NotFound or Forbidden."""

    def change(buyer: Buyer) -> dict[str, Any] | None:
        check_may(agent, "buyers.block")
        if not buyer.is_blocked():
            return None
        _lift(buyer, agent)
        buyer.blocked_until = None
        buyer.save(update_fields=["blocked_until"])
        return {}

    return _change(agent, buyer_id, names.BUYER_UNBLOCKED, change)


def _lift(buyer: Buyer, agent: Agent) -> None:
    now = timezone.now()
    buyer.blocks.filter(lifted_at__isnull=True, until__gt=now).update(lifted_at=now, lifted_by=agent)


def move_blocks(source: Buyer, target: Buyer, ids: list[str] | None = None) -> list[str]:
    """Give `target` the blocks of `source` (`ids`: only those); both rows are locked. Returns what moved.

    Who is kept from writing is kept from it by whatever name: a block goes where its person goes.
    """
    rows = source.blocks.all() if ids is None else source.blocks.filter(pk__in=ids)
    moved = [str(pk) for pk in rows.values_list("pk", flat=True)]
    rows.update(buyer=target)
    for buyer in (source, target):
        standing = buyer.blocks.filter(lifted_at__isnull=True).order_by("-until")
        buyer.blocked_until = standing.values_list("until", flat=True).first()
        buyer.save(update_fields=["blocked_until"])
    return moved


@transaction.atomic
def _change(
    agent: Agent, buyer_id: UUID, name: str, change: Callable[[Buyer], dict[str, Any] | None]
) -> Buyer:
    """Lock the buyer, change them, and record `name` with what `change` returned; None: nothing changed."""
    rows = buyers_for(agent).select_related("store").select_for_update(of=("self",))
    buyer = rows.filter(pk=buyer_id).first()
    if buyer is None:
        raise NotFound("No such buyer.")
    refuse_erased(buyer)
    data = change(buyer)
    if data is not None:
        happening = Happening(name, Actor.agent(agent), store_id=buyer.store_id)
        happening.data = {"buyer": str(buyer.id), **data}
        happening.pushes = pushes_of(buyer)
        record(happening)
    return buyer


def refuse_blocked(buyer: Buyer) -> None:
    """Raise Blocked where nothing is taken from this buyer."""
    if buyer.is_blocked():
        raise Blocked("Messages from here are not taken.")


def refuse_erased(buyer: Buyer) -> None:
    """Raise Conflict where nobody is behind the row any more: nothing is to be written down of them again."""
    if buyer.erased_at is not None:
        raise Conflict(_("This buyer was erased."), code="erased")
