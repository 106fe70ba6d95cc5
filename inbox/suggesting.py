"""What a buyer's message suggests to say next (settings.SUGGESTERS): the protocol, and canned replies.

Each suggester looks at one message when an agent looks at it, and offers what fits. What is shown, used and ignored,
and how that ranks, is kept by knowledge/services/suggestions.py.
"""

import math
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Protocol

from django.conf import settings
from django.db.models import Q
from django.utils.module_loading import import_string

from helpdesk.lib.text import index_terms, query_terms
from inbox.canned import Filler, canned_for
from inbox.cards import language_of
from inbox.models import CannedReply, Conversation, Message
from people.models import Agent

MOST_TERMS = 40  # of a message: what it is about is said early
LONGEST = 4_000  # characters of a message that are looked at


@dataclass(frozen=True)
class Offer:
    """One thing to say, as one click says it: words for the reply (`insert`), or a card (`card`: kind and ref).

    `ref` is what it is, and `about` what is learned of it: that this one is used, whichever order it is for.
    `fit` is how well it fits, from 0 to 1. `label` is what stands on it, `detail` more of it.
    """

    kind: str
    ref: str
    about: str
    fit: float
    label: str
    icon: str
    detail: str = ""
    insert: str = ""
    card: tuple[str, str] | None = None
    data: dict[str, Any] | None = None  # what the page needs besides


class Suggester(Protocol):
    kind: ClassVar[str]

    def offers(self, *, agent: Agent, conversation: Conversation, message: Message) -> list[Offer]:
        """Return what fits, in any order. Conversation: with buyer and store. Raises nothing for any text."""
        ...


@cache
def all_suggesters() -> list[Suggester]:
    return [import_string(path)() for path in settings.SUGGESTERS]


class CannedReplies:
    """Canned replies that share words with the message: words that few replies have count more."""

    kind = "canned"
    ENOUGH = 0.3  # of what the message says that any reply could answer
    MOST = 3

    def offers(self, *, agent: Agent, conversation: Conversation, message: Message) -> list[Offer]:
        rows = canned_for(agent).filter(Q(store=None) | Q(store=conversation.store_id))
        replies = list(rows.filter(language=language_of(conversation)).distinct().order_by("shortcut", "id"))
        asked = terms_of(message.body)
        filler = Filler(conversation, agent)
        return [
            Offer(
                kind=self.kind,
                ref=str(reply.id),
                about=str(reply.id),
                fit=fit,
                label=reply.title,
                icon="bolt",
                detail=text,
                insert=text,
            )
            for reply, fit in fitting(asked, replies)[: self.MOST]
            for text, _missing in [filler.fill(reply)]
        ]


def terms_of(text: str) -> list[str]:
    """Return what a message is about as terms, without the words that every message has."""
    return [term for term in query_terms(text[:LONGEST], limit=MOST_TERMS) if term not in _common()]


def fitting(asked: Collection[str], replies: list[CannedReply]) -> list[tuple[CannedReply, float]]:
    """Return the replies that fit what is asked, with how well, the best first."""
    texts = {
        reply.id: (
            set(index_terms(f"{reply.shortcut} {reply.title}").split()),
            set(index_terms(reply.body).split()),
        )
        for reply in replies
    }
    has = Counter(term for head, body in texts.values() for term in (head | body).intersection(asked))
    weight = {term: math.log(1 + (len(replies) + 1) / count) for term, count in has.items()}
    whole = sum(weight.values())
    found = []
    for reply in replies:
        head, body = texts[reply.id]
        # What a reply is called says what it is for; a word of its text may stand there by chance.
        matched = sum(w if term in head else w / 2 for term, w in weight.items() if term in head | body)
        if whole and matched / whole >= CannedReplies.ENOUGH and any(term in head for term in weight):
            found.append((reply, min(1.0, matched / whole)))
    return sorted(found, key=lambda pair: (-pair[1], pair[0].shortcut, str(pair[0].id)))


# Words of greetings and grammar, as they are written: what a message is about is in none of them.
_COMMON = (
    "a an and are at be by can could do does did for from have has had hello help hey hi how i if in is it its me my "
    "no not of ok on or our please thank thanks that the their them there this to was we what when where which who why "
    "will with would you your yes "
    "ei että hei ja joka jos kiitos kun kuin me minun mitä miten missä mutta nyt olen olet olla on ole onko oli se "
    "sen tai te tämä voi voisi voinko "
    "你好 您好 请问 谢谢 可以 我的 一下 什么 怎么 这个 那个 没有 你们 我们 是不 不是 的 了 吗 呢 我 你 是 在 有 好"
)


@cache
def _common() -> frozenset[str]:
    return frozenset(term for word in _COMMON.split() for term in [word, *query_terms(word)])
