"""Settings, for admins: the ways in which buyers write, how they are connected, and what came of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from inbox import transports
from inbox.channel_forms import NameForm, NewChannelForm, kinds, laid_out, transport_form
from inbox.channel_signs import refused_at
from inbox.errors import Conflict, NotFound
from inbox.models import Channel, Conversation, Delivery, Payload, Received
from inbox.services import channels as services
from inbox.transports.base import Transport, TransportError
from people.access import stores_for
from people.views.roles import AgentRequest, for_admins

SHOWN_PAYLOADS = 20
SENT = (Delivery.State.SENT, Delivery.State.DELIVERED, Delivery.State.READ)


def _channels(request: AgentRequest) -> QuerySet[Channel]:
    """Channels of kinds that there are: of one whose transport was taken away nothing can be said or done."""
    rows = Channel.objects.filter(store__in=stores_for(request.user), kind__in=transports.all_transports())
    return rows.select_related("store")


def _channel(request: AgentRequest, channel_id: UUID) -> Channel:
    return get_object_or_404(_channels(request), pk=channel_id)


def _shown(transport: Transport) -> dict[str, Any]:
    return {
        name: getattr(transport, name) for name in ("kind", "label", "icon", "about", "steps", "connects")
    }


@for_admins
def channels(request: AgentRequest) -> HttpResponse:
    went = Delivery.objects.filter(channel=OuterRef("pk"), state__in=SENT).order_by("-id")
    came = Received.objects.filter(channel=OuterRef("pk"), message__isnull=False).order_by("-id")
    failed = Payload.objects.filter(channel=OuterRef("pk"), state=Payload.State.FAILED)
    found = _channels(request).annotate(
        sent_at=Subquery(went.values("message__created_at")[:1]),
        received_at=Subquery(came.values("message__created_at")[:1]),
        failed=Subquery(failed.order_by().values("channel").annotate(n=Count("pk")).values("n")),
    )
    rows = list(found.order_by("store__name", "created_at"))
    listed = [
        {
            "channel": channel,
            "transport": _shown(transports.get(channel.kind)),
            "state": channel.state(),
            "received_at": channel.received_at or _active_at(channel),
        }
        for channel in rows
    ]
    has_stores = len({channel.store_id for channel in rows}) > 1
    return render(request, "inbox/setup/channels.html", {"rows": listed, "has_stores": has_stores})


def _active_at(channel: Channel) -> datetime | None:
    """Return when something was last said in a conversation of a channel that brings its messages by itself."""
    if transports.get(channel.kind).first_state != Delivery.State.SENT:
        return None
    rows = Conversation.objects.filter(channel=channel).order_by("-last_at")  # one probe of an index each
    found = [rows.filter(status=s).values_list("last_at", flat=True).first() for s in Conversation.Status]
    return max(filter(None, found), default=None)


@for_admins
def new_channel(request: AgentRequest) -> HttpResponse:
    """The kinds to choose from; with one chosen (?kind=), its form."""
    kind = next((found for found in kinds() if found.kind == request.GET.get("kind")), None)
    if kind is None:
        return render(
            request, "inbox/setup/channel_new.html", {"kinds": [_shown(found) for found in kinds()]}
        )
    given = request.POST if request.method == "POST" else None
    about = NewChannelForm(given, agent=request.user, initial={"name": str(kind.label)}, auto_id="channel-%s")
    form = transport_form(kind, None, given)
    if about.is_valid() & form.is_valid():
        try:
            channel = services.connect_channel(
                actor=request.user, kind=kind.kind, **about.cleaned_data, values=form.cleaned_data
            )
        except Conflict as refusal:
            form.add_error(None, refusal.detail)
        else:
            messages.success(request, _("The channel is saved."))
            return redirect(reverse("setup:channel", args=[channel.pk]) + "?test=1")
    context = {"about": about, "form": form, "groups": laid_out(kind, None, form), "kind": _shown(kind)}
    return render(request, "inbox/setup/channel.html", context)


@for_admins
def channel(request: AgentRequest, channel_id: UUID) -> HttpResponse:
    found = _channel(request, channel_id)
    transport = transports.get(found.kind)
    given = request.POST if request.method == "POST" else None
    about = NameForm(given, instance=_channel(request, channel_id), auto_id="channel-%s")
    form = transport_form(transport, found, given)
    if about.is_valid() & form.is_valid():
        has_form = bool(transport.form.base_fields)
        try:
            services.change_channel(
                actor=request.user,
                channel=found,
                name=about.cleaned_data["name"],
                values=form.cleaned_data if has_form else None,
            )
        except Conflict as refusal:
            form.add_error(None, refusal.detail)
        else:
            messages.success(request, _("The channel is saved."))
            return redirect(reverse("setup:channel", args=[found.pk]) + ("?test=1" if has_form else ""))
    context = {
        "channel": found,
        "about": about,
        "form": form,
        "groups": laid_out(transport, found, form),
        "kind": _shown(transport),
        "test": "test" in request.GET,
        **_standing(found, transport),
    }
    return render(request, "inbox/setup/channel.html", context)


def _standing(found: Channel, transport: Transport) -> dict[str, Any]:
    failed = Payload.objects.filter(channel=found, state=Payload.State.FAILED)
    newest = (
        Payload.objects.filter(channel=found).order_by("-id").values_list("received_at", flat=True).first()
    )
    refused = refused_at(found)
    return {
        "state": found.state(),
        "testable": bool(transport.form.base_fields),
        "hook_address": services.hook_address(found) if transport.is_called(found) else "",
        "called_at": newest,
        "refused_at": refused if refused and (newest is None or refused > newest) else None,
        "waiting": Delivery.objects.filter(channel=found, state=Delivery.State.QUEUED).count(),
        "failed": failed.defer("body").order_by("-id")[:SHOWN_PAYLOADS],
        "failed_count": failed.count(),
        "deletable": services.may_be_deleted(found),
        "unreachable": not settings.SECURE and not settings.DEMO,
    }


@for_admins
@require_POST
def test(request: AgentRequest, channel_id: UUID) -> HttpResponse:
    """Ask the provider whether it lets us in, and say what it said."""
    return _asked(request, _channel(request, channel_id), services.check_channel)


@for_admins
@require_POST
def connect(request: AgentRequest, channel_id: UUID) -> HttpResponse:
    """Tell the provider the channel's address."""
    found = _channel(request, channel_id)
    if not transports.get(found.kind).connects:
        raise Http404
    return _asked(request, found, services.tell_address)


def _asked(request: AgentRequest, found: Channel, ask: Any) -> HttpResponse:
    context: dict[str, Any] = {"address": ask is services.tell_address}
    try:
        context["as_whom"] = ask(found)
    except TransportError as error:
        context["trouble"] = str(error) or type(error).__name__
    return render(request, "inbox/setup/_channel_tested.html", context)


@for_admins
@require_POST
def switch(request: AgentRequest, channel_id: UUID) -> HttpResponse:
    active = request.POST.get("active") == "1"
    try:
        services.switch_channel(actor=request.user, channel=_channel(request, channel_id), active=active)
    except Conflict as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, _("The channel is on.") if active else _("The channel is off."))
    return redirect("setup:channel", channel_id=channel_id)


@for_admins
@require_POST
def delete(request: AgentRequest, channel_id: UUID) -> HttpResponse:
    try:
        services.delete_channel(actor=request.user, channel=_channel(request, channel_id))
    except Conflict as refusal:
        messages.error(request, refusal.detail)
        return redirect("setup:channel", channel_id=channel_id)
    messages.success(request, _("The channel is deleted."))
    return redirect("setup:channels")


@for_admins
@require_POST
def try_now(request: AgentRequest, channel_id: UUID) -> HttpResponse:
    services.resume(_channel(request, channel_id))
    messages.success(request, _("What waits is being sent now."))
    return redirect("setup:channel", channel_id=channel_id)


# -- What could not be taken in


@for_admins
def payload(request: AgentRequest, channel_id: UUID, payload_id: int) -> HttpResponse:
    """Give what came as it came: as a file of text, whatever it is, so that no browser runs it."""
    found = get_object_or_404(Payload, channel=_channel(request, channel_id), pk=payload_id)
    response = HttpResponse(bytes(found.body), content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="payload-{found.pk}.txt"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


@for_admins
@require_POST
def read_again(request: AgentRequest, channel_id: UUID, payload_id: int) -> HttpResponse:
    try:
        services.read_again(_channel(request, channel_id), payload_id)
    except NotFound:
        raise Http404 from None
    messages.success(request, _("It is being read again."))
    return redirect("setup:channel", channel_id=channel_id)
