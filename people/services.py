"""Everything that changes agents and teams. Each call is one transaction that records what it did."""

from collections.abc import Iterable
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from events import names, topics
from events.record import Actor, Happening, record
from helpdesk.lib.jobs import enqueue
from people import sessions, tasks
from people.models import Agent, Store, Team

# -- Coming and going


@transaction.atomic
def log_in(*, agent: Agent, ip: str) -> None:
    record(Happening(names.AGENT_LOGGED_IN, Actor.agent(agent), data={"ip": ip}))


@transaction.atomic
def log_out(*, agent: Agent, session_key: str) -> None:
    """Record that `agent` left, and close the sockets of that log-in."""
    record(Happening(names.AGENT_LOGGED_OUT, Actor.agent(agent)))
    if session_key:
        sessions.end_sockets([topics.session(sessions.digest(session_key))])


@transaction.atomic
def set_password(*, agent: Agent, password: str) -> None:
    """Set a password. Every other log-in of the agent ends with it: whoever knew the old one is out."""
    agent.set_password(password)
    agent.save(update_fields=["password"])
    _record_change(agent, by=agent, change={"password": True})
    # The sockets of the log-in that changes it too: its key is a new one from now on.
    sessions.end_sockets([topics.agent(agent.id)])


@transaction.atomic
def end_sessions(*, actor: Agent, agent: Agent, keep: str | None = None) -> None:
    """Log `agent` out everywhere, but for the session with the key `keep`."""
    sessions.end_all(agent, but=keep)
    _record_change(agent, by=actor, change={"sessions": "ended"})


# -- One's own account


@transaction.atomic
def update_profile(*, agent: Agent, name: str, language: str, time_zone: str) -> Agent:
    agent.name, agent.language, agent.time_zone = name, language, time_zone
    agent.save(update_fields=["name", "language", "time_zone"])
    return agent


# -- Agents, by an admin


@transaction.atomic
def create_agent(
    *, actor: Agent, email: str, name: str, role: str, teams: Iterable[Team], language: str
) -> Agent:
    """Make an account without a password, and mail its owner the link that sets one."""
    agent = Agent.objects.create_user(
        email, None, name=name, role=role, language=language, time_zone=actor.time_zone
    )
    agent.teams.set(teams)
    record(
        Happening(
            names.AGENT_CREATED,
            Actor.agent(actor),
            data={"agent": str(agent.id), "email": agent.email, **_access_of(agent)},
        )
    )
    enqueue(tasks.send_invitation, str(agent.id))
    return agent


def invite_again(*, agent: Agent) -> None:
    """Mail the link once more, to somebody who has set no password yet."""
    if agent.has_usable_password():
        raise ValidationError(_("%(name)s has set a password already.") % {"name": agent.name})
    enqueue(tasks.send_invitation, str(agent.id))


@transaction.atomic
def update_agent(*, actor: Agent, agent: Agent, name: str, role: str, teams: Iterable[Team]) -> Agent:
    """Change who an agent is here. Open consoles say hello again, and so see what is theirs now.

    Raises ValidationError where nobody would be left to administer the desk.
    """
    agent, replaceable = _locked(agent)
    before = _access_of(agent)
    if role != Agent.Role.ADMIN and not replaceable:
        raise ValidationError(_("Somebody has to remain an admin."))
    agent.name, agent.role = name, role
    agent.save(update_fields=["name", "role"])
    agent.teams.set(teams)
    after = _access_of(agent)
    if after != before:
        _record_change(agent, by=actor, change={"before": before, "after": after})
        sessions.end_sockets([topics.agent(agent.id)], code=sessions.SAY_HELLO_AGAIN)
    return agent


@transaction.atomic
def disable_agent(*, actor: Agent, agent: Agent) -> Agent:
    """Shut an account: no log-in, and what is open closes. What they wrote stays theirs."""
    if actor.pk == agent.pk:
        raise ValidationError(_("You cannot disable your own account."))
    agent, replaceable = _locked(agent)
    if not replaceable:
        raise ValidationError(_("Somebody has to remain an admin."))
    agent.is_active = False
    agent.lease_until = None
    agent.save(update_fields=["is_active", "lease_until"])
    sessions.end_all(agent)
    _record_change(agent, by=actor, change={"before": {"active": True}, "after": {"active": False}})
    return agent


@transaction.atomic
def enable_agent(*, actor: Agent, agent: Agent) -> Agent:
    agent = Agent.objects.select_for_update().get(pk=agent.pk)
    agent.is_active = True
    agent.save(update_fields=["is_active"])
    _record_change(agent, by=actor, change={"before": {"active": False}, "after": {"active": True}})
    return agent


@transaction.atomic
def remove_second_factor(*, actor: Agent, agent: Agent) -> None:
    """For somebody who lost phone and codes: the password alone logs in until they set it up anew."""
    Authenticator.objects.filter(user=agent).delete()
    sessions.end_all(agent)
    _record_change(agent, by=actor, change={"second_factor": "removed"})


def _locked(agent: Agent) -> tuple[Agent, bool]:
    """Lock `agent` and all admins, and tell whether the desk has an admin without `agent`.

    In one order, so that two admins who remove each other in the same moment wait instead of both succeeding.
    """
    admins = Q(role=Agent.Role.ADMIN, is_active=True)
    rows = list(Agent.objects.select_for_update().filter(Q(pk=agent.pk) | admins).order_by("pk"))
    found = next(row for row in rows if row.pk == agent.pk)
    return found, any(row.pk != agent.pk for row in rows)


def _access_of(agent: Agent) -> dict[str, Any]:
    return {"role": agent.role, "teams": sorted(str(pk) for pk in agent.teams.values_list("id", flat=True))}


def _record_change(agent: Agent, *, by: Agent, change: dict[str, Any]) -> None:
    record(Happening(names.AGENT_CHANGED, Actor.agent(by), data={"agent": str(agent.id), **change}))


# -- Teams, by an admin


@transaction.atomic
def save_team(*, actor: Agent, team: Team, agents: Iterable[Agent], stores: Iterable[Store]) -> Team:
    """Create or change a team. Those who see other stores than before hear it at once."""
    new = team._state.adding
    before = {} if new else _team_of(team)
    team.save()
    team.agents.set([*agents, *team.agents.filter(is_active=False)])  # who comes back finds their team
    team.stores.set(stores)
    after = _team_of(team)
    if after != before:
        record(
            Happening(
                names.TEAM_CHANGED,
                Actor.agent(actor),
                data={"team": str(team.id), "before": before, "after": after},
            )
        )
        _say_hello_again({*before.get("agents", ()), *after["agents"]})
    return team


@transaction.atomic
def delete_team(*, actor: Agent, team: Team) -> None:
    """Remove a team; its conversations stay, with no team."""
    before = _team_of(team)
    record(
        Happening(
            names.TEAM_CHANGED, Actor.agent(actor), data={"team": str(team.id), "before": before, "after": {}}
        )
    )
    team.delete()
    _say_hello_again(before["agents"])


def _team_of(team: Team) -> dict[str, Any]:
    return {
        "name": team.name,
        "agents": sorted(str(pk) for pk in team.agents.values_list("id", flat=True)),
        "stores": sorted(str(pk) for pk in team.stores.values_list("id", flat=True)),
    }


def _say_hello_again(agent_ids: Iterable[str]) -> None:
    sessions.end_sockets([topics.agent(pk) for pk in agent_ids], code=sessions.SAY_HELLO_AGAIN)
