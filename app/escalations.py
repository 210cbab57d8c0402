"""Telling the contractor harder: a ladder that climbs until somebody takes it (behaviour.md 2.11)."""

import enum
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from app import events, links, notifications, users
from app.clock import now
from app.conversations import Conversation, note
from app.errors import NotFound
from app.extensions import db, uuid7
from app.notifications import Category, Channel
from app.queue import Job, ring
from app.tenants import Tenant

CALL_TRIES = 2
LINK_LIFE = timedelta(minutes=60)


class EscalationState(enum.StrEnum):
    open = enum.auto()
    acknowledged = enum.auto()
    exhausted = enum.auto()
    cancelled = enum.auto()


class Escalation(db.Model):
    __tablename__ = "escalation"
    __table_args__ = (
        Index("uq_escalation_open", "conversation_id", unique=True, postgresql_where="state = 'open'"),
        Index("ix_escalation_due", "next_step_at", postgresql_where="state = 'open'"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    state: Mapped[EscalationState] = mapped_column(default=EscalationState.open)
    level: Mapped[int] = mapped_column(default=1)
    summary: Mapped[str] = mapped_column(default="")
    is_emergency: Mapped[bool] = mapped_column(default=True)
    waits_for_acceptance: Mapped[bool] = mapped_column(default=False)
    """At night the phone rings only after the customer has accepted the emergency price."""
    calls_made: Mapped[int] = mapped_column(default=0)
    token: Mapped[str] = mapped_column(unique=True, default=lambda: secrets.token_urlsafe(16))
    acknowledged_by: Mapped[str | None]
    acknowledged_via: Mapped[str | None]
    next_step_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]


def open_for(
    tenant: Tenant, conversation: Conversation, *, level: int, summary: str, waits_for_acceptance: bool = False
) -> Escalation | None:
    """Start the ladder for a thread, or raise the level of the one that runs; None when nobody can be reached."""
    owner = users.owner_of(tenant.id)
    if owner is None:
        return None
    running = db.session.scalar(
        select(Escalation)
        .where(Escalation.conversation_id == conversation.id, Escalation.state == EscalationState.open)
        .with_for_update()
    )
    if running is not None:
        return _raise(running, level, summary, waits_for_acceptance=waits_for_acceptance)
    escalation = Escalation(
        id=uuid7(),
        tenant_id=tenant.id,
        conversation_id=conversation.id,
        user_id=owner.id,
        state=EscalationState.open,
        level=level,
        summary=summary[:300],
        waits_for_acceptance=waits_for_acceptance,
        next_step_at=now() + _first_wait(tenant, level),
    )
    db.session.add(escalation)
    db.session.flush()
    _alert(owner, conversation, escalation)
    note(conversation, f"Alerted {owner} (level {level}): {summary}")
    _tell(escalation)
    return escalation


def _first_wait(tenant: Tenant, level: int) -> timedelta:
    return timedelta(0) if level >= 3 else timedelta(minutes=tenant.settings.escalation.emergency_step_minutes)


def _raise(escalation: Escalation, level: int, summary: str, *, waits_for_acceptance: bool) -> Escalation:
    escalation.waits_for_acceptance = waits_for_acceptance and escalation.waits_for_acceptance
    if level > escalation.level:
        escalation.level, escalation.summary, escalation.next_step_at = level, summary[:300], now()
        _tell(escalation)
    return escalation


def _alert(owner: users.User, conversation: Conversation, escalation: Escalation) -> None:
    body = f"{escalation.summary} Reply 1 to take it. {links.acknowledge(escalation.token)}"
    notifications.tell(
        owner,
        title="Emergency" if escalation.is_emergency else "Needs you",
        body=body,
        category=Category.missed_call,
        channels=[Channel.push, Channel.sms],
        urgency="high",
        dedupe_key=f"escalation:{escalation.id}:2",
        action_path=links.thread_path(conversation.id),
    )


def claim(moment: datetime) -> list[UUID]:
    """Take escalations whose next rung is due, each for a minute."""
    due = (
        select(Escalation)
        .where(
            Escalation.state == EscalationState.open,
            Escalation.next_step_at <= moment,
            (Escalation.lease_until.is_(None)) | (Escalation.lease_until < moment),
        )
        .limit(20)
        .with_for_update(skip_locked=True)
    )
    taken = []
    for escalation in db.session.scalars(due):
        escalation.lease_until = moment + timedelta(seconds=60)
        taken.append(escalation.id)
    return taken


def called(escalation: Escalation, *, step_minutes: int) -> None:
    """Write down that the phone rang; after the last try the ladder is exhausted unless somebody answers."""
    escalation.calls_made += 1
    escalation.level = max(escalation.level, 3)
    escalation.lease_until = None
    escalation.next_step_at = now() + timedelta(minutes=step_minutes)


def exhaust(escalation: Escalation) -> None:
    """Nobody was reached."""
    escalation.state, escalation.closed_at, escalation.next_step_at = EscalationState.exhausted, now(), None
    _tell(escalation)


def acknowledge(escalation: Escalation, *, by: str, via: str) -> bool:
    """Somebody has it: the remaining rungs are gone with this statement; False when it was closed before."""
    if escalation.state != EscalationState.open:
        return False
    escalation.state, escalation.closed_at, escalation.next_step_at = EscalationState.acknowledged, now(), None
    escalation.acknowledged_by, escalation.acknowledged_via = by, via
    _tell(escalation)
    return True


def close_of(conversation_id: UUID, state: EscalationState, *, by: str = "", via: str = "") -> None:
    """End the ladder of a thread: a person took over, or there is no emergency any more."""
    running = running_for(conversation_id)
    if running is None:
        return
    running.state, running.closed_at, running.next_step_at = state, now(), None
    if by:
        running.acknowledged_by, running.acknowledged_via = by, via
    _tell(running)


def running_for(conversation_id: UUID) -> Escalation | None:
    """The open ladder of a thread, locked."""
    return db.session.scalar(
        select(Escalation)
        .where(Escalation.conversation_id == conversation_id, Escalation.state == EscalationState.open)
        .with_for_update()
    )


def newest_open(user_id: UUID, since: datetime) -> Escalation | None:
    """The newest alert that a person may answer with the text "1"."""
    return db.session.scalar(
        select(Escalation)
        .where(Escalation.user_id == user_id, Escalation.state == EscalationState.open, Escalation.created_at > since)
        .order_by(Escalation.created_at.desc())
        .limit(1)
        .with_for_update()
    )


def by_token(token: str) -> Escalation | None:
    """The ladder that a link or a call names; links end after an hour."""
    return db.session.scalar(select(Escalation).where(Escalation.token == token))


def of(tenant_id: UUID, escalation_id: UUID, *, lock: bool = False) -> Escalation:
    """A ladder of that business; a stranger's id is not found."""
    wanted = select(Escalation).where(Escalation.tenant_id == tenant_id, Escalation.id == escalation_id)
    if lock:
        # After the lock of its conversation, as everywhere.
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = db.session.scalar(wanted)
    if found is None:
        raise NotFound("There is no such alert.")
    return found


def is_link_over(escalation: Escalation) -> bool:
    """Whether the hour of the link in the alert text is over."""
    return escalation.created_at + LINK_LIFE <= now()


def pass_on(escalation: Escalation) -> None:
    """This person cannot: the next rung is due now."""
    escalation.next_step_at, escalation.lease_until = now(), None
    ring(Job.drain_alerts)
    _tell(escalation)


def _tell(escalation: Escalation) -> None:
    told = {
        "escalation_id": escalation.id,
        "conversation_id": escalation.conversation_id,
        "state": escalation.state,
        "level": escalation.level,
        "acknowledged_by": escalation.acknowledged_by,
    }
    events.publish(escalation.tenant_id, "escalation.updated", told)


def overdue(moment: datetime) -> bool:
    """Whether a rung is due."""
    due = select(Escalation.id).where(Escalation.state == EscalationState.open, Escalation.next_step_at <= moment)
    return db.session.scalar(due.limit(1)) is not None
