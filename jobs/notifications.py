"""Notices reach the contractor: each delivery is claimed, handed to its provider with no lock held, written down."""

import logging
from dataclasses import dataclass
from uuid import UUID

from app import conversations, escalations, links, notifications, numbers
from app.clock import now
from app.conversations import command, unreached
from app.escalations import Escalation, EscalationState, climbing
from app.escalations.climbing import Climbed, Ring
from app.extensions import db
from app.notifications import Channel, Delivery, digest
from app.providers import carrier, email
from app.tenants import Tenant
from app.users import User

log = logging.getLogger(__name__)

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
    if delivery.channel == Channel.push:
        notifications.show(delivery)  # nothing outside is asked
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
    """Do the rungs that are due of all ladders; False when there are none."""
    due = escalations.due(now())
    db.session.rollback()
    done = [_do_due(escalation_id) for escalation_id in due]
    return any(done)


def _do_due(escalation_id: UUID) -> bool:
    try:
        for phone in _climb(escalation_id):
            _call(phone)
    except Exception:  # one ladder in trouble must not keep the others from ringing
        db.session.rollback()
        log.exception("a ladder could not be climbed", extra={"escalation_id": str(escalation_id)})
        return False
    return True


def _climb(escalation_id: UUID) -> list[Ring]:
    """Climb one ladder under its locks and let go of them; the phones to ring now."""
    found = db.session.get(Escalation, escalation_id)
    if found is None:
        return []
    escalation, thread = command.lock(found)
    climbed = Climbed()
    if escalation.state == EscalationState.open:
        climbed = climbing.climb(escalation, db.session.get_one(Tenant, escalation.tenant_id), thread)
    if climbed.is_at_the_end:
        unreached.give_up(escalation, thread)
    db.session.commit()
    return climbed.rings


def _call(phone: Ring) -> None:
    path = f"/webhooks/twilio/escalations/{phone.token}"
    url = links.public(path)
    try:
        carrier.call(sender=phone.sender, to=phone.to, url=url, status_callback=f"{url}/status")
    except carrier.CarrierError as error:
        _note_failed_call(phone.token, str(error))


def _note_failed_call(token: str, why: str) -> None:
    rung = escalations.by_token(token)
    if rung is None:
        return
    _, thread = command.lock(rung.escalation)
    rung.outcome = f"failed: {why[:200]}"
    if thread is not None:
        conversations.note(thread, f"The phone could not be rung: {why[:200]}")
    db.session.commit()
