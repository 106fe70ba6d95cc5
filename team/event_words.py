"""What events of the audit trail itself, of personal data, of tasks and of announcements say."""

from django.utils.translation import gettext_lazy

from events import names
from events.wording import Vocabulary, Words
from team.announcing.event_words import ANNOUNCEMENTS
from team.todo.event_words import TASKS

WORDS = [
    Vocabulary(
        "privacy",
        gettext_lazy("Audit and personal data"),
        "shield",
        {
            names.AUDIT_EXPORTED: Words(
                gettext_lazy("Audit trail exported"), gettext_lazy("took the audit trail away as a file")
            ),
            names.BUYER_EXPORT_ASKED: Words(
                gettext_lazy("Data export asked for"),
                gettext_lazy("asked for everything that is held about {buyer}"),
            ),
            names.BUYER_EXPORT_TAKEN: Words(
                gettext_lazy("Data export downloaded"),
                gettext_lazy("downloaded everything that is held about {buyer}"),
            ),
            names.BUYER_ERASURE_ASKED: Words(
                gettext_lazy("Erasure asked for"), gettext_lazy("asked to erase {buyer} at {run_at}")
            ),
            names.BUYER_ERASURE_STOPPED: Words(
                gettext_lazy("Erasure stopped"), gettext_lazy("stopped the erasure of {buyer}")
            ),
            names.BUYER_ERASED: Words(
                gettext_lazy("Buyer erased"), gettext_lazy("erased a buyer, and redacted {events} events")
            ),
        },
    ),
    TASKS,
    ANNOUNCEMENTS,
]
