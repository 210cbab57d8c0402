"""The free time of a request as the scheduling functions know it: terms, technicians, and what takes their time."""

import datetime as dt
from collections import Counter, defaultdict
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.scheduling import availability
from app.scheduling.types import Busy, Place, Technician, Terms
from blueprints.schemas.dispatch_bot_ai import CalendarEvent, Process

Span = tuple[dt.datetime, dt.datetime]
HORIZON_DAYS = 14
SOMEBODY = "technician"


def terms_of(asked: Process) -> Terms:
    """When somebody can come and at what rate."""
    chosen, address = asked.business_settings, asked.business_address
    return Terms(
        timezone=asked.timezone,
        business_hours=asked.business_hours.days(),
        base=Place(address.latitude, address.longitude, address.postal_code or None, "street"),
        holidays=frozenset(chosen.holidays),
        lead_minutes=chosen.lead_time_minutes.model_dump(),
        horizon_days=HORIZON_DAYS,
        min_buffer_minutes=chosen.min_buffer_between_jobs,
        max_jobs_per_day=chosen.max_jobs_per_day,
        overtime_allowed=chosen.overtime_allowed,
        arrival_window_minutes=chosen.arrival_window_minutes,
        emergency_arrival_window_minutes=chosen.emergency_arrival_window_minutes,
        emergencies_accepted=chosen.emergency_service_enabled and chosen.accept_emergencies,
        after_hours_enabled=chosen.accept_after_hours_emergency,
        max_after_hours_jobs_per_day=chosen.max_after_hours_jobs_per_day,
        evening_start=chosen.evening_start,
        night_start=chosen.night_start,
        night_end=chosen.night_end,
        early_multiplier=_decimal(chosen.early_morning_multiplier),
        work_multiplier=_decimal(chosen.rate(chosen.work_hours_emergency_multiplier, 1.75)),
        evening_multiplier=_decimal(chosen.rate(chosen.evening_emergency_multiplier, 2.25)),
        night_multiplier=_decimal(chosen.rate(chosen.night_emergency_multiplier, 2.75)),
        after_hours_multiplier=_decimal(special) if (special := chosen.after_hours_emergency_multiplier) else None,
        surcharge_percent=chosen.weekend_holiday_surcharge_percent,
        service_radius_miles=chosen.service_radius_miles,
        emergency_radius_miles=chosen.emergency_radius_miles,
        zip_include=frozenset(chosen.zip_include),
        zip_exclude=frozenset(chosen.zip_exclude),
        max_travel_minutes=chosen.max_travel_time_minutes,
        max_travel_miles=chosen.max_travel_distance_miles,
    )


def _decimal(number: float) -> Decimal:
    return Decimal(str(number))


def technicians_of(asked: Process) -> list[Technician]:
    """Everybody whose time is in the request."""
    named = [one.technician_id for one in asked.availability.technicians]
    seen = [one.technician_id for one in asked.availability.free_ranges]
    return [Technician(one) for one in dict.fromkeys(named + seen)] or [Technician(SOMEBODY)]


def busy_of(asked: Process, terms: Terms, technicians: list[Technician]) -> list[Busy]:
    """What takes their time: whatever would be open and is not free, told apart by the calendar's own entries."""
    taken = _taken(asked, terms, technicians)
    busy = []
    for event in asked.existing_calendar:
        whose = _whose(event, taken, technicians)
        taken[whose] = [part for span in taken[whose] for part in _without(span, (event.start_time, event.end_time))]
        busy.append(_booked(event, whose))
    busy += [Busy(whose, *span, kind="external", buffer_minutes=0) for whose, spans in taken.items() for span in spans]
    return busy + _uncounted(asked, busy)


def _taken(asked: Process, terms: Terms, technicians: list[Technician]) -> dict[str, list[Span]]:
    free: dict[str, list[Span]] = defaultdict(list)
    for one in asked.availability.free_ranges:
        free[one.technician_id].append((one.start, one.end))
    taken: dict[str, list[Span]] = {technician.id: [] for technician in technicians}
    for open_range in availability.free_ranges(terms, technicians, (), asked.current_time, HORIZON_DAYS):
        spans = [(open_range.start, open_range.end)]
        for gap in free[open_range.technician_id]:
            spans = [part for span in spans for part in _without(span, gap)]
        taken[open_range.technician_id] += spans
    return taken


def _without(span: Span, gap: Span) -> list[Span]:
    """What is left of a span beside a gap."""
    parts = [(span[0], min(span[1], gap[0])), (max(span[0], gap[1]), span[1])]
    return [part for part in parts if part[0] < part[1]]


def _whose(event: CalendarEvent, taken: dict[str, list[Span]], technicians: list[Technician]) -> str:
    for technician in technicians:
        if any(start <= event.start_time < end for start, end in taken[technician.id]):
            return technician.id
    return technicians[0].id


def _booked(event: CalendarEvent, whose: str) -> Busy:
    place = None
    if event.location_latitude is not None and event.location_longitude is not None:
        place = Place(event.location_latitude, event.location_longitude, None, "street")
    is_block = event.booking_type == "blocked"
    return Busy(whose, event.start_time, event.end_time, kind="block" if is_block else "booking", place=place)


def _uncounted(asked: Process, busy: list[Busy]) -> list[Busy]:
    """Jobs that only the daily counts know: they take nobody's time here, but they count against the limit."""
    zone = ZoneInfo(asked.timezone)
    known = Counter(one.start.astimezone(zone).date() for one in busy if one.kind == "booking")
    return [
        Busy("", noon, noon + dt.timedelta(minutes=1))
        for date, count in asked.availability.jobs_per_day.items()
        for noon in [dt.datetime.combine(date, dt.time(12), zone)] * max(0, count - known[date])
    ]
