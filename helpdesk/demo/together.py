"""How colleagues of the demo work together: an earlier conversation that was merged, and one handed over with a note.

Done by the desk's own services at the moment at which the world is made, so it stands in what is otherwise told of
the past as the last thing that happened.
"""

from django.db.models import Exists, OuterRef, QuerySet

from helpdesk.demo.shops import SHOPS
from inbox.models import Conversation
from inbox.services import hand_over, merge_conversations, mergeable
from people.models import Agent

# By shop: who hands over to whom, and what they note down.
HANDED = {
    "demo": (
        "jonas@demo.test",
        "agent@demo.test",
        "Mia, can you take this one? I have checked the order and nothing is wrong with it; what is missing is "
        "a word about when it leaves. I am off until tomorrow.",
    ),
    "demo-cn": (
        "chen@demo.test",
        "lin@demo.test",
        "晓雨，这位买家麻烦你接一下。订单我核对过，没有问题，只差告诉对方什么时候发货。我今天先下班了。",
    ),
}


def work_together() -> None:
    """Merge and hand over in each shop, in the world that stands."""
    for shop in SHOPS:
        live = Conversation.objects.filter(store__key=shop.key, status="open").order_by("-last_at", "id")
        giver, taker, note = HANDED[shop.key]
        _merge(live.filter(assignee__email=taker), Agent.objects.get(email=taker))
        given = live.filter(assignee__email=giver, waiting_since__isnull=False).first()
        if given is not None:
            hand_over(
                agent=Agent.objects.get(email=giver),
                conversation_id=given.pk,
                note=note,
                to_agent=Agent.objects.get(email=taker).pk,
                client_id=f"demo.{shop.key}",
            )


def _merge(live: QuerySet[Conversation], agent: Agent) -> None:
    before = Conversation.objects.filter(buyer=OuterRef("buyer"), status="resolved")
    kept = live.filter(Exists(before)).exclude(buyer__external_id__in=["1001", "2001"]).first()
    if kept is not None:
        [other, *_more] = mergeable(agent, kept)
        merge_conversations(agent=agent, conversation_id=kept.pk, other_id=other.pk)
