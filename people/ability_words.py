"""What roles may do about the desk itself. All else in its settings is for admins: it reaches every store."""

from django.utils.translation import gettext_lazy as _

from people.abilities import Abilities, Ability

ABILITIES = [
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
