"""The audit trail as a page and as a file: of everything for admins, of their stores for others."""

import re
from collections.abc import Collection
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from events import names, wording
from events.finding import Asked
from helpdesk.lib.dialogs import UNPROCESSABLE
from helpdesk.lib.filters import RangeFilter, begin_of
from helpdesk.lib.ids import parse_id
from helpdesk.lib.keyset import BadCursor
from helpdesk.lib.sheets import csv_response
from inbox.access import conversations_for, store_ids_for
from orders.access import orders_for
from people.access import colleagues_for, stores_for
from people.models import Agent
from people.views.roles import AgentRequest, who_may
from team import audit

GROUP = "group:"  # before the key of a group where a name of one event could stand
DESK = "desk"  # in place of a person: what the desk does by itself
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class AuditFilter(RangeFilter):
    """What of the trail is shown. What is wrong in it is said at its field, and shows nothing."""

    number = forms.CharField(label=gettext_lazy("Order or conversation"), max_length=200, required=False)
    what = forms.ChoiceField(label=gettext_lazy("What happened"), required=False)
    who = forms.ChoiceField(label=gettext_lazy("Who did it"), required=False)
    store = forms.ChoiceField(label=gettext_lazy("Store"), required=False)

    def __init__(self, data: Any, *, agent: Agent) -> None:
        super().__init__(data, auto_id="audit-%s")
        self.agent = agent
        people = [(str(one.pk), one.name) for one in colleagues_for(agent)]
        self.choose("what", _("Everything"), _kinds())
        self.choose("who", _("Everybody"), [*people, (DESK, _("The desk by itself"))])
        self.choose("store", _("All stores"), [(store.key, store.name) for store in stores_for(agent)])

    def asked(self) -> Asked:
        """Return what is asked for, within what the agent may see; nothing, where a filter is wrong."""
        if not self.is_valid():
            return Asked(stores=[])
        given = self.cleaned_data
        what, who, number = given["what"], given["who"], given["number"].strip().lstrip("#")
        conversation, orders = self._about(number) if number else (None, None)
        if self.errors:
            return Asked(stores=[])
        return Asked(
            stores=self._stores(given["store"]),
            of_no_store=self.agent.role == Agent.Role.ADMIN,
            names=_names(what) if what else None,
            actor_kind="system" if who == DESK else "agent" if who else "",
            actor=parse_id(who),
            conversation=conversation,
            orders=orders,
            since=begin_of(given["since"]) if given["since"] else None,
            until=begin_of(given["until"] + timedelta(days=1)) if given["until"] else None,
        )

    def _stores(self, key: str) -> Collection[UUID] | None:
        if key:
            return [store.pk for store in stores_for(self.agent) if store.key == key]
        return store_ids_for(self.agent)

    def _about(self, number: str) -> tuple[UUID | None, list[UUID] | None]:
        """Return the conversation whose id (or address) was typed, or the orders of that number."""
        if found := _ID.search(number):
            wanted = UUID(found[0])
            if conversations_for(self.agent).filter(pk=wanted).exists():
                return wanted, None
        orders = list(orders_for(self.agent).filter(number=number[:40]).values_list("id", flat=True))
        if not orders:
            self.add_error("number", _("There is no such order or conversation."))
        return None, orders


def _kinds() -> list[Any]:
    """Return what can be chosen of all that happens, group by group: the group itself first."""
    groups = []
    for one in wording.vocabularies():
        words = [(name, w.label) for name, w in one.words.items() if name != names.MESSAGE_CREATED]
        whole = (GROUP + one.key, _("%(group)s: all") % {"group": one.label})
        groups.append((one.label, [whole, *words]))
    return groups


def _names(what: str) -> list[str]:
    if not what.startswith(GROUP):
        return [what]
    group = next(one for one in wording.vocabularies() if GROUP + one.key == what)
    return [name for name in group.words if name != names.MESSAGE_CREATED]


@who_may("audit.read")
@require_GET
def page(request: AgentRequest) -> HttpResponse:
    form = AuditFilter(request.GET, agent=request.user)
    asked, cursor = form.asked(), request.GET.get("cursor", "")
    try:
        found, more = audit.page(asked, cursor=cursor)
    except BadCursor:
        cursor = ""
        found, more = audit.page(asked)
    context = _context(request, form) | {
        "lines": audit.lines(request.user, found),
        "next": urlencode({**form.query(), "cursor": more}) if more else "",
    }
    if "HX-Request" not in request.headers:
        template = "team/audit/page.html"
    else:
        template = "team/audit/_rows.html" if cursor else "team/audit/_list.html"
    return render(request, template, context)


@who_may("audit.read")
@who_may("audit.export")
@require_POST
def export(request: AgentRequest) -> HttpResponseBase:
    """Answer with what the page shows, all of it, as a file; and write down that it was taken."""
    form = AuditFilter(request.GET, agent=request.user)
    asked = form.asked()
    if audit.is_too_long(asked):
        too_long = _("More than %(most)s entries fit. Choose a shorter period, and download it in parts.")
        context = {"too_long": too_long % {"most": f"{audit.MOST_ROWS:,}"}, "lines": []}
        return render(
            request, "team/audit/page.html", _context(request, form) | context, status=UNPROCESSABLE
        )
    audit.note_export(agent=request.user, query=form.query())
    return csv_response(request, "audit", audit.file_head(), audit.file_rows(request.user, asked))


def _context(request: HttpRequest, form: AuditFilter) -> dict[str, Any]:
    kept = form.query()
    return {"form": form, "query": urlencode(kept)}
