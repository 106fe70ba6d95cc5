"""What roles may do with conversations and buyers (people/abilities.py)."""

from django.utils.translation import gettext_lazy as _

from people.abilities import EVERYBODY, Abilities, Ability

ABILITIES = [
    Abilities(
        "conversations",
        _("Conversations"),
        "messages",
        (
            Ability(
                "conversations.merge",
                _("Merge conversations"),
                _("Make two conversations of a buyer one, and take that back."),
                EVERYBODY,
            ),
            Ability(
                "conversations.bulk",
                _("Change many conversations at once"),
                _("Give away, tag, snooze or resolve what was selected in the list."),
                EVERYBODY,
            ),
            Ability(
                "canned.write",
                _("Write canned replies"),
                _("Add, change and delete the replies that everybody can use."),
            ),
            Ability(
                "tags.write", _("Set up tags"), _("Rename, recolour and delete the tags of conversations.")
            ),
        ),
    ),
    Abilities(
        "buyers",
        _("Buyers"),
        "user",
        (
            Ability(
                "buyers.merge",
                _("Merge and split buyers"),
                _("Make two buyers one, take that back, or say that they are two people."),
                EVERYBODY,
            ),
            Ability(
                "buyers.block",
                _("Block buyers"),
                _("Keep somebody from writing for a while, and let them write again."),
                EVERYBODY,
            ),
        ),
    ),
]
