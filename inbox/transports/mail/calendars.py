"""An invitation in a line of words: what for, and when (RFC 5545). The file itself is kept beside it."""

import re

from inbox.transports.mail.addresses import one_line

_MAX = 200_000
_ESCAPED = re.compile(r"\\([\\;,nN])")
_TIME = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})\d{2}(Z?))?$")


def in_words(content: bytes) -> str:
    """Return "Fitting, 2027-05-03 10:00 UTC" for the first event of a calendar; "" where there is none in it."""
    text = content[:_MAX].decode("utf-8", "replace").replace("\r\n", "\n")
    lines = re.sub(r"\n[ \t]", "", text).split("\n")  # long lines are folded
    found: dict[str, str] = {}
    inside = False
    for line in lines:
        name, _colon, value = line.partition(":")
        name = name.partition(";")[0].upper()
        if name == "BEGIN" and value.strip().upper() == "VEVENT":
            inside = True
        elif name == "END" and value.strip().upper() == "VEVENT":
            break
        elif inside and name in ("SUMMARY", "DTSTART"):
            found.setdefault(name, value.strip())
    what = one_line(_ESCAPED.sub(lambda m: " " if m[1] in "nN" else m[1], found.get("SUMMARY", "")), 200)
    return ", ".join(filter(None, [what, _when(found.get("DTSTART", ""))]))


def _when(value: str) -> str:
    found = _TIME.match(value)
    if found is None:
        return ""
    day = f"{found[1]}-{found[2]}-{found[3]}"
    return f"{day} {found[4]}:{found[5]}{' UTC' if found[6] else ''}" if found[4] else day
