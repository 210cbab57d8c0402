"""Which decisions of the dispatcher end a thread, and with what outcome (behaviour.md 2.2 C18-C21)."""

from app.conversations import Conversation, Mode, Status, closing
from app.dispatch import Result

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
        details = {
            "appointment_id": thread.facts["appointment_id"],
            "window": result.values.get("window"),
            "booking_kind": result.booking_kind,
        }
        closing.close(thread, Status.completed, "appointment_scheduled", **details)
    elif result.outcome == "abandoned":
        closing.close(thread, Status.abandoned, "abandoned", "no_reply")
    elif result.outcome in ENDINGS and thread.mode != Mode.escalated:
        outcome, reason = ENDINGS[result.outcome]
        more = {"appointment_id": thread.facts.get("appointment_id")} if outcome == "appointment_scheduled" else {}
        closing.close(thread, Status.completed, outcome, reason, **more)
