"""What roles may do with knowledge (people/abilities.py). Everybody reads, drafts and reports what is outdated."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.abilities import Abilities, Ability

ABILITIES = [
    Abilities(
        "knowledge",
        pgettext_lazy("room", "Knowledge"),
        "book",
        (
            Ability(
                "articles.publish",
                _("Publish articles"),
                _("Decide what others read: publish, withdraw and archive, and who sees an article."),
            ),
            Ability(
                "shelves.write",
                _("Set up categories and synonyms"),
                _("Say on which shelves articles stand, and which words mean the same."),
            ),
            Ability(
                "articles.import",
                _("Import articles"),
                _("Take in many articles from a file at once, published where the file says so."),
            ),
        ),
    ),
]
