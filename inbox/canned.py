"""Canned replies: which one may use, and the words that are filled in when one is used."""

import re

from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inbox.models import CannedReply, Conversation
from people.access import stores_for
from people.models import Agent

# What may stand between {{ and }}, with what it becomes.
VARIABLES: dict[str, str | Promise] = {
    "buyer.name": gettext_lazy("The buyer's name"),
    "agent.name": gettext_lazy("Your name"),
    "store.name": gettext_lazy("The store's name"),
}
_VARIABLE = re.compile(r"\{\{\s*([\w.]*)\s*\}\}")


def canned_for(agent: Agent) -> QuerySet[CannedReply]:
    """Return the replies that `agent` may use: those for every store, and those of the stores they serve."""
    return CannedReply.objects.filter(Q(store__isnull=True) | Q(store__in=stores_for(agent)))


def unknown_variables(body: str) -> list[str]:
    return [name for name in dict.fromkeys(_VARIABLE.findall(body)) if name not in VARIABLES]


def fill_in(reply: CannedReply, *, conversation: Conversation, agent: Agent) -> str:
    """Return the text of `reply` for this conversation. (Load the conversation with its buyer and store.)"""
    with translation.override(reply.language):
        values = {
            "buyer.name": conversation.buyer.name or _("there"),
            "agent.name": agent.name,
            "store.name": conversation.store.name,
        }
    return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), reply.body)
