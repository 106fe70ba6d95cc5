"""What notices about conversations say."""

from django.utils.translation import gettext_lazy as _

from people.notices import NoticeWords

MENTION = "mention"
ASSIGNED = "assigned"
LOW_RATING = "low_rating"

WORDS = {
    MENTION: NoticeWords(
        _("{by} mentioned you"),
        _("{buyer}: {said}"),
        "at",
        label=_("Somebody mentions you in a note"),
    ),
    ASSIGNED: NoticeWords(
        _("{by} gave you a conversation"),
        _("{buyer}: {said}"),
        "user-check",
        label=_("A colleague gives you a conversation"),
    ),
    LOW_RATING: NoticeWords(
        _("{buyer} rated {rating} of 5"),
        _("{agent}: {said}"),
        "star",
        label=_("A buyer gives a bad rating"),
    ),
}
