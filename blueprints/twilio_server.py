"""twilio-server: calls and texts as Twilio reports them; verify, store, answer, and leave the work to the drains."""

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue

from app import calls, inbox, numbers, phones
from app.calls import Route, greeting
from app.calls.greeting import Line
from app.conversations import hearing
from app.conversations.hearing import Inbound
from app.extensions import db
from app.numbers import Number
from app.providers import twiml

bp = Blueprint("twilio_server", __name__)


@bp.post("/webhooks/twilio/call")
def call_arrives() -> ResponseReturnValue:
    """A call comes in: say where it goes."""
    form = request.form
    number = _number(form["To"]) if form.get("CallSid") else None
    if number is None:
        return _nobodys("call", form.get("CallSid", ""))
    route = calls.arrive(
        number,
        call_sid=form["CallSid"],
        caller=form.get("From", ""),
        forwarded_from=form.get("ForwardedFrom") or None,
        caller_verified=form.get("StirVerstat") or None,
    )
    if route.kind == "voicemail":
        _store("twilio.voicemail_route", form["CallSid"], nmc_reason=str(route.missed_reason))
    document = _document(route, number)
    db.session.commit()
    return _xml(document)


def _document(route: Route, number: Number) -> str:
    chosen = number.tenant.settings.calls
    if route.kind == "reject":
        return twiml.reject()
    if route.kind == "dial" and route.contractor_phone:
        caller = route.call.customer_phone
        is_shown = chosen.ring_caller_id == "caller" and not phones.is_withheld(caller)
        return twiml.dial(
            route.contractor_phone,
            call_sid=route.call.call_sid,
            caller_id=caller if is_shown else number.e164,
            ring_seconds=chosen.ring_timeout_seconds,
            is_screened=chosen.screen_mode == "press_1",
        )
    line = greeting.line(number.e164, route.call.call_sid, route.call.customer_phone)
    return _voicemail(line, route.call.call_sid) if line else twiml.goodbye(greeting.NO_ANSWER)


def _voicemail(line: Line, call_sid: str) -> str:
    chosen = line.settings.calls.voicemail
    return twiml.voicemail(
        greeting.words(line),
        call_sid=call_sid,
        seconds=chosen.max_seconds,
        is_recorded=chosen.enabled,
    )


@bp.post("/webhooks/twilio/call/whisper")
def contractor_picks_up() -> ResponseReturnValue:
    """The contractor's leg was answered, by him or by a machine: ask for the key."""
    call = calls.screen(request.form.get("ParentCallSid", ""))
    document = twiml.goodbye()
    if call is not None:
        number = db.session.get(Number, call.number_id)
        document = twiml.whisper(number.tenant.business_name if number else "your business", call.customer_phone)
    db.session.commit()
    return _xml(document)


@bp.post("/webhooks/twilio/call/whisper-key")
def contractor_presses_key() -> ResponseReturnValue:
    """Key 1 bridges the call, anything else ends the leg."""
    accepted = calls.accept(request.form.get("ParentCallSid", ""), request.form.get("Digits", ""))
    db.session.commit()
    return _xml(twiml.EMPTY if accepted else twiml.goodbye())


@bp.post("/webhooks/twilio/call/status/<call_sid>")
def dial_ended(call_sid: str) -> ResponseReturnValue:
    """The contractor's phone stopped ringing: a person was there, or the caller hears the greeting."""
    form = request.form
    if form.get("CallSid") != call_sid:
        return _xml(twiml.goodbye())
    line = greeting.dial_ended(form)
    if line is None or line.account_sid != form.get("AccountSid"):
        return _nobodys("dial", call_sid)
    is_bridged = form.get("DialBridged", "").lower() == "true"
    if is_bridged and (line.was_accepted or line.settings.calls.screen_mode == "off"):
        return _xml(twiml.goodbye())
    return _xml(_voicemail(line, call_sid))


@bp.post("/webhooks/twilio/call/ended")
def call_ended() -> ResponseReturnValue:
    """The carrier's status callback of the number: the second trigger of the missed decision."""
    if call_sid := request.form.get("CallSid"):
        _store("twilio.ended", call_sid)
        db.session.commit()
    return "", 204


@bp.post("/webhooks/twilio/voicemail/<call_sid>/<step>")
def voicemail(call_sid: str, step: str) -> ResponseReturnValue:
    """A message was left, its recording or its transcript is ready; in any order."""
    form = request.form
    if form.get("CallSid") == call_sid and step in ("recorded", "recording", "transcription"):
        key = f"{call_sid}:{step}:{form.get('RecordingSid', '')}"
        inbox.receive("twilio.voicemail", key, form.to_dict())
        db.session.commit()
    if step == "recorded":
        return _xml(twiml.goodbye("Thank you. Goodbye."))
    return "", 204


@bp.post("/webhooks/twilio/voice-fallback")
def voice_fallback() -> ResponseReturnValue:
    """Our own handler failed: a document that needs nothing, not even the database."""
    return _xml(twiml.goodbye("Sorry, we cannot take your call right now. Please call again in a few minutes."))


@bp.post("/webhooks/twilio/sms")
@bp.post("/webhooks/twilio/sms-fallback")
def text_arrives() -> ResponseReturnValue:
    """A text comes in: keep it and honour consent at once, leave the answer to a job."""
    form = request.form
    if not form.get("MessageSid"):
        return _xml(twiml.EMPTY)
    number = _number(form.get("To", ""))
    if number is None:
        return _nobodys("sms", form["MessageSid"])
    if inbox.receive("twilio.sms", form["MessageSid"], form.to_dict()) is not None:
        if not hearing.receive(number, Inbound.read(form)):
            inbox.finish_now("twilio.sms", form["MessageSid"])
        db.session.commit()
    return _xml(twiml.EMPTY)


@bp.post("/webhooks/twilio/sms-status/<token>")
def text_status(token: str) -> ResponseReturnValue:
    """How a text of ours is doing; unknown tokens are answered alike."""
    form = request.form
    key = ":".join((form.get("MessageSid", ""), form.get("MessageStatus", ""), form.get("ErrorCode", "")))
    inbox.receive("twilio.sms_status", key, form.to_dict() | {"nmc_token": token})
    db.session.commit()
    return "", 204


def _number(called: str) -> Number | None:
    """The tenant's number, if the account that signs owns it."""
    number = numbers.active(called)
    if number is None or number.account_sid != request.form.get("AccountSid"):
        return None
    return number


def _store(kind: str, event_id: str, **more: str) -> None:
    inbox.receive(kind, event_id, request.form.to_dict() | more)


def _nobodys(kind: str, event_id: str) -> ResponseReturnValue:
    """A number or an account that is not ours to serve: answered, noted for support, nothing done."""
    current_app.logger.warning("a webhook for a number that is nobody's", extra={"kind": kind, "event_id": event_id})
    inbox.receive("twilio.unknown", f"{kind}:{event_id}", request.form.to_dict())
    db.session.commit()
    if kind == "sms":
        return _xml(twiml.EMPTY)
    return _xml(twiml.goodbye("This number is not in service."))


def _xml(document: str) -> Response:
    return Response(document, mimetype="text/xml")
