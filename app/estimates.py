"""The price book: what a job costs and how long it takes, per business."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.errors import Conflict, Invalid, NotFound
from app.extensions import db, uuid7
from app.tenants import Tenant, Trade

DIAGNOSTIC = "diagnostic_visit"


class Estimate(db.Model):
    __tablename__ = "estimate"
    __table_args__ = (UniqueConstraint("tenant_id", "job_type"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    job_type: Mapped[str]
    description: Mapped[str]
    minutes: Mapped[int]
    low_cents: Mapped[int]
    high_cents: Mapped[int]
    requires_parts: Mapped[bool] = mapped_column(default=False)
    urgency_multiplier: Mapped[float] = mapped_column(default=1.0)
    buffer_minutes: Mapped[int] = mapped_column(default=30)
    aliases: Mapped[list] = mapped_column(JSONB, default=list)
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)

    def __str__(self) -> str:
        return self.description


# Hours, dollars from and to, whether parts are needed: behaviour.md 13.2.
BOOK: dict[Trade, dict[str, tuple[float, int, int, bool]]] = {
    Trade.plumbing: {
        "faucet_repair": (1.5, 150, 200, False),
        "toilet_repair": (1.5, 150, 350, False),
        "drain_clog": (1.5, 150, 300, False),
        "leak_repair": (2.0, 150, 450, False),
        "pipe_repair": (2.0, 250, 600, True),
        "water_heater_repair": (2.0, 150, 400, True),
        "sewer_backup": (2.5, 250, 800, False),
        "toilet_installation": (3.0, 315, 420, True),
    },
    Trade.electrical: {
        "outlet_installation": (2.0, 125, 200, False),
        "power_loss_diagnosis": (2.0, 150, 300, False),
        "electrical_hazard": (1.5, 200, 400, False),
        "breaker_repair": (1.5, 150, 350, True),
        "light_fixture": (1.5, 125, 300, False),
        "ceiling_fan": (2.0, 150, 350, False),
        "panel_work": (6.0, 900, 2500, True),
        "ev_charger": (4.0, 500, 1500, True),
    },
    Trade.hvac: {
        "ac_repair": (2.0, 150, 200, False),
        "furnace_repair": (2.0, 150, 450, True),
        "no_heat_call": (1.5, 150, 300, False),
        "thermostat": (1.0, 100, 250, True),
        "refrigerant_service": (2.0, 250, 600, False),
        "tune_up": (1.5, 100, 180, False),
        "duct_repair": (3.0, 250, 700, False),
    },
    Trade.locksmith: {
        "home_lockout": (1.0, 150, 150, False),
        "car_lockout": (1.0, 100, 180, False),
        "rekey": (1.5, 120, 250, False),
        "lock_change": (1.5, 150, 350, True),
        "broken_key": (1.0, 100, 200, False),
        "break_in_repair": (2.0, 200, 500, True),
    },
    Trade.garage_door: {
        "spring_replacement": (2.0, 200, 400, True),
        "opener_repair": (1.5, 120, 300, False),
        "off_track": (2.0, 180, 400, False),
        "wont_close": (1.5, 120, 300, False),
        "cable_repair": (1.5, 150, 300, True),
        "opener_installation": (3.0, 350, 700, True),
        "tune_up": (2.0, 95, 95, False),
    },
}


def add_defaults(tenant: Tenant) -> None:
    """Fill a new business's price book with the usual jobs of its trade; what is there stays."""
    known = set(db.session.scalars(select(Estimate.job_type).where(Estimate.tenant_id == tenant.id)))
    for job_type, (hours, low, high, parts) in BOOK[tenant.trade_type].items():
        if job_type in known:
            continue
        db.session.add(
            Estimate(
                tenant_id=tenant.id,
                job_type=job_type,
                description=job_type.replace("_", " ").capitalize(),
                minutes=round(hours * 60),
                low_cents=low * 100,
                high_cents=high * 100,
                requires_parts=parts,
            )
        )


def active(tenant_id: UUID) -> list[Estimate]:
    """The price book as it is quoted from now."""
    lines = select(Estimate).where(Estimate.tenant_id == tenant_id, Estimate.is_active)
    return list(db.session.scalars(lines.order_by(Estimate.job_type)))


def named(tenant_id: UUID, job_type: str) -> Estimate | None:
    """The line of a job, switched off or not."""
    return db.session.scalar(select(Estimate).where(Estimate.tenant_id == tenant_id, Estimate.job_type == job_type))


def version(tenant_id: UUID) -> int:
    """The version of the whole price book: it rises with every line that is added or changed, and none is removed."""
    return db.session.scalar(select(func.sum(Estimate.version)).where(Estimate.tenant_id == tenant_id)) or 0


class JobTypeExists(Conflict):
    code = "JOB_TYPE_EXISTS"


class EstimateLocked(Conflict):
    code = "JOB_ESTIMATE_LOCKED"


class CostRangeInvalid(Invalid):
    code = "COST_RANGE_INVALID"


def of(tenant_id: UUID, estimate_id: UUID) -> Estimate:
    """A line of that business's price book, switched off or not; a stranger's id is not found."""
    found = db.session.scalar(
        select(Estimate).where(Estimate.tenant_id == tenant_id, Estimate.id == estimate_id).with_for_update()
    )
    if found is None:
        raise NotFound("There is no such job estimate.", code="JOB_ESTIMATE_NOT_FOUND")
    return found


def add(tenant_id: UUID, job_type: str, **facts: Any) -> Estimate:
    """Put a new line into the price book; raises JobTypeExists and CostRangeInvalid."""
    taken = select(Estimate.id).where(Estimate.tenant_id == tenant_id, Estimate.job_type == job_type)
    if db.session.scalar(taken) is not None:
        raise JobTypeExists("The price book has that job already.")
    line = Estimate(tenant_id=tenant_id, job_type=job_type, **facts)
    _check_range(line)
    try:
        with db.session.begin_nested():
            db.session.add(line)
    except IntegrityError as error:
        raise JobTypeExists("The price book has that job already.") from error
    return line


def change(line: Estimate, facts: Mapping[str, Any]) -> None:
    """Correct a line; offers that are on a table keep their price. Raises CostRangeInvalid and EstimateLocked."""
    if line.job_type == DIAGNOSTIC and facts.get("is_active") is False:
        raise EstimateLocked("The diagnostic visit can be changed, not removed.")
    for name, value in facts.items():
        setattr(line, name, value)
    _check_range(line)
    line.version += 1


def _check_range(line: Estimate) -> None:
    if line.high_cents < line.low_cents:
        raise CostRangeInvalid("The highest price must not be below the lowest.")
