"""Settings, for supervisors: what stores offer and what came of it, and how far they give way."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from helpdesk.lib.dialogs import form_dialog
from inbox.errors import InboxError
from orders import ladder
from orders.coupons import offers
from orders.coupons.access import coupons_for
from orders.coupons.forms import LadderForm, OfferForm
from orders.coupons.terms import conditions, gives, terms_of
from orders.models import Coupon, Ladder
from people.access import stores_for
from people.views.roles import AgentRequest, who_may

DIALOG = ["GET", "POST"]


@who_may("offers.write")
@require_GET
def coupons(request: AgentRequest) -> HttpResponse:
    rows = offers.with_usage(coupons_for(request.user)).select_related("store").prefetch_related("products")
    now = timezone.now()
    stores = list(stores_for(request.user))
    own = {row.store_id: row.steps for row in Ladder.objects.filter(store__in=stores)}
    context = {
        "offers": [
            _present(coupon, now) for coupon in rows.order_by(F("active").desc(), "store__name", "name", "id")
        ],
        "ladders": [{"store": store, "steps": own.get(store.id) or ladder.usual_steps()} for store in stores],
        "has_stores": len(stores) > 1,
    }
    return render(request, "coupons/settings.html", context)


@who_may("offers.write")
@require_http_methods(DIALOG)
def new_offer(request: AgentRequest) -> HttpResponse:
    form = OfferForm(request.POST or None, agent=request.user)

    def save() -> None:
        offers.create_offer(agent=request.user, store_key=form.of_store.key, values=form.values())

    return _dialog(request, form, save, title=_("New offer"))


@who_may("offers.write")
@require_http_methods(DIALOG)
def edit_offer(request: AgentRequest, coupon_id: UUID) -> HttpResponse:
    rows = coupons_for(request.user).select_related("store").prefetch_related("products")
    coupon = get_object_or_404(rows, pk=coupon_id)
    form = OfferForm(request.POST or None, agent=request.user, coupon=coupon)

    def save() -> None:
        offers.change_offer(agent=request.user, coupon_id=coupon_id, values=form.values())

    return _dialog(request, form, save, title=coupon.name)


@who_may("offers.write")
@require_POST
def switch_offer(request: AgentRequest, coupon_id: UUID) -> HttpResponse:
    active = request.POST.get("active") == "1"
    get_object_or_404(coupons_for(request.user), pk=coupon_id)
    coupon = offers.change_offer(agent=request.user, coupon_id=coupon_id, values={"active": active})
    words = _("%(name)s is on.") if active else _("%(name)s is off. Codes that were given stay valid.")
    messages.success(request, words % {"name": coupon.name})
    return redirect("orders:coupons")


@who_may("offers.write")
@require_http_methods(DIALOG)
def edit_ladder(request: AgentRequest, store_id: UUID) -> HttpResponse:
    store = get_object_or_404(stores_for(request.user), pk=store_id)
    shown = ", ".join(map(str, ladder.steps_of(store)))
    form = LadderForm(request.POST or None, initial={"steps": shown})

    def save() -> None:
        try:
            ladder.set_steps(agent=request.user, store_key=store.key, steps=form.cleaned_data["steps"])
        except InboxError as refusal:
            form.add_error("steps", refusal.detail)

    return form_dialog(
        request,
        form,
        title=_("Bargaining: %(store)s") % {"store": store.name},
        submit=_("Save"),
        save=save,
        done=_("The steps are saved."),
    )


def _dialog(request: AgentRequest, form: OfferForm, save: Callable[[], None], *, title: str) -> HttpResponse:
    def try_to_save() -> None:
        try:
            save()
        except InboxError as refusal:
            form.refuse(refusal)

    return form_dialog(
        request,
        form,
        title=title,
        submit=_("Save"),
        save=try_to_save,
        done=_("The offer is saved."),
        template="coupons/_offer_dialog.html",
    )


def _present(coupon: Coupon, now: Any) -> dict[str, Any]:
    terms = terms_of(coupon)
    budget = coupon.budget or 0
    return {
        "coupon": coupon,
        "gives": gives(terms),
        "conditions": conditions(terms)[:-1],
        "is_over": coupon.ends_at is not None and coupon.ends_at <= now,
        "used": min(100, round(100 * coupon.committed / budget)) if budget else 0,
    }
