"""What each role may do, to read and to change: by admins, ability by ability, with what it was in the record."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from events import names, topics
from events.record import Actor, Happening, Push, record
from people import abilities
from people.abilities import ADMIN, Text
from people.models import Agent
from people.role_models import RoleAbility

CHANGEABLE = [role for role in Agent.Role.values if role != ADMIN]


class RoleRefused(Exception):
    """Why a role cannot be changed like that; the shape is what the API tells (helpdesk/lib/api.py)."""

    def __init__(self, status: int, code: str, detail: str, attr: str | None = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.attr = status, code, detail, attr

    def frame(self) -> dict[str, Any]:
        return {"type": "error", "code": self.code, "detail": self.detail}


def no_such_role() -> RoleRefused:
    return RoleRefused(404, "not_found", _("There is no such role."))


# -- Read


@dataclass(frozen=True)
class RolePart:
    """What another room shows below the abilities, and where it is changed. A row has a label, and what is said to
    each role; nothing said: no limit."""

    label: Text
    about: Text
    icon: str
    href: str
    rows: Sequence[tuple[Text, Mapping[str, list[str]]]] = field(default_factory=list)


@cache
def _parts() -> list[Callable[[Agent], list[RolePart]]]:
    return [import_string(path) for path in settings.ROLE_PARTS]


def parts_for(agent: Agent) -> list[RolePart]:
    """Return what other rooms say of roles to this agent."""
    return [part for make in _parts() for part in make(agent)]


@dataclass(frozen=True)
class Cell:
    """Whether a role has an ability, and whether that is as the desk ships."""

    role: str
    allowed: bool
    is_changed: bool

    @property
    def label(self) -> str:
        return str(Agent.Role(self.role).label)


@dataclass(frozen=True)
class Line:
    ability: abilities.Ability
    cells: list[Cell]


def lines() -> dict[str, Line]:
    """Return what every role may do now, by ability. One query: a page that changes it reads no memory."""
    rows = RoleAbility.objects.filter(allowed__isnull=False).values_list("role", "ability", "allowed")
    changed = {(role, key): bool(allowed) for role, key, allowed in rows}
    return {
        key: Line(ability, [_cell(ability, role, changed) for role in Agent.Role.values])
        for key, ability in abilities.known().items()
    }


def _cell(ability: abilities.Ability, role: str, changed: Mapping[tuple[str, str], bool]) -> Cell:
    shipped = role in ability.roles or role == ADMIN
    allowed = shipped if role == ADMIN else changed.get((role, ability.key), shipped)
    return Cell(role, allowed, allowed != shipped)


def counts() -> dict[str, int]:
    """Return how many people have each role and may log in."""
    found = Agent.objects.filter(is_active=True).order_by().values_list("role").annotate(Count("id"))
    return dict.fromkeys(Agent.Role.values, 0) | dict(found)


# -- Changed


@transaction.atomic
def set_abilities(*, actor: Agent, role: str, wanted: Mapping[str, bool | None]) -> None:
    """Let a role do something or not; None: as the desk ships. All of it or, where one is refused, nothing.

    Raises RoleRefused: 403 for whom it is not to change, 404 for a role, 400 for an ability that there is not, or for
    admins, who may everything whatever is written down.
    """
    if actor.role != ADMIN or not actor.is_active:
        raise RoleRefused(403, "forbidden", _("Only admins change this."))
    if role not in Agent.Role.values:
        raise no_such_role()
    if role == ADMIN:
        raise RoleRefused(400, "invalid", _("Admins may do everything: nobody can lock the desk."), "role")
    if unknown := sorted(wanted.keys() - abilities.known().keys()):
        detail = _("There is no such ability: %(name)s.") % {"name": unknown[0][:40]}
        raise RoleRefused(400, "invalid", detail, "abilities")
    before, after = {}, {}
    for row in _locked(role, sorted(wanted)):
        ability = abilities.known()[row.ability]
        shipped = role in ability.roles
        was = shipped if row.allowed is None else row.allowed
        allowed = shipped if (asked := wanted[row.ability]) is None else asked
        RoleAbility.objects.filter(pk=row.pk).update(allowed=None if allowed == shipped else allowed)
        if was != allowed:
            before[row.ability], after[row.ability] = was, allowed
    if after:
        _tell(actor, role, before, after)


def _locked(role: str, keys: list[str]) -> list[RoleAbility]:
    """Return a row for each of these abilities, locked: of two who change one, each knows what it was before."""
    rows = [RoleAbility(role=role, ability=key) for key in keys]
    RoleAbility.objects.bulk_create(rows, ignore_conflicts=True)
    found = RoleAbility.objects.select_for_update().filter(role=role, ability__in=keys)
    return list(found.order_by("ability"))


def _tell(actor: Agent, role: str, before: dict[str, bool], after: dict[str, bool]) -> None:
    transaction.on_commit(abilities.changed.forget)  # before anybody hears of it
    push = Push((topics.AGENTS,), {"type": "role.changed", "role": role, "abilities": after})
    data = {"role": role, "before": before, "after": after}
    record(Happening(names.ROLE_CHANGED, Actor.agent(actor), data=data, pushes=[push]))
