"""twilio-server: the calls, and why a text went or did not go."""

from typing import Any
from uuid import UUID

from flask import jsonify
from flask.typing import ResponseReturnValue

from app import calls, listing
from app.calls import Call
from app.errors import NotFound
from app.extensions import db
from blueprints import guards
from blueprints.paging import listed
from blueprints.reading import query
from blueprints.schemas.twilio_server import Calls
from blueprints.shapes import moment
from blueprints.twilio_conversations import bp
from blueprints.twilio_conversations.shapes import call_json


@bp.get("/calls")
def list_calls() -> ResponseReturnValue:
    """Calls, newest first."""
    wanted = query(Calls)
    rows = listing.calls(
        guards.current_tenant_id(),
        since=wanted.since,
        until=wanted.until,
        text=wanted.q,
        status=wanted.status,
        text_sent=wanted.texted,
    )
    return jsonify(listed(rows, wanted, by=Call.started_at, key=Call.id, shape=call_json))


@bp.get("/calls/<uuid:call_id>")
def show_call(call_id: UUID) -> ResponseReturnValue:
    """One call, with what happened in it."""
    found = db.session.scalar(listing.calls(guards.current_tenant_id()).where(Call.id == call_id))
    if found is None:
        raise NotFound("There is no such call.")
    return jsonify(call=call_json(found), events=events_json(found))


def events_json(call: Call) -> list[dict[str, Any]]:
    """The call in sentences, in order."""
    told = [
        (call.started_at, "The call came in."),
        (call.accepted_at, "You pressed 1 and were connected."),
        (call.ended_at, "The call ended."),
        (call.decided_at, calls.describe(call) if call.missed_reason else None),
        (call.decided_at, call.text_reason),
    ]
    return [{"at": moment(at), "text": text} for at, text in told if at is not None and text]
