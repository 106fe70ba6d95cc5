"""Questions that a page asks over its live connection: `ask {id, what, ...}` is answered by `answer {id, ...}`.

The inbox knows how one asks, and no question: those are named in settings.CONSOLE_ASKS, one class each. Where sockets
do not get through, the same is asked over HTTP (inbox/ask_views.py).
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar, Protocol
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from helpdesk.lib.ids import parse_id
from inbox.access import conversations_for
from inbox.errors import Invalid, NotFound
from inbox.models import Conversation
from people.models import Agent


class Ask(Protocol):
    """One kind of question. `scope` is what a key of the API needs to ask it (helpdesk/lib/scopes.py).

    `answer` speaks the agent's language, reads `given` with the functions below, and raises what inbox.errors has.
    """

    what: ClassVar[str]
    scope: ClassVar[str]

    def answer(self, *, agent: Agent, given: Mapping[str, Any]) -> dict[str, Any]: ...


@cache
def all_asks() -> dict[str, Ask]:
    asks = [import_string(path)() for path in settings.CONSOLE_ASKS]
    return {ask.what: ask for ask in asks}


def known_ask(what: object) -> Ask:
    ask = all_asks().get(what) if isinstance(what, str) else None
    if ask is None:
        raise NotFound("There is no such question.", code="unknown_ask")
    return ask


def answer_to(*, agent: Agent, may: Callable[[str], bool], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to a question of `agent`, in their language. Raises InboxError."""
    ask = known_ask(given.get("what"))
    if not may(ask.scope):
        raise Invalid(f"This key lacks the scope {ask.scope}.", code="missing_scope")
    with translation.override(agent.language):
        return ask.answer(agent=agent, given=given)


# -- What questions are made of


def text_in(given: Mapping[str, Any], name: str, *, longest: int) -> str:
    value = given.get(name, "")
    if not isinstance(value, str) or len(value) > longest:
        raise Invalid(f"{name} is a text of at most {longest} characters.", attr=name)
    return value


def id_in(given: Mapping[str, Any], name: str) -> UUID | None:
    """Return the id that stands there, None where none does. Raises Invalid for what is no id."""
    value = given.get(name)
    if value is None or value == "":
        return None
    found = parse_id(value)
    if found is None:
        raise Invalid(f"{name} is an id.", attr=name)
    return found


def conversation_in(agent: Agent, given: Mapping[str, Any]) -> Conversation | None:
    """Return the conversation that is named, with buyer and store; None where none is. Raises NotFound for one that
    the agent does not see."""
    conversation_id = id_in(given, "conversation")
    if conversation_id is None:
        return None
    rows = conversations_for(agent).select_related("buyer", "store")
    conversation = rows.filter(pk=conversation_id).first()
    if conversation is None:
        raise NotFound(_("No such conversation."))
    return conversation
