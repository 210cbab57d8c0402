"""The live stream of a business: one reader of Redis per process, and a bounded queue for each page that listens.

Every event of events.py that pages hear of is an entry of the business's Redis stream; its id is the id that a page
names when it comes back, so that it gets exactly what it missed (channels.md 13).
"""

import logging
import queue
import re
import threading
import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from flask import Flask, current_app
from redis import BlockingConnectionPool, Redis, RedisError, ResponseError

from app import events
from app.errors import LimitReached, Unavailable

log = logging.getLogger(__name__)

QUEUED = 200
"""Events that may wait for a slow page; more make it load its state again."""
PER_USER, PER_TENANT, PER_PROCESS = 5, 50, 1_000
BLOCK_MS = 5_000
AGAIN_SECONDS = 0.5
NEVER = "0-0"
ID = re.compile(r"\d{1,19}-\d{1,19}")


class TooManyStreams(LimitReached):
    code = "RATE_LIMIT_EXCEEDED"


class Entry(NamedTuple):
    """One event as pages get it."""

    id: str
    type: str
    told: str
    """Its payload as JSON."""
    to_user: str | None = None

    @property
    def order(self) -> tuple[int, int]:
        """Ids compare as two integers, not as text."""
        milliseconds, _, number = self.id.partition("-")
        return int(milliseconds), int(number)


@dataclass(eq=False)
class Listener:
    """One open page: what waits for it, and whether it has been told to go."""

    tenant_id: UUID
    user_id: UUID
    waiting: "queue.Queue[Entry | None]" = field(default_factory=lambda: queue.Queue(QUEUED))
    is_overrun: bool = False
    is_replaced: bool = False

    def offer(self, entry: Entry) -> None:
        """Queue an event, or remember that the page was too slow for it."""
        try:
            self.waiting.put_nowait(entry)
        except queue.Full:
            self.is_overrun = True

    def replace(self) -> None:
        """Let the page end: its person has opened one too many."""
        self.is_replaced = True
        try:
            self.waiting.put_nowait(None)
        except queue.Full:
            self.is_overrun = True


class Hub:
    """Everybody who listens in this process, and the one reader that serves them."""

    def __init__(self, url: str, wake_key: str) -> None:
        # The default pool refuses the 101st simultaneous command; this one lets it wait.
        pool = BlockingConnectionPool.from_url(
            url, decode_responses=True, max_connections=10, timeout=5, socket_timeout=5, socket_connect_timeout=2
        )
        self.redis = Redis(connection_pool=pool)
        self.url = url
        self.wake = wake_key
        """A stream of our own: an entry ends the wait of the reader when somebody listens to a new business."""
        self.listeners: dict[UUID, list[Listener]] = {}
        self.cursors: dict[UUID, str] = {}
        self.keys: dict[str, UUID] = {}
        self.lock = threading.Lock()
        self.reader: threading.Thread | None = None

    def join(self, tenant_id: UUID, user_id: UUID, key: str) -> Listener:
        """Listen to a business from now on; a person's sixth stream ends his oldest.

        Raises TooManyStreams when the business, and Unavailable when the process, has as many as it may.
        """
        newest = self._newest(key)
        listener = Listener(tenant_id, user_id)
        with self.lock:
            self._make_room(tenant_id, user_id)
            is_new = tenant_id not in self.listeners
            self.listeners.setdefault(tenant_id, []).append(listener)
            self.cursors.setdefault(tenant_id, newest)
            self.keys[key] = tenant_id
            self._ensure_reader()
        if is_new:
            self._nudge()
        return listener

    def _make_room(self, tenant_id: UUID, user_id: UUID) -> None:
        if sum(map(len, self.listeners.values())) >= PER_PROCESS:
            raise Unavailable("Too many pages are open here.", details={"retry_after": 30})
        here = [one for one in self.listeners.get(tenant_id, ()) if not one.is_replaced]
        if len(here) >= PER_TENANT:
            raise TooManyStreams("Too many pages of this business are open.", details={"retry_after": 30})
        mine = [one for one in here if one.user_id == user_id]
        for oldest in mine[: max(0, len(mine) - PER_USER + 1)]:
            oldest.replace()

    def _ensure_reader(self) -> None:
        if self.reader is None or not self.reader.is_alive():
            self.reader = threading.Thread(target=self._read, name="live", daemon=True)
            self.reader.start()

    def _nudge(self) -> None:
        try:
            self.redis.xadd(self.wake, {"now": "1"}, maxlen=1, approximate=False)
            self.redis.expire(self.wake, 60)
        except RedisError:
            log.warning("redis is away: the reader will see the new page after its wait")

    def leave(self, listener: Listener) -> None:
        """Listen no more."""
        with self.lock:
            group = self.listeners.get(listener.tenant_id, [])
            if listener in group:
                group.remove(listener)
            if not group:
                self.listeners.pop(listener.tenant_id, None)
                self.cursors.pop(listener.tenant_id, None)

    def _read(self) -> None:
        # The wait is longer than the shared client's patience, so the reader keeps a connection to itself.
        redis = Redis.from_url(self.url, decode_responses=True, socket_timeout=BLOCK_MS / 1000 + 5)
        woken_at, is_away = NEVER, False
        while True:
            with self.lock:
                streams: dict[Any, Any] = {
                    key: self.cursors[who] for key, who in self.keys.items() if who in self.cursors
                }
                self.keys = {key: who for key, who in self.keys.items() if who in self.cursors}
            try:
                answer: Any = redis.xread({**streams, self.wake: woken_at}, block=BLOCK_MS, count=500) or ()
            except RedisError as error:
                if not is_away:
                    log.warning("redis is away: live pages wait (%s)", type(error).__name__)
                is_away = True
                time.sleep(AGAIN_SECONDS)
                continue
            is_away = False
            for key, rows in answer:
                if key == self.wake:
                    woken_at = rows[-1][0]
                else:
                    self._deliver(key, [_entry(*row) for row in rows])

    def _deliver(self, key: str, entries: list[Entry]) -> None:
        with self.lock:
            tenant_id = self.keys.get(key)
            # Everybody may have left while the reader waited; their place in the stream must not come back to life.
            if tenant_id is None or tenant_id not in self.cursors or not entries:
                return
            self.cursors[tenant_id] = entries[-1].id
            group = list(self.listeners[tenant_id])
        for entry in entries:
            for listener in group:
                listener.offer(entry)

    def _newest(self, key: str) -> str:
        try:
            found: Any = self.redis.xrevrange(key, count=1)
        except RedisError as error:
            raise Unavailable("Live events are not possible right now.", details={"retry_after": 5}) from error
        return found[0][0] if found else NEVER

    def newest(self, key: str) -> str:
        """The id of the last event of a business, for a page that has to begin anew."""
        return self._newest(key)

    def missed(self, key: str, last: str) -> list[Entry] | None:
        """What came after `last`; None when some of it may have been trimmed away, or the id is not one."""
        if not ID.fullmatch(last):
            return None
        try:
            if self._has_gap(key, last):
                return None
            found: Any = self.redis.xrange(key, min=f"({last}")
        except RedisError as error:
            raise Unavailable("Live events are not possible right now.", details={"retry_after": 5}) from error
        return [_entry(*row) for row in found]

    def _has_gap(self, key: str, last: str) -> bool:
        # Trimming leaves max-deleted-entry-id at 0-0: what works is whether the entry that the page saw is still there.
        if last != NEVER:
            return not self.redis.xrange(key, min=last, max=last, count=1)
        try:
            told: Any = self.redis.xinfo_stream(key)
        except ResponseError:
            return False
        return told["entries-added"] > told["length"]


def _entry(entry_id: str, fields: dict[str, str]) -> Entry:
    return Entry(entry_id, fields["type"], fields["data"], fields.get("user"))


def init_app(web: Flask) -> None:
    """Give this process its hub; the reader starts with the first page."""
    settings = web.extensions["settings"]
    web.extensions["live"] = Hub(settings.redis_url, f"{settings.redis_prefix}:live:wake:{uuid4()}")


def hub() -> Hub:
    """The hub of this process."""
    return current_app.extensions["live"]


def join(tenant_id: UUID, user_id: UUID) -> Listener:
    """Listen to the events of a business."""
    return hub().join(tenant_id, user_id, events.stream_key(tenant_id))
