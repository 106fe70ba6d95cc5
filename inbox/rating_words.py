"""What a buyer is asked, in their language: the store's words where it has some, else ours."""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from inbox.models import Conversation, RatingRule
from people.models import LANGUAGES

KIND = "rating"


def card_of(conversation: Conversation, rule: RatingRule) -> dict[str, Any]:
    """Return the card that asks, by the store's rule. (Load the conversation with buyer, store and assignee.)"""
    c = conversation
    language = language_for(c)
    own: dict[str, str] = rule.words.get(language) or {}
    with translation.override(language):
        greeting = own.get("greeting") or greeting_of(c.store.name)
        question = question_of(agent_name(c))
        subject = own.get("subject") or subject_of(c.store.name)
    return {
        "kind": KIND,
        "title": question,
        "intro": greeting,
        "subject": subject,
        "text": f"{greeting}\n\n{question}",
        "choices": [],
    }


def language_for(conversation: Conversation) -> str:
    """Return the buyer's language where we speak it, else the store's."""
    spoken = conversation.buyer.language.lower()
    found = next((code for code, _name in LANGUAGES if spoken == code), "")
    return found or next(
        (code for code, _name in LANGUAGES if spoken and spoken.partition("-")[0] == code.partition("-")[0]),
        conversation.store.language,
    )


def greeting_of(store: str) -> str:
    return _("Thank you for writing to %(store)s.") % {"store": store}


def question_of(agent: str) -> str:
    if agent:
        return _("How was the help that %(agent)s gave you?") % {"agent": agent}
    return _("How was the help that you got?")


def subject_of(store: str) -> str:
    return _("How was our help? – %(store)s") % {"store": store}


def labels() -> dict[int, str]:
    """Return what each number of stars means, the best first."""
    return {
        5: pgettext("rating", "Very good"),
        4: pgettext("rating", "Good"),
        3: pgettext("rating", "Fair"),
        2: pgettext("rating", "Bad"),
        1: pgettext("rating", "Very bad"),
    }


def by_text(card: dict[str, Any], link: str) -> str:
    """Return the card as channels that carry only text say it, in the language that is active."""
    how = _("Answer with a number from 1 (very bad) to 5 (very good), or here: %(link)s")
    return f"{card['text']} {how % {'link': link}}"


def stars(value: int) -> str:
    return "★" * value + "☆" * (5 - value)


def agent_name(conversation: Conversation) -> str:
    agent = conversation.resolved_by or conversation.assignee
    return agent.name if agent else ""
