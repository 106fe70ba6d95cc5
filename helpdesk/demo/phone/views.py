"""/demo/phone/: the buyer's side of every channel, and the vendors' addresses. In the demo only."""

from collections import Counter
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from helpdesk.demo.phone import network
from helpdesk.demo.phone.base import Call, Photo
from helpdesk.demo.phone.channels import CHANNELS, NUMBERS
from helpdesk.demo.phone.contacts import Contact, contact_of, contacts
from helpdesk.demo.phone.models import PhoneFile, PhoneMessage
from helpdesk.lib import http
from inbox import transports
from inbox.files import SHOWN
from inbox.models import Channel
from people.models import Store

SHOWN_MESSAGES = 80
MAX_TEXT = 10_000
MAX_PHOTO = 5 * 1024 * 1024
# What each app is for its owner, in the order in which they lie on the phone.
APPS = ("whatsapp", "wechat", "telegram", "sms", "email", "http")


def for_demo(view: Any) -> Any:
    @wraps(view)
    def only_in_the_demo(request: HttpRequest, **given: Any) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        found: HttpResponse = view(request, **given)
        return found

    return only_in_the_demo


@for_demo
@require_GET
def phone(request: HttpRequest) -> HttpResponse:
    store = get_object_or_404(Store, key=request.GET.get("store", "demo"), key__in=CHANNELS)
    apps = channels_of(store)
    if not apps:
        raise Http404
    channel = next((app for app in apps if app.kind == request.GET.get("app")), apps[0])
    people = contacts(channel)
    who = contact_of(channel, request.GET.get("who", "")) or people[0]
    if who not in people:
        people.append(who)
    with _in_language_of(store):
        return render(
            request,
            "demo_phone/phone.html",
            {
                "store": store,
                "stores": Store.objects.filter(key__in=CHANNELS).order_by("-language", "key"),
                "apps": [(app, transports.get(app.kind)) for app in apps],
                "channel": channel,
                "app_name": transports.get(channel.kind).label,
                "people": people,
                "who": who,
                "lines": [(line, *_words(line)) for line in network.lines_of(channel)],
                "line": network.line_of(channel),
                "tells": network.tells(channel),
                "reached_at": NUMBERS[store.key] if channel.kind == "sms" else channel.name,
                "messages": thread(channel, who.address),
                "state": state_of(channel, who),
            },
        )


def channels_of(store: Store) -> list[Channel]:
    """Return the channels of a store that have an app, in the apps' order."""
    rows = Channel.objects.select_related("store").filter(
        store=store, kind__in=network.vendors(), active=True
    )
    first = {channel.kind: channel for channel in rows.order_by("-created_at")}
    return [first[kind] for kind in APPS if kind in first]


def _words(line: str) -> tuple[str, str]:
    """Return what a state of the line is called, and what one will see of it."""
    return {
        network.Line.WORKS: (_("Everything works"), _("Answers arrive, and are read while you look.")),
        network.Line.OFF: (_("The phone is off"), _("Answers wait: they stay “Sent” at the desk.")),
        network.Line.FAILS: (_("It cannot be delivered"), _("The provider takes it, then says it failed.")),
        network.Line.DOWN: (
            _("The provider is down"),
            _("Nothing is taken; the desk tries again by itself."),
        ),
        network.Line.LOST: (
            _("The provider’s answer gets lost"),
            _("It arrives here, yet nobody at the desk can know."),
        ),
    }[network.Line(line)]


@for_demo
@require_POST
def write(request: HttpRequest) -> HttpResponse:
    """Write as a buyer. 400: there is nothing in it. 502: the desk did not take it; `error` says why."""
    channel, who = _asked(request)
    text = request.POST.get("text", "").strip()[:MAX_TEXT]
    photo = request.FILES.get("photo")
    files: tuple[Photo, ...] = ()
    if photo is not None:
        if photo.size is None or photo.size > MAX_PHOTO or photo.content_type not in SHOWN:
            with _in_language_of(channel.store):
                return JsonResponse({"error": _("A photo has at most 5 MB.")}, status=400)
        files = (Photo(photo.name or "photo.jpg", photo.content_type, photo.read()),)
    if not text and not files:
        return JsonResponse({"error": "empty"}, status=400)
    try:
        network.say(channel, who.address, text, name=who.name, files=files)
    except http.HttpError as error:
        return JsonResponse({"error": str(error)}, status=502)
    return _shown(channel, who)


@for_demo
@require_POST
def sync(request: HttpRequest) -> HttpResponse:
    """Bring what was sent to the phone; return the open thread, and what waits in the other apps."""
    channel, who = _asked(request)
    looking = (channel, who.address) if request.POST.get("looking") else None
    network.deliver(channels_of(channel.store), looking=looking, now=timezone.now())
    return _shown(channel, who)


def _shown(channel: Channel, who: Contact) -> HttpResponse:
    with _in_language_of(channel.store):
        return JsonResponse(state_of(channel, who) | {"messages": thread(channel, who.address)})


def _in_language_of(store: Store) -> AbstractContextManager[None]:
    """The phone speaks as its owner does, whatever the browser wants: the store is theirs."""
    return translation.override(store.language)


@for_demo
@require_POST
def line(request: HttpRequest) -> HttpResponse:
    channel, _who = _asked(request)
    wanted = request.POST.get("line", "")
    if wanted not in network.lines_of(channel):
        return JsonResponse({"error": "line"}, status=400)
    network.set_line(channel, wanted)
    return JsonResponse({"line": wanted})


def _asked(request: HttpRequest) -> tuple[Channel, Contact]:
    kind, key = request.POST.get("app", ""), request.POST.get("store", "")
    channel = next((c for c in channels_of(get_object_or_404(Store, key=key)) if c.kind == kind), None)
    if channel is None:
        raise Http404
    contact = contact_of(channel, request.POST.get("who", ""))
    if contact is None:
        raise Http404
    return channel, contact


def thread(channel: Channel, who: str) -> list[dict[str, Any]]:
    """Return what the phone shows of a thread, oldest first."""
    rows = PhoneMessage.objects.filter(channel=channel, who=who, state__in=("delivered", "read"))
    last = list(rows.prefetch_related("kept").order_by("-id")[:SHOWN_MESSAGES])[::-1]
    return [_message(row, channel) for row in last]


def _message(row: PhoneMessage, channel: Channel) -> dict[str, Any]:
    at = row.at.astimezone(ZoneInfo(channel.store.time_zone))
    kept = [
        {
            "name": file.name,
            "url": reverse("phone:file", args=[file.id]),
            "is_picture": file.media_type in SHOWN,
        }
        for file in row.kept.all()
    ]
    links = [{"name": _("File"), "url": link, "is_picture": True} for link in row.links]
    return {
        "id": row.id,
        "mine": row.by_buyer,
        "subject": row.subject,
        "text": row.text,
        "files": kept + links,
        "time": date_format(at, "H:i"),
        "day": date_format(at, "MONTH_DAY_FORMAT"),
        "state": row.state,
    }


def state_of(channel: Channel, who: Contact) -> dict[str, Any]:
    """Return what the phone shows around the thread: the line, and how much is unread in which app."""
    apps = channels_of(channel.store)
    unread = PhoneMessage.objects.filter(
        channel__in=apps, by_buyer=False, state=PhoneMessage.State.DELIVERED
    ).exclude(channel=channel, who=who.address)
    rows = list(unread.values_list("channel", "channel__kind", "who"))
    return {
        "line": network.line_of(channel),
        "unread": Counter(kind for _id, kind, _who in rows),
        "waiting": sorted({who for id, _kind, who in rows if id == channel.id}),
    }


@for_demo
@require_GET
def file(request: HttpRequest, file_id: int) -> HttpResponse:
    found = get_object_or_404(PhoneFile, pk=file_id)
    shown = found.media_type if found.media_type in SHOWN else "application/octet-stream"
    return HttpResponse(bytes(found.content), content_type=shown)


@csrf_exempt
@for_demo
def api(request: HttpRequest, channel_id: UUID, rest: str) -> HttpResponse:
    """The vendor's own address: a call of ours, answered as the vendor would."""
    channel = get_object_or_404(
        Channel.objects.select_related("store"), pk=channel_id, kind__in=network.vendors()
    )
    call = Call(
        method=request.method or "",
        path=f"/{rest}",
        query=request.GET.dict(),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.body,
    )
    answer = network.take(channel, call)
    response = HttpResponse(answer.body, status=answer.status, content_type=answer.content_type)
    for name, value in answer.headers.items():
        response[name] = value
    return response
