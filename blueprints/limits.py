"""How often somebody may ask: counted in Redis, open when Redis is away, except for signing in (interfaces.md 1.6)."""

import hashlib
import logging
import time

from flask import Flask, current_app, request
from limits import RateLimitItem, parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from redis import RedisError

from app import users
from app.errors import LimitReached, Unauthenticated, Unavailable
from app.users import Person

log = logging.getLogger(__name__)

SIGN_IN = parse("10/minute")
WRONG_PASSWORDS = parse("5/15minutes")
TENANT = parse("1000/minute")
WRITES = parse("120/minute")
SERVICE_KEY = parse("3000/minute")
DISPATCH = parse("100/minute")
AVAILABILITY = parse("100/15minutes")
NOTIFY = parse("60/minute")
SAFE = ("GET", "HEAD", "OPTIONS")


class AccountLocked(LimitReached):
    code = "ACCOUNT_LOCKED"


def init_app(web: Flask) -> None:
    """Count in the Redis of the application, with its short waits."""
    settings = web.extensions["settings"]
    waits = {"socket_timeout": 0.25, "socket_connect_timeout": 0.25}
    storage = storage_from_string(settings.redis_url, key_prefix=f"{settings.redis_prefix}:limit", **waits)
    web.extensions["limits"] = FixedWindowRateLimiter(storage)


def counters() -> FixedWindowRateLimiter:
    """The counters of this application; the guards use them, because only they know the caller."""
    return current_app.extensions["limits"]


def spend(limit: RateLimitItem, *names: str) -> None:
    """Use one try of a limit; raises LimitReached when none is left. Without Redis nobody is stopped."""
    try:
        is_left = counters().hit(limit, *names)
    except RedisError:
        log.warning("redis is away: nothing is counted", extra={"limit": str(limit)})
        return
    if not is_left:
        raise LimitReached("Too many requests. Wait a moment.", details={"retry_after": _wait(limit, *names)})


def _wait(limit: RateLimitItem, *names: str) -> int:
    try:
        stats = counters().get_window_stats(limit, *names)
    except RedisError:
        return limit.get_expiry()
    return max(1, round(stats.reset_time - time.time()))


def spend_all(tenant: str, caller: str, *, is_key: bool) -> None:
    """Count one request of a known caller."""
    if is_key:
        spend(SERVICE_KEY, "key", caller)
        return
    spend(TENANT, "tenant", tenant)
    if request.method not in SAFE:
        spend(WRITES, "writes", caller)


def sign_in(kind: type[Person], email: str, password: str) -> Person:
    """Sign somebody in, ten tries a minute from one address; five wrong passwords lock the account for 15 minutes.

    Raises what users.sign_in raises, LimitReached, AccountLocked, and Unavailable without Redis: a guard that cannot
    count lets nobody in.
    """
    account = hashlib.sha256(f"{kind.__name__}:{email.strip().lower()}".encode()).hexdigest()
    try:
        if not counters().hit(SIGN_IN, "sign-in", request.remote_addr or ""):
            raise LimitReached("Too many tries. Wait a minute.", details={"retry_after": 60})
        if not counters().test(WRONG_PASSWORDS, "wrong", account):
            raise AccountLocked("Too many wrong passwords. Wait 15 minutes.", details={"retry_after": 900})
        return _check(kind, email, password, account)
    except RedisError as error:
        current_app.logger.warning("redis is away: nobody can sign in")
        raise Unavailable("Signing in is not possible right now.", details={"retry_after": 5}) from error


def _check(kind: type[Person], email: str, password: str, account: str) -> Person:
    try:
        return users.sign_in(kind, email, password)
    except Unauthenticated:
        counters().hit(WRONG_PASSWORDS, "wrong", account)
        raise
