"""The line: a call comes in, rings the contractor, and is answered by a person or missed (behaviour.md 2.1)."""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, or_, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from app import consent, events, numbers, phones, tenants, tracing, users
from app.clock import now
from app.consent import ContactRule
from app.extensions import db, uuid7
from app.numbers import Number

LOOP_WINDOW = timedelta(seconds=60)
ONE_DIAL_PER = timedelta(seconds=30)
SWEEP_AFTER_RING = timedelta(seconds=60)
SWEEP_AFTER_END = timedelta(seconds=60)
LONGEST_TALK = timedelta(hours=4)
"""The carrier ends every call by then; an answered one whose end nobody reported is over too."""


class CallStatus(enum.StrEnum):
    ringing = enum.auto()
    screening = enum.auto()
    in_progress = enum.auto()
    completed = enum.auto()
    missed = enum.auto()
    rejected = enum.auto()


OPEN = (CallStatus.ringing, CallStatus.screening, CallStatus.in_progress)


class MissedReason(enum.StrEnum):
    no_answer = enum.auto()
    busy = enum.auto()
    failed = enum.auto()
    caller_hung_up = enum.auto()
    no_human_proof = enum.auto()
    after_hours = enum.auto()
    forwarded = enum.auto()
    own_number = enum.auto()
    forwarding_loop = enum.auto()


class Call(db.Model):
    __tablename__ = "call"
    __table_args__ = (
        Index("ix_call_open", "sweep_at", postgresql_where="status IN ('ringing', 'screening', 'in_progress')"),
        Index("ix_call_customer", "tenant_id", "customer_phone", "started_at"),
        Index("ix_call_recent", "tenant_id", "started_at"),
        Index("ix_call_caller", "customer_phone", "started_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    number_id: Mapped[UUID] = mapped_column(ForeignKey("number.id"))
    call_sid: Mapped[str] = mapped_column(unique=True)
    customer_phone: Mapped[str]
    business_phone: Mapped[str]
    forwarded_from: Mapped[str | None]
    caller_verified: Mapped[str | None]
    """The carrier's word on the caller id (StirVerstat)."""
    status: Mapped[CallStatus] = mapped_column(default=CallStatus.ringing)
    missed_reason: Mapped[MissedReason | None]
    dialled: Mapped[str | None]
    accepted_at: Mapped[datetime | None]
    """When a person pressed 1: the only proof that one was there."""
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversation.id"))
    text_sent: Mapped[bool | None]
    text_code: Mapped[str | None]
    text_reason: Mapped[str | None]
    """Why a text went or did not go, in words that the contractor reads."""
    duration_seconds: Mapped[int] = mapped_column(default=0)
    voicemail_url: Mapped[str | None]
    voicemail_seconds: Mapped[int | None]
    transcript: Mapped[str | None]
    correlation_id: Mapped[str] = mapped_column(index=True)
    sweep_at: Mapped[datetime]
    started_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Claim(db.Model):
    """Who claims a deed first does it; the key names the deed (behaviour.md P2)."""

    __tablename__ = "claim"
    key: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)


@dataclass(frozen=True)
class Route:
    """What to do with a call that just came in."""

    kind: str
    """dial, voicemail or reject"""
    call: Call
    contractor_phone: str | None = None
    missed_reason: MissedReason | None = None


def arrive(
    number: Number, *, call_sid: str, caller: str, forwarded_from: str | None = None, caller_verified: str | None = None
) -> Route:
    """Write down a call and say where it goes; the same call again gets the same route."""
    existing = by_sid(call_sid)
    call = existing or _open(number, call_sid, caller, forwarded_from, caller_verified)
    route = _route(number, call)
    if existing is not None:
        return route
    if route.kind == "reject":
        call.status, call.decided_at = CallStatus.rejected, now()
    elif route.kind == "dial":
        call.dialled = route.contractor_phone
        told = {"call_id": call.id, "customer_phone": call.customer_phone, "status": call.status}
        events.publish(call.tenant_id, "call.incoming", told, call.correlation_id)
    return route


def by_sid(call_sid: str) -> Call | None:
    """The call that the carrier names so."""
    return db.session.scalar(select(Call).where(Call.call_sid == call_sid))


def _open(number: Number, call_sid: str, caller: str, forwarded_from: str | None, caller_verified: str | None) -> Call:
    ring_seconds = number.tenant.settings.calls.ring_timeout_seconds
    call = Call(
        tenant_id=number.tenant_id,
        number_id=number.id,
        call_sid=call_sid,
        customer_phone=caller,
        business_phone=number.e164,
        forwarded_from=forwarded_from,
        caller_verified=caller_verified,
        correlation_id=tracing.request_id() or call_sid,
        sweep_at=now() + timedelta(seconds=ring_seconds) + SWEEP_AFTER_RING,
    )
    db.session.add(call)
    db.session.flush()
    return call


def _route(number: Number, call: Call) -> Route:
    tenant = number.tenant
    if consent.rule_for(tenant.id, call.customer_phone) == ContactRule.block:
        return Route("reject", call)
    if reason := _loop(call):
        return Route("voicemail", call, missed_reason=reason)
    if tenant.settings.calls.call_mode == "forwarded_only":
        number.forwarding_verified_at = now()
        return Route("voicemail", call, missed_reason=MissedReason.forwarded)
    contractor = _contractor(tenant)
    if contractor is None or not _may_ring(tenant):
        return Route("voicemail", call, missed_reason=MissedReason.after_hours)
    if call.forwarded_from == contractor or _dials_now(call):
        return Route("voicemail", call, missed_reason=MissedReason.forwarding_loop)
    return Route("dial", call, contractor_phone=contractor)


def _loop(call: Call) -> MissedReason | None:
    if numbers.is_ours(call.customer_phone) or users.with_verified_phone(call.tenant_id, call.customer_phone):
        return MissedReason.own_number
    return None


def _dials_now(call: Call) -> bool:
    """Whether the same caller is being put through already: then our own forwarding has come back to us."""
    recent = select(Call.id).where(
        Call.tenant_id == call.tenant_id,
        Call.customer_phone == call.customer_phone,
        Call.id != call.id,
        Call.dialled.is_not(None),
        or_(
            Call.status.in_((CallStatus.ringing, CallStatus.screening)) & (Call.started_at > now() - LOOP_WINDOW),
            Call.started_at > now() - ONE_DIAL_PER,
        ),
    )
    return db.session.scalar(recent.limit(1)) is not None


def _contractor(tenant: tenants.Tenant) -> str | None:
    owner = users.owner_of(tenant.id)
    return tenant.settings.calls.ring_number or (owner.verified_phone if owner else None)


def _may_ring(tenant: tenants.Tenant) -> bool:
    owner = users.owner_of(tenant.id)
    moment = now()
    if tenants.is_away(tenant, moment) or (owner and owner.presence_at(moment) == users.Presence.vacation):
        return False
    when = tenant.settings.calls.ring_when
    if when == "business_hours":
        return tenants.is_open(tenant, moment)
    return when == "always" or tenants.is_phone_open(tenant, moment)


def screen(parent_sid: str) -> Call | None:
    """The contractor's phone was picked up: by a person or a machine, we do not know yet."""
    moved = (
        update(Call)
        .where(Call.call_sid == parent_sid, Call.status.in_((CallStatus.ringing, CallStatus.screening)))
        .values(status=CallStatus.screening)
        .returning(Call)
    )
    return db.session.scalar(moved)


def accept(parent_sid: str, key: str) -> bool:
    """Key 1 on a call that is still dialling proves a person; anything else, or too late, does not."""
    if key != "1":
        return False
    moved = (
        update(Call)
        .where(
            Call.call_sid == parent_sid,
            Call.status.in_((CallStatus.ringing, CallStatus.screening, CallStatus.in_progress)),
            Call.dialled.is_not(None),
        )
        .values(status=CallStatus.in_progress, accepted_at=now(), sweep_at=now() + LONGEST_TALK + SWEEP_AFTER_END)
        .returning(Call.id)
    )
    return db.session.scalar(moved) is not None


def claim(keys: list[str]) -> set[str]:
    """Of these deeds the ones that nobody has claimed before; ours from now on if this transaction commits."""
    if not keys:
        return set()
    named = {"keys": sorted(set(keys)), "at": now()}
    return set(db.session.connection().execute(CLAIM, named).scalars())


CLAIM = text(
    "INSERT INTO claim (key, at) SELECT unnest(CAST(:keys AS text[])), :at ON CONFLICT DO NOTHING RETURNING key"
)


def keep_voicemail(
    call_sid: str, *, url: str | None = None, seconds: int | None = None, transcript: str | None = None
) -> Call | None:
    """Keep what the caller left; recording and transcript come in any order."""
    call = by_sid(call_sid)
    if call is None:
        return None
    call.voicemail_url = url or call.voicemail_url
    call.voicemail_seconds = seconds if seconds is not None else call.voicemail_seconds
    call.transcript = transcript or call.transcript
    return call


def stale(moment: datetime) -> list[Call]:
    """Calls that nobody reported the end of: the third trigger of the missed decision, the end of an answered one."""
    left = select(Call).where(Call.status.in_(OPEN), Call.sweep_at <= moment)
    return list(db.session.scalars(left.order_by(Call.sweep_at).limit(200)))


def describe(call: Call) -> str:
    """One line for the thread and the inbox."""
    return f"Missed call from {phones.shown(call.customer_phone)}"
