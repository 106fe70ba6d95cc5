"""Who might be the same person, who certainly is, and who is not. docs/channels/failover.md has the rules.

A suggestion needs an address in common. The desk merges by itself only where both sides are proven: the channel's
provider says who wrote has the address, and the store says that it is its buyer's. It never makes two of the
store's buyers one, and does not do again what a person has undone.
"""

import logging
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from events import names
from events.record import Actor, Happening, record
from helpdesk.lib.phones import e164, spellings
from inbox.access import check_may
from inbox.errors import InboxError, Invalid, NotFound
from inbox.services.buyers import pushes_of
from inbox.services.merging import merge_buyers
from people.access import buyers_for
from people.models import Agent, Buyer, BuyerIdentity, BuyerMerge, NotSame

log = logging.getLogger(__name__)

SUGGESTED = 5
EMAILS, PHONES = ("email", "store_email"), ("phone", "store_phone")
# What a channel has proven, and what a store has: the same value in both is the same person.
_PAIRS = {"email": "store_email", "store_email": "email", "phone": "store_phone", "store_phone": "phone"}


@dataclass(frozen=True)
class Suggestion:
    """Who might be the same person, and the address that they have in common."""

    other: Buyer
    shared: str


def same_person(agent: Agent, buyer: Buyer) -> list[Buyer]:
    """Return who of the same store might be the same person: by e-mail, number, or an identity they share."""
    return [suggestion.other for suggestion in suggestions(agent, buyer)]


def suggestions(agent: Agent, buyer: Buyer) -> list[Suggestion]:
    """Return who might be the same person, newest first; without those of whom somebody said that they are not.

    (Load the buyer with their store.)
    """
    emails, phones = _emails(buyer), _phones(buyer)
    if not emails and not phones:
        return []
    written = {spelling for phone in phones for spelling in spellings(phone)} | ({buyer.phone} - {""})
    identities = BuyerIdentity.objects.filter(
        Q(kind__in=EMAILS, value__in=emails) | Q(kind__in=PHONES, value__in=phones), store=buyer.store_id
    )
    fits = Q(lower_email__in=emails) | Q(phone__in=written) | Q(pk__in=identities.values("buyer"))
    rows = buyers_for(agent).annotate(lower_email=Lower("email")).filter(fits, store=buyer.store_id)
    if buyer.is_verified:
        rows = rows.filter(external_id__isnull=True)
    apart = NotSame.objects.filter(Q(one=buyer) | Q(other=buyer)).values_list("one", "other")
    others = rows.exclude(pk__in={buyer.pk, *(pk for pair in apart for pk in pair)})
    found = others.select_related("store").prefetch_related("identities").order_by("-id")[:SUGGESTED]
    return [Suggestion(other, _shared(other, emails, phones)) for other in found]


def _emails(buyer: Buyer) -> set[str]:
    known = {one.value for one in buyer.identities.all() if one.kind in EMAILS}
    return (known | {buyer.email.lower()}) - {""}


def _phones(buyer: Buyer) -> set[str]:
    known = {one.value for one in buyer.identities.all() if one.kind in PHONES}
    return (known | {e164(buyer.phone, buyer.country or buyer.store.country)}) - {""}


def _shared(other: Buyer, emails: set[str], phones: set[str]) -> str:
    both = sorted(emails & _emails(other)) + sorted(phones & _phones(other))
    return both[0] if both else other.phone  # a number that is none, typed twice in the same way


def tell_apart(*, agent: Agent, buyer_id: UUID, other_id: UUID) -> None:
    """Remember that two buyers are two people: they are not suggested again. Raises NotFound, Forbidden or Invalid."""
    with transaction.atomic():
        found = {b.id: b for b in buyers_for(agent).filter(pk__in=[buyer_id, other_id]).order_by("id")}
        if buyer_id == other_id:
            raise Invalid(_("That is the same buyer."), attr="other")
        if len(found) < 2:
            raise NotFound("No such buyer.")
        check_may(agent, "buyers.merge")
        one, other = sorted(found)
        _row, is_new = NotSame.objects.get_or_create(one_id=one, other_id=other, defaults={"agent": agent})
        if is_new:
            buyer = found[buyer_id]
            happening = Happening(names.BUYER_TOLD_APART, Actor.agent(agent), store_id=buyer.store_id)
            happening.data = {"buyer": str(buyer_id), "other": str(other_id)}
            happening.pushes = [push for person in found.values() for push in pushes_of(person)]
            record(happening)


def join_proven(buyer_id: UUID) -> list[BuyerMerge]:
    """Make a buyer one with whoever has an address that is proven on both sides. Returns the merges, mostly none.

    Not inside the transaction of what proved it: that is true whether or not this works out now.
    """
    merges = []
    for other_id, shared in _proven(buyer_id).items():
        if _is_certain(buyer_id, other_id) and not _were_told_apart(buyer_id, other_id):
            try:
                merges.append(merge_buyers(agent=None, buyer_id=buyer_id, other_id=other_id, reason=shared))
            except InboxError as refusal:  # somebody was quicker
                log.info("%s and %s were not merged: %s", buyer_id, other_id, refusal.code)
    return merges


def _proven(buyer_id: UUID) -> dict[UUID, str]:
    """Return who has an address that is proven here by the one side and there by the other, with the address."""
    own = list(BuyerIdentity.objects.filter(buyer=buyer_id, verified=True, kind__in=_PAIRS))
    if not own:
        return {}
    fits = Q()
    for identity in own:
        fits |= Q(kind=_PAIRS[identity.kind], value=identity.value)
    rows = BuyerIdentity.objects.filter(fits, store=own[0].store_id, verified=True).exclude(buyer=buyer_id)
    return dict(rows.values_list("buyer", "value"))


def _is_certain(buyer_id: UUID, other_id: UUID) -> bool:
    """Whether one of them is the store's and the other nobody's, who shares addresses with no other of the store's."""
    rows = Buyer.objects.filter(pk__in=[buyer_id, other_id], merged_into__isnull=True)
    strangers = list(rows.filter(external_id__isnull=True).values_list("id", flat=True))
    return len(strangers) == 1 and rows.count() == 2 and len(_proven(strangers[0])) == 1


def _were_told_apart(buyer_id: UUID, other_id: UUID) -> bool:
    one, other = sorted([buyer_id, other_id])
    undone = BuyerMerge.objects.filter(undone_at__isnull=False)
    split = undone.filter(Q(kept=one, merged=other) | Q(kept=other, merged=one))
    return split.exists() or NotSame.objects.filter(one=one, other=other).exists()
