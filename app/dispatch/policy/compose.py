"""From a draft to a result: the words, the facts of the frame, and what is remembered of the answer."""

from __future__ import annotations

from decimal import Decimal

from app.dispatch import proposals, safety, wording
from app.dispatch.policy import advice
from app.dispatch.policy.frame import Draft, Turn
from app.dispatch.types import Json, Result, State

INNER_PLACEHOLDER = {"slot_gone": "options"}


def answer(turn: Turn, draft: Draft) -> tuple[Result, State]:
    """The result of a turn and the state after it."""
    text, values = words(turn, draft)
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
        verdicts=tuple(turn.verdicts),
        engine="llm" if turn.is_advised else "rules",
    )
    return result, state


def words(turn: Turn, draft: Draft) -> tuple[str | None, dict[str, str]]:
    """The text: the sentences before, then the answer; shortened from the front when it is too long."""
    if draft.template == "life_safety":
        return safety_words(turn, draft), {}
    values = {**turn.common_values(), **draft.values}
    if draft.template is None:
        return None, {}
    inner = values.pop("inner", "")
    if inner:
        values[values.pop("slot")] = render(turn, inner, values)
    if (draft.offers and draft.template != "openings") or draft.template in {"ask_when_price", "ask_when_visit"}:
        turn.before = [final_note(part) for part in turn.before]
    before = [render(turn, part.template or "", {**turn.common_values(), **part.values}) for part in turn.before]
    room = wording.MOST_CHARACTERS - sum(len(part) + 1 for part in before)
    main = advice.words(turn, draft, room) or render(turn, draft.template, values)
    while before and len(" ".join([*before, main])) > wording.MOST_CHARACTERS:
        before.pop(1 if len(before) > 1 and turn.before[0].template == "valve" else 0)
    return unsaid(turn, wording.tidy(" ".join([*before, main]))), values


def final_note(part: Draft) -> Draft:
    """The options name the prices: what remains to be said is that they are a range."""
    return Draft("final_price") if part.template == "price_range" else part


def render(turn: Turn, template: str, values: dict[str, str]) -> str:
    """One template in the language of the talk, in a variant that was not said yet."""
    text, _ = wording.say(template, values, language=turn.language, said=turn.state.said, own=turn.context.templates)
    if template not in REMEMBERED_AS_WHOLE:
        turn.state.said.append(wording.digest(text))
    return text


REMEMBERED_AS_WHOLE: frozenset[str] = frozenset()


def unsaid(turn: Turn, text: str) -> str:
    """The same text is never said twice: an opening makes it another."""
    if wording.digest("whole " + text) not in turn.state.said:
        return text
    for opening in wording.OPENINGS[turn.language]:
        other = opening + text
        if wording.digest("whole " + other) not in turn.state.said and len(other) <= wording.MOST_CHARACTERS:
            return other
    return text


def safety_words(turn: Turn, draft: Draft) -> str:
    """The fixed text of the most lethal new hazard and one short question, within 260 characters."""
    text = safety.text_for(turn.new_hazards[0], turn.language)
    if draft.asks is None:
        return text
    question = render(turn, "safe_address" if draft.asks == "address" else "safe_ask", dict(turn.common_values()))
    whole = f"{text} {question}"
    return whole if len(whole) <= safety.MOST_CHARACTERS else text


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
