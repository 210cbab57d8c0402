"""What dispatch-bot-ai takes: everything it may know, in one request (interfaces.md, dispatch-bot-ai)."""

import datetime as dt
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, model_validator

from app.settings import Clock, PhoneHours, Week, ZipCode
from blueprints.schemas import Body, Moment, Phone

Trade = Literal["plumbing", "electrical", "hvac", "locksmith", "garage_door"]
SlotType = Literal["regular", "early_morning", "emergency_work_hours", "emergency_evening", "emergency_night"]
Dollars = Annotated[float, Field(ge=0, le=1_000_000)]
Multiplier = Annotated[float, Field(ge=1, le=10)]


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is not an IANA time zone")
    return name


Zone = Annotated[str, AfterValidator(_zone)]


class Said(Body):
    timestamp: Moment
    sender: Literal["customer", "system", "ai", "human"]
    message: str = Field(max_length=1600)
    message_type: Literal["sms", "call", "email"] = "sms"


class Address(Body):
    street_address: str = Field(default="", max_length=255)
    city: str = Field(default="", max_length=100)
    state: str = Field(default="", max_length=2)
    postal_code: str = Field(default="", max_length=10)
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)


class JobEstimate(Body):
    job_type: str = Field(min_length=1, max_length=100)
    description: str = Field(default="", max_length=500)
    estimated_hours: float = Field(ge=0.5, le=24)
    estimated_cost_min: Dollars
    estimated_cost_max: Dollars
    requires_parts: bool = False
    urgency_multiplier: Multiplier = 1.0
    buffer_minutes: int = Field(default=30, ge=15, le=120)
    aliases: list[str] = Field(default=[], max_length=20)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.estimated_cost_max < self.estimated_cost_min:
            raise ValueError("estimated_cost_max must not be below estimated_cost_min")
        return self


class Diagnostic(Body):
    minutes: int = Field(default=60, ge=30, le=240)
    min: Dollars = 150
    max: Dollars = 200


class LeadTimes(Body):
    normal: int = Field(default=120, ge=0, le=1440)
    urgent: int = Field(default=60, ge=0, le=480)
    emergency: int = Field(default=45, ge=15, le=180)


class BusinessSettings(Body):
    accept_emergencies: bool
    emergency_service_enabled: bool
    max_jobs_per_day: int = Field(ge=1, le=50)
    service_radius_miles: float = Field(ge=1, le=100)
    out_of_office: bool = False
    min_buffer_between_jobs: int = Field(default=30, ge=15, le=120)
    max_travel_time_minutes: int = Field(default=60, ge=15, le=180)
    max_travel_distance_miles: float = Field(default=25, ge=1, le=100)
    overtime_allowed: bool = False
    emergency_multiplier: Multiplier = 1.5
    work_hours_emergency_multiplier: Multiplier | None = None
    evening_emergency_multiplier: Multiplier | None = None
    night_emergency_multiplier: Multiplier | None = None
    accept_after_hours_emergency: bool = True
    after_hours_emergency_multiplier: float | None = Field(default=None, ge=1.5, le=3)
    max_after_hours_jobs_per_day: int = Field(default=1, ge=0, le=10)
    early_morning_multiplier: Multiplier = 1.5
    weekend_holiday_surcharge_percent: int = Field(default=50, ge=0, le=100)
    diagnostic: Diagnostic | None = None
    arrival_window_minutes: int = Field(default=120, ge=30, le=240)
    emergency_arrival_window_minutes: int = Field(default=60, ge=30, le=120)
    lead_time_minutes: LeadTimes = LeadTimes()
    holidays: list[dt.date] = Field(default=[], max_length=60)
    zip_include: list[ZipCode] = Field(default=[], max_length=500)
    zip_exclude: list[ZipCode] = Field(default=[], max_length=500)
    emergency_radius_miles: float | None = Field(default=None, ge=1, le=100)
    max_questions: int = Field(default=2, ge=1, le=4)
    referral_text: str = Field(default="", max_length=160)
    warranty_note: str = Field(default="", max_length=160)
    emergency_line: str = Field(default="", max_length=40)
    cancellation_policy: str = Field(default="", max_length=160)
    evening_start: Clock = "18:00"
    night_start: Clock = "20:00"
    night_end: Clock = "06:00"

    def rate(self, given: float | None, usual: float) -> float:
        """The multiplier of a band: as given, else the general one if that was sent, else the usual one."""
        if given is not None:
            return given
        return self.emergency_multiplier if "emergency_multiplier" in self.model_fields_set else usual


class CalendarEvent(Body):
    event_id: str = Field(max_length=100)
    start_time: Moment
    end_time: Moment
    location_address: str | None = Field(default=None, max_length=500)
    location_latitude: float | None = None
    location_longitude: float | None = None
    job_type: str = Field(default="", max_length=100)
    booking_type: Literal["confirmed", "tentative", "blocked"] = "confirmed"


class PreviousJob(Body):
    job_type: str = Field(max_length=100)
    completed_at: Moment | None = None
    satisfaction_rating: int | None = Field(default=None, ge=1, le=5)


class CustomerHistory(Body):
    previous_jobs: list[PreviousJob] = Field(default=[], max_length=100)
    preferred_time_slots: list[str] = Field(default=[], max_length=20)
    special_instructions: str = Field(default="", max_length=1000)
    name: str | None = Field(default=None, max_length=200)
    addresses: list[str | Address] = Field(default=[], max_length=10)


class TechnicianHead(Body):
    technician_id: str = Field(max_length=100)
    user_id: str | None = None
    timezone: str | None = None


class FreeRange(Body):
    technician_id: str = Field(max_length=100)
    start: Moment
    end: Moment
    kind: Literal["regular", "early_morning", "after_hours"] = "regular"


class Availability(Body):
    version: int | None = None
    stale: bool = False
    synced_at: Moment | None = None
    technicians: list[TechnicianHead] = Field(default=[], max_length=50)
    free_ranges: list[FreeRange] = Field(default=[], max_length=5000)
    jobs_per_day: dict[dt.date, Annotated[int, Field(ge=0, le=200)]] = {}


class OfferedSlot(Body):
    """A slot as an earlier answer proposed it, with the number that the customer read."""

    number: int | None = Field(default=None, ge=1, le=9)
    slot_id: str = Field(max_length=100)
    start_time: Moment
    end_time: Moment
    arrival_window_start: Moment | None = None
    arrival_window_end: Moment | None = None
    price_min: Dollars
    price_max: Dollars
    slot_type: SlotType = "regular"
    booking_type: Literal["confirmed", "tentative"] = "confirmed"
    multiplier_applied: float = 1.0
    technician_id: str = Field(default="", max_length=100)
    job_types: list[str] = Field(default=[], max_length=10)


class UpcomingAppointment(Body):
    appointment_id: str = Field(max_length=100)
    arrival_window_start: Moment
    arrival_window_end: Moment
    status: Literal["pending", "confirmed", "tentative", "requested", "in_progress"] = "confirmed"
    job_type: str = Field(default="", max_length=100)
    address: str = Field(default="", max_length=500)
    price_min: Dollars | None = None
    price_max: Dollars | None = None
    duration_minutes: int = Field(default=60, ge=1, le=1440)
    job_number: str = Field(default="", max_length=40)


class Process(Body):
    """One turn."""

    caller_phone: Phone
    called_number: Phone
    conversation_history: list[Said] = Field(default=[], max_length=200)
    current_message: str = Field(max_length=1600)
    business_name: str = Field(min_length=1, max_length=255)
    trade_type: Trade
    business_hours: Week
    phone_hours: PhoneHours
    business_address: Address
    job_estimates: list[JobEstimate] = Field(max_length=200)
    business_settings: BusinessSettings
    existing_calendar: list[CalendarEvent] = Field(default=[], max_length=2000)
    customer_history: CustomerHistory = CustomerHistory()
    weather_conditions: str | None = Field(default=None, max_length=500)
    current_time: Moment
    timezone: Zone
    availability: Availability
    offered_slots: list[OfferedSlot] = Field(default=[], max_length=9)
    upcoming_appointments: list[UpcomingAppointment] = Field(default=[], max_length=20)
    user_status: Literal["available", "busy", "offline", "vacation"] = "available"
    language: Literal["en", "es"] | None = None
    conversation_id: str = Field(default="", max_length=100)
    control_version: int | None = None
    engine_hint: Literal["auto", "rules"] = "auto"

    @model_validator(mode="before")
    @classmethod
    def _days_mean_not_always(cls, told: Any) -> Any:
        # The parent document sends either `always_available` or the days.
        hours = told.get("phone_hours") if isinstance(told, dict) else None
        if isinstance(hours, dict) and hours and "always_available" not in hours:
            return told | {"phone_hours": hours | {"always_available": False}}
        return told
