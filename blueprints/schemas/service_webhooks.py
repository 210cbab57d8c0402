"""What services tell each other by webhook."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from app.users import Presence
from blueprints.schemas import Body, Moment
from blueprints.schemas.app_server import Dollars, JobType

EventId = Annotated[str, Field(min_length=1, max_length=200)]
Version = Annotated[int, Field(ge=0, le=2**53, strict=True)]


class Told(Body):
    event_id: EventId | None = None
    """Also in the header X-NMC-Event-Id; one of them is needed."""


class SettingsUpdated(Told):
    tenant_id: UUID
    version: Version
    changed: list[Annotated[str, Field(max_length=100)]] = Field(max_length=100)
    settings: dict[str, Any]


class Estimate(Body):
    job_type: JobType
    estimated_cost_min: Dollars
    estimated_cost_max: Dollars

    def plain(self) -> dict[str, Any]:
        """As the price book keeps it."""
        low, high = round(self.estimated_cost_min * 100), round(self.estimated_cost_max * 100)
        return {"job_type": self.job_type, "low_cents": low, "high_cents": high}


class EstimatesUpdated(Told):
    user_id: UUID
    estimates: list[Estimate] = Field(max_length=500)
    tenant_id: UUID | None = None
    """Missing in the shape of the parent document: then it is the business of that person."""
    version: Version | None = None


class UserStatusChanged(Told):
    tenant_id: UUID
    user_id: UUID
    current_status: Presence
    until: Moment | None = None
    version: Version


class AvailabilityChanged(Told):
    tenant_id: UUID
    user_id: UUID
    dates: list[date] = Field(min_length=1, max_length=400)
    version: Version
    reason: Literal["booking", "sync", "settings", "connection"]
