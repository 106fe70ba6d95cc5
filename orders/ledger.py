"""The ledger read: which actions, by what they were, and each as a line of a page or of a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from babel.numbers import get_currency_precision
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.lib.filters import begin_of
from helpdesk.lib.keyset import Keyset, cut
from helpdesk.lib.sheets import Cell
from orders import actions
from orders.access import actions_for
from orders.actions.base import Row
from orders.approvals import LIMIT_NAMES, rows_of
from orders.models import OrderAction
from people.models import Agent

PAGE = 50
CHUNK = 500  # rows of a file that are in memory at once
LEDGER = Keyset("actions", "created_at")
OF_ORDER = Keyset("order-actions", "created_at")
BY_RULE = "rule"  # asked for by no agent: a rule of the store did it


@dataclass(frozen=True)
class Asked:
    """What of the ledger is wanted. Days are those of the active time zone, `until` with the whole day."""

    kind: str = ""
    state: str = ""
    agent: str = ""  # an id, or BY_RULE
    store: str = ""  # a key
    number: str = ""  # the beginning of an order's number
    since: date | None = None
    until: date | None = None
    over: bool = False  # only what is above a limit


def entries(agent: Agent, asked: Asked) -> QuerySet[OrderAction]:
    """Return the actions that are asked for: of all their stores for who may read those, else their own."""
    rows = actions_for(agent)
    if not agent.may("ledger.read"):
        rows = rows.filter(agent=agent)
    if asked.kind:
        rows = rows.filter(kind=asked.kind)
    if asked.state:
        rows = rows.filter(state=asked.state)
    if asked.agent:
        rows = rows.filter(agent=None) if asked.agent == BY_RULE else rows.filter(agent=UUID(asked.agent))
    if asked.store:
        rows = rows.filter(order__store__key=asked.store)
    if number := asked.number.strip().lstrip("#"):
        rows = rows.filter(order__number__startswith=number)
    if asked.since:
        rows = rows.filter(created_at__gte=begin_of(asked.since))
    if asked.until:
        rows = rows.filter(created_at__lt=begin_of(asked.until + timedelta(days=1)))
    return rows.exclude(over=[]) if asked.over else rows


def with_relations(rows: QuerySet[OrderAction]) -> QuerySet[OrderAction]:
    """Load what a line, a row of a file and `action_data` read: one query."""
    return rows.select_related("agent", "approver", "order__store", "order__buyer")


def page(
    rows: QuerySet[OrderAction], *, key: Keyset = LEDGER, cursor: str = "", size: int = PAGE
) -> tuple[list[OrderAction], str | None]:
    """Return a page, the newest first, and the cursor of the next one. Raises BadCursor."""
    if cursor:
        rows = rows.filter(key.beyond(key.place(cursor)))
    return cut(list(with_relations(rows).order_by(*key.ordering())[: size + 1]), key, size)


# -- A line of the page


@dataclass(frozen=True)
class Line:
    action: OrderAction
    label: str
    icon: str
    rows: list[Row]
    error: str


def lines(found: list[OrderAction]) -> list[Line]:
    return [_line(action) for action in found]


def _line(action: OrderAction) -> Line:
    kind = actions.get(action.kind)
    label = str(kind.label) if kind else action.kind
    return Line(
        action=action,
        label=_("Undo: %(what)s") % {"what": label} if action.undoes_id else label,
        icon=kind.icon if kind else "help-circle",
        rows=[row for row in rows_of(action) if row.before != row.after],
        error=_(action.error) if action.error else "",
    )


# -- A row of a file


def file_head() -> list[str]:
    return [
        _("Asked at"), _("Store"), _("Order"), _("Buyer"), _("Action"), _("Asked by"), _("Before"), _("After"),
        _("Gives away"), _("Currency"), _("Reason"), _("Above"), _("State"), _("Decided by"), _("Decided at"),
        _("Comment"), _("Error"), _("Finished at"), _("Id"),
    ]  # fmt: skip


def file_rows(rows: QuerySet[OrderAction]) -> Iterator[list[list[Cell]]]:
    """Yield the rows of a file chunk by chunk, the newest first: what is in memory does not grow with the file."""
    cursor: str | None = ""
    while cursor is not None:
        found, cursor = page(rows, cursor=cursor, size=CHUNK)
        yield [_file_row(line) for line in lines(found)]


def _file_row(line: Line) -> list[Cell]:
    action, order = line.action, line.action.order
    exponent = -get_currency_precision(order.currency)
    return [
        _at(action.created_at), order.store.name, order.number, order.buyer.display_name, line.label,
        action.agent.name if action.agent else _("A rule of the store"),
        "; ".join(f"{row.label}: {row.before}" for row in line.rows),
        "; ".join(f"{row.label}: {row.after}" for row in line.rows),
        Decimal(action.cost).scaleb(exponent), order.currency, action.reason,
        ", ".join(str(LIMIT_NAMES.get(name, name)) for name in action.over),
        str(action.get_state_display()), action.approver.name if action.approver else "",
        _at(action.decided_at), action.decision, line.error, _at(action.finished_at), str(action.id),
    ]  # fmt: skip


def _at(moment: datetime | None) -> str:
    """Write a moment as both people and spreadsheets read it, with its offset: files outlive time zones."""
    return timezone.localtime(moment).isoformat(" ", timespec="seconds") if moment else ""
