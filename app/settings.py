"""What a tenant can set: every key with its default and its bounds (behaviour.md 13).

A tenant's row stores only what differs from the defaults of its trade, so that a better default reaches everybody.
"""

import datetime as dt
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from app.errors import Malformed
from app.scheduling.types import WEEKDAYS

Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
ZipCode = Annotated[str, StringConstraints(pattern=r"^\d{5}$")]


class Group(BaseModel):
    """A misspelt setting must not vanish, so unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Hours(Group):
    start: Clock
    end: Clock

    @model_validator(mode="after")
    def _in_order(self) -> "Hours":
        if self.start >= self.end:
            raise ValueError("the start must come before the end")
        return self


class Week(Group):
    monday: Hours | None = None
    tuesday: Hours | None = None
    wednesday: Hours | None = None
    thursday: Hours | None = None
    friday: Hours | None = None
    saturday: Hours | None = None
    sunday: Hours | None = None

    def days(self) -> dict[str, tuple[str, str] | None]:
        """Weekday names with opening and closing as `HH:MM`, None where closed."""
        return {day: (hours.start, hours.end) if (hours := getattr(self, day)) else None for day in WEEKDAYS}


class PhoneHours(Week):
    always_available: bool = True


class OutOfOffice(Group):
    enabled: bool = False
    since: dt.datetime | None = Field(default=None, alias="from")
    until: dt.datetime | None = None


class Holiday(Group):
    date: dt.date
    name: str = ""


class General(Group):
    phone_hours: PhoneHours = PhoneHours()
    languages: list[Literal["en", "es"]] = ["en", "es"]
    holidays: list[Holiday] = Field(default=[], max_length=60)
    out_of_office: OutOfOffice = OutOfOffice()
    vacation_mode: Literal["book_after_return", "take_message"] = "take_message"


class EmergencyService(Group):
    enabled: bool = True
    accept_emergencies: bool = True
    after_hours_enabled: bool = True
    work_hours_emergency_multiplier: float = Field(default=1.75, ge=1, le=4)
    evening_emergency_multiplier: float = Field(default=2.25, ge=1, le=4)
    night_emergency_multiplier: float = Field(default=2.75, ge=1, le=4)
    after_hours_emergency_multiplier: float | None = Field(default=None, ge=1.5, le=3)
    weekend_holiday_surcharge_percent: int = Field(default=50, ge=0, le=100)
    evening_start: Clock = "18:00"
    night_start: Clock = "20:00"
    night_end: Clock = "06:00"
    max_after_hours_jobs_per_day: int = Field(default=1, ge=0, le=10)
    emergency_radius_miles: int | None = Field(default=None, ge=1, le=100)
    night_ack_required: bool = True
    night_ack_minutes: int = Field(default=10, ge=5, le=20)
    cutoff_time: Clock | None = None
    emergency_line: str | None = None


class LeadTimes(Group):
    normal: int = Field(default=120, ge=0, le=1440)
    urgent: int = Field(default=60, ge=0, le=480)
    emergency: int = Field(default=45, ge=15, le=180)


class Travel(Group):
    fixed: float = Field(default=8, ge=0, le=30)
    road_factor: float = Field(default=1.35, ge=1, le=2)
    mph: float = Field(default=28, ge=10, le=60)
    peak_factor: float = Field(default=1.25, ge=1, le=2)


class OperationalLimits(Group):
    max_jobs_per_day: int = Field(default=8, ge=1, le=50)
    min_buffer_between_jobs: int = Field(default=30, ge=15, le=120)
    service_radius_miles: int = Field(default=25, ge=1, le=100)
    max_travel_time_minutes: int = Field(default=60, ge=15, le=180)
    max_travel_distance_miles: int = Field(default=25, ge=1, le=100)
    lead_time_minutes: LeadTimes = LeadTimes()
    booking_horizon_days: int = Field(default=14, ge=1, le=60)
    arrival_window_minutes: int = Field(default=120, ge=30, le=240)
    emergency_arrival_window_minutes: int = Field(default=60, ge=30, le=120)
    overtime_allowed: bool = False
    same_day_parts: bool = True
    next_day_booking: Literal["tentative", "confirmed"] = "tentative"
    cancellation_window_hours: int = Field(default=24, ge=0, le=168)
    cancellation_policy: str = Field(default="", max_length=160)
    zip_include: list[ZipCode] = Field(default=[], max_length=500)
    zip_exclude: list[ZipCode] = Field(default=[], max_length=500)
    travel: Travel = Travel()


class Voicemail(Group):
    enabled: bool = True
    max_seconds: int = Field(default=120, ge=30, le=300)
    greeting: str = Field(default="", max_length=300)


class Calls(Group):
    call_mode: Literal["ring_first", "forwarded_only"] = "ring_first"
    ring_number: str | None = None
    ring_when: Literal["always", "business_hours", "phone_hours"] = "always"
    ring_timeout_seconds: int = Field(default=18, ge=10, le=25)
    screen_mode: Literal["press_1", "off"] = "press_1"
    ring_caller_id: Literal["caller", "business"] = "caller"
    voicemail: Voicemail = Voicemail()
    min_ring_seconds_for_text: int = Field(default=8, ge=0, le=30)
    spam_filter: Literal["off", "standard"] = "standard"


class OwnInitiative(Group):
    start: Clock = "09:00"
    end: Clock = "20:00"


class Texting(Group):
    enabled: bool = True
    text_missed_calls: Literal["always", "outside_hours", "never"] = "always"
    text_consent_mode: Literal["disclosure", "press_1", "off"] = "disclosure"
    greeting_template: str = Field(default="", max_length=500)
    greeting_after_hours: str = Field(default="", max_length=500)
    greeting_cooldown_minutes: int = Field(default=30, ge=5, le=10080)
    own_initiative_hours: OwnInitiative = OwnInitiative()
    missed_call_text_at_night: bool = True
    ai_disclosure: bool = True


class ConfirmWaits(Group):
    same_day: int = Field(default=3, ge=1, le=60)
    after_hours: int = Field(default=2, ge=1, le=60)
    other: int = Field(default=5, ge=1, le=60)
    vague: int = Field(default=10, ge=1, le=60)


class Dispatcher(Group):
    ai_enabled: bool = True
    owner_window_seconds: int = Field(default=60, ge=30, le=300)
    debounce_seconds: int = Field(default=4, ge=2, le=8)
    max_questions: int = Field(default=2, ge=1, le=4)
    job_confidence_threshold: float = Field(default=0.75, ge=0.5, le=0.95)
    confirm_wait_minutes: ConfirmWaits = ConfirmWaits()
    closing_after_minutes: int = Field(default=5, ge=2, le=60)
    human_idle_release_minutes: int = Field(default=720, ge=0, le=10080)
    auto_close_hours: int = Field(default=72, ge=12, le=168)
    referral_text: str = Field(default="", max_length=160)
    warranty_note: str = Field(default="", max_length=160)
    extra_facts: str = Field(default="", max_length=1000)
    external_model_allowed: bool = False  # redacted texts may be shown to the language model


class Diagnostic(Group):
    minutes: int = Field(default=60, ge=30, le=240)
    min: int = Field(default=150, ge=0, le=2000)
    max: int = Field(default=200, ge=0, le=2000)


class Pricing(Group):
    early_morning_enabled: bool = True
    early_morning_multiplier: float = Field(default=1.5, ge=1, le=3)
    early_morning_start: Clock = "06:00"
    early_morning_end: Clock = "08:00"
    diagnostic: Diagnostic = Diagnostic()
    hold_minutes: int = Field(default=15, ge=5, le=30)


class Reminders(Group):
    day_before: bool = True
    two_hours: bool = True
    eta_minutes: int = Field(default=30, ge=15, le=60)
    tentative_auto_confirm: bool = True
    tentative_confirm_time: Clock = "19:00"


class Escalation(Group):
    on_call: list[str] = Field(default=[], max_length=20)
    emergency_step_minutes: int = Field(default=2, ge=1, le=10)
    step_minutes: int = Field(default=30, ge=5, le=120)
    max_level: int = Field(default=5, ge=1, le=5)


class Privacy(Group):
    message_retention_days: int = Field(default=180, ge=30, le=1825)
    voicemail_transcription: bool = True


class TenantSettings(Group):
    """All that a tenant can set, complete."""

    business_hours: Week
    emergency_service: EmergencyService = EmergencyService()
    operational_limits: OperationalLimits = OperationalLimits()
    general: General = General()
    calls: Calls = Calls()
    texting: Texting = Texting()
    dispatcher: Dispatcher = Dispatcher()
    pricing: Pricing = Pricing()
    reminders: Reminders = Reminders()
    escalation: Escalation = Escalation()
    privacy: Privacy = Privacy()


def _week(
    weekdays: tuple[str, str], saturday: tuple[str, str] | None, sunday: tuple[str, str] | None
) -> dict[str, Any]:
    def hours(day: tuple[str, str] | None) -> dict[str, str] | None:
        return {"start": day[0], "end": day[1]} if day else None

    return dict.fromkeys(WEEKDAYS[:5], hours(weekdays)) | {"saturday": hours(saturday), "sunday": hours(sunday)}


_OFFICE = _week(("07:00", "18:00"), ("08:00", "16:00"), None)
TRADE_DEFAULTS: dict[str, dict[str, Any]] = {
    "plumbing": {"business_hours": _OFFICE},
    "hvac": {"business_hours": _OFFICE},
    "electrical": {"business_hours": _OFFICE},
    "locksmith": {
        "business_hours": _week(("07:00", "22:00"), ("07:00", "22:00"), ("08:00", "20:00")),
        "emergency_service": {"max_after_hours_jobs_per_day": 3},
        "operational_limits": {"arrival_window_minutes": 60},
    },
    "garage_door": {
        "business_hours": _week(("08:00", "18:00"), ("08:00", "14:00"), None),
        "emergency_service": {"after_hours_enabled": False},
    },
}


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Lay `changes` over `base`, group by group; a list or a day's hours is replaced as a whole."""
    merged = dict(base)
    for key, value in changes.items():
        nested = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = merge(merged[key], value) if nested else value
    return merged


@lru_cache(maxsize=2048)
def _parse(trade: str, changes: str) -> TenantSettings:
    try:
        return TenantSettings.model_validate(merge(TRADE_DEFAULTS[trade], json.loads(changes)))
    except ValidationError as error:
        raise Malformed("Some settings are not right.", details={"validation_errors": problems(error)}) from error


def complete(trade: str, changes: Mapping[str, Any]) -> TenantSettings:
    """The defaults of the trade with a tenant's changes over them; raises Malformed naming each wrong field."""
    return _parse(trade, json.dumps(changes, sort_keys=True))


def problems(error: ValidationError) -> list[dict[str, str]]:
    """Pydantic's findings in the words of the one error body (interfaces.md 1.3)."""
    codes = {"missing": "REQUIRED_FIELD_MISSING", "extra_forbidden": "UNKNOWN_FIELD"}
    return [
        {
            "field": ".".join(str(part) for part in found["loc"]) or "body",
            "message": found["msg"],
            "code": codes.get(found["type"], _code(found["type"])),
        }
        for found in error.errors(include_url=False, include_context=False)
    ]


def _code(kind: str) -> str:
    bounds = ("greater_than", "less_than", "too_long", "too_short")
    return "OUT_OF_RANGE" if any(bound in kind for bound in bounds) else "INVALID_FORMAT"
