"""Nothing was heard: one nudge, one closing text, then an end (behaviour.md 10, dispatch.md 12)."""

from __future__ import annotations

from app.dispatch import wording
from app.dispatch.policy.frame import CLOSED, Draft, Turn

NUDGES = 1
NIGHT = (21, 8)


def heard_nothing(turn: Turn) -> Draft:
    """What to say after a silence."""
    state = turn.state
    if state.outcome in CLOSED or state.outcome in {"handoff", "escalated", "emergency_dispatch"}:
        return Draft(outcome=state.outcome)
    if state.asked is None and not turn.table:
        return Draft(outcome="abandoned", stage="timeout") if turn.event.minutes >= DAY else Draft()
    if state.nudges < NUDGES:
        state.nudges += 1
        return nudge(turn)
    if state.asked == "address" and not turn.has_place and state.jobs:
        return Draft(acts=("alert_owner", "handoff"), outcome="handoff", stage="escalated", reason="no_address")
    state.lapsed_slots = list(state.offer_slots)
    visit = turn.visit_to_move
    if visit is not None:
        kept = {"window": turn.window(visit.window_start, visit.window_end)}
        return Draft("cancel_kept", kept, outcome="abandoned", stage="complete", clears_offers=True)
    return Draft("closing", outcome="abandoned", stage="rejected", clears_offers=True)


DAY = 24 * 60


def nudge(turn: Turn) -> Draft:
    """One reminder of the offer, or of the question that is open."""
    state, table = turn.state, turn.table
    if not table:
        return Draft("nudge_question", asks=state.asked, stage=state.stage)
    values = {"choices": wording.choices_text(len(table), turn.language), "window": turn.slot_window(table[0])}
    if len(table) > 1:
        joiner = f" {wording.DAY_WORDS[turn.language]['or']} "
        values["window"] = joiner.join(turn.slot_window(one) for one in table)
    template = "nudge" if turn.visit_to_move is None else "nudge_move"
    return Draft(template, values, asks=state.asked, stage="confirming")
