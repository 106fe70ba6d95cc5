"""A number for an answer: on channels without pages the buyer may write back "5", or "4 stars, a bit slow".

Taken for a rating only where that is what it must be: the question was the last thing said, on this very channel, not
longer than a day ago, and the words begin with a number of stars and ask nothing. Everything else is a message, as
ever: a rating that was missed costs a star, a message that was taken for one costs a buyer. (docs/ratings.md)
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from inbox import transports
from inbox.models import Channel, Conversation, Delivery, Message, Rating, RatingAsk
from inbox.services.rating import rate
from people.models import Buyer

if TYPE_CHECKING:
    from inbox.transports.base import Said

ANSWERED_WITHIN = timedelta(hours=24)
MAX_WORDS = 300
_STAR = "[⭐★🌟]"
_UNIT = rf"(?:\s*/\s*5|\s*(?:stars?|points?)\b|\s*(?:颗星|星(?!期)|分(?![钟之期]))|\s*{_STAR})"
# A number and nothing; with what it counts, and then words; or with a mark after which words begin.
_NUMBER = re.compile(
    rf"(?P<n>[1-5])(?:(?P<unit>{_UNIT})[\s.,!;:、，。！；：–—-]*(?P<a>.*)|[.!。！]*|\s*(?:[,!;，！；]|\s[–—-]\s|\n)\s*(?P<b>.*))",
    re.IGNORECASE | re.DOTALL,
)
_STARS = re.compile(rf"(?P<n>(?:{_STAR}\s*){{1,5}})(?P<b>.*)", re.DOTALL)
_ASKS = re.compile(
    r"[?？¿]|\b(?:where|when|why|who|how|what|which|can|could|please|still|but|not yet)\b"
    r"|吗|呢|请|麻烦|怎么|什么|哪|何时|多久|多少|为何|还没|还是|但是",
    re.IGNORECASE,
)
_NOT_LEFT = (Delivery.State.QUEUED, Delivery.State.FAILED, Delivery.State.CANCELLED)


@dataclass(frozen=True)
class Answer:
    value: int
    comment: str = ""


def read(text: str) -> Answer | None:
    """Return the rating that a text is; None: it is a message."""
    plain = unicodedata.normalize("NFKC", text).replace("\ufe0f", "").replace("\u20e3", "").strip()
    if match := _STARS.fullmatch(plain):
        value = len(re.sub(r"\s", "", match["n"]))
        words = match["b"]
    elif match := _NUMBER.fullmatch(plain):
        value = int(match["n"])
        words = match["a"] or match["b"] or ""
    else:
        return None
    words = words.strip(" \t\n.,!;:、，。！；：–—-")
    # "5, 6 and 7 are missing" counts goods; whoever asks waits for an answer.
    if len(words) > MAX_WORDS or words[:1].isdigit() or re.match(_STAR, words) or _ASKS.search(words):
        return None
    return Answer(value, words)


def asked_of(channel: Channel, said: "Said", buyer: Buyer) -> tuple[RatingAsk, Answer] | None:
    """Return the question that a message answers with a number; None: it answers none.

    In a transaction: the conversation is locked, so that what was the last thing said still is.
    """
    if said.media or said.automatic or said.opted_out is not None or transports.get(channel.kind).is_letter:
        return None
    answer = read(said.text)
    if answer is None:
        return None
    rows = RatingAsk.objects.filter(conversation__buyer=buyer, state=RatingAsk.State.ASKED)
    row = rows.select_related("message").order_by("-asked_at").first()
    if row is None or row.message is None or not _is_fresh(row, timezone.now()):
        return None
    theirs = Conversation.objects.filter(buyer=buyer).select_for_update(of=("self",)).order_by("id")
    found = {c.id: c for c in theirs}
    c = found.get(row.conversation_id)
    if c is None or any(other.status != Conversation.Status.RESOLVED for other in found.values()):
        return None
    if c.resolved_at != row.round or not _came_by(row.message, channel):
        return None
    row.refresh_from_db(fields=["answer_seq"])
    said_last = Message.objects.filter(conversation=c, private=False).exclude(kind=Message.Kind.SYSTEM)
    last = said_last.order_by("-seq").values_list("seq", flat=True).first()
    return (row, answer) if last in (row.message.seq, row.answer_seq) else None


def _is_fresh(row: RatingAsk, now: datetime) -> bool:
    return row.asked_at is not None and now - row.asked_at <= ANSWERED_WITHIN


def _came_by(message: Message, channel: Channel) -> bool:
    """Whether it went to the buyer over this very channel."""
    return message.deliveries.filter(channel=channel).exclude(state__in=_NOT_LEFT).exists()


def take(row: RatingAsk, answer: Answer, message: Message, buyer: Buyer) -> None:
    """Note the rating that a message of the buyer was; in its transaction."""
    RatingAsk.objects.filter(pk=row.pk).update(answer_seq=message.seq)
    rate(
        buyer_id=buyer.id,
        conversation_id=row.conversation_id,
        rating=answer.value,
        comment=answer.comment,
        way=Rating.Way.REPLY,
        round=row.round,
    )
