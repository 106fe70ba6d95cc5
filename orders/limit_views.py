"""Settings: how far each role may go without a second person. Who may read roles reads it, admins write it."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from helpdesk.lib import money
from helpdesk.lib.dialogs import form_dialog
from orders.amounts import MAX_AMOUNT, plain
from orders.limit_setting import limited_kinds, reset_limit, set_limit, shown
from orders.limits import EVERYTHING_ELSE, Allowance, allowance
from orders.models import Limit
from people.access import stores_for
from people.models import Agent, Store
from people.views.roles import AgentRequest, for_admins, who_may


class LimitForm(forms.Form):
    """Amounts are written in the store's currency; an empty field is no limit."""

    per_order = forms.CharField(
        label=gettext_lazy("At most on one order"),
        help_text=gettext_lazy("All of this kind on the same order together. Empty: no limit."),
        max_length=20,
        required=False,
    )
    share = forms.IntegerField(
        label=gettext_lazy("At most of the order, in percent"),
        help_text=gettext_lazy("Empty: no limit."),
        min_value=0,
        max_value=100,
        required=False,
    )
    per_day = forms.CharField(
        label=gettext_lazy("At most in one day"),
        help_text=gettext_lazy("Each agent for themselves, by the store's own time. Empty: no limit."),
        max_length=20,
        required=False,
    )
    needs_reason = forms.BooleanField(label=gettext_lazy("Always ask for a reason"), required=False)

    def __init__(self, data: Any, *, store: Store, may: Allowance) -> None:
        self.store = store
        start: dict[str, Any] = {"share": may.share, "needs_reason": may.needs_reason}
        for name in ("per_order", "per_day"):
            amount = getattr(may, name)
            start[name] = "" if amount is None else plain(amount, store.currency)
        super().__init__(data, initial=start, auto_id="limit-%s")
        for name in ("per_order", "per_day"):
            field = self.fields[name]
            field.label = f"{field.label} ({store.currency})"
            field.widget.attrs.update(inputmode="decimal", autocomplete="off")

    def _amount(self, name: str) -> int | None:
        text: str = self.cleaned_data[name]
        if not text.strip():
            return None
        try:
            amount = money.parse(text, self.store.currency)
        except ValueError:
            example = plain(2000, self.store.currency)
            raise forms.ValidationError(
                _("Write an amount such as %(example)s.") % {"example": example}
            ) from None
        if not 0 <= amount <= MAX_AMOUNT:
            raise forms.ValidationError(_("That is too much, or below zero."))
        return amount

    def clean_per_order(self) -> int | None:
        return self._amount("per_order")

    def clean_per_day(self) -> int | None:
        return self._amount("per_day")

    def allowance(self) -> Allowance:
        return Allowance(**self.cleaned_data)


@who_may("roles.read")
def limits(request: AgentRequest) -> HttpResponse:
    stores = list(stores_for(request.user))
    store = next((one for one in stores if one.key == request.GET.get("store")), next(iter(stores), None))
    context = {
        "stores": stores,
        "store": store,
        "roles": [
            {"value": role, "label": Agent.Role(role).label, "lines": lines}
            for role, lines in shown(store).items()
        ]
        if store
        else [],
        "may_write": request.user.role == Agent.Role.ADMIN,
    }
    return render(request, "orders/limits/page.html", context)


@for_admins
def edit(request: AgentRequest, store_id: UUID, role: str, kind: str) -> HttpResponse:
    store, kind = _open(store_id, role, kind)
    form = LimitForm(request.POST or None, store=store, may=allowance(store, role, kind))
    is_set = Limit.objects.filter(store=store, role=role, kind=kind).exists()
    label = limited_kinds()[kind][0]
    return form_dialog(
        request,
        form,
        title=f"{label} · {Agent.Role(role).label}",
        submit=_("Save"),
        save=lambda: set_limit(
            agent=request.user, store_id=store.pk, role=role, kind=kind, may=form.allowance()
        ),
        done=_("The limit is saved."),
        template="orders/limits/_dialog.html",
        store=store,
        reset_url=reverse("orders:limit-reset", args=[store.pk, role, _slug(kind)]) if is_set else "",
    )


@for_admins
@require_POST
def reset(request: AgentRequest, store_id: UUID, role: str, kind: str) -> HttpResponse:
    store, kind = _open(store_id, role, kind)
    reset_limit(agent=request.user, store_id=store.pk, role=role, kind=kind)
    messages.success(request, _("The default holds again."))
    return HttpResponseClientRefresh()


def _open(store_id: UUID, role: str, slug: str) -> tuple[Store, str]:
    kind = EVERYTHING_ELSE if slug == "rest" else slug
    if role not in Agent.Role.values or kind not in limited_kinds():
        raise Http404
    return get_object_or_404(Store, pk=store_id), kind


def _slug(kind: str) -> str:
    """Return what a kind is called in an address, where a star does not look well."""
    return "rest" if kind == EVERYTHING_ELSE else kind
