"""Which decisions of the dispatcher end a thread, and with what outcome (behaviour.md 2.2 C18-C21)."""

from typing import Any
from uuid import UUID

from app.conversations import Conversation, Mode, Status, closing, visits
from app.dispatch import Result
from app.scheduling import appointments

ENDINGS = {
    "not_needed": ("resolved", "declined"),
    "declined": ("resolved", "declined"),
    "out_of_area": ("resolved", "out_of_area"),
    "out_of_scope": ("resolved", "wrong_trade"),
    "not_reachable": ("resolved", "not_reachable"),
    "wrong_number": ("resolved", "spam"),
    "spam": ("resolved", "spam"),
    "deferred": ("quote_provided", None),
    "callback": ("quote_provided", None),
    "rescheduled": ("appointment_scheduled", None),
    "cancelled": ("resolved", "cancelled_by_customer"),
}


def conclude(thread: Conversation, result: Result) -> None:
    """Close the thread if the decision was its last."""
    if "opt_out" in result.acts:
        closing.opt_out(thread)
    elif result.outcome == "booked" and result.confirmed_slot:
        booked = appointments.of(thread.tenant_id, UUID(thread.facts["appointment_id"]))
        details: dict[str, Any] = {
            "appointment_id": booked.id,
            "window": visits.window_of(thread.tenant, booked),  # for the contractor, in his language
            "booking_kind": result.booking_kind,
        }
        closing.close(thread, Status.completed, "appointment_scheduled", **details)
    elif result.outcome == "abandoned":
        closing.close(thread, Status.abandoned, "abandoned", "no_reply")
    elif result.outcome in ENDINGS and thread.mode != Mode.escalated:
        outcome, reason = ENDINGS[result.outcome]
        more = {"appointment_id": thread.facts.get("appointment_id")} if outcome == "appointment_scheduled" else {}
        closing.close(thread, Status.completed, outcome, reason, **more)
