"""What is kept about the model in Redis beside the breaker: the questions of a day, and whether our key is good."""

import hashlib

from redis import RedisError

from app import queue
from app.clock import now
from app.providers.llm.outcomes import Outcome
from config import Settings

TWO_DAYS = 2 * 86_400
AN_HOUR = 3600


def take(settings: Settings, business: str) -> Outcome | None:
    """Count one question of a business today; why it may not be asked, or None.

    Without Redis nothing is counted, and what cannot be counted is not spent.
    """
    key = queue.key("llm", "asked", business, f"{now():%Y-%m-%d}")
    try:
        pipe = queue.redis().pipeline(transaction=False)
        pipe.incr(key)
        pipe.expire(key, TWO_DAYS)
        count, _ = pipe.execute()
    except RedisError:
        return Outcome.uncounted
    return Outcome.cap_reached if count > settings.llm_daily_cap else None


def can_count() -> bool:
    """Whether questions can be counted now."""
    try:
        return bool(queue.redis().ping())
    except RedisError:
        return False


def note_configuration(settings: Settings, *, is_right: bool) -> None:
    """Remember for an hour that the server refuses our key or our requests, or that it does not."""
    key = _key(settings)
    try:
        queue.redis().delete(key) if is_right else queue.redis().set(key, 1, ex=AN_HOUR)
    except RedisError:
        return


def is_misconfigured(settings: Settings) -> bool:
    """Whether the last word of the server was that it does not want us."""
    try:
        return bool(queue.redis().exists(_key(settings)))
    except RedisError:
        return False


def _key(settings: Settings) -> str:
    secret = settings.llm_api_key.get_secret_value()
    chosen = (settings.llm_provider, settings.llm_base_url, settings.llm_model, settings.llm_output_mode, secret)
    return queue.key("llm", "refused", hashlib.sha256("\n".join(chosen).encode()).hexdigest()[:16])
