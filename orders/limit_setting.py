"""Setting how far a role may go at a store: by admins, with what it was before and is now in the record."""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import names
from events.record import Actor, Happening, record
from helpdesk.lib.money import display, money
from orders import actions
from orders.actions.base import ActionKind
from orders.amounts import MAX_AMOUNT
from orders.errors import Forbidden, InvalidParams, NotFound
from orders.limits import EVERYTHING_ELSE, Allowance, default, set_by
from orders.models import Limit
from people.access import stores_for
from people.models import Agent, Store
from people.roles import RolePart

MOST_STORES = 4  # on the page about roles; the others are where limits are set
COUPON = "coupon"  # as orders/coupons counts them


@dataclass(frozen=True)
class Shown:
    """One line of the settings: what holds for a role and kind, and where that comes from."""

    kind: str
    label: str | Promise
    icon: str
    may: Allowance
    source: str  # "set" for this very kind, "rest" by the store's line for everything else, or "default"


def limited_kinds() -> dict[str, tuple[str | Promise, str]]:
    """Return label and icon of what can be limited: the kinds of action that give something away, and coupons."""
    kinds = [kind for kind in actions.all_actions().values() if type(kind).cost is not ActionKind.cost]
    return {
        **{kind.kind: (kind.label, kind.icon) for kind in kinds},
        COUPON: (gettext_lazy("Coupons"), "ticket"),
        EVERYTHING_ELSE: (gettext_lazy("Everything else"), "dots"),
    }


def shown(store: Store) -> dict[str, list[Shown]]:
    """Return the lines of a store, by role: one query."""
    rows = {(row.role, row.kind): row for row in Limit.objects.filter(store=store)}
    return {
        role: [_shown(rows, role, kind, label, icon) for kind, (label, icon) in limited_kinds().items()]
        for role in Agent.Role.values
    }


def _shown(
    rows: dict[tuple[str, str], Limit], role: str, kind: str, label: str | Promise, icon: str
) -> Shown:
    if row := rows.get((role, kind)):
        return Shown(kind, label, icon, set_by(row), "set")
    if row := rows.get((role, EVERYTHING_ELSE)):
        return Shown(kind, label, icon, set_by(row), "rest")
    return Shown(kind, label, icon, default(role, kind), "default")


def role_parts(agent: Agent) -> list[RolePart]:
    """Return what the page about roles says of limits, store by store: what differs from everything else."""
    return [_part(store, shown(store)) for store in stores_for(agent)[:MOST_STORES]]


def _part(store: Store, by_role: dict[str, list[Shown]]) -> RolePart:
    said: dict[str, dict[str, list[str]]] = {}
    for role, lines in by_role.items():
        for line in lines:
            said.setdefault(line.kind, {})[role] = in_words(line.may, store)
    rest = said[EVERYTHING_ELSE]
    rows = [
        (label, said[kind])
        for kind, (label, _icon) in limited_kinds().items()
        if kind == EVERYTHING_ELSE or said[kind] != rest
    ]
    return RolePart(
        label=_("Order limits · %(store)s") % {"store": store.name},
        about=_("What each role may give away by itself. What is above waits for approval."),
        icon="coin",
        href=f"{reverse('orders:limits')}?store={store.key}",
        rows=rows,
    )


def in_words(may: Allowance, store: Store) -> list[str]:
    """Return a limit in words, each part for itself; nothing: there is none."""
    words = []
    if may.per_order is not None:
        words.append(_("%(amount)s an order") % {"amount": display(may.per_order, store.currency)})
    if may.share is not None:
        words.append(_("%(percent)s %% of the order") % {"percent": may.share})
    if may.per_day is not None:
        words.append(_("%(amount)s a day") % {"amount": display(may.per_day, store.currency)})
    return words


def set_limit(*, agent: Agent, store_id: UUID, role: str, kind: str, may: Allowance) -> Limit:
    """Set what a role may do by a kind at a store. Raises NotFound, Forbidden or InvalidParams."""
    _check(role, kind, may)
    with transaction.atomic():
        store = _locked(agent, store_id)
        before = Limit.objects.filter(store=store, role=role, kind=kind).first()
        if before is not None and set_by(before) == may:
            return before
        row, _made = Limit.objects.update_or_create(store=store, role=role, kind=kind, defaults=asdict(may))
        _record(agent, store, role, kind, set_by(before) if before else None, may)
    return row


def reset_limit(*, agent: Agent, store_id: UUID, role: str, kind: str) -> None:
    """Let the default hold again. Raises NotFound or Forbidden."""
    with transaction.atomic():
        store = _locked(agent, store_id)
        row = Limit.objects.filter(store=store, role=role, kind=kind).first()
        if row is None:
            return
        before = set_by(row)
        row.delete()
        _record(agent, store, role, kind, before, None)


def _check(role: str, kind: str, may: Allowance) -> None:
    if role not in Agent.Role.values:
        raise InvalidParams(_("There is no such role."), attr="role")
    if kind not in limited_kinds():
        raise InvalidParams(_("There is no such action."), attr="kind")
    for name, most in {"per_order": MAX_AMOUNT, "share": 100, "per_day": MAX_AMOUNT}.items():
        value = getattr(may, name)
        if value is not None and not 0 <= value <= most:
            raise InvalidParams(_("That is too much, or below zero."), attr=name)


def _locked(agent: Agent, store_id: UUID) -> Store:
    """Return the store, locked: of two who set the same at once, one comes after the other."""
    if agent.role != Agent.Role.ADMIN or not agent.is_active:
        raise Forbidden(_("Admins set limits."))
    store = Store.objects.select_for_update(no_key=True).filter(pk=store_id).first()
    if store is None:
        raise NotFound(_("There is no such store."))
    return store


def _record(
    agent: Agent, store: Store, role: str, kind: str, before: Allowance | None, after: Allowance | None
) -> None:
    record(
        Happening(
            names.LIMIT_CHANGED,
            Actor.agent(agent),
            store_id=store.pk,
            data={
                "store": store.name,
                "role": role,
                "kind": kind,
                "before": _wire(before, store),
                "after": _wire(after, store),
            },
        )
    )


def _wire(may: Allowance | None, store: Store) -> dict[str, Any] | None:
    """Return a limit as events carry it; None: the default holds."""
    if may is None:
        return None
    return {
        "per_order": None if may.per_order is None else money(may.per_order, store.currency),
        "share": may.share,
        "per_day": None if may.per_day is None else money(may.per_day, store.currency),
        "needs_reason": may.needs_reason,
    }
