"""Telephone numbers, told apart by what they are and not by how they are written."""

import phonenumbers


def e164(number: str, country: str = "") -> str:
    """Return a number as E.164 (ITU-T), such as +442071838750; empty where it is none.

    `country` (two letters) is where a number without its plus is taken to be from.
    """
    parsed = _parsed(number, country)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) if parsed else ""


def spellings(number: str, country: str = "") -> list[str]:
    """Return the ways in which a number is commonly written down, for a look among what people typed."""
    parsed = _parsed(number, country)
    if parsed is None:
        return []
    formats = phonenumbers.PhoneNumberFormat
    written = [
        phonenumbers.format_number(parsed, way)
        for way in (formats.E164, formats.INTERNATIONAL, formats.NATIONAL)
    ]
    bare = ["".join(filter(str.isdigit, one)) for one in written]
    spaced = [one.replace("-", " ").replace("(", "").replace(")", "") for one in written]
    return list(dict.fromkeys([*written, *spaced, *bare, f"00{bare[0]}"]))


def _parsed(number: str, country: str) -> phonenumbers.PhoneNumber | None:
    text = number.strip()
    if text.startswith("00"):
        text = f"+{text[2:]}"
    try:
        parsed = phonenumbers.parse(text, country.upper() or None)
    except phonenumbers.NumberParseException:
        return None
    return parsed if phonenumbers.is_possible_number(parsed) else None
