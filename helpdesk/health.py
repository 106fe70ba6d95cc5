"""For whatever watches the desk: is the process alive, can it serve, and how is it doing."""

import asyncio
import logging

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.utils.crypto import constant_time_compare
from django_prometheus.exports import ExportToDjangoView

from events import hub

log = logging.getLogger(__name__)
LAYER_WITHIN_S = 2.0


def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers. Touches nothing: a database that is down is no reason to kill us."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """200 where database and channel layer answer, else 503 with what does not. Closed to outsiders."""
    if not _insider(request):
        return HttpResponseNotFound()
    states = {"database": _database(), "channel_layer": _layer()}
    return JsonResponse(states, status=200 if all(s == "ok" for s in states.values()) else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format. Closed to outsiders."""
    if not _insider(request):
        return HttpResponseNotFound()
    response: HttpResponse = ExportToDjangoView(request)
    return response


def _insider(request: HttpRequest) -> bool:
    """With METRICS_TOKEN set, who carries it; otherwise who calls from this machine and not through a proxy."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if settings.METRICS_TOKEN:
        return constant_time_compare(given, settings.METRICS_TOKEN)
    return (
        request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and "X-Forwarded-For" not in request.headers
    )


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        log.warning("the database does not answer: %s", error)
        return "unreachable"
    return "ok"


def _layer() -> str:
    try:
        asyncio.run(hub.ping(LAYER_WITHIN_S))
    except Exception as error:
        log.warning("the channel layer does not answer: %r", error)
        return "unreachable"
    return "ok"
