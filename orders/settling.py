"""An action that the store never answered for, settled by somebody who looked there.

Asking goes on by itself (orders.running); this ends it where it never would: the store is gone, or keeps no
record of what it was told.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from events import names
from events.record import Actor
from inbox.access import check_may
from orders.access import actions_for
from orders.announce import announce_action
from orders.errors import InvalidParams, NotFound, TooLate
from orders.given import clean_reason
from orders.models import Order, OrderAction
from people.models import Agent

State = OrderAction.State


def settle(*, agent: Agent, action_id: UUID, done: bool, comment: str) -> OrderAction:
    """Say of an action in state unknown whether the store did it, and how one knows.

    Our copy of the order stays as the store last told it: a sync brings what is different. Raises NotFound,
    Forbidden, InvalidParams (no comment) or TooLate (it is known by now).
    """
    with transaction.atomic():
        found = actions_for(agent).filter(pk=action_id).values_list("order_id", flat=True).first()
        if found is None:
            raise NotFound(_("There is no such action."))
        Order.objects.select_for_update().get(pk=found)
        action = OrderAction.objects.select_related("agent", "approver", "order").get(pk=action_id)
        check_may(agent, "actions.settle")
        if not (comment := clean_reason(comment)):
            raise InvalidParams(_("Say how you know, in at most 200 characters."), attr="comment")
        fields = {
            "state": State.DONE if done else State.FAILED,
            "error": "" if done else gettext_noop("Somebody looked: the store has not done it."),
            "approver": agent,
            "decision": comment,
            "decided_at": timezone.now(),
            "finished_at": timezone.now(),
            "claimed_until": None,
        }
        # Conditional: a worker may be asking the store at this moment, and know better.
        if not OrderAction.objects.filter(pk=action.pk, state=State.UNKNOWN).update(**fields):
            raise TooLate(_("The store has answered meanwhile."))
        for name, value in fields.items():
            setattr(action, name, value)
        announce_action(names.ACTION_DONE if done else names.ACTION_FAILED, action, actor=Actor.agent(agent))
    return action
