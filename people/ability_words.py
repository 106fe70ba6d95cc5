"""What roles may do about the desk itself. All else in its settings is for admins: it reaches every store."""

from django.utils.translation import gettext_lazy as _

from people.abilities import Abilities, Ability

RECORD = [
    Abilities(
        "accountability",
        _("Accountability"),
        "history",
        (
            Ability(
                "audit.read",
                _("Read the audit trail"),
                _("See who did what at their stores: on its page, and as events of the API."),
            ),
        ),
    ),
]
DESK = [
    Abilities(
        "desk",
        _("The desk"),
        "settings",
        (
            Ability(
                "roles.read",
                _("Read roles and limits"),
                _("See what each role may do, and how far it may go with money. Only admins change them."),
            ),
        ),
    ),
]
