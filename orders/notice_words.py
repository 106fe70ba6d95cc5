"""What notices about orders say."""

from django.utils.translation import gettext_lazy as _

from people.notices import NoticeWords

WORDS = {
    "approval": NoticeWords(
        "{name}",
        _("asks for approval: {what}"),
        "shield-check",
        label=_("Something waits for your approval"),
        by_page=True,
    ),
    "approved": NoticeWords(
        "{name}",
        _("approved what you asked for: {what}"),
        "circle-check",
        label=_("What you asked for is approved"),
        by_page=True,
    ),
    "rejected": NoticeWords(
        "{name}",
        _("rejected what you asked for: {what}"),
        "circle-x",
        label=_("What you asked for is rejected"),
        by_page=True,
    ),
}
