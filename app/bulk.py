"""Many rows in one statement: PostgreSQL reads them out of one JSON parameter (performance.md 0, decision 6).

An ORM flush sends a statement per row; here a hundred rows are one round trip and one plan.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, TextClause, any_, literal, text
from sqlalchemy.orm import DeclarativeBase as Model
from sqlalchemy.orm import InstrumentedAttribute

from app.extensions import db

Row = Mapping[str, Any]


def insert(table: type[Model], rows: Sequence[Row], *, skip_existing: bool = False) -> set[UUID]:
    """Insert rows that all have the same keys; the ids of those that are new.

    With `skip_existing` a row that breaks a unique constraint is left out instead of failing.
    """
    if not rows:
        return set()
    names = ", ".join(f'"{name}"' for name in rows[0])
    conflict = "ON CONFLICT DO NOTHING" if skip_existing else ""
    # Names of tables and columns are ours, values travel in the one parameter.
    statement = (
        f'INSERT INTO "{table.__tablename__}" ({names}) SELECT {names} '  # noqa: S608
        f'FROM jsonb_populate_recordset(NULL::"{table.__tablename__}", CAST(:rows AS jsonb)) {conflict} RETURNING id'
    )
    return set(db.session.scalars(_statement(statement), {"rows": _json(rows)}))


def update(table: type[Model], rows: Sequence[Row]) -> None:
    """Set columns of rows that all have the same keys, `id` among them, which names the row."""
    if not rows:
        return
    names = [name for name in rows[0] if name != "id"]
    changes = ", ".join(f'"{name}" = fresh."{name}"' for name in names)
    statement = (
        f'UPDATE "{table.__tablename__}" SET {changes} '  # noqa: S608
        f'FROM jsonb_populate_recordset(NULL::"{table.__tablename__}", CAST(:rows AS jsonb)) AS fresh '
        f'WHERE "{table.__tablename__}".id = fresh.id'
    )
    db.session.execute(_statement(statement), {"rows": _json(rows)})


def one_of(column: InstrumentedAttribute[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """A column is one of many values, sent as one array: the statement stays the same however many there are."""
    return column == any_(literal(list(values), ARRAY(column.type)))


_statements: dict[str, TextClause] = {}


def _statement(sql: str) -> TextClause:
    # One clause object per shape, so that neither SQLAlchemy nor PostgreSQL parses it again.
    return _statements.setdefault(sql, text(sql))


def _json(rows: Sequence[Row]) -> str:
    return json.dumps([dict(row) for row in rows], default=_plain)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
