"""Public ids: UUIDs of version 7 (RFC 9562), ordered by time and unguessable."""

import secrets
import threading
import time
import uuid

_lock = threading.Lock()
_last = 0
_SECOND = 1000 << 12


def new_id() -> uuid.UUID:
    """Return a fresh UUIDv7: 48 bits of Unix milliseconds, 12 of the fraction of one, then 62 random bits.

    Ordered by time, so that index pages fill in order, and in one process each greater than the one before:
    what is made in a row (the lines of an order) stays in that order. Random enough that knowing one id tells
    nothing about its neighbours. (RFC 9562, 6.2, method 3. The standard library has none before Python 3.14.)
    """
    global _last
    now = (time.time_ns() << 12) // 1_000_000
    with _lock:
        # A clock that is put right goes back a little, and the order stays; one that was far ahead is not followed.
        if now <= _last < now + _SECOND:
            now = _last + 1
        _last = now
    milliseconds, fraction = now >> 12, now & 0xFFF
    value = (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62
    return uuid.UUID(int=value | secrets.randbits(62))


def parse_id(text: object) -> uuid.UUID | None:
    """Return the UUID that `text` spells, or None where it spells none."""
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None
