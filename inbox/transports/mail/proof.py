"""Whether a mail is from whom it says (RFC 8601): only by the word of the server that takes in mail for us.

Anybody can write an Authentication-Results header. A server that writes them removes those that came in under its
name, and puts its own on top: so the first one under that name counts, and no name means no proof.
"""

import re
from collections.abc import Iterable

from inbox.transports.mail.addresses import ascii_domain

_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"^(dmarc|dkim|spf)\s*=\s*([a-z]+)", re.IGNORECASE)
_PROPERTY = re.compile(
    r"\b(header\.from|header\.d|header\.i|smtp\.mailfrom)\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE
)
_MAX = 8_000  # characters of a header that are looked at


def is_proven(results: Iterable[str], trusted: str, sender: str) -> bool:
    """Tell whether the server `trusted` says that `sender` (an address) wrote it.

    DMARC says so by itself. SPF and DKIM say it of a domain, which must be the sender's own.
    """
    domain = ascii_domain(sender.rpartition("@")[2])
    if not trusted or not domain:
        return False
    for result in results:
        named, said = _parts(result)
        if named == trusted.strip().lower():
            return any(_vouches(one, domain) for one in said)
    return False


def _parts(result: str) -> tuple[str, list[str]]:
    """Return who says it, and what is said of each method."""
    text = result[:_MAX]
    for _depth in range(5):
        text = _COMMENT.sub(" ", text)
    first, *said = [part.strip() for part in text.split(";")]
    return (first.split() or [""])[0].lower(), said


def _vouches(said: str, domain: str) -> bool:
    found = _RESULT.match(said)
    if found is None or found[2].lower() != "pass":
        return False
    method = found[1].lower()
    wanted = {"dmarc": ("header.from",), "dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom",)}[method]
    given = {name.lower(): ascii_domain(value.rpartition("@")[2]) for name, value in _PROPERTY.findall(said)}
    return any(given.get(name) == domain for name in wanted)
