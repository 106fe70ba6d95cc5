"""Settings: what each role may do. Who may read it sees it, admins change it."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from people import abilities, roles
from people.models import Agent
from people.views.roles import AgentRequest, for_admins, who_may

ASKED = {"yes": True, "no": False, "shipped": None}


@who_may("roles.read")
@require_GET
def page(request: AgentRequest) -> HttpResponse:
    lines, counts = roles.lines(), roles.counts()
    context = _context(request) | {
        "rooms": [
            {"room": one, "lines": [lines[ability.key] for ability in one.abilities]}
            for one in abilities.groups()
        ],
        "roles": [_role(role, lines, counts) for role in Agent.Role.values],
        "parts": [_part(part) for part in roles.parts_for(request.user)],
    }
    return render(request, "people/roles/page.html", context)


@for_admins
@require_POST
def change(request: AgentRequest, role: str, ability: str) -> HttpResponse:
    """Switch one ability of one role, and answer with its line and what the page says of the role."""
    asked = request.POST.get("allowed", "")
    if ability not in abilities.known() or asked not in ASKED or role not in roles.CHANGEABLE:
        raise Http404
    roles.set_abilities(actor=request.user, role=role, wanted={ability: ASKED[asked]})
    lines = roles.lines()
    context = _context(request) | {
        "line": lines[ability],
        "role": _role(role, lines, roles.counts()),
        "said": _("Saved: %(ability)s, %(role)s")
        % {"ability": lines[ability].ability.label, "role": Agent.Role(role).label},
    }
    return render(request, "people/roles/_changed.html", context)


def _context(request: AgentRequest) -> dict[str, Any]:
    return {"may_write": request.user.role == Agent.Role.ADMIN}


def _part(part: roles.RolePart) -> dict[str, Any]:
    shown = [
        (label, [{"label": name, "said": said.get(role, [])} for role, name in Agent.Role.choices])
        for label, said in part.rows
    ]
    return {"part": part, "rows": shown}


def _role(role: str, lines: dict[str, roles.Line], counts: dict[str, int]) -> dict[str, Any]:
    cells = [cell for line in lines.values() for cell in line.cells if cell.role == role]
    return {
        "key": role,
        "label": Agent.Role(role).label,
        "people": counts[role],
        "allowed": sum(cell.allowed for cell in cells),
        "changed": sum(cell.is_changed for cell in cells),
        "all": len(cells),
    }
