"""Cards: what can be put into a conversation besides words (settings.CARDS).

A card is data in a message; each side draws it. The inbox knows the protocol and no kind.
"""

from functools import cache
from typing import Any, ClassVar, Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from events.record import Actor
from inbox.access import conversations_for
from inbox.errors import Invalid, NotFound
from inbox.models import Conversation
from inbox.services import Draft, Posted, post_message
from people.models import Agent


class Card(Protocol):
    """One kind of card. `build` returns the data of the message, public as a whole: the buyer gets all of it.

    It raises Invalid or NotFound (inbox.errors) where `ref` is nothing that may be sent to this buyer.
    """

    kind: ClassVar[str]

    def build(self, *, agent: Agent, conversation: Conversation, ref: str) -> dict[str, Any]: ...

    def text(self, data: dict[str, Any]) -> str:
        """Return the card in words, for search, previews and channels that carry only text."""
        ...


@cache
def all_cards() -> dict[str, Card]:
    cards = [import_string(path)() for path in settings.CARDS]
    return {card.kind: card for card in cards}


def send_card(
    *,
    agent: Agent,
    stores: frozenset[UUID] | None,
    conversation_id: UUID,
    kind: str,
    ref: str,
    client_id: str,
) -> Posted:
    """Put a card into a conversation as a message of the agent. Raises Invalid, NotFound or Conflict."""
    card = all_cards().get(kind)
    if card is None:
        raise Invalid("There is no such card.", code="unknown_card", attr="kind")
    conversation = (
        conversations_for(agent).select_related("buyer", "store").filter(pk=conversation_id).first()
    )
    if conversation is None:
        raise NotFound("No such conversation.")
    data = {"kind": kind, **card.build(agent=agent, conversation=conversation, ref=ref)}
    return post_message(
        Draft(
            actor=Actor.agent(agent),
            client_id=client_id,
            body=card.text(data),
            conversation_id=conversation_id,
            stores=stores,
            kind="card",
            data=data,
        )
    )
