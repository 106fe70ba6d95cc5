"""Cards: what can be put into a conversation besides words (settings.CARDS).

A card is data in a message; each side draws it. The inbox knows the protocol and no kind. What buyers answer on a
card is written down by inbox/cards_answers.py; docs/adding-a-card.md walks through one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, NotRequired, Protocol, TypedDict, runtime_checkable
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from events import topics
from events.record import Actor, Push, push
from inbox.access import conversations_for
from inbox.errors import Invalid, NotFound
from inbox.models import Conversation, Message
from inbox.quiet import writing_now
from inbox.services import Draft, Posted, post_message
from people.models import Agent


class Field(TypedDict):
    """What a buyer fills in: `type` is text, textarea, tel or select. Words are in the buyer's language."""

    name: str
    label: str
    type: str
    required: bool
    max_length: int
    value: NotRequired[str]  # what it is filled in with
    options: NotRequired[list[dict[str, str]]]  # of a select: [{"value", "label"}]
    autocomplete: NotRequired[str]


class Choice(TypedDict):
    """A button of a card; with `fields` it opens a form. `style` is primary for the one that is hoped for."""

    id: str
    label: str
    style: NotRequired[str]
    fields: NotRequired[list[Field]]
    hint: NotRequired[str]


class Card(Protocol):
    """One kind of card. `build` returns the data of the message, public as a whole: the buyer gets all of it.

    It raises Invalid or NotFound (inbox.errors) where `ref` is nothing that may be sent to this buyer. Data with
    `choices` (a list of Choice) makes a card that is answered; `closed`, in words, one that cannot be any more.
    A kind with `unasked = True` is no answer to anything: outside of a live chat it waits for the buyer's day.
    """

    kind: ClassVar[str]

    def build(self, *, agent: Agent, conversation: Conversation, ref: str) -> dict[str, Any]: ...

    def text(self, data: dict[str, Any]) -> str:
        """Return the card in words, for search, previews and channels that carry only text."""
        ...


@dataclass(frozen=True)
class Answer:
    """What a kind makes of an answer.

    `line` is what agents read in the timeline, in English; the console has its own words for
    `card.answered.<kind>.<choice>`, with `params` filled in. `data` goes into the card beside its answer: public.
    """

    line: str
    params: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    needs_somebody: bool = False  # the buyer waits for us now, as after a message
    said: str = ""  # for the list, beside the choice; where empty, what was written into its only field


@runtime_checkable
class Answerable(Protocol):
    """A kind of card that buyers answer. All of it happens in one transaction, in this order."""

    def lock(self, data: dict[str, Any]) -> None:
        """Lock what an answer may change, before its message is: everybody locks an order first."""
        ...

    def may_change(self, message: Message) -> bool:
        """Tell whether an answer that was given may still be another: nobody has acted upon it."""
        ...

    def answer(self, *, message: Message, choice: str, data: dict[str, str], by: Actor) -> Answer:
        """Do what the answer asks for. `data` has the choice's fields, cleaned of what no field takes.

        Raises Invalid with the name of a field, Conflict where it cannot be answered any more: then nothing
        has happened.
        """
        ...


@runtime_checkable
class Guarded(Protocol):
    """A kind of card that is not sent freely: it decides under locks of its own, and writes down what was sent."""

    def send(
        self,
        *,
        agent: Agent,
        conversation: Conversation,
        ref: str,
        client_id: str,
        post: Callable[[dict[str, Any]], Posted],
    ) -> Posted:
        """Call `post` with the card's data, in a transaction with what belongs to it, or refuse as `build` does."""
        ...


@dataclass(frozen=True)
class Spoken:
    """A card as it is said where no card can be drawn. `choices` are words with an address each, for letters."""

    text: str
    subject: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@runtime_checkable
class Speaking(Protocol):
    """A kind with words of its own for where no card is drawn: made when it leaves; out of date by then, perhaps."""

    def spoken(self, message: Message, *, letter: bool) -> Spoken: ...

    def outdated(self, message: Message) -> str:
        """Return why it is not sent any more, in English; empty: it is."""
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
    via: UUID | None = None,
) -> Posted:
    """Put a card into a conversation as a message of the agent, by the channel `via` (None: as the buyer came).

    Raises Invalid, NotFound or Conflict.
    """
    card = all_cards().get(kind)
    if card is None:
        raise Invalid("There is no such card.", code="unknown_card", attr="kind")
    conversation = (
        conversations_for(agent).select_related("buyer", "store").filter(pk=conversation_id).first()
    )
    if conversation is None:
        raise NotFound("No such conversation.")

    def post(built: dict[str, Any]) -> Posted:
        data = {"kind": kind, **built}
        draft = Draft(
            actor=Actor.agent(agent),
            client_id=client_id,
            body=card.text(data),
            conversation_id=conversation_id,
            stores=stores,
            kind="card",
            data=data,
            via=via,
            unasked=getattr(card, "unasked", False) and not writing_now([conversation.buyer_id]),
        )
        return post_message(draft)

    if isinstance(card, Guarded):
        return card.send(agent=agent, conversation=conversation, ref=ref, client_id=client_id, post=post)
    return post(card.build(agent=agent, conversation=conversation, ref=ref))


def update_cards(messages: QuerySet[Message], change: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
    """Replace the data of cards by what `change` makes of it, and show that on every open screen.

    In a transaction with what made the change. Returns how many are another now.
    """
    changed = 0
    with transaction.atomic():
        rows = messages.filter(kind=Message.Kind.CARD).select_for_update(of=("self",))
        for message in rows.order_by("id"):
            data = change(dict(message.data or {}))
            if data != message.data:
                message.data = data
                message.save(update_fields=["data"])
                push([card_push(message)])
                changed += 1
    return changed


def card_push(message: Message) -> Push:
    """Return the frame that shows a card as it is now, to whoever may see its message."""
    frame = card_frame(message)
    agents = topics.conversation(message.conversation_id)
    return Push((agents,) if message.private else (agents, topics.visitor(message.conversation_id)), frame)


def card_frame(message: Message) -> dict[str, Any]:
    return {"type": "card.updated", **card_data(message)}


def card_data(message: Message) -> dict[str, Any]:
    """Return a card as frames and the API carry it beside its message."""
    return {
        "conversation": str(message.conversation_id),
        "message": str(message.id),
        "card": message.data,
    }


def language_of(conversation: Conversation) -> str:
    """Return the language in which this buyer reads. (Load the conversation with its buyer and store.)"""
    return conversation.buyer.language or conversation.store.language
