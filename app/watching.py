"""Who has a page open: what the live stream says of its listeners, for notices that are shown at once.

Kept in Redis for a little longer than two heartbeats; with Redis away nobody is taken to be watching.
"""

import logging
from uuid import UUID

from flask import current_app
from redis import RedisError

from app import queue

log = logging.getLogger(__name__)


def seen(user_id: UUID) -> None:
    """Somebody's page listens to the stream now."""
    heartbeat: float = current_app.extensions["settings"].stream_heartbeat_seconds
    try:
        queue.redis().set(_key(user_id), 1, px=int(heartbeat * 2500))
    except RedisError:
        log.warning("redis is away: nobody is taken to be watching")


def is_watching(user_id: UUID) -> bool:
    """Whether a page of that person listens."""
    try:
        return bool(queue.redis().exists(_key(user_id)))
    except RedisError:
        return False


def _key(user_id: UUID) -> str:
    return queue.key("watching", str(user_id))
