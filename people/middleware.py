"""An agent's own language and time zone, on every page."""

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation


class AgentPreferencesMiddleware:
    """After authentication: the account's language outranks the browser's; times show in its zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Widget pages speak the buyer's language, whoever else uses this browser.
        agent = request.user
        if not agent.is_authenticated or request.path.startswith(("/widget", "/api/widget/", "/help/")):
            return self.get_response(request)
        translation.activate(agent.language)
        request.LANGUAGE_CODE = agent.language
        try:
            zone = zoneinfo.ZoneInfo(agent.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            zone = zoneinfo.ZoneInfo("UTC")
        with timezone.override(zone):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", agent.language)
        return response
