"""The caller's own visits: when, move, cancel, late (behaviour.md 4.6)."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

from app.dispatch import proposals, wording
from app.dispatch.findings import Times
from app.dispatch.policy import late, memory, offering, shifts
from app.dispatch.policy.frame import Draft, Turn
from app.dispatch.types import OwnAppointment
from app.scheduling.types import Found


def about_visit(turn: Turn) -> Draft | None:
    """Answer what concerns a visit that exists, and go on with a change that was begun."""
    state, said = turn.state, turn.said
    if state.pending_act == "cancel":
        return cancel_answer(turn)
    if state.pending_act == "which_visit":
        return visit_named(turn)
    if said.intent == "cancel_appointment":
        return start(turn, "cancel")
    if state.pending_act is None and shifts.is_another(turn):
        shifts.second_visit(turn)
        return None
    return about_time(turn)


def about_time(turn: Turn) -> Draft | None:
    """Another time for a visit, or when it is."""
    state, said = turn.state, turn.said
    if state.pending_act == "reschedule" and not turn.names_other_work:
        return go_on_moving(turn)
    if said.intent == "reschedule" or shifts.is_meant(turn):
        return start(turn, "reschedule")
    if state.pending_act == "reschedule":
        state.pending_act = state.pending_appointment = None
    if said.intent == "existing_followup" and not is_about_warranty(turn):
        return follow_up(turn)
    return None


def is_about_warranty(turn: Turn) -> bool:
    """Whether a warranty is asked about that the tenant's own words answer."""
    return (
        bool(turn.context.warranty_note) and turn.said.wants("warranty_question") and not turn.said.wants("complaint")
    )


def booked_already(turn: Turn) -> Draft | None:
    """Nothing new is wanted and the visit stands: say when it is instead of selling it twice."""
    if not turn.state.jobs or turn.table or not turn.has_visit_for_job or turn.is_emergency:
        return None
    if "second_visit" in turn.state.flags:
        return None
    return follow_up(turn)


def start(turn: Turn, act: str) -> Draft:
    """Find the visit that is meant; several need a question, none is said."""
    visits = turn.visits
    if not visits:
        turn.act("alert_owner")
        return Draft("no_visit", acts=("handoff",), outcome="handoff", stage="escalated", reason="no_visit")
    meant = shifts.named(turn) if act == "reschedule" and len(visits) > 1 else []
    visit = visits[0] if len(visits) == 1 else meant[0] if len(meant) == 1 else None
    if act == "reschedule" and visit is not None:
        turn.state.wishes = shifts.wishes(turn, visit)
        turn.state.exclude, turn.state.asap = list(turn.said.times.exclude), False
    if visit is not None:
        return begin(turn, act, visit)
    turn.state.pending_act, turn.state.pending_appointment = "which_visit", act
    listed = "; ".join(
        f"{number}) {turn.window(visit.window_start, visit.window_end)}" for number, visit in enumerate(visits, 1)
    )
    return Draft("cancel_which", {"visits": listed}, asks="slot")


def visit_named(turn: Turn) -> Draft:
    """Which of several visits was meant: by number, or by day."""
    state, visits = turn.state, turn.visits
    act = state.pending_appointment or "cancel"
    index = next((int(word) for word in turn.said.plain.split() if word in {"1", "2", "3"}), 0)
    dates = {window.get("date") for window in turn.said.times.windows}
    named = [
        visit
        for number, visit in enumerate(visits, 1)
        if number == index or f"{local(turn, visit.window_start):%Y-%m-%d}" in dates
    ]
    if len(named) == 1:
        turn.said = replace(turn.said, times=Times())  # the number or the day named the visit, not a wish
        return begin(turn, act, named[0])
    state.pending_act = state.pending_appointment = None
    return start(turn, act)


def local(turn: Turn, moment: dt.datetime) -> dt.datetime:
    """A moment on the tenant's clock."""
    return moment.astimezone(turn.now.tzinfo)


def begin(turn: Turn, act: str, visit: OwnAppointment) -> Draft:
    """Ask for the YES of a cancellation, or offer new times."""
    state = turn.state
    state.pending_act, state.pending_appointment = act, visit.id
    if act == "cancel":
        hours = (visit.window_start - turn.now).total_seconds() / 3600
        policy = turn.context.cancellation_policy if hours < turn.context.cancellation_window_hours else ""
        values = {"window": turn.window(visit.window_start, visit.window_end), "policy": policy}
        return Draft("cancel_ask", values, asks="confirm_cancel")
    if not turn.has_place:
        memory.take_address(turn, visit.address)
    state.offer_slots = []
    return go_on_moving(turn) or offering.no_times(turn)


def pending_visit(turn: Turn) -> OwnAppointment | None:
    return next((visit for visit in turn.visits if visit.id == turn.state.pending_appointment), None)


def cancel_answer(turn: Turn) -> Draft | None:
    """YES cancels; NO keeps; another time moves the visit instead."""
    state, said, visit = turn.state, turn.said, pending_visit(turn)
    if visit is None:
        state.pending_act = state.pending_appointment = None
        return None
    window = turn.window(visit.window_start, visit.window_end)
    if said.wants("reschedule") or (said.times.windows and not said.is_yes):
        return begin(turn, "reschedule", visit)
    if state.asked != "confirm_cancel" and not said.is_no and not shifts.is_kept(turn):
        return begin(turn, "cancel", visit)
    is_cancelled = said.wants("cancel_appointment") or (state.asked == "confirm_cancel" and "cancel" in said.plain)
    is_cancelled = is_cancelled and not DONT_CANCEL.search(said.plain)
    if not is_cancelled and (shifts.is_kept(turn) or DONT_CANCEL.search(said.plain)):
        state.pending_act = state.pending_appointment = None
        return Draft("cancel_kept", {"window": window}, stage="complete")
    if said.is_yes or is_cancelled:
        state.pending_act = state.pending_appointment = None
        return Draft(
            "cancelled", {"window": window}, acts=(f"cancel:{visit.id}",), outcome="cancelled", stage="complete"
        )
    if said.is_no:
        state.pending_act = state.pending_appointment = None
        return Draft("cancel_kept", {"window": window}, stage="complete")
    return Draft("cancel_ask", {"window": window, "policy": ""}, asks="confirm_cancel")


DONT_CANCEL = re.compile(r"\b(?:dont|do not|not|never|no) (?:want to |wanna |actually |lo |la )*cancel\w*")


def go_on_moving(turn: Turn) -> Draft | None:
    """Offer times of equal length for the visit; without a wish ask for one (behaviour.md 4.6)."""
    state, visit = turn.state, pending_visit(turn)
    if visit is None:
        state.pending_act = state.pending_appointment = None
        return None
    window = turn.window(visit.window_start, visit.window_end)
    if shifts.is_kept(turn) and not turn.said.times.picked:
        state.pending_act = state.pending_appointment = None
        return Draft("cancel_kept", {"window": window}, stage="complete", clears_offers=True)
    picked = offering.choice(turn)
    if picked:
        return picked
    state.wishes = shifts.wishes(turn, visit) or state.wishes
    if turn.wish.is_open and state.asked != "when" and not turn.lapsed:
        return Draft("move_when", {"window": window}, asks="when")
    return offer_move(turn, visit)


def offer_move(turn: Turn, visit: OwnAppointment) -> Draft:
    """Two or three times for a visit that stays as long and as dear as it is."""
    found = regular(turn.search(visit.minutes, urgency="normal", moving=visit.id))
    others = tuple(slot for slot in found.slots if slot.start != visit.window_start)
    wanted = late.chosen(turn)
    again = late.still_free(wanted, others) if wanted else None
    if again is not None:
        return move_draft(turn, visit, proposals.offers_for([again], turn.estimates), is_match=True)
    slots, is_match = proposals.choose(
        Found(others), urgency="normal", wish=turn.wish, now=turn.now, zone=turn.context.timezone
    )
    if not slots:
        return offering.no_times(turn)
    return move_draft(turn, visit, proposals.offers_for(slots, turn.estimates), is_match=is_match)


def go_on_after_loss(turn: Turn) -> Draft:
    """The new time was taken between the offer and the choice: the visit stands, other times are offered (SC27)."""
    state = turn.state
    state.pending_act, state.pending_appointment, state.moving = "reschedule", state.moving, None
    visit = pending_visit(turn)
    if visit is None:
        return offering.no_times(turn)
    draft = offer_move(turn, visit)
    turn.before = []
    return offering.wrapped("slot_gone", "options", draft) if draft.offers else draft


def regular(found: Found) -> Found:
    """Only times at the regular rate: the price of the visit stays."""
    return Found(tuple(slot for slot in found.slots if slot.slot_type == "regular"), found.reasons, found.full_today)


def move_draft(turn: Turn, visit: OwnAppointment, offers: list[offering.Offer], *, is_match: bool) -> Draft:
    """The offer text of a move; it names no price because the price stays."""
    zone, language = turn.context.timezone, turn.language
    if visit.low is not None and visit.high is not None:
        offers = [offering.Offer(one.number, one.slot, visit.low, visit.high, (visit.job_type,)) for one in offers]
    if not is_match:
        turn.note("sorry_no_match")
    values = {
        "window": turn.window(visit.window_start, visit.window_end),
        "options": wording.options_text(offers, turn.now, zone=zone, language=language, priced=False),
        "choices": wording.choices_text(len(offers), language),
        "slot": turn.slot_window(offers[0]),
    }
    is_one = len(offers) == 1
    return Draft(
        "move_offer_one" if is_one else "move_offer",
        values,
        asks="confirm" if is_one else "slot",
        offers=offers,
        stage="confirming",
        follow_up="other",
    )


def follow_up(turn: Turn) -> Draft:
    """Where is my visit: its time if it is still to come, else a person."""
    visits = turn.visits
    is_late = any(visit.window_start < turn.now for visit in turn.context.appointments) or turn.said.wants("complaint")
    if visits and not is_late:
        first = min(visits, key=lambda visit: visit.window_start)
        return Draft(
            "visit_when", {"window": turn.window(first.window_start, first.window_end)}, outcome=turn.state.outcome
        )
    turn.act("alert_owner")
    template = "visit_late" if is_late else "hand_over"
    return Draft(template, acts=("handoff",), outcome="handoff", stage="escalated", reason="existing_visit")
