"""What rings for those who have not read an announcement."""

from django.utils.translation import gettext_lazy as _

from people.notices import NoticeWords
from team.announcing.receipts import NOTICE

WORDS = {
    NOTICE: NoticeWords(
        _("Please read: {title}"),
        _("An announcement by {author}"),
        "speakerphone",
        label=_("Reminders of announcements"),
    ),
}
