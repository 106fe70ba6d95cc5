"""What is suggested to agents: what they see of it, what they use, and what that teaches.

All of it happens when somebody looks at a message, never when it is written.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from inbox.access import conversations_for
from inbox.errors import NotFound
from inbox.models import Conversation, Message
from inbox.suggesting import Offer, all_suggesters
from knowledge.models import Article, Suggestion
from people.access import stores_for
from people.models import Agent, Store

MOST, MOST_OF_A_KIND = 5, 2
# What agents did with it lately: an answer that was right a year ago may be so no more.
LEARNS_FROM = timedelta(days=90)
# What is known before anybody has seen it: as if shown four times and used once.
USED_BEFORE, SHOWN_BEFORE = 1, 4
SETTLES_WITHIN = timedelta(
    days=14
)  # who answers later than that has not ignored a suggestion, but found it gone


@dataclass(frozen=True)
class Shown:
    """An offer as an agent sees it."""

    id: UUID
    offer: Offer


def suggest(*, agent: Agent, conversation_id: UUID, message_id: UUID) -> list[Shown]:
    """Return what there is to say to a buyer's message, the best first, and write down that it was shown.

    Nothing, once it is answered. Looked at again, by whomever, it is shown once. Raises NotFound.
    """
    rows = conversations_for(agent).select_related("buyer", "store")
    conversation = rows.filter(pk=conversation_id).first()
    if conversation is None:
        raise NotFound(_("No such conversation."))
    theirs = Message.objects.filter(conversation=conversation, author_kind="buyer", private=False)
    message = theirs.filter(pk=message_id).first()
    if message is None:
        raise NotFound(_("No such message."))
    settle(Suggestion.objects.filter(message__conversation=conversation))
    if answers(message.conversation_id, message.seq).exists():
        return []
    offers = best(offers_for(agent, conversation, message), conversation.store)
    return _show(agent, conversation.store, message, offers)


def offers_for(agent: Agent, conversation: Conversation, message: Message) -> list[Offer]:
    return [
        offer
        for suggester in all_suggesters()
        for offer in suggester.offers(agent=agent, conversation=conversation, message=message)
    ]


def best(offers: Sequence[Offer], store: Store) -> list[Offer]:
    """Return the offers that are worth a look: those that fit and, where they were shown before, were used."""
    known = _records(offers, store)

    def worth(offer: Offer) -> float:
        used, shown = known.get((offer.kind, offer.about), (0, 0))
        return offer.fit * (used + USED_BEFORE) / (shown + SHOWN_BEFORE)

    of_a_kind: Counter[str] = Counter()
    found = []
    for offer in sorted(offers, key=lambda offer: (-worth(offer), offer.kind, offer.ref)):
        of_a_kind[offer.kind] += 1
        if of_a_kind[offer.kind] <= MOST_OF_A_KIND:
            found.append(offer)
    return found[:MOST]


def _records(offers: Sequence[Offer], store: Store) -> dict[tuple[str, str], tuple[int, int]]:
    """Return of what is offered how often it was used lately, and how often it was shown and that was decided."""
    if not offers:
        return {}
    wanted = Q()
    for kind in {offer.kind for offer in offers}:
        wanted |= Q(kind=kind, about__in={offer.about for offer in offers if offer.kind == kind})
    rows = Suggestion.objects.filter(wanted, store=store, shown_at__gte=timezone.now() - LEARNS_FROM)
    counted = rows.exclude(state=Suggestion.State.SHOWN).order_by().values("kind", "about")
    return {
        (row["kind"], row["about"]): (row["used"], row["shown"])
        for row in counted.annotate(
            used=Count("id", filter=Q(state=Suggestion.State.USED)), shown=Count("id")
        )
    }


def _show(agent: Agent, store: Store, message: Message, offers: list[Offer]) -> list[Shown]:
    known = _ids(message)
    fresh = [
        Suggestion(
            store=store,
            message=message,
            kind=offer.kind,
            ref=offer.ref,
            about=offer.about,
            place=place,
            agent=agent,
        )
        for place, offer in enumerate(offers, 1)
        if (offer.kind, offer.ref) not in known
    ]
    if fresh:
        # Two agents who look at once: one row, and both get its id.
        Suggestion.objects.bulk_create(fresh, ignore_conflicts=True)
        known = _ids(message)
    return [Shown(known[offer.kind, offer.ref], offer) for offer in offers]


def _ids(message: Message) -> dict[tuple[str, str], UUID]:
    rows = Suggestion.objects.filter(message=message).values_list("kind", "ref", "id")
    return {(kind, ref): pk for kind, ref, pk in rows}


@transaction.atomic
def use(*, agent: Agent, suggestion_id: UUID) -> Suggestion:
    """Write down that an agent used it. Clicked twice it is used once. Raises NotFound."""
    rows = Suggestion.objects.filter(store__in=stores_for(agent)).values_list("pk", flat=True)
    if not rows.filter(pk=suggestion_id).exists():
        raise NotFound(_("No such suggestion."))
    found = Suggestion.objects.select_for_update().get(pk=suggestion_id)
    if found.state == Suggestion.State.USED:
        return found
    found.state, found.agent, found.settled_at = Suggestion.State.USED, agent, timezone.now()
    found.save(update_fields=["state", "agent", "settled_at"])
    if found.kind == "article":
        Article.objects.filter(pk=found.about).update(solved_count=F("solved_count") + 1)
    return found


def settle(suggestions: QuerySet[Suggestion] | None = None) -> int:
    """Write down which of `suggestions` (all, where none are named) were ignored: shown, and answered without."""
    rows = Suggestion.objects.all() if suggestions is None else suggestions
    now = timezone.now()
    open_ones = rows.filter(state=Suggestion.State.SHOWN, shown_at__gte=now - SETTLES_WITHIN)
    answered = Exists(answers(OuterRef("message__conversation"), OuterRef("message__seq")))
    ids = list(open_ones.filter(answered).order_by("id").values_list("id", flat=True))
    if not ids:
        return 0
    # Whoever clicks at this moment has used it, whatever we thought.
    still = Suggestion.objects.filter(pk__in=ids, state=Suggestion.State.SHOWN)
    return still.update(state=Suggestion.State.IGNORED, settled_at=now)


def answers(conversation: UUID | OuterRef, after: int | OuterRef) -> QuerySet[Message]:
    """Return what agents have said to the buyer of a conversation after a place in it."""
    said = Message.objects.filter(author_kind="agent", private=False).exclude(kind=Message.Kind.SYSTEM)
    return said.filter(conversation=conversation, seq__gt=after)
