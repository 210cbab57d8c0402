"""What the scenes want to know of the rows, the calls and the clock."""

from datetime import datetime

from sandbox.carrier.calls import Call
from sandbox.story.stage import Person, Stage
from sandbox.story.watching import Row

HALF_A_DOLLAR = 50


def visits(stage: Stage) -> list[Row]:
    """What takes up the calendar."""
    return [row for row in stage.its("appointment") if row["status"] in {"pending", "confirmed", "in_progress"}]


def overlaps(visit: Row, offer: Row) -> bool:
    """Whether an offered block of time is taken by a visit."""
    is_apart = offer["end_at"] <= visit["start_at"] or visit["end_at"] <= offer["start_at"]
    return visit["technician_id"] == offer["technician_id"] and not is_apart


def is_from_price_book(stage: Stage, offer: Row) -> bool:
    """Whether an offered price is what the price book says for these jobs at that hour, to the dollar."""
    lines = [row for job in offer["job_types"] for row in stage.its("estimate", job_type=job)]
    rate = float(offer["slot"]["multiplier"])
    ends = (
        ("low_cents", sum(row["low_cents"] for row in lines)),
        ("high_cents", sum(row["high_cents"] for row in lines)),
    )
    return bool(lines) and all(abs(offer[name] - cents * rate) <= HALF_A_DOLLAR for name, cents in ends)


def booked_notice(stage: Stage, lead: Row) -> Row | None:
    """The notice about the thread of this lead."""
    wanted = str(lead.get("conversation_id"))
    found = [
        row
        for row in stage.its("notification")
        if wanted in str(row["action_path"]) and row["title"].startswith("Booked")
    ]
    return found[-1] if found else None


def rings_of(stage: Stage) -> list[Call]:
    """The calls that the product made to the owner itself."""
    return [call for call in stage.carrier.calls if call.to == stage.owner.phone and call.direction == "outbound-api"]


def taken_ladder(stage: Stage, mei: Person) -> Row:
    """The ladder of her thread, once somebody has taken it."""
    return next(iter(stage.its("escalation", conversation_id=stage.thread(mei)["id"], state="acknowledged")), {})


def in_words(stage: Stage, moment: datetime) -> str:
    """Return a time as a customer would ask for it."""
    days = (moment.date() - stage.local(datetime.now().astimezone()).date()).days
    day = {0: "today", 1: "tomorrow"}.get(days, f"{moment:%A, %B %-d}")
    clock = f"{moment:%-I:%M %p}" if moment.minute else f"{moment:%-I %p}"
    return f"{day} at {clock}"
