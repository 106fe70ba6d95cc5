"""Codes that nobody guesses and everybody can read out: ten signs, none of which is taken for another."""

import secrets

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no I and 1, no O and 0
LENGTH = 10  # 50 bits: a guesser at a thousand tries a second needs centuries
MIDDLE = LENGTH // 2


def new_code() -> str:
    signs = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{signs[:MIDDLE]}-{signs[MIDDLE:]}"


def read_code(text: str) -> str:
    """Return the code that somebody typed, as it is stored: whichever case, with or without its hyphen."""
    signs = "".join(text.upper().replace("-", "").split())
    return f"{signs[:MIDDLE]}-{signs[MIDDLE:]}" if len(signs) == LENGTH else text.strip().upper()
