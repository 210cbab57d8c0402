"""notification-service: an alert answered by its link or on the phone; a link preview or a machine takes nothing."""

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from app import conversations, escalations, links, tenancy
from app.conversations import command
from app.errors import NotFound
from app.escalations import Escalation, EscalationState
from app.extensions import db
from app.providers import twiml
from app.users import User

links_bp = Blueprint("alert_links", __name__)
calls_bp = Blueprint("alert_calls", __name__)

ACCEPT, PASS_ON, REPEAT = "1", "2", "3"


def by_token() -> None:
    """The token in the address is the proof; it opens one alert for an hour."""
    tenancy.enter(tenancy.SYSTEM)


@links_bp.get("/k/<token>")
def show_alert(token: str) -> ResponseReturnValue:
    """What the alert is about, and the button that takes it; opening the page takes nothing."""
    return _page(_by_link(token))


@links_bp.post("/k/<token>")
def take_alert(token: str) -> ResponseReturnValue:
    """Take it."""
    alert = _by_link(token)
    _take(alert, "link")
    db.session.commit()
    return _page(alert)


def _take(alert: Escalation, via: str) -> bool:
    person = db.session.get_one(User, alert.user_id)
    thread = conversations.of(alert.tenant_id, alert.conversation_id, lock=True)
    alert = escalations.of(alert.tenant_id, alert.id, lock=True)
    return command.acknowledged(alert, thread, by=str(person), via=via)


def _by_link(token: str) -> Escalation:
    alert = escalations.by_token(token)
    if alert is None or escalations.is_link_over(alert):
        raise NotFound("This link is not known, or its hour is over.")
    return alert


def _page(alert: Escalation) -> str:
    path = links.thread_path(alert.conversation_id)
    is_open = alert.state == EscalationState.open
    return render_template("alert.html", alert=alert, is_open=is_open, thread_path=path)


@calls_bp.post("/webhooks/twilio/escalations/<token>")
def read_alert(token: str) -> ResponseReturnValue:
    """The contractor's phone was picked up: read the alert and ask for a key."""
    return _document(_read(escalations.by_token(token)))


@calls_bp.post("/webhooks/twilio/escalations/<token>/key")
def key_pressed(token: str) -> ResponseReturnValue:
    """1 takes it, 2 passes it on, 3 reads it again; anything else, and silence, takes nothing."""
    alert, digits = escalations.by_token(token), request.form.get("Digits", "")
    if alert is None:
        return _document(twiml.goodbye("This alert is not known."))
    said = _obey(alert, digits)
    db.session.commit()
    return _document(said)


def _obey(alert: Escalation, digits: str) -> str:
    if alert.state != EscalationState.open:
        return twiml.goodbye(_closed(alert))
    if digits == ACCEPT:
        is_his = _take(alert, "phone")
        return twiml.goodbye("You have it. The conversation is in your inbox." if is_his else _closed(alert))
    if digits == PASS_ON:
        escalations.pass_on(alert)
        return twiml.goodbye("Passed on.")
    if digits == REPEAT:
        return _read(alert)
    return twiml.goodbye("Sorry, that key means nothing here.")


@calls_bp.post("/webhooks/twilio/escalations/<token>/status")
def call_status(token: str) -> ResponseReturnValue:
    """How the alert call ended; the ladder goes by keys and its own times, so nothing follows from this."""
    return "", 204


def _read(alert: Escalation | None) -> str:
    if alert is None:
        return twiml.goodbye("This alert is not known.")
    if alert.state != EscalationState.open:
        return twiml.goodbye(_closed(alert))
    words = f"{'Emergency' if alert.is_emergency else 'Needs you'}: {alert.summary}"
    return twiml.alert(words, action=f"/webhooks/twilio/escalations/{alert.token}/key")


def _closed(alert: Escalation) -> str:
    if alert.state != EscalationState.acknowledged:
        return "This alert is over."
    by = f" by {alert.acknowledged_by}" if alert.acknowledged_by else ""
    return f"This alert was taken already{by}."


def _document(words: str) -> Response:
    return Response(words, mimetype="text/xml")
