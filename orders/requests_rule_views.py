"""Settings: to which requests of buyers a store says yes by itself."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib import money
from helpdesk.lib.dialogs import form_dialog
from inbox.errors import InboxError
from orders import actions
from orders.amounts import plain
from orders.models import RequestRule
from orders.requests_rules import MAX_HOURS, askable_kinds, save_rule
from people.access import stores_for
from people.models import Store
from people.views.roles import AgentRequest, who_may


class RuleForm(forms.Form):
    active = forms.BooleanField(label=gettext_lazy("Say yes by itself"), required=False)
    up_to = forms.CharField(
        label=gettext_lazy("Up to"),
        help_text=gettext_lazy(
            "What the store gives away by it at most, all such requests on one order together. "
            "0: only what costs nothing."
        ),
        max_length=20,
    )
    within_hours = forms.IntegerField(
        label=gettext_lazy("Within hours of the order"),
        help_text=gettext_lazy("Counted from when the order was placed. Empty: always."),
        min_value=1,
        max_value=MAX_HOURS,
        required=False,
    )

    def __init__(self, data: Any, *, store: Store, rule: RequestRule | None) -> None:
        self.store = store
        start = {
            "active": rule.active if rule else True,
            "up_to": plain(rule.up_to if rule else 0, store.currency),
            "within_hours": rule.within_hours if rule else None,
        }
        super().__init__(data, initial=start, auto_id="rule-%s")
        up_to = self.fields["up_to"]
        up_to.label = f"{up_to.label} ({store.currency})"
        up_to.widget.attrs.update(inputmode="decimal", autocomplete="off")

    def clean_up_to(self) -> int:
        try:
            return money.parse(self.cleaned_data["up_to"], self.store.currency)
        except ValueError:
            words = _("Write an amount such as %(example)s.") % {"example": plain(2000, self.store.currency)}
            raise forms.ValidationError(words) from None


@who_may("requests.rules")
def rules(request: AgentRequest) -> HttpResponse:
    stores = list(stores_for(request.user))
    found = {(rule.store_id, rule.kind): rule for rule in RequestRule.objects.filter(store__in=stores)}
    kinds = askable_kinds()
    context = {
        "stores": [
            {
                "store": store,
                "lines": [{"kind": kind, "rule": found.get((store.pk, kind.kind))} for kind in kinds],
            }
            for store in stores
        ]
    }
    return render(request, "orders/requests/rules.html", context)


@who_may("requests.rules")
def edit_rule(request: AgentRequest, store_id: UUID, kind: str) -> HttpResponse:
    store = get_object_or_404(stores_for(request.user), pk=store_id)
    found = actions.get(kind)
    if found is None or not found.buyer_may_ask:
        raise Http404
    rule = RequestRule.objects.filter(store=store, kind=kind).first()
    form = RuleForm(request.POST or None, store=store, rule=rule)

    def save() -> None:
        try:
            save_rule(agent=request.user, store_id=store.pk, kind=kind, **form.cleaned_data)
        except InboxError as refusal:
            form.add_error(refusal.attr if refusal.attr in form.fields else None, refusal.detail)

    return form_dialog(
        request,
        form,
        title=f"{found.label} · {store.name}",
        submit=_("Save"),
        save=save,
        done=_("The rule is saved."),
    )
