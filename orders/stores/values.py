"""Values as shops write them: decimals, times, texts of any length."""

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from babel.numbers import get_currency_precision
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_noop

from orders.stores.base import StoreRefused


def minor(text: Any, currency: str) -> int:
    """Return a decimal ("12.50", 12.5) as minor units of the currency, rounded as people do; nothing is 0.

    Raises StoreRefused where it is no number.
    """
    if text in (None, ""):
        return 0
    try:
        amount = Decimal(str(text)).scaleb(get_currency_precision(currency))
        return int(amount.quantize(Decimal(1), ROUND_HALF_UP))
    except (InvalidOperation, ValueError, OverflowError):
        raise StoreRefused(gettext_noop("An amount of the store is not a number.")) from None


def moment(text: Any) -> str:
    """Return a time (of UTC, where it says nothing else) in ISO 8601 with its offset; empty where there is none."""
    try:
        found = parse_datetime(str(text)) if text else None
    except ValueError:
        found = None
    if found is None:
        return ""
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


def cut(text: Any, limit: int) -> str:
    """Return a text as orders.sync takes it: shorter rather than refused."""
    words = "" if text is None else str(text).replace("\x00", "").strip()
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"


def now() -> str:
    return datetime.now(UTC).isoformat()
