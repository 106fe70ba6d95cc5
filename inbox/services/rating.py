"""What buyers think of how they were served, once it is over."""

from uuid import UUID

from django.conf import settings
from django.db import transaction

from events import names
from events.record import Actor
from helpdesk.lib.jobs import enqueue
from helpdesk.lib.text import is_storable
from inbox.access import with_summary_relations
from inbox.errors import Conflict, Invalid, NotFound
from inbox.models import Conversation
from inbox.services import timeline
from inbox.services.timeline import Batch


def rate(*, buyer_id: UUID, conversation_id: UUID, rating: int, comment: str = "") -> Conversation:
    """Note how the buyer found it, 1 to 5. May be changed while the conversation stays resolved."""
    if isinstance(rating, bool) or not isinstance(rating, int) or not 1 <= rating <= 5:
        raise Invalid("A rating is a whole number from 1 to 5.", attr="rating")
    with transaction.atomic():
        rows = with_summary_relations(Conversation.objects.filter(pk=conversation_id, buyer_id=buyer_id))
        rows = rows.filter(merged_into=None)
        c = rows.select_for_update(of=("self",)).first()
        if c is None:
            raise NotFound("No such conversation.")
        if c.status != "resolved":
            raise Conflict("A conversation is rated when it is resolved.", code="not_resolved")
        comment = "".join(filter(is_storable, comment)).strip()[:1000]
        if (c.rating, c.rating_comment) == (rating, comment):
            return c
        c.rating, c.rating_comment = rating, comment
        c.save(update_fields=["rating", "rating_comment"])
        batch = Batch()
        params = {"rating": rating, "comment": comment}
        timeline.add_line(
            c, batch, Actor.buyer(c.buyer), names.CONVERSATION_RATED, params, f"Rated {rating} of 5"
        )
        timeline.write(batch)
        if settings.RATED_JOB:
            enqueue(settings.RATED_JOB, str(c.id))
    return c
