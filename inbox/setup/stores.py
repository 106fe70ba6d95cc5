"""Settings, for admins: the stores that are served, and what their developers need to embed the widget."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from inbox.services import setup
from inbox.setup.forms import NewStoreForm, StoreForm
from people.access import stores_for
from people.views.roles import AgentRequest, for_admins


@for_admins
def stores(request: AgentRequest) -> HttpResponse:
    rows = stores_for(request.user).prefetch_related("teams", "channels")
    return render(request, "inbox/setup/stores.html", {"stores": rows})


@for_admins
def new_store(request: AgentRequest) -> HttpResponse:
    form = NewStoreForm(request.POST or None, initial={"time_zone": request.user.time_zone})
    if form.is_valid():
        store = setup.create_store(actor=request.user, store=form.save(commit=False))
        messages.success(
            request, _("%(store)s is ready. Put the snippet into its pages.") % {"store": store.name}
        )
        return redirect("setup:store", store_id=store.pk)
    return render(request, "inbox/setup/store.html", {"form": form})


@for_admins
def store(request: AgentRequest, store_id: UUID) -> HttpResponse:
    found = get_object_or_404(stores_for(request.user), pk=store_id)
    name = found.name  # as it is, whatever the form was sent with
    form = StoreForm(request.POST or None, instance=found)
    if form.is_valid():
        setup.update_store(actor=request.user, store=form.save(commit=False))
        messages.success(request, _("The store is saved."))
        return redirect("setup:store", store_id=store_id)
    context = {"form": form, "store": found, "name": name, "desk": settings.PUBLIC_URL}
    return render(request, "inbox/setup/store.html", context)


@for_admins
@require_POST
def rotate_secret(request: AgentRequest, store_id: UUID) -> HttpResponse:
    """Answer with the new secret in a dialog, the only time that anybody sees it."""
    found = get_object_or_404(stores_for(request.user), pk=store_id)
    secret = setup.rotate_identity_secret(actor=request.user, store=found)
    response = render(request, "inbox/setup/_secret.html", {"store": found, "secret": secret})
    response.headers["Cache-Control"] = "no-store"
    return response
