"""From a draft to the words that leave: variants in their order, each before the guard, a plain text at last."""

from __future__ import annotations

from app.dispatch import outgoing, safety, variants, wording
from app.dispatch.policy import advice
from app.dispatch.policy.frame import Draft, Turn
from app.dispatch.policy.proof import facts_of

SAFE = Draft("hand_over", acts=("handoff",), outcome="handoff", stage="escalated", reason="guard")
"""What is said when no words for an answer may leave: a person goes on (behaviour.md 4.7, 4.8)."""

Part = tuple[str, str]
"""A template and the text that came of it."""


def words(turn: Turn, draft: Draft) -> tuple[str | None, Draft, dict[str, str]]:
    """The text, the draft that it belongs to, and the values in it."""
    if draft.template is None:
        return None, draft, {}
    if draft.template == "life_safety":
        return safety_words(turn, draft), draft, {}
    facts = facts_of(turn, draft)
    values = {**turn.common_values(), **draft.values}
    parts = before(turn, draft, facts)
    main = advised(turn, draft, parts, facts) or answer(turn, draft.template, values, facts)
    if main is None:
        return plainly(turn, draft)
    return unsaid(turn, fitted(turn, parts, main)), draft, values


def advised(turn: Turn, draft: Draft, parts: list[Part], facts: outgoing.Facts) -> str | None:
    """The answer in a language model's words, held against the same facts as ours; None when they do not stand."""
    room = wording.MOST_CHARACTERS - sum(len(text) + 1 for _, text in parts)
    template = draft.template or ""
    return advice.words(turn, draft, room, lambda text: outgoing.faults(text, template=template, facts=facts))


def answer(turn: Turn, template: str, values: dict[str, str], facts: outgoing.Facts) -> str | None:
    """The answer itself, with an offer inside it where it has one."""
    inner = values.pop("inner", "")
    if inner:
        offer = render(turn, inner, values, facts)
        if offer is None:
            return None
        values[values.pop("slot")] = offer
    return render(turn, template, values, facts)


def plainly(turn: Turn, draft: Draft) -> tuple[str, Draft, dict[str, str]]:
    """Nothing may be said as it was meant: a text without any fact, and nothing is booked or moved."""
    turn.before = []
    draft = Draft("greeting", asks="job", stage="initial") if turn.event.kind == "missed_call" else SAFE
    values = dict(turn.common_values())
    first = wording.ours(draft.template or "", turn.language)[0]
    turn.candidates.append(first.id)
    return wording.shorten(wording.fill(first.text, values)), draft, values


def before(turn: Turn, draft: Draft, facts: outgoing.Facts) -> list[Part]:
    """The sentences that go before the answer; one that may not leave is left out."""
    names_prices = draft.offers and draft.template != "openings"
    if names_prices or draft.template in {"ask_when_price", "ask_when_visit"}:
        turn.before = [final_note(part) for part in turn.before]
    parts = [
        (part.template or "", render(turn, part.template or "", {**turn.common_values(), **part.values}, facts))
        for part in turn.before
    ]
    return [(template, text) for template, text in parts if text]


def final_note(part: Draft) -> Draft:
    """The options name the prices: what remains to be said is that they are a range."""
    return Draft("final_price") if part.template == "price_range" else part


def fitted(turn: Turn, parts: list[Part], main: str) -> str:
    """Everything in one text; what does not fit, or asks too much, is taken from the front, the valve last."""
    while True:
        text = wording.tidy(" ".join([*(text for _, text in parts), main]))
        why = ", ".join(map(str, outgoing.of_shape(text)))
        if not why or not parts:
            return text
        template, _ = parts.pop(1 if len(parts) > 1 and parts[0][0] == "valve" else 0)
        turn.verdicts.append(f"{template}: left out, {why}")


def render(turn: Turn, template: str, values: dict[str, str], facts: outgoing.Facts) -> str | None:
    """One template in the language of the talk, in a variant that was not said yet; None when none may leave."""
    look = variants.guard(template, facts)
    told = wording.say(
        wording.variants_of(template, turn.language, turn.context.wordings),
        values,
        language=turn.language,
        said=turn.state.said,
        faults=look,
    )
    turn.candidates += told.candidates
    turn.verdicts += told.verdicts
    if told.text is not None:
        turn.state.said.append(wording.digest(told.text))
    return told.text


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
    turn.candidates.append(f"safety:{turn.new_hazards[0]}")
    if draft.asks is None:
        return text
    template = "safe_address" if draft.asks == "address" else "safe_ask"
    question = render(turn, template, dict(turn.common_values()), facts_of(turn, draft))
    whole = f"{text} {question}"
    return whole if question and len(whole) <= safety.MOST_CHARACTERS else text
