"""How plain values look in an answer: times, money (interfaces.md 1.1)."""

from datetime import UTC, datetime


def moment(at: datetime | None) -> str | None:
    """RFC 3339 in UTC with `Z`, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at is not None else None


def dollars(cents: int | None) -> float | None:
    """Dollars as a number, for the fields of the parent document."""
    return cents / 100 if cents is not None else None


def cents(amount: float | None) -> int | None:
    """Whole cents of an amount in dollars."""
    return round(amount * 100) if amount is not None else None
