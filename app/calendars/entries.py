"""What an event says: the words about a visit that its contractor reads in his own calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from app import links, phones

if TYPE_CHECKING:  # the appointments mark their events, and those say what is read here
    from app.calendars.pushes import CalendarEvent
    from app.scheduling.appointments import Appointment

LONGEST_TITLE, LONGEST_TEXT, LONGEST_PLACE = 200, 4000, 500


@dataclass(frozen=True)
class Entry:
    """One event as a person reads it; instants in UTC."""

    title: str
    start: datetime
    end: datetime
    description: str = ""
    location: str = ""
    is_tentative: bool = False


def of(visit: Appointment) -> Entry:
    """The event of a visit: job and customer in the title, whom to call and what it costs below."""
    place = ", ".join(str(visit.address[part]) for part in _PARTS if visit.address.get(part))
    return Entry(
        title=_title(visit)[:LONGEST_TITLE],
        start=visit.start_at,
        end=visit.end_at,
        description="\n".join(_lines(visit))[:LONGEST_TEXT],
        location=place[:LONGEST_PLACE],
        is_tentative=visit.status == "pending",
    )


_PARTS = ("street_address", "unit", "city", "state", "postal_code")


def _title(visit: Appointment) -> str:
    job = ", ".join(name.replace("_", " ") for name in visit.job_types).capitalize() or visit.title or "Busy"
    customer = visit.customer
    if customer is None:
        return job
    return f"{job} - {customer.name or phones.shown(customer.phone)}"


def _lines(visit: Appointment) -> list[str]:
    lines = [visit.job_number or "", phones.shown(visit.customer.phone) if visit.customer else ""]
    if visit.price_low_cents is not None and visit.price_high_cents is not None:
        low, high = visit.price_low_cents // 100, visit.price_high_cents // 100
        lines.append(f"${low:,}" if low == high else f"${low:,}-${high:,}")
    if visit.conversation_id is not None:
        lines.append(links.public(links.thread_path(visit.conversation_id)))
    return [line for line in lines if line]


def said_by(row: CalendarEvent) -> Entry:
    """What a row says now."""
    return Entry(row.title, row.start_at, row.end_at, row.description, row.location, row.is_tentative)
