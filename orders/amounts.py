"""Reading amounts from outside: whole minor units in the order's own currency, or a refusal."""

from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from django.utils.translation import gettext as _

from orders.errors import InvalidParams

# Far above any order, far below what a column or another system's 64 bits hold.
MAX_AMOUNT = 10**12


def read_amount(value: Any, currency: str, attr: str, maximum: int = MAX_AMOUNT) -> int:
    """Return the minor units of `value`: an integer, or `{"amount": integer, "currency": the order's}`.

    Nothing is rounded or guessed: a float, a text, a boolean (an `int` to Python) or another currency raises
    InvalidParams, as does anything below zero or above `maximum`.
    """
    if isinstance(value, dict):
        if value.keys() != {"amount", "currency"}:
            raise InvalidParams(_("Money is an amount and a currency."), attr=attr)
        if value["currency"] != currency:
            raise InvalidParams(_("This order is in %(currency)s.") % {"currency": currency}, attr=attr)
        value = value["amount"]
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidParams(_("An amount is a whole number of the smallest coin."), attr=attr)
    if value < 0:
        raise InvalidParams(_("An amount cannot be below zero."), attr=attr)
    if value > maximum:
        raise InvalidParams(_("That amount is too large."), attr=attr)
    return value


def plain(amount: int, currency: str) -> str:
    """Return the amount as digits that a person edits: 690 USD as "6.90", 690 JPY as "690"."""
    return format(Decimal(amount).scaleb(-get_currency_precision(currency)), "f")
