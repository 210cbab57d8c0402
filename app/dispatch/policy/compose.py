"""From a draft to a result: the words, the facts of the frame, and what is remembered of the answer."""

from __future__ import annotations

from decimal import Decimal

from app.dispatch import proposals, safety, wording
from app.dispatch.policy import telling
from app.dispatch.policy.frame import Draft, Turn
from app.dispatch.types import Json, Result, State


def answer(turn: Turn, draft: Draft) -> tuple[Result, State]:
    """The result of a turn and the state after it."""
    text, draft, values = telling.words(turn, draft)
    state = turn.state
    turn.act(*draft.acts)
    remember(turn, draft, text)
    low, high = value_of(turn)
    confirmed = draft.confirmed
    result = Result(
        reply=text,
        template=draft.template,
        values=values,
        asks=state.asked,
        acts=tuple(turn.acts),
        offers=tuple(draft.offers),
        keeps_offers=not draft.clears_offers,
        proposed=tuple(one.slot.id for one in draft.offers),
        confirmed_slot=confirmed.slot.id if confirmed else None,
        booking_kind=draft.booking_kind,  # type: ignore[arg-type]
        price=(confirmed.low, confirmed.high) if confirmed else None,
        urgency_level=state.urgency,
        urgency_confidence=state.urgency_confidence,
        life_safety=turn.new_hazards[0] if turn.new_hazards else None,
        life_safety_text=safety.text_for(turn.new_hazards[0], state.language) if turn.new_hazards else None,
        intent=turn.said.intent,
        extracted=extracted(turn),
        estimated_value_min=low,
        estimated_value_max=high,
        job_confidence=state.job_confidence,
        ai_confidence=confidence(turn),
        outcome=state.outcome,
        stage=state.stage,
        escalation_level=state.escalation_level,
        escalation_reason=draft.reason or turn.reason,
        language=state.language,
        lead=state.lead,
        flags=tuple(state.flags),
        validation_errors=tuple(turn.errors),
        follow_up_minutes=follow_up(turn, draft, text),
        evidence=turn.said.evidence,
        step=turn.step,
        confidences=confidences(turn),
        candidates=tuple(turn.candidates),
        verdicts=tuple(turn.verdicts),
        engine="llm" if turn.is_advised else "rules",
    )
    return result, state


def remember(turn: Turn, draft: Draft, text: str | None) -> None:
    """Keep what was said, asked and put on the table."""
    state = turn.state
    if text:
        state.said.append(wording.digest("whole " + text))
        state.bot_turns += 1
        state.asked = draft.asks
        if draft.asks:
            state.asks_of[draft.asks] = state.asks_of.get(draft.asks, 0) + 1
    elif draft.outcome or draft.clears_offers:
        state.asked = None
    if draft.offers:
        state.offer_slots, state.lapsed_slots = [one.slot.id for one in draft.offers], []
    if draft.clears_offers:
        state.offer_slots = []
    is_kept = turn.event.kind != "message" or state.outcome in {"escalated", "emergency_dispatch"}
    state.outcome = draft.outcome or (state.outcome if is_kept else "open")
    state.stage = draft.stage or state.stage


def extracted(turn: Turn) -> Json:
    """The frame as it is known so far."""
    state = turn.state
    return {
        "job_type": state.jobs[0] if state.jobs else None,
        "jobs": list(state.jobs),
        "price_book_jobs": [line.job_type for line in turn.estimates] if state.jobs else [],
        "name": state.name,
        "address": state.street,
        "unit": state.unit,
        "city": state.city,
        "state": state.region,
        "zip": state.postal_code,
        "phone": state.phone,
        "times": list(state.wishes),
        "exclude": list(state.exclude),
        "picked": list(turn.said.times.picked),
    }


def value_of(turn: Turn) -> tuple[Decimal | None, Decimal | None]:
    """What the job is worth: the sum of its lines at the rate in hand; None when nothing is known."""
    if not turn.state.jobs:
        return None, None
    low, high, _ = proposals.total(turn.estimates)
    rate = turn.context.immediate
    if turn.state.emergency_consent and rate:
        return proposals.priced(low, high, rate.multiplier)
    return low, high


def confidence(turn: Turn) -> float:
    """The least of the confidences that count for this turn (dispatch.md 1.4)."""
    said, state = turn.said, turn.state
    parts = [said.intent_confidence]
    if state.jobs:
        parts.append(state.job_confidence)
    if state.street:
        parts.append(0.95 if said.address.street is None else max(said.address.confidence, 0.5))
    return round(min(parts), 2)


def confidences(turn: Turn) -> dict[str, float]:
    """How sure each finding of this text was; nothing for what it did not speak of."""
    said = turn.said
    if turn.event.kind != "message":
        return {}
    found = {"intent": said.intent_confidence, "urgency": said.danger.confidence}
    if said.jobs.types:
        found["job"] = said.jobs.confidence
    if said.address.street:
        found["address"] = said.address.confidence
    return {name: round(value, 2) for name, value in found.items()}


def follow_up(turn: Turn, draft: Draft, text: str | None) -> int | None:
    """Minutes until a nudge, while an offer or a question is open (behaviour.md 10)."""
    if not text or not draft.follow_up:
        return None
    waits = turn.context.confirm_wait_minutes
    return waits.get(draft.follow_up, waits.get("other", 5))
