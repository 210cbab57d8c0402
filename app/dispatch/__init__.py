"""The dispatcher: a pure function from what a customer wrote to what is said and done."""

from __future__ import annotations

from datetime import datetime

from app.dispatch import policy
from app.dispatch.suggestion import Suggestion
from app.dispatch.types import Context, Event, Result, State

__all__ = ["Context", "Event", "Result", "State", "Suggestion", "decide"]


def decide(
    state: State, event: Event, context: Context, now: datetime, suggestion: Suggestion | None = None
) -> tuple[Result, State]:
    """Decide what to say and do about an event, and remember it.

    `now` is aware. Nothing is read or written outside the arguments; the given state is not changed. Acts that book
    come with their confirmation (see `Result`). Order and rules: reference/dispatch.md 13.
    """
    return policy.turn(state, event, context, now, suggestion=suggestion)
