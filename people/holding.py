"""What this room holds of buyers: who they are, how they are known, and the browsers they came with."""

from django.db.models import Q, QuerySet

from events import names, topics
from events.models import TOLD, Event
from events.redacting import MARK, folded
from people import notices
from people.models import Buyer, BuyerBlock, BuyerIdentity, BuyerMerge, Notice, NotSame, VisitorSession
from people.personal import Erasing, Held, dumped, mark_erased, words_of
from people.sessions import end_sockets

# What was done with their data itself is told of nobody by name.
_OF_DATA = ("buyer.erased", "buyer.erasure.", "buyer.export.")
_ABOUT_BUYERS = [
    name
    for name in sorted(names.NAMES)
    if name.startswith(("buyer.", "consent.")) and not name.startswith(_OF_DATA)
]


class PeopleOfBuyers:
    handles = frozenset(
        {
            "people.Buyer",
            "people.BuyerBlock",
            "people.BuyerIdentity",
            "people.BuyerMerge",
            "people.ErasedId",
            "people.NotSame",
            "people.Notice",
            "people.VisitorSession",
            "events.Event",
        }
    )
    holds_nothing = frozenset(
        {
            "people.Agent",
            "people.ApiKey",
            "people.BuyerTag",
            "people.NoticePreferences",
            "people.RoleAbility",
            "people.Store",
            "people.Team",
        }
    )

    def collect(self, buyers: list[Buyer]) -> Held:
        tags = [{"buyer": str(b.pk), "tags": [tag.name for tag in b.tags.all()]} for b in buyers]
        return Held(
            {
                "buyers": dumped(Buyer.objects.filter(pk__in=[buyer.pk for buyer in buyers])),
                "tags": [one for one in tags if one["tags"]],
                "identities": dumped(BuyerIdentity.objects.filter(buyer__in=buyers)),
                "blocks": dumped(BuyerBlock.objects.filter(buyer__in=buyers)),
                "browsers": dumped(VisitorSession.objects.filter(buyer__in=buyers), without=["token_digest"]),
                "notices": [{"kind": n.kind, "at": n.at, "params": n.params} for n in _notices(buyers)],
                "merges": dumped(BuyerMerge.objects.filter(Q(kept__in=buyers) | Q(merged__in=buyers))),
            }
        )

    def erase(self, erasing: Erasing) -> None:
        sessions = VisitorSession.objects.filter(buyer__in=erasing.ids)
        end_sockets([topics.session(pk.hex) for pk in sessions.values_list("id", flat=True)])
        sessions.delete()
        BuyerIdentity.objects.filter(buyer__in=erasing.ids).delete()
        BuyerBlock.objects.filter(buyer__in=erasing.ids).update(reason=MARK)
        BuyerMerge.objects.filter(Q(kept__in=erasing.ids) | Q(merged__in=erasing.ids)).delete()
        NotSame.objects.filter(Q(one__in=erasing.ids) | Q(other__in=erasing.ids)).delete()
        notices.forget_words(erasing.words)
        for buyer in erasing.buyers:
            _empty(buyer, erasing)

    def events(self, buyers: list[Buyer]) -> list[QuerySet[Event]]:
        """What tells of a buyer and of no conversation, and whatever they did themselves (but for their messages)."""
        ids = [buyer.pk for buyer in buyers]
        told = Event.objects.filter(store_id__in={b.store_id for b in buyers}, name__in=_ABOUT_BUYERS)
        texts = [str(pk) for pk in ids]
        about = told.filter(Q(data__buyer__in=texts) | Q(data__other__in=texts) | Q(data__visitor__in=texts))
        return [about, Event.objects.filter(TOLD, actor_kind="buyer", actor_id__in=ids)]


def _notices(buyers: list[Buyer]) -> list[Notice]:
    return notices.holding(folded(words_of(buyers)))


def _empty(buyer: Buyer, erasing: Erasing) -> None:
    if buyer.external_id is not None:
        mark_erased(buyer.store, buyer.external_id, buyer, erasing.at)
    buyer.tags.clear()
    buyer.external_id = buyer.mood = buyer.blocked_until = buyer.last_seen_at = None
    buyer.name = buyer.email = buyer.phone = buyer.note = buyer.language = buyer.time_zone = buyer.country = (
        ""
    )
    buyer.erased_at = buyer.erased_at or erasing.at
    buyer.save()
