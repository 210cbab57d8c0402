"""The circuit breaker of the model, one per provider and address, shared by all processes through Redis (18.5).

pybreaker holds a lock while it calls; a question takes seconds and many may be on their way, so that the breaker is
only asked before and told after. While Redis is away a breaker of this process alone stands in, closed at first.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pybreaker
from flask import current_app
from redis import RedisError

from app import queue
from app.clock import now
from app.providers.llm.outcomes import TROUBLE, Outcome
from config import Settings

FAIL_MAX, RESET_SECONDS = 3, 60
MOST_REJECTIONS = 5
LONGEST_REST = 600.0
"""Seconds that a server may ask us to stay away, at most."""
COUNTED = frozenset({*TROUBLE, Outcome.answered, Outcome.unreadable, Outcome.refused})


class Trouble(Exception):
    """The server failed, timed out or sent us away."""


def admits(settings: Settings) -> bool:
    """Whether a question may go out: the breaker is closed, or its rest is over and this is the one that tries."""
    circuit = _circuit(settings)
    if circuit.current_state == pybreaker.STATE_CLOSED:
        return True
    return _is_rested(circuit) and _is_first_to_try(settings)


def is_closed(settings: Settings) -> bool:
    """Whether questions go out."""
    return _circuit(settings).current_state == pybreaker.STATE_CLOSED


def record(settings: Settings, outcome: Outcome, retry_after: float | None) -> None:
    """Tell the breaker how a question ended."""
    if outcome not in COUNTED:
        return
    circuit = _circuit(settings)
    with suppress(Trouble, pybreaker.CircuitBreakerError):
        circuit.call(_failing if outcome in TROUBLE else _succeeding)
    if outcome == Outcome.limited and retry_after:
        _rest(circuit, min(retry_after, LONGEST_REST))
    if outcome == Outcome.unreadable:
        judge(settings, is_bad=True)


def judge(settings: Settings, *, is_bad: bool) -> None:
    """Count answers that the guard rejected in a row; five open the breaker, a good one begins anew."""
    counter = _key(settings, "rejected")
    try:
        if not is_bad:
            queue.redis().delete(counter)
            return
        if queue.redis().incr(counter) >= MOST_REJECTIONS:
            queue.redis().delete(counter)
            _circuit(settings).open()
    except RedisError:
        return


def _failing() -> None:
    raise Trouble


def _succeeding() -> None:
    return None


def _rest(circuit: pybreaker.CircuitBreaker, seconds: float) -> None:
    """Open for that long: the moment of opening is placed so that the usual rest ends then."""
    storage = circuit._state_storage  # noqa: SLF001 - pybreaker has no other way to choose how long it stays open
    storage.opened_at = now() + timedelta(seconds=seconds - RESET_SECONDS)
    storage.state = pybreaker.STATE_OPEN


def _is_rested(circuit: pybreaker.CircuitBreaker) -> bool:
    opened_at = circuit._state_storage.opened_at  # noqa: SLF001 - asked without a call, which would lock
    return opened_at is None or now() >= opened_at + timedelta(seconds=RESET_SECONDS)


def _is_first_to_try(settings: Settings) -> bool:
    """One question at a time finds out whether the server is back."""
    try:
        return bool(queue.redis().set(_key(settings, "trying"), 1, nx=True, ex=int(settings.llm_deadline_s) + 1))
    except RedisError:
        return True


def _circuit(settings: Settings) -> pybreaker.CircuitBreaker:
    name = _key(settings)
    shared: dict[str, pybreaker.CircuitBreaker] = current_app.extensions.setdefault("llm_breakers", {})
    alone: dict[str, pybreaker.CircuitBreaker] = current_app.extensions.setdefault("llm_breakers_alone", {})
    try:
        queue.redis().ping()
        return _made(shared, name, lambda: _shared_state(name))
    except RedisError:
        return _made(alone, name, lambda: pybreaker.CircuitMemoryStorage(pybreaker.STATE_CLOSED))


def _shared_state(name: str) -> pybreaker.CircuitBreakerStorage:
    return pybreaker.CircuitRedisStorage(pybreaker.STATE_CLOSED, queue.redis(), namespace=name)


def _made(
    known: dict[str, pybreaker.CircuitBreaker], name: str, storage: Callable[[], pybreaker.CircuitBreakerStorage]
) -> pybreaker.CircuitBreaker:
    if name not in known:
        known[name] = pybreaker.CircuitBreaker(
            fail_max=FAIL_MAX, reset_timeout=RESET_SECONDS, state_storage=storage(), throw_new_error_on_trip=False
        )
    return known[name]


def _key(settings: Settings, *parts: str) -> str:
    server = f"{settings.llm_provider}\n{settings.llm_base_url}"
    return queue.key("llm", hashlib.sha256(server.encode()).hexdigest()[:16], *parts)
