"""What events about accounts, teams and log-ins say."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import names
from events.models import Event
from events.wording import Called, Told, Vocabulary, Words, changes, show
from people import abilities
from people.models import Agent


def _presence(event: Event, called: Called) -> Told:
    state = event.data["after"]
    label = dict(Agent.Presence.choices).get(state, state)
    return Told(_("is seen as: %(state)s") % {"state": label})


def _account(event: Event, called: Called) -> Told:
    data, who = event.data, {"agent": show(event.data["agent"], called)}
    if "password" in data:
        return Told(_("set a new password"))
    if "sessions" in data:
        return Told(_("ended all log-ins of %(agent)s") % who)
    if "second_factor" in data:
        return Told(_("removed the second factor of %(agent)s") % who)
    return Told(_("changed the account of %(agent)s") % who, changes(data, called))


def _role(event: Event, called: Called) -> Told:
    data = event.data
    known = abilities.known()
    words = {key: str(known[key].label) if key in known else key for key in data["after"]}
    role = dict(Agent.Role.choices).get(data["role"], data["role"])
    before = {words[key]: allowed for key, allowed in data["before"].items()}
    after = {words[key]: allowed for key, allowed in data["after"].items()}
    text = _("changed what this role may do: %(role)s") % {"role": role}
    return Told(text, changes({"before": before, "after": after}, called))


def _team(event: Event, called: Called) -> Told:
    before, after = event.data["before"], event.data["after"]
    name = {"team": after.get("name") or before.get("name", "")}
    if not before:
        text = _("made the team %(team)s") % name
    elif not after:
        text = _("deleted the team %(team)s") % name
    else:
        text = _("changed the team %(team)s") % name
    return Told(text, changes(event.data, called))


WORDS = [
    Vocabulary(
        "log-ins",
        gettext_lazy("Log-ins"),
        "login",
        {
            names.AGENT_LOGGED_IN: Words(gettext_lazy("Logged in"), gettext_lazy("logged in from {ip}")),
            names.AGENT_LOGGED_OUT: Words(gettext_lazy("Logged out"), gettext_lazy("logged out")),
            names.AGENT_PRESENCE: Words(gettext_lazy("Presence changed"), tell=_presence),
        },
    ),
    Vocabulary(
        "accounts",
        gettext_lazy("Accounts and teams"),
        "users",
        {
            names.AGENT_CREATED: Words(
                gettext_lazy("Account made"), gettext_lazy("made an account for {email}")
            ),
            names.AGENT_CHANGED: Words(gettext_lazy("Account changed"), tell=_account),
            names.TEAM_CHANGED: Words(gettext_lazy("Team changed"), tell=_team),
            names.ROLE_CHANGED: Words(gettext_lazy("What a role may do changed"), tell=_role),
            names.KEY_CREATED: Words(gettext_lazy("API key made"), gettext_lazy("made the API key {name}")),
            names.KEY_REVOKED: Words(
                gettext_lazy("API key revoked"), gettext_lazy("revoked the API key {name}")
            ),
        },
        {
            "role": gettext_lazy("Role"),
            "teams": gettext_lazy("Teams"),
            "active": gettext_lazy("Active"),
            "agents": gettext_lazy("Agents"),
            "stores": gettext_lazy("Stores"),
            "name": gettext_lazy("Name"),
        },
    ),
]
