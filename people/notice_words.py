"""What notices say that belong to no room."""

from django.utils.translation import gettext_lazy as _

from people.notices import NoticeWords

TEST = "test"

WORDS = {
    TEST: NoticeWords(
        _("This is a test notice"),
        _("If you see or hear this, notices reach you here."),
        "bell",
        label=_("Test notices"),
    ),
}
