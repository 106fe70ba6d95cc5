"""An agent's own language and time zone on every page, and where their log-in was last seen."""

import time
import zoneinfo
from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from people.models import Agent

GetResponse = Callable[[HttpRequest], HttpResponse]

SEEN_EVERY_S = 300
_REMEMBERED = 10_000  # log-ins; past that all are seen anew


def zone_of(agent: Agent) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(agent.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")


def is_for_everybody(request: HttpRequest) -> bool:
    """Pages of the widget and the help centre speak the buyer's language, whoever else uses this browser.

    They read no session, so that what is public of them can be kept by caches for all.
    """
    return request.path.startswith(("/widget", "/api/widget/", "/help/"))


class AgentPreferencesMiddleware:
    """After authentication: the account's language outranks the browser's; times show in its zone."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_for_everybody(request):
            return self.get_response(request)
        agent = request.user
        if not agent.is_authenticated:
            return self.get_response(request)
        translation.activate(agent.language)
        request.LANGUAGE_CODE = agent.language
        with timezone.override(zone_of(agent)):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", agent.language)
        return response


class SessionActivityMiddleware:
    """Note that a log-in is in use, now and then. (allauth's own writes a row for each request.)"""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.seen: dict[str, float] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_for_everybody(request):
            return self.get_response(request)
        key, now = request.session.session_key, time.monotonic()
        if key and request.user.is_authenticated and now - self.seen.get(key, -SEEN_EVERY_S) >= SEEN_EVERY_S:
            if len(self.seen) >= _REMEMBERED:
                self.seen.clear()
            self.seen[key] = now
            UserSession.objects.create_from_request(request)
        return self.get_response(request)
