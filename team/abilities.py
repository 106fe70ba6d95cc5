"""What roles may do in the team's room and about what has to be accounted for (people/abilities.py)."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.abilities import ADMINS, Abilities, Ability

ROOM = [
    Abilities(
        "team",
        pgettext_lazy("room", "Team"),
        "users-group",
        (
            Ability(
                "tasks.others",
                _("Look after everybody's tasks"),
                _("See, give away, put off and cancel the tasks of others. Everybody looks after their own."),
            ),
            Ability(
                "figures.read",
                _("See everybody's performance"),
                _(
                    "The ranking with its file and the cases behind each number. Everybody sees their own figures."
                ),
            ),
            Ability(
                "wall.read",
                _("Open the wallboard"),
                _("See who waits and who is there now, on a large screen."),
            ),
            Ability(
                "announcements.write",
                _("Write announcements"),
                _("Tell teams that serve their stores something, and see who has read it."),
            ),
            Ability(
                "announcements.everybody",
                _("Announce to everybody"),
                _("Tell all who work here, whatever their team, with one announcement."),
                ADMINS,
            ),
        ),
    ),
]
RECORD = [
    Abilities(
        "accountability",
        _("Accountability"),
        "history",
        (
            Ability(
                "audit.export",
                _("Download the audit trail"),
                _("Take what the page shows as a file. That, too, is written down."),
            ),
            Ability(
                "buyers.export",
                _("Export buyers' data"),
                _("Have everything gathered that is held about a buyer, as a file for them."),
            ),
            Ability(
                "buyers.erase",
                _("Erase buyers"),
                _(
                    "Have everything personal about a buyer erased for good, and take that back while it is held."
                ),
                ADMINS,
            ),
        ),
    ),
]
