"""Settings, for admins: how a store's own system is reached, whether that works, and what came of it."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from helpdesk.lib import sealed
from helpdesk.lib.jobs import enqueue
from orders import actions, catch_up, connecting, hooks, tasks
from orders.models import Connection, StoreHook
from orders.stores import connector_class
from orders.stores.base import StoreConnector, StoreError
from people.access import stores_for
from people.models import Store
from people.views.roles import AgentRequest, for_admins

SHOWN_HOOKS = 20
KEPT = "••••••••"


def _store(request: AgentRequest, store_id: UUID) -> Store:
    return get_object_or_404(stores_for(request.user), pk=store_id)


def _connection(request: AgentRequest, store_id: UUID) -> Connection:
    store = _store(request, store_id)
    return get_object_or_404(Connection.objects.select_related("store"), pk=store.pk)


def _kinds() -> list[type[StoreConnector]]:
    """Return what may be chosen: the demo shop only where there is one."""
    found: list[type[StoreConnector]] = [import_string(path) for path in settings.STORE_CONNECTORS]
    return [kind for kind in found if settings.DEMO or kind.kind != "demo"]


def _shown(kind: type[StoreConnector]) -> dict[str, Any]:
    """What a template reads of a class, which it would call."""
    names = ("kind", "label", "about", "icon", "hook_help", "hook_topics")
    return {name: getattr(kind, name) for name in names}


def _form(kind: type[StoreConnector], connection: Connection | None, data: Any) -> forms.Form:
    """Return the connector's form. Secrets are never in it: empty means that what is kept stays."""
    same = connection is not None and connection.kind == kind.kind
    kept = sealed.opened(connection.secrets) if connection and same else {}
    form = kind.form(data, initial=connection.config if connection and same else {}, auto_id="connect-%s")
    form.use_required_attribute = False
    for name in kind.secret_fields:
        field = form.fields[name]
        field.widget = forms.PasswordInput(
            attrs={"autocomplete": "off", "spellcheck": "false"}, render_value=False
        )
        field.widget.is_required = False
        if kept.get(name):
            field.required = False
            field.widget.attrs["placeholder"] = KEPT
            field.help_text = _("Saved. Leave it empty to keep it.")
    return form


@for_admins
def connection(request: AgentRequest, store_id: UUID) -> HttpResponse:
    """The kinds to choose from; with one chosen (?kind=) or connected, its form and how it stands."""
    store = _store(request, store_id)
    found = Connection.objects.select_related("store").filter(pk=store.pk).first()
    wanted = request.GET.get("kind", found.kind if found else "")
    kind = connector_class(wanted) if wanted else None
    context: dict[str, Any] = {"store": store, "connection": found}
    if kind is None:
        context["kinds"] = [_shown(choice) for choice in _kinds()]
        return render(request, "orders/connection/choose.html", context)
    form = _form(kind, found, request.POST or None)
    if form.is_valid():
        connecting.connect(actor=request.user, store=store, connector=kind, values=form.cleaned_data)
        messages.success(request, _("The connection is saved."))
        return redirect(reverse("orders:connection", args=[store_id]) + "?test=1")
    for name in kind.secret_fields:  # one that is kept may be left empty, but is not optional
        form.fields[name].required = kind.form.base_fields[name].required
    connected = found if found and found.kind == kind.kind else None
    tested = connected and "test" in request.GET
    context |= {"form": form, "connection": connected, "kind": _shown(kind), "test": tested}
    if connected:
        context |= _standing(connected, kind(connected))
    return render(request, "orders/connection/page.html", context)


def _standing(found: Connection, connector: StoreConnector) -> dict[str, Any]:
    failed = StoreHook.objects.filter(connection=found, state=StoreHook.State.FAILED)
    kept = sealed.opened(found.secrets)
    address = reverse("store-hook", args=[found.hook_key])
    return {
        "tells": catch_up.tells(type(connector)),
        "hook_address": f"{settings.PUBLIC_URL}{address}" if connector.hook_help else "",
        "failed": failed.defer("body").order_by("-id")[:SHOWN_HOOKS],
        "failed_count": failed.count(),
        "can": [(kind, kind.capability in connector.capabilities) for kind in actions.all_actions().values()],
        "issued": [(name, issued, bool(kept.get(name))) for name, issued in connector.issued.items()],
    }


@for_admins
@require_POST
def test(request: AgentRequest, store_id: UUID) -> HttpResponse:
    """Ask the shop whether it lets us in, and say what it said."""
    found = _connection(request, store_id)
    kind = connector_class(found.kind)
    if kind is None:
        raise Http404
    try:
        kind(found).check()
    except (StoreError, sealed.Unreadable) as error:
        return render(
            request, "orders/connection/_tested.html", {"trouble": str(error) or type(error).__name__}
        )
    return render(request, "orders/connection/_tested.html", {})


@for_admins
@require_POST
def sync_now(request: AgentRequest, store_id: UUID) -> HttpResponse:
    found = _connection(request, store_id)
    enqueue(tasks.catch_up_with_store, str(found.pk))
    messages.success(request, _("The store is being asked. What is new will appear here."))
    return redirect("orders:connection", store_id=store_id)


@for_admins
@require_POST
def try_hook_again(request: AgentRequest, store_id: UUID, hook_id: int) -> HttpResponse:
    found = _connection(request, store_id)
    if not hooks.try_again(connection=found, hook_id=hook_id):
        raise Http404
    enqueue(tasks.take_in_hook, hook_id)
    messages.success(request, _("It is being tried again."))
    return redirect("orders:connection", store_id=store_id)


@for_admins
@require_POST
def issue_key(request: AgentRequest, store_id: UUID, name: str) -> HttpResponse:
    """Answer with the new key in a dialog, the only time that anybody sees it."""
    found = _connection(request, store_id)
    try:
        shown = connecting.issue_key(actor=request.user, connection=found, name=name)
    except KeyError:
        raise Http404 from None
    kind = connector_class(found.kind)
    label = kind.issued[name].label if kind else name
    response = render(
        request, "orders/connection/_key.html", {"store": found.store, "key": shown, "label": label}
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@for_admins
@require_POST
def disconnect(request: AgentRequest, store_id: UUID) -> HttpResponse:
    store = _store(request, store_id)
    if connecting.disconnect(actor=request.user, store=store):
        messages.success(request, _("The store is not connected any more."))
    else:
        messages.error(request, _("An action of this store is under way: wait until it is done."))
    return redirect("orders:connection", store_id=store_id)
