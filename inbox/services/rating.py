"""What buyers think of how they were served, once it is over. docs/ratings.md has the rules.

There is one rating each time that a conversation is resolved (its *round*, named by `resolved_at`), of whoever
resolved it; it may be changed while the conversation stays resolved.
"""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from events import names
from events.record import Actor
from events.wording import NOTHING
from helpdesk.lib.jobs import enqueue
from helpdesk.lib.text import is_storable
from inbox.access import with_summary_relations
from inbox.errors import Conflict, Invalid, NotFound
from inbox.models import Conversation, Rating, RatingRule
from inbox.notice_words import LOW_RATING
from inbox.services import timeline
from inbox.services.profile import refuse_blocked
from inbox.services.telling import address
from inbox.services.timeline import Batch
from people.models import Agent
from people.notices import notify

MAX_COMMENT = 1000


def rate(
    *,
    buyer_id: UUID,
    conversation_id: UUID,
    rating: int,
    comment: str = "",
    way: str = Rating.Way.WIDGET,
    round: datetime | None = None,
) -> Conversation:
    """Note how the buyer found it, 1 to 5. May be changed while the conversation stays resolved.

    `round`: when it was resolved, for what was asked about that; None: whenever that was. Raises Invalid, NotFound,
    Blocked, or Conflict `not_resolved` where it is not resolved, or was resolved again since.
    """
    if isinstance(rating, bool) or not isinstance(rating, int) or not 1 <= rating <= 5:
        raise Invalid("A rating is a whole number from 1 to 5.", attr="rating")
    with transaction.atomic():
        rows = with_summary_relations(Conversation.objects.filter(pk=conversation_id, buyer_id=buyer_id))
        rows = rows.filter(merged_into=None)
        c = rows.select_for_update(of=("self",)).first()
        if c is None:
            raise NotFound("No such conversation.")
        refuse_blocked(c.buyer)
        if c.status != "resolved" or (round is not None and c.resolved_at != round):
            raise Conflict("A conversation is rated when it is resolved.", code="not_resolved")
        comment = "".join(filter(is_storable, comment)).strip()[:MAX_COMMENT]
        row = Rating.objects.filter(conversation=c, round=_round(c)).first()
        if row is not None and (row.value, row.comment) == (rating, comment):
            return c
        _keep(c, row, rating, comment, way)
    return c


def _round(conversation: Conversation) -> datetime:
    return conversation.resolved_at or conversation.created_at


def _keep(c: Conversation, row: Rating | None, value: int, comment: str, way: str) -> None:
    c.rating, c.rating_comment = value, comment
    if row is None:
        agent_id = c.resolved_by_id or c.assignee_id
        row = Rating(conversation=c, round=_round(c), store=c.store, channel=c.channel, agent_id=agent_id)
    row.value, row.comment, row.way, row.changed_at = value, comment, way, timezone.now()
    row.save()
    batch = Batch()
    params = {"rating": value, "comment": comment}
    more = {"way": way, "agent": str(row.agent_id) if row.agent_id else None}
    words = f"Rated {value} of 5"
    timeline.add_line(c, batch, Actor.buyer(c.buyer), names.CONVERSATION_RATED, params, words, more=more)
    timeline.write(batch)
    rule = rule_of(c.store_id)
    if value <= rule.low:
        _tell(row, c, rule)
    if settings.RATED_JOB:
        enqueue(settings.RATED_JOB, str(c.id))


def rule_of(store_id: UUID) -> RatingRule:
    """Return the rule of a store; what holds where nobody has set one is a row that is not saved."""
    return RatingRule.objects.filter(store=store_id).first() or RatingRule(store_id=store_id)


def _tell(rating: Rating, conversation: Conversation, rule: RatingRule) -> None:
    """Ring for those whom a bad rating concerns."""
    whom: set[UUID] = set()
    if rule.tells_agent:
        whom |= {pk for pk in (rating.agent_id, conversation.assignee_id) if pk}
    if rule.tells_supervisors:
        whom |= _supervisors(conversation.store_id)
    agent = Agent.objects.filter(pk=rating.agent_id).first() if rating.agent_id else None
    notify(
        whom,
        kind=LOW_RATING,
        key=f"{LOW_RATING}.{conversation.pk}",
        params={
            "buyer": conversation.buyer.display_name,
            "rating": str(rating.value),
            "agent": agent.name if agent else NOTHING,
            "said": " ".join(rating.comment.split()) or NOTHING,
        },
        href=address(conversation),
    )


def _supervisors(store_id: UUID) -> set[UUID]:
    """Return who looks after a store's agents: its supervisors, or the admins where it has none."""
    active = Agent.objects.filter(is_active=True)
    found = set(
        active.filter(role=Agent.Role.SUPERVISOR, teams__stores=store_id).values_list("id", flat=True)
    )
    return found or set(active.filter(role=Agent.Role.ADMIN).values_list("id", flat=True))
