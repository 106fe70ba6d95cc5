"""Addresses as servers take them (RFC 5321, 5891, 6531), and text that fits on a header's line."""

import unicodedata

import idna


def ascii_domain(domain: str) -> str:
    """Return a domain as it is asked for in the DNS, in lower case: `bücher.example` is `xn--bcher-kva.example`.

    What is no domain is returned as it is: whoever connects to it finds out.
    """
    domain = domain.strip().lower()
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return domain


def for_the_wire(address: str) -> str:
    """Return an address with its domain in ASCII; what stands before the @ is nobody's business but that domain's."""
    local, at, domain = address.strip().rpartition("@")
    return f"{local}{at}{ascii_domain(domain)}"


def one_line(text: str, limit: int) -> str:
    """Return a text that cannot end the line it is put on, no longer than that.

    It holds no control characters, and no encoded words (RFC 2047) either: Python's mail library decodes those
    also in what it is told to write, and whatever they hide would stand in the header as it is.
    """
    kept = "".join(
        " " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text[: limit * 2]
    )
    return " ".join(kept.replace("=?", "= ?").split())[:limit].strip()
