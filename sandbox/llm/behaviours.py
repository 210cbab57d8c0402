"""Thirteen ways in which a model server answers, good and bad; the model's name chooses one."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

ANSWER: Json = {
    "reply": None,
    "urgency_level": "normal",
    "urgency_confidence": 0.6,
    "intent": None,
    "job_type": None,
    "customer_name": None,
    "offered_slot_ids": [],
    "confirmed_slot_id": None,
    "price_ref": None,
    "ai_confidence": 0.7,
}
"""What a well-behaved model says until a test makes it say something else: it adds nothing."""
HANG_SECONDS = 12.0
DRIPS, DRIP_SECONDS = 12, 0.8
SHORT = 60
"""Characters of an answer that is cut at the token limit."""


@dataclass(frozen=True)
class Words:
    """What the model says and why it stopped there: stop or length; a refusal comes in place of words."""

    text: str = ""
    stopped: str = "stop"
    refusal: str | None = None
    silent_seconds: float = 0.0
    """Nothing comes for that long."""
    drip_seconds: float = 0.0
    """The pause between the pieces in which the answer comes."""


@dataclass(frozen=True)
class Failure:
    """An HTTP error in place of words; `page` is what a proxy in front of the server would send."""

    status: int
    kind: str
    message: str
    headers: dict[str, str] = field(default_factory=dict)
    page: str | None = None


BEHAVIOURS: dict[str, Callable[[Json], Words | Failure]] = {
    "ok": lambda answer: Words(json.dumps(answer)),
    "fenced": lambda answer: Words(f"Here is what I found:\n```json\n{json.dumps(answer)}\n```"),
    "badjson": lambda answer: Words(json.dumps(answer)[: SHORT // 2]),
    "wrongschema": lambda answer: Words(json.dumps(answer | {"urgency_level": "very", "urgency_confidence": 12})),
    "empty": lambda answer: Words(),
    "length": lambda answer: Words(json.dumps(answer)[:SHORT], stopped="length"),
    "refusal": lambda answer: Words(refusal="I would rather not."),
    "e401": lambda answer: Failure(401, "authentication_error", "that key is not known"),
    "e429": lambda answer: Failure(429, "rate_limit_error", "too many requests", {"Retry-After": "20"}),
    "e500": lambda answer: Failure(500, "server_error", "something broke"),
    "html": lambda answer: Failure(502, "", "", page="<html><body>502 Bad Gateway</body></html>"),
    "hang": lambda answer: Words(json.dumps(answer), silent_seconds=HANG_SECONDS),
    "drip": lambda answer: Words(json.dumps(answer), drip_seconds=DRIP_SECONDS),
}


def behave(model: str, answer: Json) -> Words | Failure:
    """What a model of that name makes of a request; an unknown name is well behaved."""
    return BEHAVIOURS.get(model.rpartition("/")[2], BEHAVIOURS["ok"])(answer)
