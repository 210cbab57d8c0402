"""What is kept of a turn: the decision of the dispatcher as a row."""

from typing import Any

from app.conversations import Turn
from app.dispatch import Event, Result


def turn_of(event: Event, result: Result, milliseconds: float, suggestion: dict[str, Any] | None = None) -> Turn:
    """The row of a decision, without the thread that it belongs to."""
    return Turn(
        event=event.kind,
        intent=result.intent,
        stage=result.stage,
        acts=list(result.acts),
        evidence=[str(one) for one in result.evidence],
        errors=list(result.validation_errors),
        extracted={key: value for key, value in result.extracted.items() if value not in (None, [], "")},
        step=result.step,
        confidences=dict(result.confidences),
        candidates=list(result.candidates),
        verdicts=list(result.verdicts),
        suggestion=suggestion or {},
        template=result.template,
        engine=result.engine,
        milliseconds=round(milliseconds, 2),
        outcome=result.outcome,
    )
