"""What is held about a buyer, taken away as a file or erased, by whose roles may."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inbox.errors import InboxError, NotFound
from people.access import buyers_for
from people.models import Buyer
from people.views.roles import AgentRequest, who_may
from team import erasing, exporting
from team.models import BuyerExport, Erasure

SHOWN = 50  # of each list


class ErasureForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("The buyer's name, as it stands above"), max_length=254)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=erasing.MAX_REASON,
        help_text=gettext_lazy("It stays in the audit trail, so do not name the buyer in it."),
    )
    hold_hours = forms.TypedChoiceField(label=gettext_lazy("When"), coerce=int)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="erase-%s")
        default = int(erasing.hold_default() / timedelta(hours=1))
        hours = sorted({0, default, 24 * 7})
        self.fields["hold_hours"].choices = [(value, _in_hours(value)) for value in hours]  # type: ignore[attr-defined]
        self.fields["hold_hours"].initial = default
        self.fields["name"].widget.attrs["autocomplete"] = "off"


def _in_hours(hours: int) -> str:
    if not hours:
        return _("At once; it cannot be taken back")
    words = ngettext(
        "In %(n)d hour; it can be taken back until then",
        "In %(n)d hours; it can be taken back until then",
        hours,
    )
    return words % {"n": hours}


@who_may("buyers.export", "buyers.erase")
@require_GET
def privacy(request: AgentRequest) -> HttpResponse:
    exports = exporting.exports_for(request.user).select_related("buyer__store").order_by("-asked_at")
    context = {"erasures": erasing.erasures_for(request.user)[:SHOWN], "exports": exports[:SHOWN]}
    return render(request, "team/privacy/list.html", context)


@who_may("buyers.export", "buyers.erase")
@require_GET
def buyer(request: AgentRequest, buyer_id: UUID) -> HttpResponse:
    """Show the page of a buyer; asked for by htmx, only how far their files are."""
    context = _context(request, _buyer(request, buyer_id))
    template = "team/privacy/_exports.html" if "HX-Request" in request.headers else "team/privacy/buyer.html"
    return render(request, template, context)


def _buyer(request: AgentRequest, buyer_id: UUID) -> Buyer:
    found = buyers_for(request.user).select_related("store").filter(pk=buyer_id).first()
    if found is None:
        raise Http404
    return found


def _context(request: AgentRequest, buyer: Buyer) -> dict[str, Any]:
    exports = list(exporting.exports_for(request.user).filter(buyer=buyer).order_by("-asked_at")[:10])
    return {
        "buyer": buyer,
        "exports": exports,
        "is_gathering": any(export.state == BuyerExport.State.QUEUED for export in exports),
        "erasure": erasing.erasures_for(request.user)
        .filter(buyer=buyer)
        .exclude(state=Erasure.State.STOPPED)
        .first(),
        "form": ErasureForm(),
    }


@who_may("buyers.export")
@require_POST
def export(request: AgentRequest, buyer_id: UUID) -> HttpResponse:
    try:
        exporting.ask_for_export(agent=request.user, buyer_id=buyer_id)
    except NotFound:
        raise Http404 from None
    except InboxError as refusal:
        messages.error(request, refusal.detail)
    return redirect("team:privacy-buyer", buyer_id)


@who_may("buyers.export")
@require_GET
def download(request: AgentRequest, export_id: UUID) -> HttpResponseBase:
    try:
        export = exporting.take(agent=request.user, export_id=export_id)
        file = export.file.open("rb")
    except (NotFound, FileNotFoundError):
        raise Http404 from None
    day = timezone.localtime(export.asked_at)
    response = FileResponse(
        file, as_attachment=True, filename=f"buyer-{day:%Y-%m-%d}.zip", content_type="application/zip"
    )
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@who_may("buyers.erase")
@require_http_methods(["GET", "POST"])
def erase(request: AgentRequest, buyer_id: UUID) -> HttpResponse:
    found = _buyer(request, buyer_id)
    if request.method == "GET":  # the page of an earlier mistake, loaded anew
        return redirect("team:privacy-buyer", buyer_id)
    form = ErasureForm(request.POST)
    if form.is_valid():
        try:
            erasing.ask_for_erasure(
                agent=request.user,
                buyer_id=buyer_id,
                name=form.cleaned_data["name"],
                reason=form.cleaned_data["reason"],
                hold=timedelta(hours=form.cleaned_data["hold_hours"]),
            )
        except InboxError as refusal:
            form.add_error(refusal.attr if refusal.attr in form.fields else None, refusal.detail)
        else:
            return redirect("team:privacy-buyer", buyer_id)
    return render(request, "team/privacy/buyer.html", _context(request, found) | {"form": form})


@who_may("buyers.erase")
@require_POST
def take_back(request: AgentRequest, erasure_id: UUID) -> HttpResponse:
    try:
        erasure = erasing.take_back(agent=request.user, erasure_id=erasure_id)
    except NotFound:
        raise Http404 from None
    except InboxError as refusal:
        messages.error(request, refusal.detail)
        return redirect("team:privacy")
    messages.success(request, _("Taken back: nothing was erased."))
    return redirect("team:privacy-buyer", erasure.buyer_id)
