"""What roles may do with orders (people/abilities.py). How far somebody may go with money are limits (limits.py)."""

from django.utils.translation import gettext_lazy as _

from people.abilities import Abilities, Ability

ABILITIES = [
    Abilities(
        "orders",
        _("Orders"),
        "package",
        (
            Ability(
                "approvals.decide",
                _("Decide on approvals"),
                _("Approve or decline what colleagues ask for above their limits. Never their own."),
            ),
            Ability(
                "actions.settle",
                _("Settle unknown actions"),
                _("Say how it ended where the store gave no answer, after looking at the store."),
            ),
            Ability(
                "actions.hurry",
                _("End the holds of colleagues"),
                _("Let a colleague's action run at once. Everybody may end holds of their own."),
            ),
            Ability(
                "ledger.read",
                _("Read everybody's actions"),
                _("See and download the actions of all agents. Everybody sees their own."),
            ),
            Ability(
                "notes.others",
                _("Change the notes of colleagues"),
                _("Edit and delete notes on orders that somebody else wrote."),
            ),
            Ability(
                "requests.rules",
                _("Set rules for requests"),
                _("Say which requests of buyers are accepted by themselves."),
            ),
            Ability(
                "discounts.free",
                _("Skip steps of the discount ladder"),
                _("Give a discount beyond the next step without approval, within the limits."),
            ),
        ),
    ),
    Abilities(
        "coupons",
        _("Coupons"),
        "ticket",
        (
            Ability(
                "offers.write",
                _("Make offers"),
                _("Set up coupons with their budgets, and the steps of the discount ladder."),
            ),
            Ability(
                "codes.revoke",
                _("Revoke the codes of colleagues"),
                _("Make a code invalid that somebody else gave. Everybody may revoke their own."),
            ),
        ),
    ),
]
