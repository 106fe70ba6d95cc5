"""How many are before a buyer who waits: told to widgets on a short beat, by one query for the whole desk.

The frame for a store holds the places of all who wait there and goes to processes, not to clients: it is an order,
and each socket takes its own buyer's place out of it.
"""

from collections import defaultdict
from uuid import UUID

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from events import topics
from events.record import Push, push
from inbox.models import Conversation
from inbox.reception import expected_wait_s, in_line

MOST = 500  # places of one store: whoever is further back is told when they come nearer


def tell_queues() -> int:
    """Tell every store's widgets who has which place in line. Returns at how many stores somebody waits."""
    place = Window(
        RowNumber(), partition_by=F("store_id"), order_by=[F("priority").desc(), F("waiting_since"), F("id")]
    )
    rows = in_line(Conversation.objects.all()).annotate(place=place).filter(place__lte=MOST)
    places: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    for store_id, conversation_id, place_in_line in rows.order_by().values_list("store_id", "id", "place"):
        places[store_id][str(conversation_id)] = place_in_line
    push(
        Push(
            (topics.widgets(store_id),),
            {"type": "_queue", "places": found, "expected_wait_s": expected_wait_s(store_id)},
            latest=f"queue.{store_id}",
        )
        for store_id, found in places.items()
    )
    return len(places)
