"""Money is an integer count of minor units and an ISO 4217 currency; nothing here ever sees a float."""

from decimal import Decimal, InvalidOperation

from babel.numbers import format_currency, get_currency_precision
from django.utils import translation


def money(amount: int, currency: str) -> dict[str, int | str]:
    """Return the wire form, `{"amount": 1250, "currency": "CNY"}`."""
    return {"amount": amount, "currency": currency}


def display(amount: int, currency: str, language: str | None = None) -> str:
    """Return `amount` minor units as a person of `language` (default: the active one) writes it."""
    locale = translation.to_locale(language or translation.get_language() or "en")
    value = Decimal(amount).scaleb(-get_currency_precision(currency))
    return format_currency(value, currency, locale=locale)


def parse(text: str, currency: str) -> int:
    """Return the minor units that a person's decimal `text` means.

    Raises ValueError for anything that is not a finite number, or that is finer than the minor unit.
    """
    precision = get_currency_precision(currency)
    try:
        value = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not value.is_finite() or abs(value) > 10**12:
        raise ValueError("not a number")
    minor = value.scaleb(precision)
    if minor != minor.to_integral_value():
        raise ValueError("finer than the smallest coin")
    return int(minor)
