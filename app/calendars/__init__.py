"""The calendars that contractors link: accounts with sealed tokens, and what each calendar is for (calendar.md 3)."""

import enum
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import events
from app.clock import now
from app.errors import Conflict, NotFound
from app.extensions import db, uuid7


class Provider(enum.StrEnum):
    google = enum.auto()


class ConnectionStatus(enum.StrEnum):
    """behaviour.md 2.6."""

    active = enum.auto()
    needs_reauth = enum.auto()
    """The token is dead: jobs stop until the contractor connects again."""
    error = enum.auto()
    """The provider does not answer; it is asked again."""
    revoked = enum.auto()
    """Disconnected by the contractor: the tokens are wiped, our events stay."""


class CalendarRole(enum.StrEnum):
    busy = enum.auto()
    write = enum.auto()
    both = enum.auto()
    ignore = enum.auto()


WRITTEN = (CalendarRole.write, CalendarRole.both)


class Connection(db.Model):
    """One account at a provider that a person has linked."""

    __tablename__ = "calendar_connection"
    __table_args__ = (UniqueConstraint("tenant_id", "user_id", "provider", "account_email"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"), index=True)
    provider: Mapped[Provider]
    account_email: Mapped[str]
    scopes: Mapped[str] = mapped_column(default="")
    token_blob: Mapped[bytes | None]
    token_expires_at: Mapped[datetime | None]
    status: Mapped[ConnectionStatus] = mapped_column(default=ConnectionStatus.active)
    last_error: Mapped[str | None]
    trouble_at: Mapped[datetime | None]
    """When the trouble that the owner was told of began; he is told once for all that it stops."""
    refreshing_until: Mapped[datetime | None]
    """Somebody asks for a new token until then, and nobody else does."""
    synced_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    calendars: Mapped[list["Calendar"]] = relationship(back_populates="connection", order_by="Calendar.id")

    def __str__(self) -> str:
        return f"{self.provider} {self.account_email}"


class Calendar(db.Model):
    """One calendar of a linked account."""

    __tablename__ = "calendar"
    __table_args__ = (
        UniqueConstraint("connection_id", "external_id"),
        Index("ix_calendar_due", "due_at", postgresql_where="due_at IS NOT NULL"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    connection_id: Mapped[UUID] = mapped_column(ForeignKey("calendar_connection.id"))
    external_id: Mapped[str]
    name: Mapped[str]
    timezone: Mapped[str | None]
    role: Mapped[CalendarRole] = mapped_column(default=CalendarRole.busy)
    cursor: Mapped[str | None]
    """With it the provider tells what has changed since."""
    listed_at: Mapped[datetime | None]
    """When everything in it was read last."""
    synced_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    connection: Mapped[Connection] = relationship(back_populates="calendars")

    def __str__(self) -> str:
        return self.name


class OneWriteCalendar(Conflict):
    code = "ONE_WRITE_CALENDAR"


def linked(tenant_id: UUID) -> Sequence[Connection]:
    """The accounts that people of a business have linked, without those that they took back."""
    rows = select(Connection).where(Connection.tenant_id == tenant_id, Connection.status != ConnectionStatus.revoked)
    return db.session.scalars(rows.order_by(Connection.created_at)).all()


def connection_of(tenant_id: UUID, connection_id: UUID) -> Connection:
    """A linked account of that business, locked; a stranger's id is not found."""
    wanted = select(Connection).where(Connection.tenant_id == tenant_id, Connection.id == connection_id)
    found = db.session.scalar(wanted.with_for_update(of=Connection))
    if found is None:
        raise NotFound("There is no such connection.")
    return found


def calendar_of(tenant_id: UUID, calendar_id: UUID) -> Calendar:
    """A calendar of that business, its account locked; a stranger's id is not found."""
    wanted = (
        select(Calendar)
        .join(Calendar.connection)
        .where(
            Calendar.tenant_id == tenant_id,
            Calendar.id == calendar_id,
            Connection.status != ConnectionStatus.revoked,
        )
    )
    found = db.session.scalar(wanted.with_for_update(of=Connection))
    if found is None:
        raise NotFound("There is no such calendar.")
    return found


def written_by(user_id: UUID) -> Calendar | None:
    """The calendar that a person's visits are written into, also while its account waits to be connected again."""
    wanted = (
        select(Calendar)
        .join(Calendar.connection)
        .where(
            Connection.user_id == user_id,
            Connection.status != ConnectionStatus.revoked,
            Calendar.role.in_(WRITTEN),
        )
    )
    return db.session.scalar(wanted.order_by(Calendar.id).limit(1))


def use(calendar: Calendar, role: CalendarRole) -> None:
    """Say what a calendar is for; raises OneWriteCalendar when its person writes into another one already."""
    user_id = calendar.connection.user_id
    # The person's accounts are locked in one order, so that two calendars cannot both become the one to write.
    accounts = select(Connection.id).where(Connection.user_id == user_id).order_by(Connection.id)
    db.session.execute(accounts.with_for_update()).all()
    other = written_by(user_id)
    if role in WRITTEN and other is not None and other.id != calendar.id:
        raise OneWriteCalendar(f"Visits are written into {other.name}. Change that first.")
    calendar.role = role
    tell(calendar.connection)


def tell(connection: Connection) -> None:
    """Let the open pages know that a linked account has changed."""
    told = {"id": connection.id, "status": connection.status}
    events.publish(connection.tenant_id, "calendar.updated", told)


def availability_changed(connection: Connection, reason: str, dates: Sequence[str] = ()) -> None:
    """Let app-server know that a person's free time may be another now; no local dates: all of them."""
    version = round(now().timestamp() * 1000)
    told = {"user_id": connection.user_id, "dates": [*dates], "version": version, "reason": reason}
    events.publish(connection.tenant_id, "availability.changed", told)
