"""Alive, ready, and how the services are doing."""

import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from redis import RedisError
from rq import Worker
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from app import queue
from app.extensions import db

bp = Blueprint("health", __name__)

VERSION = "0.1.0"
MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations" / "versions"
CLOCK_LATE_SECONDS = 15


@bp.get("/healthz")
def alive() -> ResponseReturnValue:
    """The process answers; nothing else is asked."""
    return jsonify(status="alive")


@bp.get("/readyz")
def ready() -> ResponseReturnValue:
    """Everything this process leans on, one by one; 503 when the database is not there or not migrated."""
    found = {
        "database": _database(),
        "migrations": _migrations(),
        "redis": _redis(),
        "workers": _workers(),
        "clock": _clock(),
    }
    is_ready = found["database"] == "ok" and found["migrations"] == "ok"
    return jsonify(status="ready" if is_ready else "not ready", checks=found), 200 if is_ready else 503


@bp.get("/health")
def health() -> ResponseReturnValue:
    """The services as interfaces.md 1.1 shows them; they share one database and one process type."""
    is_up, has_workers = _database() == "ok", _workers() == "ok"
    state = "healthy" if is_up and has_workers else "degraded" if is_up else "unhealthy"
    services = dict.fromkeys(("twilio_server", "app_server", "notification_service"), state)
    services |= dict.fromkeys(("tenant_service", "universal_calendar", "web_ui"), "healthy" if is_up else "unhealthy")
    services["dispatch_bot_ai"] = "healthy"
    moment = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return jsonify(status=state, version=VERSION, timestamp=moment, services=services)


def _database() -> str:
    try:
        db.session.execute(select(1))
    except SQLAlchemyError:
        db.session.rollback()
        return "away"
    return "ok"


def _migrations() -> str:
    try:
        at = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError:
        db.session.rollback()
        return "unknown"
    head = migrate_head()
    return "ok" if at == head else f"at {at}, not {head}"


@cache
def migrate_head() -> str:
    """The newest migration there is: their files are numbered, and Alembic itself would cost each process 8 MB."""
    return max(path.name for path in MIGRATIONS.glob("[0-9]*.py")).partition("_")[0]


def _redis() -> str:
    try:
        queue.redis().ping()
    except RedisError:
        return "away"
    return "ok"


def _workers() -> str:
    try:
        return "ok" if Worker.count(connection=queue.redis()) else "none seen"
    except RedisError:
        return "unknown"


def _clock() -> str:
    try:
        tick = queue.redis().get(queue.key("clock", "tick"))
    except RedisError:
        return "unknown"
    return "ok" if tick and time.time() - int(tick) < CLOCK_LATE_SECONDS else "late"
