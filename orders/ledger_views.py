"""The ledger as a page and as a file, for who may read everybody's actions."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from helpdesk.lib.filters import RangeFilter
from helpdesk.lib.keyset import BadCursor
from helpdesk.lib.sheets import csv_response
from orders import actions, ledger
from orders.ledger import BY_RULE, Asked
from orders.models import OrderAction
from people.access import colleagues_for, stores_for
from people.models import Agent
from people.views.roles import AgentRequest, who_may


class LedgerFilter(RangeFilter):
    """What of the ledger is shown. What is wrong in it is said at its field, and left out."""

    number = forms.CharField(label=gettext_lazy("Order number"), max_length=40, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Action"), required=False)
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    agent = forms.ChoiceField(label=gettext_lazy("Asked by"), required=False)
    store = forms.ChoiceField(label=gettext_lazy("Store"), required=False)
    over = forms.BooleanField(label=gettext_lazy("Above a limit"), required=False)

    def __init__(self, data: Any, *, agent: Agent) -> None:
        super().__init__(data, auto_id="ledger-%s")
        kinds = [(kind.kind, kind.label) for kind in actions.all_actions().values()]
        people = [(str(one.pk), one.name) for one in colleagues_for(agent)]
        self.choose("kind", _("All actions"), kinds)
        self.choose("state", _("All states"), list(OrderAction.State.choices))
        self.choose("agent", _("Everybody"), [*people, (BY_RULE, _("A rule of the store"))])
        self.choose("store", _("All stores"), [(store.key, store.name) for store in stores_for(agent)])

    def asked(self) -> Asked:
        self.is_valid()
        return Asked(**{name: value for name, value in self.cleaned_data.items() if value})


@who_may("ledger.read")
@require_GET
def page(request: AgentRequest) -> HttpResponse:
    form = LedgerFilter(request.GET, agent=request.user)
    rows = ledger.entries(request.user, form.asked())
    cursor = request.GET.get("cursor", "")
    try:
        found, more = ledger.page(rows, cursor=cursor)
    except BadCursor:
        cursor = ""
        found, more = ledger.page(rows)
    kept = form.query()
    context = {
        "form": form,
        "lines": ledger.lines(found),
        "next": urlencode({**kept, "cursor": more}) if more else "",
        "query": urlencode(kept),
    }
    if "HX-Request" not in request.headers:
        template = "orders/ledger/page.html"
    else:
        template = "orders/ledger/_rows.html" if cursor else "orders/ledger/_list.html"
    return render(request, template, context)


@who_may("ledger.read")
@require_GET
def export(request: AgentRequest) -> HttpResponseBase:
    """Answer with what the page shows, all of it, as a file."""
    form = LedgerFilter(request.GET, agent=request.user)
    rows = ledger.entries(request.user, form.asked())
    return csv_response(request, "actions", ledger.file_head(), ledger.file_rows(rows))
