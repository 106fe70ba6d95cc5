"""A cache in Redis that is a help and never a hindrance: while Redis is away everything is a miss, nothing fails."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache.backends import redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def _or(answer: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give what `answer` makes of the arguments where Redis does not."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def tried(*args: Any, **kwargs: Any) -> Any:
            try:
                return method(*args, **kwargs)
            except (RedisError, OSError) as error:
                log.warning("the cache does not answer: %s", error)
                return answer(*args, **kwargs)

        return tried

    return decorate


def _no_such_key(self: Any, key: str, *args: Any, **kwargs: Any) -> int:
    raise ValueError(f"Key {key!r} not found")  # what a cache says of what it does not hold


class ForgivingRedisCache(redis.RedisCache):
    """Counters (of log-ins, of requests) count nothing while Redis is away: that lets people work."""

    add = _or(lambda *args, **kwargs: True)(redis.RedisCache.add)
    get = _or(lambda self, key, default=None, version=None: default)(redis.RedisCache.get)
    set = _or(lambda *args, **kwargs: None)(redis.RedisCache.set)
    touch = _or(lambda *args, **kwargs: False)(redis.RedisCache.touch)
    delete = _or(lambda *args, **kwargs: False)(redis.RedisCache.delete)
    has_key = _or(lambda *args, **kwargs: False)(redis.RedisCache.has_key)
    incr = _or(_no_such_key)(redis.RedisCache.incr)
    get_many = _or(lambda *args, **kwargs: {})(redis.RedisCache.get_many)
    set_many = _or(lambda self, data, *args, **kwargs: list(data))(redis.RedisCache.set_many)
    delete_many = _or(lambda *args, **kwargs: None)(redis.RedisCache.delete_many)
    clear = _or(lambda *args, **kwargs: False)(redis.RedisCache.clear)
