"""Lists in pages: a cursor remembers the last row, the order and the filters (interfaces.md 1.4)."""

import base64
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from app.errors import Malformed
from app.extensions import db
from blueprints.schemas import Page


class InvalidCursor(Malformed):
    code = "INVALID_CURSOR"


def listed(
    rows: Select[Any],
    wanted: Page,
    *,
    by: InstrumentedAttribute[Any],
    key: InstrumentedAttribute[UUID],
    shape: Callable[[Any], dict[str, Any]],
    rising: bool = False,
) -> dict[str, Any]:
    """One page of rows in the order of `by`, newest first unless `rising`; `key` breaks ties."""
    place = tuple_(by, key)
    if wanted.cursor is not None:
        last = _read(wanted, by)
        rows = rows.where(place > last if rising else place < last)
    order = (by.asc(), key.asc()) if rising else (by.desc(), key.desc())
    found = db.session.scalars(rows.order_by(*order).limit(wanted.limit + 1)).all()
    shown = found[: wanted.limit]
    more = _write(wanted, getattr(shown[-1], by.key), getattr(shown[-1], key.key)) if len(found) > len(shown) else None
    return {"items": [shape(row) for row in shown], "next_cursor": more}


def whole(items: list[dict[str, Any]]) -> dict[str, Any]:
    """A list that is short enough to be one page."""
    return {"items": items, "next_cursor": None}


def _write(wanted: Page, value: Any, key: UUID) -> str:
    shown = value.isoformat() if isinstance(value, datetime) else str(value)
    told = json.dumps([wanted.filters(), shown, str(key)])
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def _read(wanted: Page, by: InstrumentedAttribute[Any]) -> tuple[Any, UUID]:
    cursor = wanted.cursor or ""
    try:
        filters, value, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        place = datetime.fromisoformat(value) if by.type.python_type is datetime else by.type.python_type(value)
        last = (place, UUID(key))
    except (ValueError, TypeError, AttributeError) as error:
        raise InvalidCursor("This cursor is not one of ours.") from error
    if filters != wanted.filters():
        raise InvalidCursor("This cursor belongs to other filters.")
    return last
