"""What events of announcements say."""

from django.utils.translation import gettext_lazy, pgettext_lazy

from events import names
from events.wording import Vocabulary, Words

ANNOUNCEMENTS = Vocabulary(
    "announcements",
    gettext_lazy("Announcements"),
    "speakerphone",
    {
        names.ANNOUNCEMENT_SCHEDULED: Words(
            gettext_lazy("Announcement scheduled"), gettext_lazy("scheduled “{title}” for {publish_at}")
        ),
        names.ANNOUNCEMENT_PUBLISHED: Words(
            gettext_lazy("Announcement published"), gettext_lazy("published “{title}” to {people} people")
        ),
        names.ANNOUNCEMENT_CHANGED: Words(
            gettext_lazy("Announcement changed"), gettext_lazy("changed “{title}”")
        ),
        names.ANNOUNCEMENT_ENDED: Words(gettext_lazy("Announcement ended"), gettext_lazy("ended “{title}”")),
        names.ANNOUNCEMENT_CONFIRMED: Words(
            gettext_lazy("Announcement confirmed"), gettext_lazy("confirmed to have read “{title}”")
        ),
        names.ANNOUNCEMENT_REMINDED: Words(
            gettext_lazy("Reminded of an announcement"),
            gettext_lazy("reminded {people} people of “{title}”"),
        ),
    },
    {
        "body": pgettext_lazy("announcement", "Text"),
        "everybody": gettext_lazy("Everybody"),
        "importance": gettext_lazy("Importance"),
        "publish_at": gettext_lazy("Published at"),
        "expires_at": gettext_lazy("Ends at"),
        "version": gettext_lazy("To be read anew"),
    },
)
