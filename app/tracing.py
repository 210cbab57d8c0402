"""The id that follows one request through jobs to the text that went out, and the logs that carry it."""

import logging
import logging.config
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog

WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{1,64}")
_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def request_id() -> str | None:
    """The id of the request or job that runs now."""
    return _request_id.get()


def begin(wanted: str | None = None) -> str:
    """Take over a well-formed id, or make a new one."""
    chosen = wanted if wanted and WELL_FORMED.fullmatch(wanted) else f"req_{uuid.uuid4().hex}"
    _request_id.set(chosen)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=chosen)
    return chosen


@contextmanager
def following(wanted: str | None) -> Iterator[str]:
    """Do a piece of work under the id of the request that asked for it."""
    before = _request_id.get()
    try:
        yield begin(wanted)
    finally:
        _request_id.set(before)
        structlog.contextvars.clear_contextvars()


def configure_logs(level: str, *, as_json: bool) -> None:
    """One line per event on standard error, JSON in production, with the request id on every line."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("twilio.http_client", "rq.worker", "apscheduler", "alembic", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
