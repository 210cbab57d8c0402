"""The people who can be booked, and what keeps them busy."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import db, uuid7
from app.scheduling import types
from app.scheduling.types import WEEKDAYS


class Technician(db.Model):
    __tablename__ = "technician"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), index=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    name: Mapped[str]
    work_hours: Mapped[dict | None] = mapped_column(JSONB)
    """Weekday to {start, end} or null; None means the hours of the business."""
    days_off: Mapped[list] = mapped_column(JSONB, default=list)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    def __str__(self) -> str:
        return self.name

    def plain(self) -> types.Technician:
        """For the pure scheduling functions."""
        hours = self.work_hours
        days = {day: _hours(hours.get(day)) for day in WEEKDAYS} if hours is not None else None
        return types.Technician(str(self.id), days, frozenset(date.fromisoformat(day) for day in self.days_off))


def _hours(day: dict[str, str] | None) -> tuple[str, str] | None:
    return (day["start"], day["end"]) if day else None


def active(tenant_id: UUID) -> Sequence[Technician]:
    """Everybody who can be booked."""
    bookable = select(Technician).where(Technician.tenant_id == tenant_id, Technician.is_active)
    return db.session.scalars(bookable.order_by(Technician.created_at, Technician.id)).all()


def horizon(moment: datetime, days: int) -> tuple[datetime, datetime]:
    """The stretch of time whose bookings a search must know."""
    return moment - timedelta(days=1), moment + timedelta(days=days + 2)
