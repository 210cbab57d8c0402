"""The inbox is drained: webhooks become calls, threads and delivery states, in batches of one transaction each."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select

from app import calls, conversations, inbox, messages, notifications, tasks, tracing
from app.calls import missed
from app.calls.missed import Ending
from app.conversations import hearing
from app.extensions import db
from app.inbox import Webhook, WebhookStatus
from app.messages import Message, reports, sending
from app.notifications import DeliveryStatus

log = logging.getLogger(__name__)

BATCH = 100
FINAL = messages.RANK["delivered"]


def drain_once() -> bool:
    """Handle one batch; False when there was nothing to do."""
    batch = inbox.claim(BATCH)
    if not batch:
        db.session.rollback()
        return False
    try:
        handle(batch)
        inbox.finish(batch)
        db.session.commit()
    except Exception:  # every kind of trouble has to be isolated, whatever it is
        db.session.rollback()
        log.exception("a batch of webhooks failed: one by one", extra={"webhooks": len(batch)})
        _one_by_one([webhook.id for webhook in batch])
    return True


def _one_by_one(ids: Sequence[Any]) -> None:
    for webhook_id in ids:
        try:
            webhook = db.session.get(Webhook, webhook_id, with_for_update={"skip_locked": True})
            if webhook is None or webhook.status != WebhookStatus.received:
                db.session.rollback()
                continue
            handle([webhook])
            inbox.finish([webhook])
            db.session.commit()
        except Exception as error:
            db.session.rollback()
            log.exception("a webhook failed", extra={"webhook_id": str(webhook_id)})
            inbox.postpone(webhook_id, f"{type(error).__name__}: {error}")
            db.session.commit()


def handle(batch: Sequence[Webhook]) -> None:
    """Handle webhooks of any kind, calls together because they are many."""
    endings = [ending for webhook in batch if (ending := ending_of(webhook)) is not None]
    if endings:
        missed.settle(endings)
    for webhook in batch:
        if (handler := HANDLERS.get(webhook.kind)) is not None:
            with tracing.following(webhook.request_id):
                handler(webhook.payload)


def ending_of(webhook: Webhook) -> Ending | None:
    """The report of a call's end in a webhook, if it is one."""
    form = webhook.payload
    trigger = {"twilio.dial": "dial", "twilio.voicemail_route": "voicemail", "twilio.ended": "ended"}.get(webhook.kind)
    if trigger is None:
        return None
    return Ending(
        call_sid=form["CallSid"],
        trigger=trigger,
        caller=form.get("From", ""),
        called=form.get("To", ""),
        account_sid=form.get("AccountSid", ""),
        call_status=form.get("CallStatus", ""),
        dial_status=form.get("DialCallStatus", ""),
        is_bridged=form.get("DialBridged", "").lower() == "true",
        dial_seconds=_number(form.get("DialCallDuration")),
        call_seconds=_number(form.get("CallDuration")),
        reason=form.get("nmc_reason", ""),
        at=webhook.received_at,
        request_id=webhook.request_id,
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _text(form: dict[str, str]) -> None:
    message = db.session.scalar(select(Message).where(Message.provider_sid == form["MessageSid"]))
    if message is not None:
        hearing.hear(message)


def _text_status(form: dict[str, str]) -> None:
    token, sid, status = form["nmc_token"], form.get("MessageSid", ""), form.get("MessageStatus", "")
    error = _number(form.get("ErrorCode")) or None
    if (message := reports.report(token, sid, status, error)) is not None:
        sending.reported(message)
        return
    delivery = notifications.by_token(token) if messages.RANK.get(status, 0) >= FINAL else None
    if delivery is None:
        return
    if status == "delivered":
        notifications.delivered(delivery, sid, is_final=True)
    elif status in ("undelivered", "failed") and delivery.status != DeliveryStatus.delivered:
        notifications.failed(delivery, f"carrier error {error or status}", is_permanent=True)


def _voicemail(form: dict[str, str]) -> None:
    call = calls.keep_voicemail(
        form["CallSid"],
        url=form.get("RecordingUrl") or None,
        seconds=_number(form.get("RecordingDuration")) if form.get("RecordingDuration") else None,
        transcript=form.get("TranscriptionText") or None,
    )
    if call is not None and call.conversation_id is not None and form.get("TranscriptionText"):
        thread = conversations.locked(call.conversation_id)
        if thread is not None:
            conversations.note(thread, f"Voicemail: {form['TranscriptionText'][:500]}", kind="call")


def _unknown_number(form: dict[str, str]) -> None:
    called = form.get("To", "")
    why = f"The carrier posts for {called}, which is nobody's."
    tasks.ask_support(f"unknown-number:{called}", "unknown_number", why)


HANDLERS: dict[str, Callable[[dict[str, str]], None]] = {
    "twilio.sms": _text,
    "twilio.sms_status": _text_status,
    "twilio.voicemail": _voicemail,
    "twilio.unknown": _unknown_number,
}
