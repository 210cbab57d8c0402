"""Answers that are put together from several services: a part that fails is missing, the rest is there."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.errors import DomainError
from app.extensions import db

log = logging.getLogger(__name__)

PATIENCE = text("SET LOCAL statement_timeout = '2s'")


def gather(parts: Mapping[str, Callable[[], Any]]) -> tuple[dict[str, Any], list[str]]:
    """The parts by name, None where one failed or took longer than two seconds, and the names of those."""
    told: dict[str, Any] = {}
    failed: list[str] = []
    db.session.execute(PATIENCE)
    for name, part in parts.items():
        try:
            with db.session.begin_nested():
                told[name] = part()
        except (SQLAlchemyError, DomainError):
            log.warning("a part of an answer failed", extra={"part": name}, exc_info=True)
            told[name] = None
            failed.append(name)
    return told, failed
