"""dispatch-bot-ai: the dispatcher as a stateless service; it reads nothing but the request and writes nothing.

A language model may be asked, where the platform allows it (LLM_FOR_PROCESS); its faults are none of this service.
"""

import time

from flask import Blueprint, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue

from app import clock
from app.errors import Invalid
from app.extensions import db
from app.providers import llm
from blueprints import guards, health, limits
from blueprints.dispatch_bot_ai import turn
from blueprints.dispatch_bot_ai.answer import answer_json
from blueprints.reading import read
from blueprints.schemas.dispatch_bot_ai import Process
from blueprints.shapes import moment

bp = Blueprint("dispatch_bot_ai", __name__)

SCOPE = "dispatch:process"
STARTED = time.monotonic()


class NothingToOffer(Invalid):
    code = "VALIDATION_ERROR"


def admit() -> None:
    """Only programs that hold the dispatcher's scope may ask it; its health is for everybody."""
    if request.endpoint == f"{bp.name}.{health_of_dispatcher.__name__}":
        return
    guards.service(SCOPE)


@bp.post("/dispatch/process")
def process() -> ResponseReturnValue:
    """Decide what to say and do about one message."""
    asked = read(Process)
    limits.spend(limits.DISPATCH, "dispatch", g.caller, asked.called_number)
    if not asked.job_estimates and asked.business_settings.diagnostic is None:
        problem = "there is neither an active job estimate nor a diagnostic visit"
        raise NothingToOffer("Nothing can be offered.", details={"field": "job_estimates", "errors": [problem]})
    may_ask = asked.engine_hint != "rules" and current_app.extensions["settings"].llm_for_process and llm.is_on()
    db.session.rollback()  # the caller was looked up: nothing is held open while a model thinks
    return jsonify(answer_json(turn.answer(asked, may_ask_model=may_ask)))


@bp.get("/health/dispatch-bot-ai")
def health_of_dispatcher() -> ResponseReturnValue:
    """The rules are part of this process; a language model that is ill makes it degraded, never unhealthy."""
    model, _ = llm.status()
    return jsonify(
        status="healthy" if model in ("off", "healthy") else "degraded",
        version=health.VERSION,
        timestamp=moment(clock.now()),
        services={"rules": "healthy", "llm": model, "geocoding": "off"},
        uptime_seconds=round(time.monotonic() - STARTED),
    )
