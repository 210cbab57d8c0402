"""Life safety, emergencies and what goes before any talk of times (behaviour.md 5)."""

from __future__ import annotations

from app.dispatch.policy.frame import Draft, Turn

HOT = frozenset({"gas", "co", "fire", "electrical", "person_trapped", "medical", "crime", "self_harm"})


def notice(turn: Turn) -> None:
    """Raise the urgency, take note of new hazards, and alert the contractor once for each step."""
    state, danger = turn.state, turn.said.danger
    turn.new_hazards = tuple(hazard for hazard in danger.classes if hazard not in state.hazards)
    if state.hazards and turn.new_hazards == ("medical",) and only_helpers(turn):
        turn.new_hazards = ()
    state.hazards += turn.new_hazards
    rose = turn.raise_urgency(danger.level, danger.confidence)
    if turn.new_hazards:
        state.is_safe = False
        alert(turn, 3, "life_safety")
    elif rose and danger.level == "emergency":
        alert(turn, 2, "emergency")
    if turn.said.is_safe and state.hazards and not turn.new_hazards:
        state.is_safe = True


HELPERS = ("911", "ambulance", "paramedic", "ambulancia")


def only_helpers(turn: Turn) -> bool:
    """Whether the text only says that help was called."""
    words = [words for words in turn.said.danger.evidence if words.startswith("medical")]
    return all(any(helper in found for helper in HELPERS) for found in words)


def alert(turn: Turn, level: int, reason: str) -> None:
    """Escalate at a level; the same level is not escalated twice."""
    if turn.state.escalation_level >= level and not turn.new_hazards:
        return
    turn.state.escalation_level = max(level, turn.state.escalation_level)
    turn.escalation, turn.reason = level, reason
    turn.act("escalate", "alert_owner")


def life_safety(turn: Turn) -> Draft | None:
    """The fixed text of a new hazard, with one question after it."""
    if not turn.new_hazards:
        return None
    if turn.new_hazards[0] == "self_harm":
        return Draft("life_safety", acts=("handoff",), outcome="handoff", stage="escalated", clears_offers=True)
    asks = "safe" if turn.state.street else "address"
    return Draft("life_safety", asks=asks, stage="escalated", outcome="escalated", clears_offers=True)


def until_safe(turn: Turn) -> Draft | None:
    """No price and no time before they are safe; the address meanwhile."""
    state = turn.state
    if not state.hazards or state.is_safe:
        return None
    if state.asked == "safe" and turn.said.is_yes:
        state.is_safe = True
        return None
    asked = state.asks_of.get("safe", 0)
    if "?" in turn.said.text and not turn.new_hazards:
        turn.note("stay_away")  # whatever was asked: no advice on handling anything (dispatch.md 17.1)
    if asked >= 2:
        return Draft(
            "hand_over_emergency", acts=("handoff",), outcome="escalated", stage="escalated", reason="not_safe"
        )
    if not state.street and state.asks_of.get("address", 0) < 2:
        return Draft("safe_address", asks="address", stage="escalated", outcome="escalated")
    return Draft("safe_ask", asks="safe", stage="escalated", outcome="escalated")


def safety_question(turn: Turn) -> Draft | None:
    """A word that may mean danger, or a bare claim of an emergency: one question (behaviour.md 5.1)."""
    state, danger = turn.state, turn.said.danger
    if state.asked == "hazard":
        return None
    if not danger.asks_safety or state.safety_asked or state.hazards or turn.is_emergency:
        return None
    state.safety_asked = True
    return Draft("safety_question", asks="hazard", stage="collecting_info")


def hazard_answer(turn: Turn) -> Draft | None:
    """YES to the safety question is an emergency whose kind is not known."""
    state = turn.state
    if state.asked != "hazard" or not turn.said.is_yes or turn.new_hazards:
        return None
    turn.new_hazards = ("fire",)
    state.hazards.append("fire")
    turn.raise_urgency("emergency", 0.9)
    alert(turn, 3, "life_safety")
    return life_safety(turn)


def valve(turn: Turn) -> None:
    """Pure water damage, and only that, gets the word about the main valve, once."""
    state = turn.state
    if turn.said.danger.is_water and turn.is_emergency and not state.hazards and not state.valve_told:
        state.valve_told = True
        turn.note("valve")


def has_last_offer(turn: Turn) -> bool:
    """Whether the customer may take the time that he was offered because nobody could be reached, at any hour."""
    return "nobody_reached" in turn.state.flags and bool(turn.table)


def away(turn: Turn) -> Draft | None:
    """Out of office: emergencies go to a person, others leave a message unless times are booked for the return."""
    if not turn.context.out_of_office or has_last_offer(turn):
        return None
    if turn.is_emergency:
        turn.state.escalation_level = max(2, turn.state.escalation_level)
        turn.act("escalate")
        turn.errors.append("OUT_OF_OFFICE")
        return Draft("hand_over", acts=("handoff",), outcome="handoff", stage="escalated", reason="out_of_office")
    if turn.context.vacation_mode == "take_message":
        turn.errors.append("OUT_OF_OFFICE")
        return Draft(
            "away_message", acts=("alert_owner", "handoff"), outcome="handoff", stage="escalated", reason="away"
        )
    return None


def closed(turn: Turn) -> Draft | None:
    """Outside phone hours: when we answer, and 911 for danger (behaviour.md 9)."""
    context = turn.context
    if context.phone_open or has_last_offer(turn):
        return None
    turn.errors.append("OUTSIDE_PHONE_HOURS")
    line = f"Emergency line: {context.emergency_line}. " if context.emergency_line else ""
    return Draft("closed_hours", {"open": context.phone_opens_at, "emergency_line": line}, stage="collecting_info")


def closed_with_valve(turn: Turn) -> Draft | None:
    """The valve first, then the opening hour."""
    if not turn.context.phone_open:
        valve(turn)
    return closed(turn)


def not_accepted(turn: Turn) -> None:
    """No emergency service: the contractor is alerted and no time is promised."""
    if turn.is_emergency and not turn.context.emergencies_accepted and "emergency_off" not in turn.state.flags:
        turn.flag("emergency_off")
        turn.errors.append("EMERGENCY_NOT_ACCEPTED")
        turn.act("alert_owner")
        turn.note("emergency_off", who=turn.who)
