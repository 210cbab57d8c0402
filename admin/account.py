"""What the dispatcher made of one turn, as an account that people can read (experience.md 3.14)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from admin import steps, words
from app.conversations import Turn
from app.conversations.accounts import turn_of
from app.dispatch import Event, Result

SURE = ((0.9, "sure"), (0.75, "rather sure"), (0.5, "not sure"), (0.0, "guessing"))
NO_TEXT = frozenset({"timeout", "missed_call", "booking_refused", "human_takeover", "returned_to_ai"})
"""Events in which the customer wrote nothing that had to be understood."""
DEEDS = {
    "book": "book the time", "reschedule": "move the visit", "cancel": "cancel the visit", "escalate": "raise an alarm",
    "alert_owner": "tell the contractor", "dispatch": "send somebody now", "handoff": "call a person in",
    "opt_out": "stop all texts", "opt_in": "allow texts again",
}  # fmt: skip
LABELS = {"zip": "ZIP", "job_type": "job", "price_book_jobs": "in the price book", "exclude": "not"}
HIDDEN = frozenset({"picked"})
REFUSED = re.compile(r"^(?P<words>.*): (?P<reasons>[^:]+)$", re.DOTALL)
ASKING = frozenset({"outcome", "milliseconds", "detail", "rejected"})
MOST_CANDIDATES = 8


@dataclass(frozen=True)
class Line:
    """One part of the account: what it is about, and what is to be said about it."""

    label: str
    text: str


@dataclass(frozen=True)
class Account:
    """A turn told in a line, and in full."""

    headline: str
    lines: tuple[Line, ...]

    def __str__(self) -> str:
        return " ".join((self.headline, *(f"{line.label}: {line.text}" for line in self.lines)))


def of(turn: Turn) -> Account:
    """The account of a turn."""
    lines = [Line(label, text) for label, text in _parts(turn) if text]
    return Account(headline(turn), tuple(lines))


def of_result(event: Event, result: Result, milliseconds: float) -> Account:
    """The account of a turn that was only imagined; the row is never kept."""
    return of(turn_of(event, result, milliseconds))


def headline(turn: Turn) -> str:
    """What was understood and what was said, in one line."""
    said = f"Said “{words.plain(turn.template)}”." if turn.template else "Said nothing."
    if turn.event in NO_TEXT:
        return f"{steps.sentence(turn.event)} {said}"
    because = _quoted(_evidence(turn.evidence))
    return f"Understood as “{words.plain(turn.intent)}”{f' because of {because}' if because else ''}. {said}"


def _parts(turn: Turn) -> Iterator[tuple[str, str]]:
    yield "How sure", ", ".join(_sure(name, value) for name, value in turn.confidences.items())
    yield "Words that led to it", _quoted(turn.evidence)
    yield "Known so far", known(turn.extracted)
    yield "Step", steps.sentence(turn.step)
    yield "Stood in the way", ", ".join(words.plain(one).lower() for one in turn.errors)
    yield "Did", ", ".join(deed(act) for act in turn.acts) or "nothing beyond the answer"
    yield "Said", _said(turn)
    yield "Guard", _guard(turn)
    yield "Language model", _model(turn)
    yield "State", f"stage {words.plain(turn.stage)}, outcome {words.plain(turn.outcome)}"
    yield "Engine", f"{_engine(turn.engine)}, {turn.milliseconds:.1f} ms"


def _evidence(evidence: Sequence[str]) -> list[str]:
    """What was found, without the line that repeats the intent."""
    return [one for one in evidence if not one.startswith("intent: ")][:3]


def _quoted(evidence: Sequence[str]) -> str:
    return ", ".join(f"“{words.plain(one)}”" for one in evidence)


def _sure(name: str, value: float) -> str:
    word = next(word for least, word in SURE if value >= least)
    return f"{words.plain(name)} {value:.0%} ({word})"


def known(extracted: Mapping[str, Any]) -> str:
    """The facts of the frame in a line."""
    parts = [
        (LABELS.get(name, words.plain(name)), _value(value))
        for name, value in extracted.items()
        if name not in HIDDEN and not (name == "jobs" and value == [extracted.get("job_type")])
    ]
    return "; ".join(f"{name} {value}" for name, value in parts if value)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(str(value[key]) for key in ("date", "start", "end") if value.get(key))
    if isinstance(value, list):
        return ", ".join(_value(one) for one in value)
    return words.plain(str(value)) if isinstance(value, str) else str(value)


def deed(act: str) -> str:
    """An act of the dispatcher in words."""
    order = act.partition(":")[0]
    return DEEDS.get(order, words.plain(order))


def _said(turn: Turn) -> str:
    if not turn.template:
        return "nothing"
    considered = [words.plain(str(one)) for one in turn.candidates]
    more = f" and {len(considered) - MOST_CANDIDATES} more" if len(considered) > MOST_CANDIDATES else ""
    told = f"; considered: {', '.join(considered[:MOST_CANDIDATES])}{more}" if considered else ""
    return f"the wording “{words.plain(turn.template)}”{told}"


def _guard(turn: Turn) -> str:
    """What was refused and why; silence is no verdict when no words were considered."""
    if turn.verdicts:
        return "; ".join(_refusal(str(one)) for one in turn.verdicts)
    return "nothing was refused" if turn.candidates else ""


def _refusal(verdict: str) -> str:
    found = REFUSED.match(verdict)
    return f"refused “{found['words']}” because of {words.plain(found['reasons'])}" if found else verdict


def _model(turn: Turn) -> str:
    """What came of asking the language model, and what of it the guard let pass."""
    asked = turn.suggestion
    if not asked:
        return ""
    told = f"{words.plain(asked.get('outcome', '')).lower()} after {asked.get('milliseconds', 0):.0f} ms"
    if detail := asked.get("detail"):
        told += f" ({detail})"
    if rejected := asked.get("rejected"):
        told += f"; not taken: {'; '.join(map(str, rejected))}"
    found = [(words.plain(name), _value(value)) for name, value in asked.items() if name not in ASKING]
    return "; ".join((told, *(f"{name} {value}" for name, value in found if value)))


def _engine(engine: str) -> str:
    return {"rules": "by rules", "llm": "by rules and the language model"}.get(engine, engine)
