"""Notices reach the contractor: each delivery is claimed, handed to its provider with no lock held, written down."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app import conversations, escalations, links, notifications, numbers, phones, users
from app.clock import now
from app.conversations import Mode
from app.escalations import CALL_TRIES, Escalation, EscalationState
from app.extensions import db
from app.notifications import Channel, Delivery, digest
from app.providers import carrier, email
from app.tenants import Tenant
from app.users import User

BATCH = 10


@dataclass(frozen=True)
class Letter:
    """One notice ready to leave."""

    delivery_id: UUID
    channel: Channel
    to: str
    sender: str
    service_sid: str | None
    subject: str
    body: str
    token: str


def drain_once() -> bool:
    """Deliver the notices that are due now; False when there are none."""
    claimed = notifications.claim(BATCH)
    letters = [letter for delivery_id in claimed if (letter := _letter(delivery_id)) is not None]
    db.session.commit()
    for letter in letters:
        _deliver(letter)
    return bool(claimed)


def _letter(delivery_id: UUID) -> Letter | None:
    delivery = db.session.get(Delivery, delivery_id)
    if delivery is None:
        return None
    notice = delivery.notification
    user = db.session.get(User, notice.user_id)
    number = numbers.primary(delivery.tenant_id)
    to = user.verified_phone if delivery.channel == Channel.sms and user else user.email if user else None
    if not to or (delivery.channel == Channel.sms and number is None):
        notifications.failed(delivery, "nobody to reach", is_permanent=True)
        return None
    action = f"\n\n{links.absolute(notice.action_path)}" if notice.action_path else ""
    return Letter(
        delivery_id=delivery.id,
        channel=delivery.channel,
        to=to,
        sender=number.e164 if number else "",
        service_sid=number.messaging_service_sid if number else None,
        subject=notice.title,
        body=digest.words(delivery) if delivery.channel == Channel.sms else f"{notice.body}{action}\n",
        token=delivery.token,
    )


def _deliver(letter: Letter) -> None:
    provider_id, trouble, is_permanent, is_bounce = "", None, False, False
    try:
        provider_id = _text(letter) if letter.channel == Channel.sms else _mail(letter)
    except carrier.AnswerLost:
        _settle_unknown(letter)
        return
    except carrier.CarrierError as error:
        trouble, is_permanent = str(error), isinstance(error, carrier.Refused)
    except email.MailError as error:
        trouble, is_permanent, is_bounce = str(error), error.is_permanent, error.is_bounce
    delivery = db.session.get(Delivery, letter.delivery_id, with_for_update=True)
    if delivery is not None and trouble is None:
        notifications.delivered(delivery, provider_id, is_final=letter.channel == Channel.email)
    elif delivery is not None:
        notifications.failed(delivery, trouble or "", is_permanent=is_permanent)
    if is_bounce and delivery is not None:
        db.session.get_one(User, delivery.notification.user_id).email_refused_at = now()
    db.session.commit()


def _settle_unknown(letter: Letter) -> None:
    delivery = db.session.get(Delivery, letter.delivery_id, with_for_update=True)
    if delivery is not None:
        # The carrier may have it: its callback will tell, and a second alert about the same thing may not go out.
        delivery.status, delivery.why = notifications.DeliveryStatus.unknown, "the carrier's answer was lost"
    db.session.commit()


def _text(letter: Letter) -> str:
    accepted = carrier.send_text(
        sender=letter.sender,
        to=letter.to,
        body=letter.body[:480],
        status_callback=links.text_status(letter.token),
        validity_seconds=3600,
        service_sid=letter.service_sid,
    )
    return accepted.sid


def _mail(letter: Letter) -> str:
    return email.send(to=letter.to, subject=letter.subject, body=letter.body, key=letter.token)


def climb() -> bool:
    """Ring the phones of the ladders whose next rung is due; False when there are none."""
    claimed = escalations.claim(now())
    db.session.commit()
    for escalation_id in claimed:
        _ring(escalation_id)
    return bool(claimed)


def _ring(escalation_id: UUID) -> None:
    escalation = db.session.get(Escalation, escalation_id, with_for_update=True)
    if escalation is None or escalation.state != EscalationState.open:
        db.session.rollback()
        return
    tenant = db.session.get(Tenant, escalation.tenant_id)
    user, number = db.session.get(User, escalation.user_id), numbers.primary(escalation.tenant_id)
    if escalation.waits_for_acceptance or tenant is None:
        escalation.lease_until, escalation.next_step_at = None, now() + timedelta(minutes=1)
    elif escalation.calls_made >= CALL_TRIES or user is None or not user.verified_phone or number is None:
        _give_up(escalation)
    else:
        # Counted before the phone rings: a crash must not make it ring twice as often.
        escalations.called(escalation, step_minutes=tenant.settings.escalation.emergency_step_minutes)
        to, sender, token = user.verified_phone, number.e164, escalation.token
        db.session.commit()
        _call(to, sender, token)
        return
    db.session.commit()


def _call(to: str, sender: str, token: str) -> None:
    path = f"/webhooks/twilio/escalations/{token}"
    try:
        carrier.call(sender=sender, to=to, url=links.public(path), status_callback=links.public(f"{path}/status"))
    except carrier.CarrierError as error:
        _note_failed_call(token, str(error))


def _note_failed_call(token: str, why: str) -> None:
    escalation = escalations.by_token(token)
    if escalation is not None:
        thread = conversations.locked(escalation.conversation_id)
        if thread is not None:
            conversations.note(thread, f"The phone could not be rung: {why[:200]}")
    db.session.commit()


def _give_up(escalation: Escalation) -> None:
    escalations.exhaust(escalation)
    thread = conversations.locked(escalation.conversation_id)
    if thread is not None:
        who = thread.customer.name or phones.shown(thread.customer_phone)
        conversations.note(thread, f"Nobody took the alert about {who}.")
        thread.needs_person = True
        if thread.mode == Mode.ai_active:
            thread.escalation_reason = "nobody took the alert"
    owner = users.owner_of(escalation.tenant_id)
    if owner is not None:
        notifications.tell(
            owner,
            title="Nobody took an emergency",
            body=f"Nobody took the alert: {escalation.summary}",
            category=notifications.Category.missed_call,
            channels=[Channel.email],
            urgency="high",
            dedupe_key=f"escalation:{escalation.id}:exhausted",
        )
