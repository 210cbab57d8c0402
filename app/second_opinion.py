"""The dispatcher with a language model beside it: the rules answer first and whole, then a model may be asked.

Asking happens between two calls of `dispatch.decide` on the same state (reference/dispatch.md 1). No lock and no
transaction may be held meanwhile: it takes seconds. Without an answer the rules' own stands.
"""

import re
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app import dispatch
from app.dispatch import Context, Event, Result, State, Suggestion
from app.dispatch.policy import advice
from app.providers import llm
from app.providers.llm import Opinion, Outcome

WORTH_TELLING = frozenset({Outcome.misconfigured})
SLOT_ID = re.compile(r"s[1-9]")


@dataclass
class Thought:
    """One decision in the making: the rules' answer, and the question that is on its way, if any."""

    state: State
    event: Event
    context: Context
    at: datetime
    result: Result
    after: State
    asking: llm.Asking | None = None
    milliseconds: float = 0.0
    """What the deciding took, without the waiting."""
    told: dict[str, Any] = field(default_factory=dict)
    """What is kept of the asking; nothing of it repeats the customer's or the model's words."""

    @property
    def is_ready(self) -> bool:
        """Whether nothing needs to be waited for any more."""
        return self.asking is None or self.asking.is_over

    @property
    def is_refused(self) -> bool:
        """Whether the server took neither our key nor our request, which somebody has to put right."""
        return self.told.get("outcome") in WORTH_TELLING


def begin(state: State, event: Event, context: Context, at: datetime, *, business: str) -> Thought:
    """Let the rules decide, and send the question off that their answer carries; `business` is who pays for it."""
    started = time.perf_counter()
    result, after = dispatch.decide(state, event, context, at)
    thought = Thought(state, event, context, at, result, after, milliseconds=_since(started))
    if result.question is not None:
        thought.asking = llm.ask(result.question, business=business)
    return thought


def finish(thought: Thought) -> tuple[Result, State]:
    """The decision with what counts of the model's opinion, waited for until its deadline at the longest."""
    if thought.asking is None:
        return thought.result, thought.after
    opinion = thought.asking.result()
    thought.told = {"outcome": str(opinion.outcome), "milliseconds": round(opinion.milliseconds, 1)}
    if opinion.detail:
        thought.told["detail"] = opinion.detail
    if opinion.suggestion is not None:
        _weigh(thought, opinion, opinion.suggestion)
    return thought.result, thought.after


def _weigh(thought: Thought, opinion: Opinion, suggestion: Suggestion) -> None:
    started = time.perf_counter()
    decided = dispatch.decide(thought.state, thought.event, thought.context, thought.at, suggestion=suggestion)
    thought.result, thought.after = decided
    thought.milliseconds += _since(started)
    verdicts = thought.result.verdicts
    llm.judge(opinion, is_bad=advice.blames(verdicts))
    thought.told |= _kept(suggestion, thought.result)


def _kept(suggestion: Suggestion, result: Result) -> dict[str, Any]:
    """A suggestion by its ids; where a model could have put the customer's words, only whether there was something."""
    rejected = [verdict.removeprefix("model's ") for verdict in result.verdicts if verdict.startswith("model's ")]
    return {
        "is_used": result.engine == "llm",
        "job": next((job for job in suggestion.job_types if job in result.extracted["jobs"]), None),
        "urgency": suggestion.urgency_level,
        "has_intent": suggestion.intent is not None,
        "has_name": suggestion.name is not None,
        "slots": [slot for slot in suggestion.slots if SLOT_ID.fullmatch(slot)],
        "words": len(suggestion.reply or ""),
        "words_for": suggestion.words_for,
        "rejected": rejected,
    }


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
