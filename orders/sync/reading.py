"""Reading what a store says: exactly right, or refused by the name of the field."""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from orders.errors import InvalidParams

ADDRESS = ("name", "phone", "line1", "line2", "city", "region", "postcode", "country")
MAX_PARTS = 500
CLOCKS_DIFFER = timedelta(minutes=5)


def read_text(value: Any, attr: str, limit: int, *, empty: bool = True) -> str:
    if not isinstance(value, str) or "\x00" in value or len(value) > limit or not (value.strip() or empty):
        raise InvalidParams(
            _("That is a text of at most %(limit)s characters.") % {"limit": limit}, attr=attr
        )
    return value.strip()


def read_time(value: Any, attr: str) -> datetime:
    moment = value
    if isinstance(value, str):
        try:
            moment = parse_datetime(value)
        except ValueError:
            moment = None
    if not isinstance(moment, datetime) or timezone.is_naive(moment) or not 1970 <= moment.year < 2200:
        raise InvalidParams(_("A time is ISO 8601 with its offset."), attr=attr)
    return moment


def read_clock(payload: dict[str, Any]) -> datetime:
    """Return when the store says that this was so: by its own clock, or now.

    A clock that is far ahead would make everything later look old, so it is not believed.
    """
    now = timezone.now()
    if "updated_at" not in payload:
        return now
    said_at = read_time(payload["updated_at"], "updated_at")
    return now if said_at > now + CLOCKS_DIFFER else said_at


def read_list(value: Any, attr: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or len(value) > MAX_PARTS or not all(isinstance(v, dict) for v in value):
        raise InvalidParams(_("That is a list of objects."), attr=attr)
    return value


def read_address(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or value.keys() - set(ADDRESS):
        raise InvalidParams(_("An address has other parts."), attr="address")
    return {name: read_text(value[name], "address", 160) for name in ADDRESS if name in value}


def read_url(value: Any, attr: str) -> str:
    url = read_text(value, attr, 300)
    if url:
        try:
            URLValidator(schemes=["http", "https"])(url)
        except ValidationError:
            raise InvalidParams(_("That is no web address."), attr=attr) from None
    return url


def read_flag(value: Any, attr: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidParams(_("That is true or false."), attr=attr)
    return value


def read_currency(value: Any) -> str:
    currency = read_text(value, "currency", 3, empty=False)
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha() and currency.isupper()):
        raise InvalidParams(_("A currency is three capital letters."), attr="currency")
    return currency
