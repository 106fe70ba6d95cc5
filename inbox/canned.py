"""Canned replies: which one may use, and the words that are filled in when one is used."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Protocol

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inbox.models import CannedReply, Conversation
from people.access import stores_for
from people.models import Agent

_VARIABLE = re.compile(r"\{\{\s*([\w.]*)\s*\}\}")


class Variables(Protocol):
    """What may stand between {{ and }}: some of the inbox's own, others by other apps (settings)."""

    labels: Mapping[str, str | Promise]

    def values(self, conversation: Conversation, agent: Agent) -> dict[str, str]:
        """Return, in the active language, those that have a value. Conversation: with buyer and store."""
        ...


class InboxVariables:
    labels: Mapping[str, str | Promise] = {
        "buyer.name": gettext_lazy("The buyer's name"),
        "buyer.first_name": gettext_lazy("The buyer's first name"),
        "agent.name": gettext_lazy("Your name"),
        "store.name": gettext_lazy("The store's name"),
    }

    def values(self, conversation: Conversation, agent: Agent) -> dict[str, str]:
        name = conversation.buyer.name.strip()
        return {
            "buyer.name": name or _("there"),
            "buyer.first_name": name.split()[0] if name else _("there"),
            "agent.name": agent.name,
            "store.name": conversation.store.name,
        }


@cache
def _sources() -> list[Variables]:
    return [import_string(path)() for path in settings.CANNED_VARIABLES]


def all_variables() -> dict[str, str | Promise]:
    return {name: label for source in _sources() for name, label in source.labels.items()}


def canned_for(agent: Agent) -> QuerySet[CannedReply]:
    """Return the replies that `agent` may use: those for every store, and those of the stores they serve."""
    return CannedReply.objects.filter(Q(store__isnull=True) | Q(store__in=stores_for(agent)))


def unknown_variables(body: str) -> list[str]:
    known = all_variables()
    return [name for name in dict.fromkeys(_VARIABLE.findall(body)) if name not in known]


class Filler:
    """Fills in replies for one conversation (loaded with its buyer and store); asks for each value once."""

    def __init__(self, conversation: Conversation | None, agent: Agent) -> None:
        self._conversation = conversation
        self._agent = agent
        self._known: dict[tuple[str, int], dict[str, str]] = {}

    def fill(self, reply: CannedReply) -> tuple[str, list[str]]:
        """Return the text, and the variables that had no value and so still stand in it for the agent to see."""
        wanted = list(dict.fromkeys(_VARIABLE.findall(reply.body)))
        values: dict[str, str] = {}
        for number, source in enumerate(_sources()):
            if any(name in source.labels for name in wanted):
                values |= self._values(reply.language, number)
        text = _VARIABLE.sub(lambda found: values.get(found[1], found[0]), reply.body)
        return text, [name for name in wanted if name not in values]

    def _values(self, language: str, number: int) -> dict[str, str]:
        if self._conversation is None:
            return {}
        if (language, number) not in self._known:
            with translation.override(language):
                values = _sources()[number].values(self._conversation, self._agent)
            self._known[language, number] = values
        return self._known[language, number]


def fill_in(reply: CannedReply, *, conversation: Conversation, agent: Agent) -> str:
    """Return the text of `reply` for this conversation. (Load the conversation with its buyer and store.)"""
    return Filler(conversation, agent).fill(reply)[0]
