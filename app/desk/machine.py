"""The line about the machine itself: is the number live, when did it last work, is anything switched off."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app import numbers, registrations
from app.calls import Call
from app.extensions import db
from app.numbers import Number
from app.tenants import Tenant


@dataclass(frozen=True)
class Machine:
    """How the machine stands, from rows."""

    number: Number | None
    last_call_at: datetime | None
    may_text: bool
    answers: bool


def of(tenant: Tenant) -> Machine:
    """How the machine of a business stands now."""
    call = select(Call.started_at).where(Call.tenant_id == tenant.id).order_by(Call.started_at.desc()).limit(1)
    return Machine(
        number=numbers.primary(tenant.id),
        last_call_at=db.session.scalar(call),
        may_text=registrations.is_open(tenant.id) and not tenant.texting_paused_reason,
        answers=tenant.settings.dispatcher.ai_enabled,
    )
