"""What a role may do, ability by ability: a closed list that each room fills (settings.ABILITIES), and what admins
changed of it, read through memory so that asking costs no query.

An ability is about doing, never about seeing: whose conversations, buyers and orders somebody sees stays a query
(people/access.py). Admins have them all, whatever is written down: nobody can lock the desk.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from helpdesk.lib.kept import KeptWhole
from people.role_models import RoleAbility

Text = str | Promise

ADMIN = "admin"
EVERYBODY = frozenset({"agent", "supervisor", ADMIN})
SUPERVISORS = frozenset({"supervisor", ADMIN})
ADMINS = frozenset({ADMIN})


@dataclass(frozen=True)
class Ability:
    """Something that is asked about before it is done. `roles`: who has it as the desk ships."""

    key: str
    label: Text
    about: Text
    roles: frozenset[str] = SUPERVISORS


@dataclass(frozen=True)
class Abilities:
    """What one room has to give, or two rooms together: what has the same `key` stands under one heading."""

    key: str
    label: Text
    icon: str
    abilities: tuple[Ability, ...]


@cache
def groups() -> tuple[Abilities, ...]:
    """Return all abilities, by where they belong. Raises ValueError where two have one key."""
    found: dict[str, Abilities] = {}
    for path in settings.ABILITIES:
        for one in import_string(path):
            known = found.get(one.key)
            more = (*known.abilities, *one.abilities) if known else one.abilities
            found[one.key] = Abilities(one.key, (known or one).label, (known or one).icon, more)
    keys = [ability.key for one in found.values() for ability in one.abilities]
    if len(keys) != len(set(keys)):
        raise ValueError(f"an ability is there twice: {sorted(keys)}")
    return tuple(found.values())


@cache
def known() -> Mapping[str, Ability]:
    return {ability.key: ability for one in groups() for ability in one.abilities}


def _changed() -> dict[tuple[str, str], bool]:
    rows = RoleAbility.objects.filter(allowed__isnull=False)
    return {
        (role, key): bool(allowed) for role, key, allowed in rows.values_list("role", "ability", "allowed")
    }


# Who changes it forgets it at once; other processes hear of it when they read it again.
changed = KeptWhole(_changed, seconds=2.0)


def has(role: str, key: str) -> bool:
    """Tell whether a role has an ability. Raises KeyError for one that there is not."""
    ability = known()[key]
    return role == ADMIN or changed.get().get((role, key), role in ability.roles)


def of_role(role: str) -> frozenset[str]:
    """Return the keys of all abilities of a role."""
    return frozenset(key for key in known() if has(role, key))
