"""A business, its free times and a caller's visits, written in the dialogue format (fixtures.py reads it)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.conversations import context
from app.dispatch import Context
from app.evaluation import frozen
from app.scheduling.appointments import Appointment
from app.scheduling.types import WEEKDAYS, Slot, Terms

Json = dict[str, Any]
A_MINUTE = timedelta(minutes=1)


def tenant(then: Context, terms: Terms, slots: list[Json], zips: list[str]) -> Json:
    """The business in the fields of the format, and its whole context under `frozen`."""
    kept = frozen.freeze(then, terms)
    for private in ("notes", "preferred_times"):
        kept["context"]["customer"].pop(private, None)
    rates = {
        "work": float(terms.work_multiplier), "evening": float(terms.evening_multiplier),
        "night": float(terms.night_multiplier),
    }  # fmt: skip
    rates |= {f"of_{slot['id']}": float(slot["kept"]["multiplier"]) for slot in slots}
    lines = (*then.price_book, then.diagnostic)
    served = [code for code in zips if then.check_area(postal_code=code).result in {"in", "ask"}]
    return {
        "business_name": then.business_name,
        "trade_type": then.trade,
        "timezone": then.timezone,
        "business_hours": {day[:3]: _hours(then.business_hours.get(day)) for day in WEEKDAYS},
        "emergency": {
            "enabled": then.emergencies_accepted,
            "response_minutes": 60,
            "multipliers": rates,
            "evening": [terms.evening_start, terms.night_start],
            "night": [terms.night_start, terms.night_end],
        },
        "diagnostic_fee": float(then.diagnostic.low),
        "service_area": {"zip_prefixes": served, "cities": []},
        "owner_name": then.owner_name,
        "bot_name": "automated assistant",
        "job_estimates": [
            {"job_type": line.job_type, "min": float(line.low), "max": float(line.high), "hours": line.minutes / 60}
            for line in lines
        ],
        "frozen": kept,
    }


def _hours(day: tuple[str, str] | None) -> list[str] | None:
    return list(day) if day else None


def slot(slot: Slot, number: int, zone: ZoneInfo) -> Json:
    """A free time with the window that is promised, and the rest of it under `kept`."""
    return {
        "id": f"t{number}",
        "start": local(slot.window_start, zone),
        "end": local(slot.window_end, zone),
        "kept": {"minutes": round((slot.end - slot.start) / A_MINUTE)} | slot.kind_json(),
    }


def visit(visit: Appointment, number: int, zone: ZoneInfo) -> Json:
    """A visit of the caller."""
    own = context.own_visit(visit)
    made: Json = {
        "id": f"a{number}",
        "start": local(own.window_start, zone),
        "end": local(own.window_end, zone),
        "status": own.status,
        "job_type": own.job_type,
        "job_types": list(own.job_types),
        "address": own.address,
        "minutes": own.minutes,
        "job_number": f"NMC-1000{number}",
    }
    prices = {"low": own.low, "high": own.high}
    return made | {name: str(value) for name, value in prices.items() if value is not None}


def local(moment: datetime, zone: ZoneInfo) -> str:
    """A moment on the clock of the business, without its zone."""
    return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M:%S}"
