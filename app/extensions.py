"""The Flask extensions, unbound until create_app."""

import enum
from datetime import datetime
from typing import Any
from uuid import UUID

import uuid_utils
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Enum, MetaData, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, registry

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
TYPES: dict[Any, Any] = {
    str: Text(),
    datetime: DateTime(timezone=True),
    enum.StrEnum: Enum(enum.StrEnum, native_enum=False, create_constraint=False, length=32),
    UUID: postgresql.UUID(as_uuid=True),
    dict: JSONB(),
    list: JSONB(),
}


class Base(DeclarativeBase):
    # On the registry: Flask-SQLAlchemy 3.1 cannot take a type_annotation_map from the base (its issue 1361).
    registry = registry(
        metadata=MetaData(naming_convention=NAMES),
        type_annotation_map=TYPES,
    )


def uuid7() -> UUID:
    """A new key that sorts by the time it was made (RFC 9562)."""
    return UUID(bytes=uuid_utils.uuid7().bytes)


db = SQLAlchemy(model_class=Base)
login = LoginManager()
