"""The gate before every text: asked for each row in the transaction that claims it (behaviour.md 3.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, tuple_

from app import quiet, usage
from app.clock import now
from app.consent import Contact, ContactRule, OptOut
from app.customers import Customer
from app.extensions import db
from app.messages import Direction, Message, MessageStatus, Purpose, Sender
from app.registrations import Registration, RegistrationStatus
from app.scheduling.appointments import Appointment, AppointmentStatus
from app.subscriptions import Access, Subscription
from app.tenants import Tenant

ALWAYS = (Purpose.optout_confirm, Purpose.help)
OWN_INITIATIVE = (Purpose.nudge, Purpose.reminder)
BURST, BURST_TIME = 6, timedelta(minutes=10)
GONE = (AppointmentStatus.cancelled, AppointmentStatus.no_show)
A_DAY, DAY = 30, timedelta(days=1)
AUTOMATIC = (Sender.ai, Sender.system)
SPACE = 20_103
"""The first key of the advisory locks on a customer's count."""
IN_TURN = text("SELECT pg_advisory_xact_lock(:space, hashtext(key)) FROM unnest(CAST(:keys AS text[])) AS key")
LIVE_EXCHANGE = timedelta(minutes=60)


@dataclass(frozen=True)
class Known:
    """What the gate asks, read for many texts at once."""

    tenants: dict[UUID, Tenant]
    registered: set[UUID]
    subscriptions: dict[UUID, Subscription]
    spent: set[UUID]
    """The businesses whose plan has no texts left."""
    opted_out: set[tuple[UUID, str]]
    rules: dict[tuple[UUID, str], ContactRule]
    not_textable: dict[tuple[UUID, str], str]
    threads: dict[UUID, Any]
    visits: dict[UUID, Any]
    sent: dict[tuple[UUID, str], tuple[int, int]]


def read(batch: Sequence[Message]) -> Known:
    """Read what decides about these texts, with a fixed number of statements."""
    from app.conversations import Conversation  # noqa: PLC0415

    ids = {message.tenant_id for message in batch}
    keys = {(message.tenant_id, message.customer_phone) for message in batch}
    asked = (Conversation.id, Conversation.control_version, Conversation.last_customer_text_at)
    threads = select(*asked, Conversation.urgency_level).where(
        Conversation.id.in_({message.conversation_id for message in batch if message.conversation_id})
    )
    visits = select(Appointment.id, Appointment.status, Appointment.window_start_at, Appointment.address).where(
        Appointment.id.in_({message.appointment_id for message in batch if message.appointment_id})
    )
    plans = db.session.scalars(select(Subscription).where(Subscription.tenant_id.in_(ids)))
    bought = {one.tenant_id: one for one in plans}
    return Known(
        tenants={one.id: one for one in db.session.scalars(select(Tenant).where(Tenant.id.in_(ids)))},
        registered=set(
            db.session.scalars(
                select(Registration.tenant_id).where(
                    Registration.tenant_id.in_(ids), Registration.status == RegistrationStatus.approved
                )
            )
        ),
        subscriptions=bought,
        spent={tenant_id for tenant_id, one in bought.items() if usage.is_over_quota(one)},
        opted_out={
            (row.tenant_id, row.phone)
            for row in db.session.execute(
                select(OptOut.tenant_id, OptOut.phone).where(
                    OptOut.lifted_at.is_(None), tuple_(OptOut.tenant_id, OptOut.phone).in_(keys)
                )
            )
        },
        rules={
            (row.tenant_id, row.phone): row.rule
            for row in db.session.execute(
                select(Contact.tenant_id, Contact.phone, Contact.rule).where(
                    tuple_(Contact.tenant_id, Contact.phone).in_(keys)
                )
            )
        },
        not_textable={
            (row.tenant_id, row.phone): row.not_textable_reason
            for row in db.session.execute(
                select(Customer.tenant_id, Customer.phone, Customer.not_textable_reason).where(
                    tuple_(Customer.tenant_id, Customer.phone).in_(keys), Customer.not_textable_reason.is_not(None)
                )
            )
        },
        threads={row.id: row for row in db.session.execute(threads)},
        visits={row.id: row for row in db.session.execute(visits)},
        sent=_sent(keys),
    )


def take_turns(batch: Sequence[Message]) -> None:
    """Wait until nobody else counts the texts of these customers, until the end of this transaction.

    Two drains that claim texts to one customer at the same time would each see only their own.
    """
    keys = {f"{message.tenant_id}{message.customer_phone}" for message in batch}
    if keys:
        db.session.connection().execute(IN_TURN, {"space": SPACE, "keys": sorted(keys)})


def count(message: Message, known: Known) -> None:
    """A text was let through: the next ones to the same customer in this batch count it."""
    if message.sender in AUTOMATIC:
        key = (message.tenant_id, message.customer_phone)
        burst, day = known.sent.get(key, (0, 0))
        known.sent[key] = (burst + 1, day + 1)


def _sent(keys: set[tuple[UUID, str]]) -> dict[tuple[UUID, str], tuple[int, int]]:
    """Automatic texts per customer that left in the last ten minutes and in the last day, or are on their way."""
    moment = now()
    is_on_its_way = Message.status.in_((MessageStatus.sending, MessageStatus.unknown)) & Message.accepted_at.is_(None)
    counted = (
        select(
            Message.tenant_id,
            Message.customer_phone,
            func.count().filter(is_on_its_way | (Message.accepted_at > moment - BURST_TIME)),
            func.count(),
        )
        .where(
            tuple_(Message.tenant_id, Message.customer_phone).in_(keys),
            Message.direction == Direction.outbound,
            Message.sender.in_(AUTOMATIC),
            is_on_its_way | (Message.accepted_at > moment - DAY),
        )
        .group_by(Message.tenant_id, Message.customer_phone)
    )
    return {(tenant_id, phone): (burst, day) for tenant_id, phone, burst, day in db.session.execute(counted)}


def refusal(message: Message, known: Known) -> str | None:
    """Why a text may not leave, in one word; None lets it go."""
    key = (message.tenant_id, message.customer_phone)
    tenant = known.tenants[message.tenant_id]
    purpose = message.purpose
    if key in known.opted_out and purpose != Purpose.optout_confirm:
        return "opted_out"
    if purpose in ALWAYS:
        return None
    if known.rules.get(key) in (ContactRule.no_text, ContactRule.block) and message.sender != Sender.human:
        return "contact_rule"
    if key in known.not_textable:
        return "not_textable"
    if message.tenant_id not in known.registered:
        return "registration"
    if tenant.texting_paused_reason:
        return "paused"
    return _plan(message, known) or _timing(message, tenant, known) or _stale(message, known)


def _plan(message: Message, known: Known) -> str | None:
    if message.purpose == Purpose.safety:
        return None
    subscription = known.subscriptions.get(message.tenant_id)
    if subscription is None or subscription.access_at(now()) != Access.full:
        return "access"
    thread = known.threads.get(message.conversation_id) if message.conversation_id else None
    is_exempt = message.purpose == Purpose.last_word or (thread is not None and thread.urgency_level == "emergency")
    return "quota" if not is_exempt and message.tenant_id in known.spent else None


def _timing(message: Message, tenant: Tenant, known: Known) -> str | None:
    moment = now()
    if message.valid_until is not None and message.valid_until <= moment:
        return "too_late"
    if message.purpose == Purpose.safety or message.sender == Sender.human:
        return None
    if message.purpose in OWN_INITIATIVE and not _may_start(message, known, moment):
        return "quiet_hours"
    burst, day = known.sent.get((message.tenant_id, message.customer_phone), (0, 0))
    return "rate_limit" if burst >= BURST or day >= A_DAY else None


def _may_start(message: Message, known: Known, moment: datetime) -> bool:
    """A nudge inside a live exchange goes at any hour; what we start ourselves only by day."""
    thread = known.threads.get(message.conversation_id) if message.conversation_id else None
    if thread is not None and thread.last_customer_text_at and thread.last_customer_text_at > moment - LIVE_EXCHANGE:
        return True
    return quiet.is_open(moment, *_hours_of(message, known))


def opening(message: Message, known: Known) -> datetime | None:
    """When a text that we start may leave, by the hours of every place where the customer may be (8.3)."""
    return quiet.opening(now(), *_hours_of(message, known))


def _hours_of(message: Message, known: Known) -> tuple[quiet.Whereabouts, quiet.Hours]:
    tenant = known.tenants[message.tenant_id]
    visit = known.visits.get(message.appointment_id) if message.appointment_id else None
    postal_code = visit.address.get("postal_code") if visit is not None else None
    where = quiet.whereabouts(postal_code=postal_code, phone=message.customer_phone, tenant_zone=tenant.timezone)
    hours = tenant.settings.texting.own_initiative_hours
    return where, (hours.start, hours.end)


def _stale(message: Message, known: Known) -> str | None:
    thread = known.threads.get(message.conversation_id) if message.conversation_id else None
    if message.control_version is not None and thread is not None and thread.control_version != message.control_version:
        return "stale"
    visit = known.visits.get(message.appointment_id) if message.appointment_id else None
    if visit is not None and (visit.status in GONE or _is_for_another_time(message, visit)):
        return "appointment_gone"
    return None


def _is_for_another_time(message: Message, visit: Any) -> bool:
    # A reminder is valid until the arrival that it speaks of.
    return message.purpose in (Purpose.reminder, Purpose.eta) and message.valid_until != visit.window_start_at
