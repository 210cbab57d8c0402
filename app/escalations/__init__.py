"""Telling the contractor harder: a ladder whose rungs are rows, climbed until somebody takes it (behaviour.md 2.11)."""

import enum
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import events
from app.clock import now
from app.errors import NotFound
from app.extensions import db, uuid7

LINK_LIFE = timedelta(minutes=60)
CALLS_PER_PERSON, PER = 6, timedelta(hours=1)
CHANNELS = ("sms", "phone_call")


class EscalationState(enum.StrEnum):
    open = enum.auto()
    acknowledged = enum.auto()
    exhausted = enum.auto()
    cancelled = enum.auto()


class Action(enum.StrEnum):
    push = enum.auto()
    sms = enum.auto()
    phone_call = enum.auto()
    email = enum.auto()
    support = enum.auto()
    give_up = enum.auto()
    """The end of the ladder: nobody was reached."""


class RungState(enum.StrEnum):
    planned = enum.auto()
    done = enum.auto()
    skipped = enum.auto()
    cancelled = enum.auto()


class Escalation(db.Model):
    __tablename__ = "escalation"
    __table_args__ = (Index("uq_escalation_open", "conversation_id", unique=True, postgresql_where="state = 'open'"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversation.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    """Who is told first, the owner unless somebody else was named."""
    state: Mapped[EscalationState] = mapped_column(default=EscalationState.open)
    level: Mapped[int] = mapped_column(default=1)
    """The highest level that has been reached."""
    max_level: Mapped[int] = mapped_column(default=5)
    channels: Mapped[list] = mapped_column(JSONB, default=lambda: list(CHANNELS))
    summary: Mapped[str] = mapped_column(default="")
    is_emergency: Mapped[bool] = mapped_column(default=True)
    is_life_safety: Mapped[bool] = mapped_column(default=False)
    """Life safety rings at any hour."""
    is_accepted: Mapped[bool] = mapped_column(default=False)
    """The customer took the emergency price: nobody is woken for a refused offer any more."""
    waits_for_acceptance: Mapped[bool] = mapped_column(default=False)
    """Whoever opened the ladder wants no call before that, at whatever hour."""
    passed_by: Mapped[list] = mapped_column(JSONB, default=list)
    """The people who cannot: they are not tried again."""
    acknowledged_by: Mapped[str | None]
    acknowledged_via: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]
    rungs: Mapped[list["Rung"]] = relationship(back_populates="escalation", order_by="Rung.position")

    @property
    def next_step_at(self) -> datetime | None:
        """When the next rung is due; None when none is, or when it waits for the customer."""
        return min((rung.due_at for rung in planned(self) if rung.due_at is not None), default=None)

    @property
    def calls_made(self) -> int:
        """How often phones were rung."""
        return sum(rung.action == Action.phone_call and rung.state == RungState.done for rung in self.rungs)


class Rung(db.Model):
    """One thing to do about an alert: tell one person in one way, or the team, at its time."""

    __tablename__ = "rung"
    __table_args__ = (
        Index("ix_rung_due", "due_at", postgresql_where="state = 'planned'"),
        Index("ix_rung_person", "user_id", "done_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    escalation_id: Mapped[UUID] = mapped_column(ForeignKey("escalation.id"), index=True)
    position: Mapped[int]
    level: Mapped[int]
    action: Mapped[Action]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    state: Mapped[RungState] = mapped_column(default=RungState.planned)
    due_at: Mapped[datetime | None]
    """None while it waits for the customer's yes."""
    token: Mapped[str] = mapped_column(unique=True, default=lambda: secrets.token_urlsafe(16))
    """Names this rung, and with it the person, in a link and in the addresses of a call."""
    done_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    """How the call ended in the carrier's words, or why it was not made."""
    link_used_at: Mapped[datetime | None]
    escalation: Mapped[Escalation] = relationship(back_populates="rungs")


def planned(escalation: Escalation) -> list[Rung]:
    """The rungs that are still to come, in order."""
    return [rung for rung in escalation.rungs if rung.state == RungState.planned]


def running_for(conversation_id: UUID) -> Escalation | None:
    """The open ladder of a thread, locked."""
    return db.session.scalar(
        select(Escalation)
        .where(Escalation.conversation_id == conversation_id, Escalation.state == EscalationState.open)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def newest_open(user_id: UUID, since: datetime) -> Escalation | None:
    """The newest alert that a person was told of and may answer with the text "1"."""
    told = (
        select(Escalation.id)
        .join(Rung, Rung.escalation_id == Escalation.id)
        .where(
            Rung.user_id == user_id,
            Rung.state == RungState.done,
            Rung.done_at > since,
            Escalation.state == EscalationState.open,
        )
        .order_by(Rung.done_at.desc(), Escalation.created_at.desc())
        .limit(1)
    )
    escalation_id = db.session.scalar(told)
    return db.session.get(Escalation, escalation_id) if escalation_id else None


def by_token(token: str) -> Rung | None:
    """The rung that a link or a call names."""
    return db.session.scalar(select(Rung).where(Rung.token == token))


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


def is_link_over(rung: Rung) -> bool:
    """Whether the link in the alert text has been used, or its hour is over."""
    return rung.link_used_at is not None or rung.done_at is None or rung.done_at + LINK_LIFE <= now()


def calls_within_the_hour(user_id: UUID) -> int:
    """How often a person's phone was rung about alerts in the last hour, for whatever ladder."""
    rang = select(func.count()).where(
        Rung.user_id == user_id,
        Rung.action == Action.phone_call,
        Rung.state == RungState.done,
        Rung.done_at > now() - PER,
    )
    return db.session.scalar(rang) or 0


def due(moment: datetime, limit: int = 20) -> Sequence[UUID]:
    """The ladders with a rung that is due."""
    first = func.min(Rung.due_at)
    waiting = (
        select(Rung.escalation_id)
        .where(Rung.state == RungState.planned, Rung.due_at <= moment)
        .group_by(Rung.escalation_id)
        .order_by(first)
        .limit(limit)
    )
    return db.session.scalars(waiting).all()


def overdue(moment: datetime) -> bool:
    """Whether a rung is due."""
    return bool(due(moment, 1))


def tell(escalation: Escalation) -> None:
    """Let the pages and services know how a ladder stands."""
    told = {
        "escalation_id": escalation.id,
        "conversation_id": escalation.conversation_id,
        "state": escalation.state,
        "level": escalation.level,
        "acknowledged_by": escalation.acknowledged_by,
    }
    events.publish(escalation.tenant_id, "escalation.updated", told)
