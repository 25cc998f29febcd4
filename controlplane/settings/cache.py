"""The cache entry of Django's settings: it counts requests and tries, and holds heartbeats."""

from typing import Any

from redis.backoff import NoBackoff
from redis.retry import Retry

NO_RETRY = Retry(NoBackoff(), 0)


def caches(redis: str) -> dict[str, dict[str, Any]]:
    """Return CACHES with the Redis at this address; within the process when there is none."""
    if not redis:
        return {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    return {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": redis,
            "KEY_PREFIX": "seneschal",
            "TIMEOUT": 300,
            # A cache that is away costs a request two seconds at most, and then its answer.
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2, "retry": NO_RETRY},
        }
    }
