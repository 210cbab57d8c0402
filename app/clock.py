"""The one source of time; tests freeze it."""

from datetime import UTC, datetime


def now() -> datetime:
    """This moment, aware and in UTC."""
    return datetime.now(UTC)
