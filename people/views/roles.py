"""Who may open a settings page. To everybody else it is not there: 404, like any object they may not see."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from people.models import Agent

P = ParamSpec("P")


class AgentRequest(HttpRequest):
    """A request whose user is known to be an agent."""

    user: Agent


View = Callable[Concatenate[AgentRequest, P], HttpResponseBase]


def for_agents(view: View[P]) -> Callable[..., HttpResponseBase]:
    """Lead to the log-in; a fragment is told 401, or the log-in would be put into the middle of a page."""
    with_log_in = cast(Callable[..., HttpResponseBase], login_required(cast(Any, view)))

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "HX-Request" in request.headers and not request.user.is_authenticated:
            return HttpResponse(status=401)
        return with_log_in(request, *args, **kwargs)

    return checked


def who_may(*abilities: str) -> Callable[[View[P]], Callable[..., HttpResponseBase]]:
    """Open a page to those whose role has one of these abilities (people/abilities.py)."""
    return lambda view: _for(view, lambda agent: any(agent.may(ability) for ability in abilities))


def for_admins(view: View[P]) -> Callable[..., HttpResponseBase]:
    return _for(view, lambda agent: agent.role == Agent.Role.ADMIN)


def _for(view: View[P], allowed: Callable[[Agent], bool]) -> Callable[..., HttpResponseBase]:
    @wraps(view)
    def checked(request: AgentRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not allowed(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return for_agents(checked)
