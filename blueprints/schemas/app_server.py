"""What app-server takes."""

from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from app.leads import LeadStatus
from app.scheduling.types import SlotType
from app.tasks import TaskState
from app.users import Presence
from blueprints.schemas import Body, Flag, Moment, Page, Phone, Query

JobType = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,100}$")]
Urgency = Literal["normal", "urgent", "emergency"]
Quarters = Annotated[float, Field(ge=0.5, le=24, multiple_of=0.25)]
Dollars = Annotated[float, Field(ge=0, le=100_000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class ChangeStatus(Body):
    current_status: Presence
    status_message: str = Field(default="", max_length=140)
    until: Moment | None = None
    user_id: UUID | None = None


class Leads(Page):
    status: LeadStatus | None = None
    urgency_level: Urgency | None = None
    since: Moment | None = Field(default=None, alias="from")
    until: Moment | None = Field(default=None, alias="to")
    q: str | None = Field(default=None, max_length=200)
    source: str | None = Field(default=None, max_length=50)
    sort: Literal["created_at_desc", "created_at_asc"] = "created_at_desc"


class ChangeLead(Body):
    status: LeadStatus | None = None
    lost_reason: str | None = Field(default=None, max_length=200)
    customer_name: Name | None = None
    customer_address: str | None = Field(default=None, max_length=500)
    job_type: JobType | None = None
    job_description: str | None = Field(default=None, max_length=1000)
    estimated_value_min: Dollars | None = None
    estimated_value_max: Dollars | None = None
    notes: str | None = Field(default=None, max_length=2000)
    conversion_value: Dollars | None = None


class Customers(Page):
    q: str | None = Field(default=None, max_length=200)
    opted_out: Flag = None


class WriteEstimate(Body):
    job_type: JobType
    description: str = Field(min_length=1, max_length=500)
    estimated_hours: Quarters
    estimated_cost_min: Dollars
    estimated_cost_max: Dollars
    requires_parts: bool = False
    urgency_multiplier: float = Field(default=1.0, ge=1, le=4)
    buffer_minutes: int = Field(default=30, ge=15, le=120)
    aliases: list[Annotated[str, StringConstraints(min_length=1, max_length=120)]] = Field(default=[], max_length=20)
    active: bool = True


class ChangeEstimate(Body):
    description: str | None = Field(default=None, min_length=1, max_length=500)
    estimated_hours: Quarters | None = None
    estimated_cost_min: Dollars | None = None
    estimated_cost_max: Dollars | None = None
    requires_parts: bool | None = None
    urgency_multiplier: float | None = Field(default=None, ge=1, le=4)
    buffer_minutes: int | None = Field(default=None, ge=15, le=120)
    aliases: list[Annotated[str, StringConstraints(min_length=1, max_length=120)]] | None = Field(
        default=None, max_length=20
    )
    active: bool | None = None


class Quote(Body):
    job_type: JobType | None = None
    job_estimate_id: UUID | None = None
    urgency_level: Urgency = "normal"
    slot_type: Literal["regular", "early_morning", "emergency"] | None = None
    start: Moment | None = None
    conversation_id: UUID | None = None

    @model_validator(mode="after")
    def _names_a_job(self) -> Self:
        if self.job_type is None and self.job_estimate_id is None:
            raise ValueError("job_type or job_estimate_id is needed")
        return self


class Appointments(Page):
    since: Moment = Field(alias="from")
    until: Moment = Field(alias="to")
    status: str | None = Field(default=None, max_length=40)
    technician_id: UUID | None = None
    customer_id: UUID | None = None


class Address(Body):
    street_address: str = Field(default="", max_length=255)
    unit: str | None = Field(default=None, max_length=50)
    city: str | None = Field(default=None, max_length=100)
    state: str | None = Field(default=None, max_length=2)
    postal_code: str | None = Field(default=None, max_length=10)
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)

    def plain(self) -> dict[str, Any]:
        """What is known of it."""
        return {part: value for part, value in self.model_dump(exclude_none=True).items() if value != ""}


class Days(Query):
    first: date = Field(alias="from", ge=date(2000, 1, 1))
    last: date = Field(alias="to", lt=date(2200, 1, 1))


class KeepTime(Body):
    technician_id: UUID | None = None
    start: Moment
    duration_minutes: int = Field(ge=15, le=1440)
    conversation_id: UUID | None = None
    ttl_minutes: int = Field(default=15, ge=5, le=60)
    replace: bool = True


class BookAppointment(Body):
    kind: Literal["booking", "block"] = "booking"
    hold_id: UUID | None = None
    lead_id: UUID | None = None
    conversation_id: UUID | None = None
    customer_phone: Phone | None = None
    customer_name: Name | None = None
    address: Address | Annotated[str, StringConstraints(max_length=500)] = Address()
    job_type: JobType | None = None
    title: str = Field(default="", max_length=200)
    start: Moment
    duration_minutes: int | None = Field(default=None, ge=15, le=1440)
    technician_id: UUID | None = None
    booking_type: Literal["confirmed", "tentative"] = "confirmed"
    slot_type: SlotType = "regular"
    price_min: Dollars | None = None
    price_max: Dollars | None = None
    notify_customer: bool = True
    force: bool = False

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.kind == "booking" and (self.customer_phone is None or self.job_type is None):
            raise ValueError("a booking needs customer_phone and job_type")
        if self.kind == "block" and self.duration_minutes is None:
            raise ValueError("a block needs duration_minutes")
        return self

    def place(self) -> dict[str, Any]:
        """The address, in parts as far as it was given so; empty when none was given."""
        if isinstance(self.address, str):
            return {"street_address": self.address} if self.address else {}
        return self.address.plain()


class ChangeAppointment(Body):
    start: Moment | None = None
    duration_minutes: int | None = Field(default=None, ge=15, le=1440)
    technician_id: UUID | None = None
    status: Literal["confirmed", "in_progress", "completed", "no_show"] | None = None
    notes: str | None = Field(default=None, max_length=2000)
    notify_customer: bool = True
    force: bool = False

    @property
    def moves(self) -> bool:
        return bool({"start", "duration_minutes", "technician_id"} & self.model_fields_set)


class CancelAppointment(Body):
    reason: Literal["customer_cancellation", "business_cancellation", "rescheduling"]
    notify_customer: bool = True
    notes: str = Field(default="", max_length=500)


class Reply(Body):
    message: str = Field(min_length=1, max_length=1600)
    take_over: bool = True


class Tasks(Page):
    state: TaskState = TaskState.open
    kind: str | None = Field(default=None, max_length=40)


class CloseTask(Body):
    state: Literal["done", "dismissed"]
    note: str = Field(default="", max_length=500)
