"""The card that asks how it was: on a page a line, elsewhere words with a link, in a letter five of them."""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from inbox.cards import Spoken
from inbox.errors import NotFound
from inbox.models import Conversation, Message, RatingAsk
from inbox.rating_links import rating_link
from inbox.rating_words import KIND, by_text, labels, language_for, stars
from people.models import Agent

OUTDATED = gettext_noop("Not needed any more: the conversation went on, or was rated.")


class RatingCard:
    """Nobody sends it by hand: inbox/services/rating_asks.py decides who is asked, and when."""

    kind = KIND
    label = gettext_lazy("Rating")
    unasked = True

    def build(self, *, agent: Agent, conversation: Conversation, ref: str) -> dict[str, Any]:
        raise NotFound(_("Buyers are asked by themselves once a conversation is resolved."))

    def text(self, data: dict[str, Any]) -> str:
        return str(data["text"])

    def spoken(self, message: Message, *, letter: bool) -> Spoken:
        """Return the question with its links. (Load the message with its conversation's buyer and store.)"""
        card = message.data or {}
        row = RatingAsk.objects.filter(message=message).first()
        if row is None:  # who it is about is erased
            return Spoken(card.get("text", message.body))
        with translation.override(language_for(message.conversation)):
            if letter:
                choices = tuple(
                    (f"{stars(n)} {label}", rating_link(row.id, n)) for n, label in labels().items()
                )
                return Spoken(card["text"], subject=card["subject"], choices=choices)
            return Spoken(by_text(card, rating_link(row.id)))

    def outdated(self, message: Message) -> str:
        row = RatingAsk.objects.select_related("conversation").filter(message=message).first()
        c = row.conversation if row else None
        if row is None or c is None or c.status != Conversation.Status.RESOLVED or c.resolved_at != row.round:
            return OUTDATED
        return OUTDATED if c.ratings.filter(round=row.round).exists() else ""
