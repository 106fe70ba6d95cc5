"""Who may open a settings page. To everybody else it is not there: 404, like any object they may not see."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse

from people.models import Agent

P = ParamSpec("P")


class AgentRequest(HttpRequest):
    """A request whose user is known to be an agent."""

    user: Agent


View = Callable[Concatenate[AgentRequest, P], HttpResponse]


def for_agents(view: View[P]) -> Callable[..., HttpResponse]:
    return cast(Callable[..., HttpResponse], login_required(cast(Any, view)))


def for_supervisors(view: View[P]) -> Callable[..., HttpResponse]:
    return _for(view, lambda agent: agent.is_supervisor)


def for_admins(view: View[P]) -> Callable[..., HttpResponse]:
    return _for(view, lambda agent: agent.role == Agent.Role.ADMIN)


def _for(view: View[P], allowed: Callable[[Agent], bool]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def checked(request: AgentRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not allowed(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return for_agents(checked)
