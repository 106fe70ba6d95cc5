"""/team/wall/: the page of the wallboard. Its figures come over the console socket (team/wall.py)."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from people.access import stores_for
from people.views.roles import AgentRequest, who_may


@who_may("wall.read")
@require_safe
def wall(request: AgentRequest) -> HttpResponse:
    return render(request, "team/wall.html", {"stores": stores_for(request.user)})
