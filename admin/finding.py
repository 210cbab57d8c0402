"""The one search box: what was typed is understood first, then looked up by index in the tables it can concern."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy import Select, or_, select, tuple_

from admin import words
from app import customers, phones
from app.audit import Audit
from app.calls import Call
from app.conversations import Conversation
from app.customers import Customer
from app.escalations import Escalation
from app.evaluation import EvalCase
from app.events import Event
from app.extensions import db
from app.inbox import Webhook
from app.leads import Lead
from app.messages import Message
from app.messages.reports import Report
from app.numbers import Number
from app.phones import InvalidPhone
from app.scheduling.appointments import Appointment
from app.subscriptions import Subscription
from app.tasks import SupportTask
from app.tenants import Tenant
from app.tracing import WELL_FORMED
from app.users import User

SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
JOB_NUMBER = re.compile(r"NMC-[0-9A-Z]{5}", re.IGNORECASE)
PHONE_LIKE = re.compile(r"[+\d\s().\-/]{7,24}")
LEAST_LETTERS = 3
LEAST_DIGITS = 11
"""The country code, the area code and the number."""
MOST = 20
PAGES: dict[type[Any], str] = {
    Tenant: "tenants",
    Number: "numbers",
    Customer: "customers",
    Conversation: "conversations",
    Message: "messages",
    Call: "calls",
    Lead: "leads",
    Appointment: "appointments",
    Subscription: "subscriptions",
    Webhook: "webhooks",
    Event: "events",
    SupportTask: "tasks",
    Audit: "audit",
    EvalCase: "cases",
}


@dataclass(frozen=True)
class Asked:
    """What somebody typed, and what it can be."""

    text: str
    phone: str | None = None
    key: UUID | None = None
    sid: str | None = None
    job_number: str | None = None
    name: str | None = None
    """A part of a name or of an e-mail address."""
    request_id: str | None = None

    @property
    def understood(self) -> str:
        """What it was read as, for the page that found nothing."""
        if self.phone:
            return f"read as the phone number {self.phone}"
        if self.key:
            return "read as an id of ours"
        if self.sid:
            return "read as an id of the carrier"
        if self.job_number:
            return f"read as the job number {self.job_number}"
        if self.name:
            return "read as part of a name or an e-mail address" + (", or a request id" if self.request_id else "")
        return "too short: type at least three letters, or a whole phone number with its area code"


@dataclass(frozen=True)
class Hit:
    title: str
    detail: Any
    url: str
    tenant_id: UUID | None = None


@dataclass(frozen=True)
class Group:
    """Hits of one kind; `is_cut` when there are more than are shown."""

    name: str
    hits: list[Hit]
    is_cut: bool = False


def as_key(text: str | None) -> UUID | None:
    """A UUID, if it is one."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def part(text: str) -> str:
    """The pattern for text that contains this."""
    escaped = text.strip().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


def read(text: str) -> Asked:
    """Understand what was typed."""
    text = text.strip().replace("\x00", "")[:200]
    if (key := as_key(text)) is not None:
        return Asked(text, key=key)
    if SID.fullmatch(text):
        return Asked(text, sid=text)
    if JOB_NUMBER.fullmatch(text):
        return Asked(text, job_number=text.upper())
    if PHONE_LIKE.fullmatch(text):
        return Asked(text, phone=_whole_phone(text))
    request_id = text if len(text) >= 8 and WELL_FORMED.fullmatch(text) else None
    return Asked(text, name=text if len(text) >= LEAST_LETTERS else None, request_id=request_id)


def _whole_phone(text: str) -> str | None:
    try:
        phone = phones.normalise(text)
    except InvalidPhone:
        return None
    return phone if len(phone) >= LEAST_DIGITS + 1 else None


def look_up(asked: Asked) -> list[Group]:
    """Everything that it names, in groups; a group is empty only when it is left out."""
    if asked.key:
        groups = _by_key(asked.key)
    elif asked.sid:
        groups = _by_sid(asked.sid)
    elif asked.phone:
        groups = _by_phone(asked.phone)
    elif asked.job_number:
        groups = [_group("Appointments", select(Appointment).where(Appointment.job_number == asked.job_number))]
    else:
        groups = _by_name(asked.name) + _by_request(asked.request_id)
    return [group for group in groups if group.hits]


def _by_key(key: UUID) -> list[Group]:
    for model in PAGES:
        if (row := db.session.get(model, key)) is not None:
            return [Group("Found", [_hit(row)])]
    owners: tuple[tuple[type[Any], str, type[Any]], ...] = (
        (User, "tenant_id", Tenant),
        (Escalation, "conversation_id", Conversation),
    )
    for model, column, owner in owners:
        if (row := db.session.get(model, key)) is not None:
            return [Group("Found", [_hit(db.session.get(owner, getattr(row, column)))])]
    return []


def _by_sid(sid: str) -> list[Group]:
    groups = [
        _group("Calls", select(Call).where(Call.call_sid == sid)),
        _group("Messages", select(Message).where(Message.provider_sid == sid)),
        _group("Numbers", select(Number).where(or_(Number.sid == sid, Number.messaging_service_sid == sid))),
    ]
    if any(group.hits for group in groups):
        return groups
    tokens = select(Report.token).where(Report.provider_sid == sid)
    kinds = (
        "twilio.sms",
        "twilio.dial",
        "twilio.ended",
        "twilio.voicemail_route",
        "twilio.sms_status",
        "twilio.unknown",
    )
    names = [(kind, name) for kind in kinds for name in (sid, f"sms:{sid}", f"dial:{sid}", f"call:{sid}")]
    return [
        _group("Messages", select(Message).where(Message.token.in_(tokens))),
        _group("Webhooks", select(Webhook).where(tuple_(Webhook.kind, Webhook.event_id).in_(names))),
    ]


def _by_phone(phone: str) -> list[Group]:
    known = select(Customer.tenant_id).where(Customer.phone == phone)
    strangers = select(Call).where(Call.customer_phone == phone, Call.tenant_id.not_in(known))
    return [
        _group("Customers", select(Customer).where(Customer.phone == phone)),
        _group("Callers without a customer record", strangers.order_by(Call.started_at.desc())),
        _group("Numbers of businesses", select(Number).where(Number.e164 == phone).order_by(Number.created_at.desc())),
        _group("People of businesses", select(User).where(User.phone_number == phone)),
    ]


def _by_name(name: str | None) -> list[Group]:
    """By the beginning of a name first, which an index answers; by any part of it only when that finds nothing."""
    if name is None:
        return []
    like = part(name)
    people = select(User).where(or_(User.email.ilike(like), User.display_name.ilike(like)))
    groups = [
        _group("Businesses", select(Tenant).where(or_(Tenant.business_name.ilike(like), Tenant.email.ilike(like)))),
        _group("Customers", select(Customer).where(customers.called(name))),
        _group("People of businesses", people),
    ]
    if any(group.hits for group in groups):
        return groups
    return [_group("Customers", select(Customer).where(or_(Customer.name.ilike(like), Customer.email.ilike(like))))]


def _by_request(request_id: str | None) -> list[Group]:
    if request_id is None:
        return []
    return [
        _group("Webhooks", select(Webhook).where(Webhook.request_id == request_id)),
        _group("Calls", select(Call).where(Call.correlation_id == request_id)),
        _group("Messages", select(Message).where(Message.request_id == request_id)),
        _group("Audit", select(Audit).where(Audit.request_id == request_id)),
    ]


def _group(name: str, wanted: Select[Any]) -> Group:
    rows = db.session.scalars(wanted.limit(MOST + 1)).all()
    return Group(name, [_hit(row) for row in rows[:MOST]], is_cut=len(rows) > MOST)


def _hit(row: Any) -> Hit:
    if isinstance(row, User):
        url = url_for("admin_tenants.details_view", id=row.tenant_id)
        return Hit(f"{row} ({row.role})", row.email, url, row.tenant_id)
    url = url_for(f"admin_{PAGES[type(row)]}.details_view", id=row.id)
    title, detail = _title(row)
    return Hit(title, detail, url, getattr(row, "tenant_id", None))


TITLES: dict[type[Any], Callable[[Any], tuple[str, Any]]] = {
    Customer: lambda row: (row.name or phones.shown(row.phone), phones.shown(row.phone)),
    Number: lambda row: (phones.shown(row.e164), words.chip(row.status)),
    Tenant: lambda row: (row.business_name, words.plain(row.trade_type)),
    Call: lambda row: (f"Call of {phones.shown(row.customer_phone)}", words.when(row.started_at)),
    Message: lambda row: (f"{row.direction.capitalize()} text", words.chip(row.status)),
    Appointment: lambda row: (f"Visit {row}", words.when(row.start_at)),
    Webhook: lambda row: (row.kind, words.chip(row.status)),
    Audit: lambda row: (row.action, words.when(row.at)),
}


def _title(row: Any) -> tuple[str, Any]:
    known = TITLES.get(type(row))
    return known(row) if known else (f"{type(row).__name__} {words.short(row.id)}", "")
