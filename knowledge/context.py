"""Which products a conversation is about, told by the rooms that know (settings.KNOWLEDGE_CONTEXT)."""

from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from inbox.models import Conversation
from people.models import Agent

MOST = 20

# (agent, conversation) -> SKUs with names, the likeliest first.
Knows = Callable[[Agent, Conversation], dict[str, str]]


@cache
def _sources() -> list[Knows]:
    return [import_string(path) for path in settings.KNOWLEDGE_CONTEXT]


def products_in(agent: Agent, conversation: Conversation) -> dict[str, str]:
    """Return the SKUs that a conversation is about, with names. (Load it with its buyer and store.)"""
    found: dict[str, str] = {}
    for source in _sources():
        found = {**source(agent, conversation), **found}
    return dict(list(found.items())[:MOST])
