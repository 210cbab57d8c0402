"""What can be booked: the values that availability, prices, the dispatcher and the pages share.

Everything here is plain and frozen. Instants are aware and in UTC, local clock times are `HH:MM` in the zone of the
terms, money is whole dollars as `Decimal` only inside prices and integer cents in the database.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

Urgency = Literal["normal", "urgent", "emergency"]
SlotType = Literal["regular", "early_morning", "emergency_work_hours", "emergency_evening", "emergency_night"]
Band = Literal["work", "early", "evening", "night"]
BookingType = Literal["confirmed", "tentative"]
RangeKind = Literal["regular", "early_morning", "after_hours"]
DayHours = tuple[str, str] | None
"""Opening and closing as `HH:MM`, or None for a closed day."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Place:
    """Where a job is: as exactly as it is known."""

    latitude: float | None = None
    longitude: float | None = None
    postal_code: str | None = None
    precision: Literal["street", "zip", "none"] = "none"


@dataclass(frozen=True)
class Technician:
    """One person who can be booked; `hours` None means the hours of the business."""

    id: str
    hours: Mapping[str, DayHours] | None = None
    days_off: frozenset[dt.date] = frozenset()
    overrides: Mapping[dt.date, DayHours] = field(default_factory=dict)
    """Other hours on single dates, None for a free day."""


@dataclass(frozen=True)
class Busy:
    """Time of a technician that is gone: a booking, a live hold, a foreign calendar entry or a block."""

    technician_id: str
    start: dt.datetime
    end: dt.datetime
    kind: Literal["booking", "hold", "external", "block"] = "booking"
    buffer_minutes: int = 30
    place: Place | None = None
    owner: str | None = None
    """The conversation that a hold belongs to; its owner does not see the hold as busy."""
    after_hours: bool = False
    counts: bool = True
    """Whether it counts against the daily limit (pending, confirmed and in-progress bookings do)."""
    visit: str | None = None
    """The booking that it is, so that a search for another time for it can leave it out."""


@dataclass(frozen=True)
class Terms:
    """The settings of a tenant that decide when somebody can come and at what rate (behaviour.md 6, 7 and 13)."""

    timezone: str
    business_hours: Mapping[str, DayHours]
    base: Place
    holidays: frozenset[dt.date] = frozenset()
    out_from: dt.date | None = None
    out_until: dt.date | None = None
    lead_minutes: Mapping[str, int] = field(default_factory=lambda: {"normal": 120, "urgent": 60, "emergency": 45})
    horizon_days: int = 14
    min_buffer_minutes: int = 30
    max_jobs_per_day: int = 8
    overtime_allowed: bool = False
    same_day_parts: bool = True
    arrival_window_minutes: int = 120
    emergency_arrival_window_minutes: int = 60
    next_day_booking: BookingType = "tentative"
    emergencies_accepted: bool = True
    after_hours_enabled: bool = True
    max_after_hours_jobs_per_day: int = 1
    evening_start: str = "18:00"
    night_start: str = "20:00"
    night_end: str = "06:00"
    cutoff_time: str | None = None
    early_enabled: bool = True
    early_start: str = "06:00"
    early_end: str = "08:00"
    early_multiplier: Decimal = Decimal("1.5")
    work_multiplier: Decimal = Decimal("1.75")
    evening_multiplier: Decimal = Decimal("2.25")
    night_multiplier: Decimal = Decimal("2.75")
    after_hours_multiplier: Decimal | None = None
    surcharge_percent: int = 50
    service_radius_miles: float = 25
    emergency_radius_miles: float | None = None
    zip_include: frozenset[str] = frozenset()
    zip_exclude: frozenset[str] = frozenset()
    max_travel_minutes: int = 60
    max_travel_miles: float = 25
    travel_fixed_minutes: float = 8
    travel_road_factor: float = 1.35
    travel_mph: float = 28
    travel_peak_factor: float = 1.25


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to have done, as far as a search for times needs to know it."""

    duration_minutes: int
    urgency: Urgency = "normal"
    buffer_minutes: int = 30
    requires_parts: bool = False
    urgency_multiplier: Decimal = Decimal(1)
    place: Place | None = None
    asker: str | None = None
    """The conversation that asks: its own hold does not block it."""
    moving: str | None = None
    """The visit that another time is wanted for: its own time does not block it."""
    at_most: int | None = None


@dataclass(frozen=True)
class Slot:
    """One bookable start: the block that is reserved, the arrival window that is promised, the rate that applies.

    `id` is stable for the same technician, start, length and type, so that an offer can be found again.
    """

    id: str
    technician_id: str
    start: dt.datetime
    end: dt.datetime
    window_start: dt.datetime
    window_end: dt.datetime
    slot_type: SlotType = "regular"
    band: Band = "work"
    multiplier: Decimal = Decimal(1)
    surcharge_percent: int = 0
    booking_type: BookingType = "confirmed"
    travel_minutes: int = 0
    after_hours: bool = False
    early: bool = False

    def kind_json(self) -> dict[str, Any]:
        """What a slot is beyond its hours: kind, band, rate and way, as plain JSON values."""
        return {name: getattr(self, name) for name in KIND} | {"multiplier": str(self.multiplier)}

    @staticmethod
    def kind_of(stored: Mapping[str, Any]) -> dict[str, Any]:
        """The same as arguments of a slot; what was not stored keeps its default."""
        rate = {"multiplier": Decimal(stored["multiplier"])} if "multiplier" in stored else {}
        return {name: stored[name] for name in KIND if name in stored} | rate


KIND = ("slot_type", "band", "surcharge_percent", "booking_type", "travel_minutes", "after_hours", "early")


@dataclass(frozen=True)
class Found:
    """The answer of a search: the slots in time order, and why there are none (or none today).

    `reasons` holds the codes of interfaces.md (dispatch-bot-ai, `validation_errors`): CAPACITY_REACHED,
    TRAVEL_TIME_EXCEEDED, TRAVEL_DISTANCE_EXCEEDED, EMERGENCY_NOT_ACCEPTED, OUT_OF_OFFICE, CALENDAR_STALE.
    """

    slots: tuple[Slot, ...] = ()
    reasons: tuple[str, ...] = ()
    full_today: bool = False


@dataclass(frozen=True)
class FreeRange:
    """Unbooked time of a technician and what it can be used for."""

    technician_id: str
    start: dt.datetime
    end: dt.datetime
    kind: RangeKind


@dataclass(frozen=True)
class AreaVerdict:
    """Whether a place is served: `in`, `out`, `ask` (for the street or ZIP) or `unreachable`."""

    result: Literal["in", "out", "ask", "unreachable"]
    place: Place
    distance_miles: float | None = None
    travel_miles: float | None = None
    travel_minutes: int | None = None
    reasons: tuple[str, ...] = ()
    city: str | None = None
    state: str | None = None
    timezone: str | None = None
