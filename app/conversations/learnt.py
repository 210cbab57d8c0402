"""What a turn taught about the job and the customer, as the thread keeps it."""

from app.conversations import Conversation
from app.dispatch import Result


def facts(thread: Conversation, result: Result) -> dict[str, object]:
    """The facts of a thread with those of this turn over them; money in cents."""
    told = result.extracted
    priced = told.get("price_book_jobs") or []
    known = dict(thread.facts)
    fresh = {
        "job_type": (priced or [told.get("job_type")])[0],
        "job_types": priced or told.get("jobs") or None,
        "name": told.get("name"),
        "street_address": told.get("address"),
        "unit": told.get("unit"),
        "city": told.get("city"),
        "state": told.get("state"),
        "postal_code": told.get("zip"),
        "low_cents": _cents(result.price[0] if result.price else result.estimated_value_min),
        "high_cents": _cents(result.price[1] if result.price else result.estimated_value_max),
        "summary": thread.last_message if not known.get("summary") else None,
    }
    known |= {key: value for key, value in fresh.items() if value is not None}
    known["address_line"] = _address_line(known)
    return known


def _cents(dollars: object) -> int | None:
    return int(dollars * 100) if dollars is not None else None  # type: ignore[operator]


def _address_line(facts: dict[str, object]) -> str | None:
    street = " ".join(str(facts[key]) for key in ("street_address", "unit") if facts.get(key))
    place = " ".join(str(facts[key]) for key in ("state", "postal_code") if facts.get(key))
    return ", ".join(part for part in (street, str(facts.get("city") or ""), place) if part) or None
