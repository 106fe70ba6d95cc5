"""Public ids: UUIDs of version 7 (RFC 9562), ordered by time and unguessable."""

import secrets
import time
import uuid


def new_id() -> uuid.UUID:
    """Return a fresh UUIDv7: 48 bits of Unix milliseconds, then 74 random bits.

    Ordered by time, so that index pages fill in order; random enough that knowing one id tells nothing
    about its neighbours. (The standard library has none before Python 3.14.)
    """
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76  # version
    value = value & ~(0x3 << 62) | 0x2 << 62  # variant
    return uuid.UUID(int=value)


def parse_id(text: object) -> uuid.UUID | None:
    """Return the UUID that `text` spells, or None where it spells none."""
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None
