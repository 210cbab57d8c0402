"""app-server: times that are kept for a moment before they are booked (interfaces.md, POST /holds)."""

from typing import Any
from uuid import UUID

from flask import jsonify
from flask.typing import ResponseReturnValue

from app import audit, booking, conversations, events, users
from app.booking import Plan
from app.clock import now
from app.errors import Conflict
from app.extensions import db
from app.scheduling import holds
from app.scheduling.holds import Hold
from app.scheduling.technicians import Technician
from app.tenants import Tenant
from app.users import Role
from blueprints import guards
from blueprints.app_server import bp
from blueprints.reading import read
from blueprints.repeating import once
from blueprints.schemas.app_server import KeepTime
from blueprints.shapes import moment


class HoldLimit(Conflict):
    code = "HOLD_LIMIT"


@bp.post("/holds")
@guards.also_for("appointments")
@once
def keep_time() -> ResponseReturnValue:
    """Keep a time for some minutes; one for each conversation."""
    body, user = read(KeepTime), guards.require(Role.operator)
    tenant = guards.current_tenant()
    thread = conversations.of(user.tenant_id, body.conversation_id, lock=True) if body.conversation_id else None
    former = holds.live_of(thread.id) if thread else None
    if former is not None and not body.replace:
        raise HoldLimit("A time is kept for this conversation already.", details={"hold_id": str(former.id)})
    plan = Plan(body.start, body.duration_minutes, body.technician_id)
    hold = booking.keep(tenant, plan, conversation_id=thread.id if thread else None, ttl_minutes=body.ttl_minutes)
    audit.record("hold.place", str(hold.id), actor=guards.actor(), tenant_id=tenant.id)
    _tell(tenant, *filter(None, (former, hold)))
    db.session.commit()
    return jsonify(hold_json(hold)), 201


@bp.delete("/holds/<uuid:hold_id>")
@guards.also_for("appointments")
def give_back_time(hold_id: UUID) -> ResponseReturnValue:
    """Let others have the time again; what is over already stays so."""
    user = guards.require(Role.operator)
    hold = holds.of(user.tenant_id, hold_id)
    if holds.give_back(hold):
        audit.record("hold.release", str(hold.id), actor=guards.actor(), tenant_id=user.tenant_id)
        _tell(guards.current_tenant(), hold)
    db.session.commit()
    return jsonify(hold_json(hold))


def _tell(tenant: Tenant, *moved: Hold) -> None:
    """The free time of these people changed on these days."""
    owner = users.owner_of(tenant.id)
    for technician_id in {hold.technician_id for hold in moved}:
        person = db.session.get_one(Technician, technician_id)
        mine = [hold for hold in moved if hold.technician_id == technician_id]
        told = {
            "user_id": person.user_id or (owner.id if owner else None),
            "dates": sorted({hold.start_at.astimezone(tenant.zone).date().isoformat() for hold in mine}),
            "version": round(now().timestamp() * 1000),
            "reason": "booking",
        }
        events.publish(tenant.id, "availability.changed", told)


def hold_json(hold: Hold) -> dict[str, Any]:
    return {
        "hold_id": str(hold.id),
        "technician_id": str(hold.technician_id),
        "conversation_id": str(hold.conversation_id) if hold.conversation_id else None,
        "start": moment(hold.start_at),
        "end": moment(hold.end_at),
        "expires_at": moment(hold.expires_at),
        "status": hold.status,
    }
