"""/hooks/channels/<hook_key>/: where providers bring what buyers write. Written down before it is answered."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from helpdesk.lib import sealed
from helpdesk.lib.hooks import headers_of, read_body
from helpdesk.lib.jobs import enqueue
from inbox import inbound, tasks, transports
from inbox.channel_signs import note_refusal
from inbox.models import Channel
from inbox.transports.base import Reply, Request, Transport


@csrf_exempt
@require_http_methods(["GET", "POST"])
def channel_hook(request: HttpRequest, hook_key: str) -> HttpResponse:
    """404: no such address. 401: not signed by its provider. 413: too large. 2xx: it is written down.

    A provider repeats what it got no 2xx for, so whatever goes wrong here comes again.
    """
    rows = Channel.objects.select_related("store").filter(hook_key=hook_key, active=True)
    channel = rows.first()
    transport = transports.all_transports().get(channel.kind) if channel else None
    if channel is None or transport is None or not transport.hooks:
        return HttpResponse(status=404)
    body = read_body(request, transport.max_hook_bytes)
    if isinstance(body, HttpResponse):
        return body
    given = Request(
        method=request.method or "",
        headers=headers_of(request),
        query=request.GET.dict(),
        body=body,
        url=settings.PUBLIC_URL + request.get_full_path(),
    )
    try:
        return _answer(channel, transport, given)
    except sealed.Unreadable as error:  # it comes again, and by then the key may be back
        Channel.objects.filter(pk=channel.pk).update(trouble=str(error))
        return HttpResponse(status=503)


def _answer(channel: Channel, transport: Transport, given: Request) -> HttpResponse:
    if given.method == "GET":
        answer = transport.challenge(channel, given)
        return _say(answer) if answer else _turn_away(channel)
    if not transport.verify(channel, given):
        return _turn_away(channel)
    payload = inbound.write_down(channel, given)
    enqueue(tasks.read_payload, payload.pk)
    return _say(transport.reply(channel, given))


def _turn_away(channel: Channel) -> HttpResponse:
    note_refusal(channel)
    return HttpResponse(status=401)


def _say(reply: Reply) -> HttpResponse:
    return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
