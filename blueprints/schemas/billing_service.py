"""What billing-service takes."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.quota import UsageClass
from blueprints.schemas import Body, Data, Moment, Query

Quantity = Annotated[int, Field(ge=1, le=10_000, strict=True)]


class Month(Query):
    period: str | None = Field(default=None, pattern=r"^20\d\d-(0[1-9]|1[0-2])$")


class ReportUsage(Body):
    """The payload of the parent document; `event_id` and `occurred_at` are ours."""

    tenant_id: UUID
    event_type: str = Field(min_length=1, max_length=40)
    quantity: Quantity = 1
    metadata: Data = {}
    event_id: str | None = Field(default=None, min_length=1, max_length=255)
    occurred_at: Moment | None = None


class CheckUsage(Body):
    tenant_id: UUID
    meter: str = Field(min_length=1, max_length=40)
    quantity: Quantity = 1
    kind: UsageClass = Field(alias="class")


class SpendCap(Body):
    spend_cap_cents: int | None = Field(ge=0, le=1_000_000, strict=True)
    """None is no cap."""
