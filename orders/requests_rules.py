"""Rules by which a store says yes to buyers' requests by itself."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from events import names
from events.record import SYSTEM, Actor, Happening, record
from helpdesk.lib.money import money
from inbox.access import check_may
from inbox.errors import InboxError
from inbox.services.waiting import answered
from orders import actions, limits, services
from orders.actions.base import ActionKind
from orders.amounts import read_amount
from orders.errors import InvalidParams, NotFound
from orders.models import BuyerRequest, OrderAction, RequestRule
from orders.requests_telling import record_request
from people.access import stores_for
from people.models import Agent, Store

MAX_HOURS = 24 * 365


def askable_kinds() -> list[ActionKind]:
    return [kind for kind in actions.all_actions().values() if kind.buyer_may_ask]


def try_rule(request: BuyerRequest, kind: ActionKind, now: datetime) -> None:
    """Let a rule of the store say yes to a new request, in its transaction.

    Where it cannot be done right now, the request stays open, and an agent sees to it.
    """
    store_id = request.order.store_id
    rule = RequestRule.objects.filter(store=store_id, kind=request.kind, active=True).first()
    if rule is None or not covers(rule, kind, request, now):
        return
    try:
        with transaction.atomic():
            services.request_by_rule(request=request, now=now)
    except InboxError:
        return
    request.state, request.decided_at = BuyerRequest.State.ACCEPTED, now
    request.save(update_fields=["state", "decided_at"])
    record_request(names.REQUEST_ACCEPTED, request, actor=SYSTEM)
    if request.message_id:
        answered(message_id=request.message_id)


def covers(rule: RequestRule, kind: ActionKind, request: BuyerRequest, now: datetime) -> bool:
    """Tell whether the rule says yes to this request: in time, and for no more than it may give away."""
    order = request.order
    if rule.within_hours is not None and now - order.placed_at > timedelta(hours=rule.within_hours):
        return False
    cost = max(0, kind.cost(order, request.params))
    if cost and order.currency != order.store.currency:
        return False  # the rule's amount is in another currency
    # Many small requests must not add up to more than one may have.
    by_rule = OrderAction.objects.filter(order=order, kind=request.kind, agent__isnull=True)
    spent = by_rule.filter(state__in=limits.COUNTS, cost__gt=0).aggregate(sum=Sum("cost"))["sum"] or 0
    return cost + spent <= rule.up_to


def save_rule(
    *, agent: Agent, store_id: UUID, kind: str, up_to: Any, within_hours: int | None, active: bool
) -> RequestRule:
    """Set a store's rule for a kind of request. Raises NotFound, Forbidden or InvalidParams.

    `up_to` is in minor units of the store's currency; `within_hours` counts from when the order was placed,
    None: always.
    """
    check_may(agent, "requests.rules")
    if kind not in {found.kind for found in askable_kinds()}:
        raise InvalidParams(_("This cannot be asked for."), attr="kind")
    if within_hours is not None and not 0 < within_hours <= MAX_HOURS:
        raise InvalidParams(_("From 1 to %(most)d hours.") % {"most": MAX_HOURS}, attr="within_hours")
    with transaction.atomic():
        # The store's row is what two who save at once queue up at: there may be no rule to lock yet.
        mine = stores_for(agent).values("pk")
        store = Store.objects.select_for_update().filter(pk=store_id, pk__in=mine).first()
        if store is None:
            raise NotFound(_("There is no such store."))
        up_to = read_amount(up_to, store.currency, "up_to")
        rule = RequestRule.objects.filter(store=store, kind=kind).first()
        before = _values(rule, store)
        rule = rule or RequestRule(store=store, kind=kind)
        rule.up_to, rule.within_hours, rule.active = up_to, within_hours, active
        after = _values(rule, store)
        if after == before:
            return rule
        rule.save()
        record(
            Happening(
                names.RULE_CHANGED,
                Actor.agent(agent),
                store_id=store.id,
                data={"rule": "request", "kind": kind, "before": before, "after": after},
            )
        )
    return rule


def _values(rule: RequestRule | None, store: Store) -> dict[str, Any] | None:
    if rule is None:
        return None
    up_to = money(rule.up_to, store.currency)
    return {"active": rule.active, "up_to": up_to, "within_hours": rule.within_hours}
