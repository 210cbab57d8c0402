"""What the services take: one model per request, checked before anything is looked up (interfaces.md 1.1)."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app import phones
from app.errors import Malformed

DAYS_AHEAD = 3_650


class Body(BaseModel):
    """Unknown fields are ignored, so that clients may know more than we do."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Query(BaseModel):
    """The part of an address after the question mark."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Page(Query):
    """Which part of a list is wanted (interfaces.md 1.4)."""

    limit: int = Field(default=20, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=2000)

    def filters(self) -> dict[str, str]:
        """What a cursor fixes besides its place."""
        return {name: str(value) for name, value in self if name not in ("limit", "cursor")}


def _phone(written: str) -> str:
    try:
        return phones.normalise(written)
    except Malformed as error:
        raise ValueError(str(error)) from error


def _within_reason(at: datetime) -> datetime:
    if not 2000 <= at.year <= 2200:
        raise ValueError("is not a sensible time")
    return at.astimezone(UTC)


def _flag(written: object) -> object:
    return {"": None}.get(written, written) if isinstance(written, str) else written


Phone = Annotated[str, StringConstraints(max_length=40), AfterValidator(_phone)]
"""A US number in any usual spelling, read as E.164."""
Moment = Annotated[AwareDatetime, AfterValidator(_within_reason)]
"""RFC 3339 with an offset, read as UTC."""
Flag = Annotated[bool | None, BeforeValidator(_flag)]
Text = Annotated[str, StringConstraints(strip_whitespace=True)]

MOST_DATA = 8_000


def _storable(told: dict[str, Any]) -> dict[str, Any]:
    """JSON knows no NaN, UTF-8 no half of a character, and a row no novel."""
    try:
        size = len(json.dumps(told, ensure_ascii=False, allow_nan=False).encode())
    except ValueError as error:
        raise ValueError("holds what cannot be stored") from error
    if size > MOST_DATA:
        raise ValueError(f"has more than {MOST_DATA} bytes")
    return told


Data = Annotated[dict[str, Any], AfterValidator(_storable)]
"""Whatever a caller wants to have kept, within reason."""

AnyModel = TypeVar("AnyModel", bound=BaseModel)


def given(body: BaseModel) -> dict[str, object]:
    """The fields that were sent, and only those: what is missing stays as it is."""
    return {name: getattr(body, name) for name in body.model_fields_set}
