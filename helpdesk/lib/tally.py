"""How often something was done in this minute, counted by the cache for every process.

A cache that does not answer counts nothing: a desk must go on without Redis.
"""

import time

from django.core.cache import cache
from redis.exceptions import RedisError


def count(name: str) -> int:
    """Count once more, and return how often it was in this minute."""
    key = _key(name)
    try:
        cache.add(key, 0, timeout=120)
        return int(cache.incr(key))
    except (RedisError, OSError, ValueError):
        return 0


def counted(name: str) -> int:
    try:
        return int(cache.get(_key(name), 0))
    except (RedisError, OSError):
        return 0


def seconds_left() -> float:
    """Return how long this minute still lasts."""
    return 60 - time.time() % 60


def _key(name: str) -> str:
    return f"{name}:{int(time.time() // 60)}"
