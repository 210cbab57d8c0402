"""Texts leave: claimed through the gate, handed to the carrier with no lock held, written down (behaviour.md 2.3).

A text whose answer was lost is never sent again blindly: the token in its status callback tells, or the carrier's list.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select

from app import consent, customers, events, links, messages, registrations, tasks, usage
from app.clock import now
from app.extensions import db
from app.messages import Message, MessageStatus, gate, reports
from app.numbers import Number
from app.providers import carrier
from app.queue import Job, ring
from app.usage import UsageType

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
LOOK_AFTER = timedelta(seconds=60)
BUSY_SECONDS = (1, 2, 4, 8, 16, 30)


@dataclass(frozen=True)
class Parcel:
    """Everything the carrier needs for one text; no row is held while it travels."""

    message_id: UUID
    token: str
    sender: str
    to: str
    body: str
    service_sid: str | None
    validity_seconds: int
    created_at: datetime
    was_lost: bool
    status_callback: str
    request_id: str | None


@dataclass(frozen=True)
class Answer:
    """What the carrier said about one parcel: taken, or an error; `not_found` when a lost text was never taken."""

    accepted: carrier.Accepted | None = None
    error: carrier.CarrierError | None = None
    not_found: bool = False


def claim(limit: int) -> list[Parcel]:
    """Take due texts through the gate; what is refused is discarded with its reason in the same transaction."""
    moment = now()
    due = (
        select(Message)
        .where(
            Message.status.in_((MessageStatus.queued, MessageStatus.sending, MessageStatus.unknown)),
            Message.due_at <= moment,
        )
        .order_by(Message.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    batch = list(db.session.scalars(due))
    if not batch:
        return []
    fresh = [message for message in batch if message.status == MessageStatus.queued]
    gate.take_turns(fresh)
    known = gate.read(fresh)
    services = _services(batch)
    return [parcel for message in batch if (parcel := _take(message, known, services, moment)) is not None]


def _services(batch: list[Message]) -> dict[str, str | None]:
    sids = select(Number.e164, Number.messaging_service_sid).where(
        Number.e164.in_({message.business_phone for message in batch})
    )
    return {row.e164: row.messaging_service_sid for row in db.session.execute(sids)}


def _take(message: Message, known: gate.Known, services: dict[str, str | None], moment: datetime) -> Parcel | None:
    was_lost = message.status != MessageStatus.queued
    if message.status == MessageStatus.queued and (why := gate.refusal(message, known)):
        if why != "quiet_hours" or not _put_off(message, known):
            discard(message, why)
        return None
    if not was_lost:
        gate.count(message, known)
    message.status = MessageStatus.sending
    message.due_at = moment + LEASE
    message.attempts += 1
    message.policy = {"template": message.template, "purpose": message.purpose, "at": moment.isoformat()}
    left = int((message.valid_until - moment).total_seconds()) if message.valid_until else 14_400
    return Parcel(
        message_id=message.id,
        token=message.token or "",
        sender=message.business_phone,
        to=message.customer_phone,
        body=message.body,
        service_sid=services.get(message.business_phone),
        validity_seconds=max(60, left),
        created_at=message.created_at,
        was_lost=was_lost,
        status_callback=links.text_status(message.token or ""),
        request_id=message.request_id,
    )


def _put_off(message: Message, known: gate.Known) -> bool:
    """Let a text wait for the hours of its customer, if it is still of use then (behaviour.md 8.3)."""
    opens = gate.opening(message, known)
    if opens is None or (message.valid_until is not None and opens >= message.valid_until):
        return False
    message.due_at = opens
    return True


def discard(message: Message, why: str) -> None:
    """Take a text out of the outbox; a person's own words become a task instead of vanishing."""
    message.status, message.discard_reason = MessageStatus.discarded, why
    told = {
        "message_id": message.id,
        "conversation_id": message.conversation_id,
        "status": message.status,
        "discard_reason": why,
    }
    events.publish(message.tenant_id, "message.status", told, message.correlation_id)
    is_missed = why == "quota" and message.purpose not in gate.OWN_INITIATIVE
    if is_missed or why in ("too_late", "registration", "paused", "access", "rate_limit"):
        tasks.add(
            message.tenant_id,
            f"untold:{message.conversation_id}:{why}",
            "call_back",
            f"A text could not be sent ({why.replace('_', ' ')}). Call them.",
            customer_phone=message.customer_phone,
            conversation_id=message.conversation_id,
        )


def hand_over(parcel: Parcel) -> Answer:
    """Talk to the carrier: send, or for a text whose answer was lost look for it first. Needs no transaction."""
    try:
        if parcel.was_lost:
            since = parcel.created_at - timedelta(minutes=1)
            found = carrier.find_text(to=parcel.to, sender=parcel.sender, body=parcel.body, since=since)
            return Answer(accepted=found) if found else Answer(not_found=True)
        accepted = carrier.send_text(
            sender=parcel.sender,
            to=parcel.to,
            body=parcel.body,
            status_callback=parcel.status_callback,
            validity_seconds=parcel.validity_seconds,
            service_sid=parcel.service_sid,
        )
    except carrier.CarrierError as error:
        return Answer(error=error)
    return Answer(accepted=accepted)


def settle(parcel: Parcel, answer: Answer) -> None:
    """Write the carrier's answer down, in a transaction of its own."""
    message = db.session.scalar(
        select(Message)
        .where(Message.id == parcel.message_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if message is None:
        return
    if answer.accepted is not None:
        _accepted(message, answer.accepted)
    elif message.provider_sid is not None:
        log.info("the callback was faster than the answer", extra={"message_id": str(message.id)})
    elif answer.not_found:
        message.status, message.due_at = MessageStatus.queued, now()
        ring(Job.drain_outbox)
    else:
        _failed(message, parcel, answer.error or carrier.AnswerLost("no answer"))


def _accepted(message: Message, accepted: carrier.Accepted) -> None:
    message.provider_sid = accepted.sid
    message.accepted_at = message.accepted_at or now()
    if accepted.segments:
        message.segments = accepted.segments
    if messages.RANK.get(accepted.status, 1) > message.provider_rank:
        message.provider_rank = messages.RANK.get(accepted.status, 1)
        message.status = messages.OURS.get(accepted.status, MessageStatus.accepted)
    reports.tell_status(message)


def _failed(message: Message, parcel: Parcel, error: carrier.CarrierError) -> None:
    if isinstance(error, carrier.Busy):
        wait = BUSY_SECONDS[min(message.attempts, len(BUSY_SECONDS)) - 1]
        # A lost text that could not be looked for stays lost; only one that surely was not taken may be sent again.
        message.status = MessageStatus.unknown if parcel.was_lost else MessageStatus.queued
        message.due_at = now() + timedelta(seconds=wait)
        return
    if isinstance(error, carrier.AnswerLost) or parcel.was_lost:
        message.status, message.due_at = MessageStatus.unknown, now() + LOOK_AFTER
        return
    refused(message, error.code)


def refused(message: Message, code: int) -> None:
    """The carrier will not carry this text: learn from its reason, and ask the contractor to call (twilio.md C3)."""
    message.status, message.error_code, message.provider_rank = MessageStatus.failed, code or None, 9
    learn(message, code)
    reports.tell_status(message)


def learn(message: Message, code: int) -> None:
    """What an error number teaches about the customer or the business."""
    tenant_id, phone = message.tenant_id, message.customer_phone
    if code == carrier.OPTED_OUT:
        consent.opt_out(tenant_id, phone, source="error_21610", evidence=message.provider_sid or str(message.id))
    elif code in carrier.NUMBER_IS_DEAD:
        customers.mark_not_textable(tenant_id, phone, "landline" if code in (30006, 21614) else "unreachable")
    elif code in carrier.NOT_REGISTERED:
        why = f"The carriers stopped texting for this business (error {code})."
        if registrations.suspend(tenant_id, why):
            tasks.add(tenant_id, f"registration:{code}:{now():%Y%m%d}", "registration", why, is_urgent=True)
            tasks.ask_support(f"registration:{tenant_id}:{code}:{now():%Y%m%d}", "carrier_refusal", why, tenant_id)
    elif code in carrier.CONFIGURATION:
        tasks.ask_support(f"carrier-config:{code}", "carrier_configuration", f"The carrier refuses us: error {code}.")
    tasks.add(
        tenant_id,
        f"undelivered:{message.id}",
        "undelivered",
        WHY.get(code, f"The carrier could not deliver a text (error {code})."),
        customer_phone=phone,
        conversation_id=message.conversation_id,
    )


WHY = {
    21610: "The customer opted out at the carrier. Call them.",
    21614: "This is a landline. Call instead.",
    30006: "This is a landline. Call instead.",
    30003: "The phone was not reachable. Call instead.",
    30005: "The number does not exist any more.",
    30007: "The carrier refused the text as spam. We will not try again.",
}


def reported(message: Message) -> None:
    """Consequences of a delivery report that changed a text's state: what was used, what is to be learnt."""
    if message.status in (MessageStatus.sent, MessageStatus.delivered):
        details = {"direction": "outbound", "cost": None, "segments": message.segments}
        key = f"{message.id}:segments"
        usage.report(message.tenant_id, "twilio-server", key, UsageType.sms_sent, message.segments, details)
    elif message.status in (MessageStatus.undelivered, MessageStatus.failed):
        learn(message, message.error_code or 0)


def overdue() -> bool:
    """Whether a text waits that a drain should have taken."""
    waits = select(Message.id).where(
        or_(
            Message.status == MessageStatus.queued,
            Message.status == MessageStatus.sending,
            Message.status == MessageStatus.unknown,
        ),
        Message.due_at <= now(),
    )
    return db.session.scalar(waits.limit(1)) is not None
