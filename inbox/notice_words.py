"""What notices about conversations say."""

from django.utils.translation import gettext_lazy as _

from people.notices import NoticeWords

MESSAGE = "message"
ROUTED = "routed"
MENTION = "mention"
ASSIGNED = "assigned"
LOW_RATING = "low_rating"
DUE_SOON = "reply_due_soon"
OVERDUE = "reply_overdue"
TEAM_GIVEN = "team_given"

WORDS = {
    MESSAGE: NoticeWords(
        "{name}",
        "{said}",
        "message",
        label=_("A buyer writes, in your conversations or in one that nobody has"),
        sound="message",
        by_page=True,
    ),
    ROUTED: NoticeWords(
        "{name}",
        _("was assigned to you"),
        "user-check",
        label=_("You are given a conversation by the rules"),
        sound="message",
        by_page=True,
    ),
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
    DUE_SOON: NoticeWords(
        _("An answer is due soon"),
        _("{buyer}: {said}"),
        "clock-exclamation",
        label=_("An answer is due soon"),
    ),
    OVERDUE: NoticeWords(
        _("An answer is overdue"),
        _("{buyer}: {said}"),
        "alert-triangle",
        label=_("An answer is overdue"),
        urgent=True,
    ),
    TEAM_GIVEN: NoticeWords(
        _("{by} gave {team} a conversation"),
        _("{buyer}: {said}"),
        "users-group",
        label=_("A colleague gives your team a conversation, with a note"),
    ),
}
