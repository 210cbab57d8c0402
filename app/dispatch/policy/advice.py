"""The second opinion: what a language model is asked about a turn, and whether its words may stand for a template.

The rules have answered completely before; a model fills gaps and words replies (reference/dispatch.md 18.1, 17.2).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from app.dispatch import guard, jobs, pricebook, redaction, suggestion, wording
from app.dispatch.policy.frame import Draft, Turn
from app.dispatch.types import Json, Offer, Result

Look = Callable[[str], Iterable[object]]
"""Says what is wrong with a text that is to leave."""
LOW = 0.7
"""Below this confidence a second opinion is worth its time."""
MOST_SLOTS, MOST_TEXTS = 6, 6
GAINING = frozenset({"missing", "unclear", "too_unclear", "offer", "price_first"})
"""The steps of the policy that a better understanding could lead past."""
SETTLED = frozenset(
    {
        "opt_out", "opt_in", "help_keyword", "auto_reply", "spam", "wrong_number", "injection", "crisis", "greeting",
        "thanks_bye", "slot_choice", "confirm_yes", "decline_no", "cancel_appointment", "reschedule", "complaint",
        "ask_human", "are_you_bot", "defer", "not_needed",
    }
)  # fmt: skip
"""Intents that the rules alone decide about."""
NEEDS = {
    "ask_issue": ("job",),
    "ask_issue_detail": ("job",),
    "ask_issue_address": ("job", "address"),
    "ask_issue_detail_address": ("job", "address"),
    "ask_address": ("address",),
    "ask_address_number": ("address",),
    "address_help": ("address",),
    "ask_zip": ("zip",),
    "ask_name": ("name",),
    "ask_when": ("when",),
    "declined": ("when",),
    "offer_one": (),
    "offer_choice": (),
    "which_one": (),
    "confirm_again": (),
}
"""The templates that a model may word, and what each of them has to ask for; no others are ever worded."""
ASKED = {
    "job": r"\b(?:what|which|where|how|describe|tell|problem|issue|wrong|que|cual|donde|como|problema|describa)\b",
    "address": r"\b(?:address|street|where|direccion|calle|donde)\b",
    "zip": r"\b(?:zip|postal)\b",
    "name": r"\b(?:name|nombre|llama)\b",
    "when": r"\b(?:when|day|time|cuando|dia|hora)\b",
}
ASKS = re.compile(
    r"\?|\b(?:send|tell|share|give|reply|text|let me know|describe|envie|mande|diga\w*|responda)\b", re.IGNORECASE
)
CHOOSE = {"en": ("Reply {choices}", " to book"), "es": ("Responda {choices}", " para reservar")}
ANOTHER_ACT = "another act"
BLAMELESS = frozenset({ANOTHER_ACT, "own words", "said before", "length"})
"""Reasons against a model's words that say nothing against the model."""


def question(turn: Turn, draft: Draft, result: Result, *, asked: str | None) -> Json | None:
    """What the model may know and is asked for; None when the rules are sure, or alone may answer.

    `asked` is what had been asked before this text.
    """
    if turn.event.kind != "message" or turn.step not in GAINING or not is_unsure(turn, result):
        return None
    state, name = turn.state, turn.state.name
    text = redaction.shareable(turn.event.text, asked=asked, name=name)
    if redaction.is_empty(text):
        return None
    return {
        "customer_text": text,
        "recent": [_line(who, words, name) for who, words in turn.context.recent[-MOST_TEXTS:]],
        "language": turn.language,
        "trade": turn.context.trade,
        "first_name": (name or "").split(" ")[0] or None,
        "asked_before": asked,
        "known": {"jobs": list(state.jobs), "address": turn.has_place, "urgency": state.urgency},
        "jobs": _jobs(turn),
        "intents": sorted(guard.MODEL_INTENTS),
        "words_for": draft.template if draft.template in NEEDS and not turn.acts else None,
        "must_ask": list(NEEDS.get(draft.template or "", ())),
        "slots": sorted(slot_ids(turn, draft)),
        "placeholders": sorted(facts(turn, draft)),
    }


def is_unsure(turn: Turn, result: Result) -> bool:
    """Whether something is missing that a better reader could find; never in danger, and never about a choice."""
    said, state = turn.said, turn.state
    in_danger = state.hazards or turn.is_emergency or said.danger.asks_safety
    if in_danger or said.is_yes or said.is_no or said.times.picked or SETTLED & set(said.intents):
        return False
    return said.intent == "unclear" or not state.jobs or result.ai_confidence < LOW


def _line(who: str, words: str, name: str | None) -> Json:
    return {
        "from": who,
        "text": redaction.shareable(words, name=name) if who == "customer" else redaction.our_own(words),
    }


def _jobs(turn: Turn) -> list[Json]:
    known = {line.job_type for line in turn.context.price_book}
    lines = {job: pricebook.line_for(job, turn.context).job_type for job, _ in jobs.ranked(turn.context.trade)}
    return [{"id": job, "price": line if line in known else None} for job, line in lines.items()]


def slot_ids(turn: Turn, draft: Draft) -> dict[str, Offer]:
    """The offers that words may speak of: what is proposed now, else what is on the table, as s1 to s6."""
    offers = draft.offers or (turn.table if draft.asks in {"slot", "confirm"} else [])
    return {f"s{offer.number}": offer for offer in offers[:MOST_SLOTS]}


def facts(turn: Turn, draft: Draft) -> Mapping[str, str]:
    """The value of every placeholder that has one in this turn."""
    context, offers = turn.context, slot_ids(turn, draft)
    found = {
        "business": context.business_name,
        "owner": context.owner_name,
        "address": turn.address,
        "name": (turn.state.name or "").split(" ")[0],
        "fee": wording.price_text(context.diagnostic.low, context.diagnostic.high),
    }
    found |= {f"slot:{name}": _slot_text(turn, offer, len(offers)) for name, offer in offers.items()}
    # Beside a slot at another rate the list price would be a second, wrong price.
    if turn.state.jobs and not turn.is_diagnostic and all(offer.slot.multiplier == 1 for offer in offers.values()):
        for line in turn.estimates:
            found[f"price:{line.job_type}"] = wording.price_text(line.low, line.high)
        if len(turn.state.jobs) == 1:
            found[f"price:{turn.state.jobs[0]}"] = found[f"price:{turn.estimates[0].job_type}"]
    return {name: value for name, value in found.items() if value}


def _slot_text(turn: Turn, offer: Offer, count: int) -> str:
    """An offer as the templates say it: with its price and, among several, its number."""
    if count > 1:
        return wording.options_text([offer], turn.now, zone=turn.context.timezone, language=turn.language)
    return f"{turn.slot_window(offer)}, {wording.offer_price_text(offer, turn.language)}"


def words(turn: Turn, draft: Draft, room: int, look: Look) -> str | None:
    """The model's words in place of the draft's template, at most `room` characters; None, with a verdict, if not."""
    given = turn.suggestion
    if given is None or not (given.reply or "").strip():
        return None
    if reasons := _misfits(turn, draft):
        turn.verdicts.append(f"model's words: {', '.join(reasons)}")
        return None
    text, reasons = _read(turn, draft, given.reply or "")
    if not reasons and len(text) > room:
        reasons = ("length",)
    if not reasons and wording.digest("whole " + text) in turn.state.said:
        reasons = ("said before",)
    if not reasons:
        reasons = tuple(map(str, look(text)))
    if reasons:
        turn.verdicts.append(f"model's words: {', '.join(dict.fromkeys(reasons))}")
        return None
    turn.is_advised = True
    turn.candidates.append("model's words")
    return text


def _misfits(turn: Turn, draft: Draft) -> tuple[str, ...]:
    """Why no words of a model may stand here at all."""
    given = turn.suggestion
    if draft.template not in NEEDS or turn.acts or draft.acts or turn.state.hazards or turn.is_emergency:
        return (ANOTHER_ACT,)
    if given is None or given.words_for != draft.template:
        return (ANOTHER_ACT,)
    return ("own words",) if turn.context.wordings.get(turn.language, {}).get(draft.template) else ()


def _read(turn: Turn, draft: Draft, reply: str) -> tuple[str, tuple[str, ...]]:
    """The words with the facts in them, and every reason against them."""
    given, values, offers = turn.suggestion, facts(turn, draft), slot_ids(turn, draft)
    choose = how_to_choose(turn, len(offers))
    reply = re.sub(rf"{re.escape(choose[0])}(?:{choose[1]})?[.!]?", "", reply, flags=re.IGNORECASE) if offers else reply
    wanted, own = suggestion.placeholders(reply), suggestion.skeleton(reply)
    reasons = [*guard.faults(wording.tidy(own)), *(["markup"] if set(own) & set("{}<>[]\\") else [])]
    reasons += suggestion.faults(own, turn.language)
    reasons += [] if set(wanted) <= set(values) else ["placeholder without a value"]
    unknown = given is not None and (set(given.slots) - set(offers) or given.confirmed_slot)
    reasons += ["unknown slot"] if unknown else []
    reasons += ["unknown price"] if given and given.price and not _is_price(turn, given.price) else []
    told = [name for name in wanted if name.startswith("slot:")]
    if draft.offers and sorted(told) != sorted(f"slot:{name}" for name in offers):
        reasons.append("not every offer once")
    if not all(re.search(ASKED[need], own, re.IGNORECASE) for need in NEEDS[draft.template or ""]) or not (
        offers or ASKS.search(own)
    ):
        reasons.append("does not ask")
    if reasons:
        return "", tuple(reasons)
    text = suggestion.render(reply, values)
    return (f"{text} {''.join(choose)}." if offers else text), ()


def how_to_choose(turn: Turn, count: int) -> tuple[str, str]:
    """The sentence that ends an offer, which is ours: what to reply, and what for."""
    what, purpose = CHOOSE[turn.language]
    return what.format(choices=wording.choices_text(count, turn.language)), purpose


def blames(verdicts: Iterable[str]) -> bool:
    """Whether a verdict speaks against the model: an invented id or fact, not an answer that came to nothing."""
    told = [verdict.partition(": ") for verdict in verdicts if verdict.startswith("model's ")]
    return any(what != "model's urgency" and not set(reasons.split(", ")) <= BLAMELESS for what, _, reasons in told)


def _is_price(turn: Turn, name: str) -> bool:
    return name in {line.job_type for line in turn.context.price_book} | {
        job for job, _ in jobs.ranked(turn.context.trade)
    }
