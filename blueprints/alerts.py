"""notification-service: an alert answered by its link or on the phone; a link preview or a machine takes nothing."""

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from app import escalations, links, tenancy
from app.clock import now
from app.conversations import command
from app.errors import NotFound
from app.escalations import Escalation, EscalationState, Rung, ladder
from app.extensions import db
from app.providers import twiml
from app.users import User

links_bp = Blueprint("alert_links", __name__)
calls_bp = Blueprint("alert_calls", __name__)

ACCEPT, PASS_ON, REPEAT, SILENCE = "1", "2", "3", "9"
SURE = "3"


def by_token() -> None:
    """The token in the address is the proof; it opens one alert for one person, once, within an hour."""
    tenancy.enter(tenancy.SYSTEM)


@links_bp.get("/k/<token>")
def show_alert(token: str) -> ResponseReturnValue:
    """What the alert is about, and the button that takes it; opening the page takes nothing."""
    return _page(_by_link(token).escalation)


@links_bp.post("/k/<token>")
def take_alert(token: str) -> ResponseReturnValue:
    """Take it; the link is used up by that."""
    rung = _by_link(token)
    if _take(rung, "link"):
        rung.link_used_at = now()
    db.session.commit()
    return _page(rung.escalation)


def _take(rung: Rung, via: str) -> bool:
    alert, thread = command.lock(rung.escalation)
    return command.acknowledged(alert, thread, by=_person(rung), via=via)


def _person(rung: Rung) -> User:
    return db.session.get_one(User, rung.user_id)


def _by_link(token: str) -> Rung:
    rung = escalations.by_token(token)
    if rung is None or rung.user_id is None or escalations.is_link_over(rung):
        raise NotFound("This link is not known, was used, or its hour is over.")
    return rung


def _page(alert: Escalation) -> str:
    path = links.thread_path(alert.conversation_id) if alert.conversation_id else "/app"
    is_open = alert.state == EscalationState.open
    return render_template("alert.html", alert=alert, is_open=is_open, thread_path=path)


@calls_bp.post("/webhooks/twilio/escalations/<token>")
def read_alert(token: str) -> ResponseReturnValue:
    """A phone was picked up: read the alert and ask for a key."""
    return _document(_read(_by_call(token)))


@calls_bp.post("/webhooks/twilio/escalations/<token>/key")
def key_pressed(token: str) -> ResponseReturnValue:
    """1 takes it, 2 passes it on, 3 reads it again, 9 stops these calls; anything else, and silence, takes nothing."""
    rung, digits = _by_call(token), request.form.get("Digits", "")
    if rung is None:
        return _document(twiml.goodbye("This alert is not known."))
    said = _silence(rung, digits) if request.args.get("step") == "silence" else _obey(rung, digits)
    db.session.commit()
    return _document(said)


def _obey(rung: Rung, digits: str) -> str:
    if digits == SILENCE:
        words = "Press 3 to stop calls about alerts. You will be texted instead."
        return twiml.question(words, action=f"{_path(rung)}/key?step=silence")
    if rung.escalation.state != EscalationState.open:
        return twiml.goodbye(_closed(rung.escalation))
    if digits == ACCEPT:
        is_his = _take(rung, "phone")
        return twiml.goodbye("You have it. The conversation is in your inbox." if is_his else _closed(rung.escalation))
    if digits == PASS_ON:
        alert, _ = command.lock(rung.escalation)
        if alert.state == EscalationState.open:
            ladder.pass_on(alert, _person(rung))
        return twiml.goodbye("Passed on.")
    if digits == REPEAT:
        return _read(rung)
    return twiml.goodbye("Sorry, that key means nothing here.")


def _silence(rung: Rung, digits: str) -> str:
    if digits == SILENCE:
        return twiml.goodbye("Nothing was changed.")
    if digits != SURE:
        return _obey(rung, digits)
    _person(rung).alerts_by_voice = False
    return twiml.goodbye("You will not be called about alerts any more. Text START to be called again.")


@calls_bp.post("/webhooks/twilio/escalations/<token>/status")
def call_status(token: str) -> ResponseReturnValue:
    """How the alert call ended, kept on its rung; the ladder goes by keys and its own times."""
    rung = _by_call(token)
    if rung is not None and request.form.get("CallStatus"):
        rung.outcome = request.form["CallStatus"][:50]
        db.session.commit()
    return "", 204


def _by_call(token: str) -> Rung | None:
    rung = escalations.by_token(token)
    return rung if rung is not None and rung.user_id is not None else None


def _path(rung: Rung) -> str:
    return f"/webhooks/twilio/escalations/{rung.token}"


def _read(rung: Rung | None) -> str:
    if rung is None:
        return twiml.goodbye("This alert is not known.")
    alert = rung.escalation
    if alert.state != EscalationState.open:
        return twiml.goodbye(_closed(alert))
    words = f"{'Emergency' if alert.is_emergency else 'Needs you'}: {alert.summary}"
    return twiml.alert(words, action=f"{_path(rung)}/key")


def _closed(alert: Escalation) -> str:
    if alert.state != EscalationState.acknowledged:
        return "This alert is over."
    by = f" by {alert.acknowledged_by}" if alert.acknowledged_by else ""
    return f"This alert was taken already{by}."


def _document(words: str) -> Response:
    return Response(words, mimetype="text/xml")
