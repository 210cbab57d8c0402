"""phone-number-service: the numbers of a business and the carriers' permission to text (interfaces.md)."""

from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app import registrations
from app.clock import now
from app.errors import NotFound
from app.extensions import db
from app.numbers import Number, NumberStatus
from app.registrations import Registration, RegistrationPath, RegistrationStatus
from blueprints import guards
from blueprints.paging import listed
from blueprints.reading import query
from blueprints.schemas import Page
from blueprints.shapes import moment

bp = Blueprint("phone_number_service", __name__)

TOLL_FREE = ("+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888")


@bp.get("/phone-numbers")
def list_numbers() -> ResponseReturnValue:
    """The numbers of the business, newest first."""
    wanted = query(Page)
    return jsonify(listed(_mine(), wanted, by=Number.created_at, key=Number.id, shape=number_json))


@bp.get("/phone-numbers/<uuid:number_id>")
def show_number(number_id: UUID) -> ResponseReturnValue:
    """One number."""
    found = db.session.scalar(_mine().where(Number.id == number_id))
    if found is None:
        raise NotFound("There is no such number.")
    return jsonify(number_json(found))


def _mine() -> Any:
    return _of(guards.current_tenant_id())


def _of(tenant_id: UUID) -> Any:
    return select(Number).where(Number.tenant_id == tenant_id, Number.status != NumberStatus.released)


@bp.get("/compliance/status")
def show_compliance() -> ResponseReturnValue:
    """How far the carriers' review is, and whether texts may go out."""
    return jsonify(registration_json(guards.current_tenant_id()))


def registration_json(tenant_id: UUID) -> dict[str, Any]:
    found = db.session.scalar(select(Registration).where(Registration.tenant_id == tenant_id))
    numbers = [{"e164": one.e164, "status": one.status} for one in db.session.scalars(_of(tenant_id))]
    return compliance_json(found) | {"numbers": numbers}


def numbers_json(tenant_id: UUID) -> list[dict[str, Any]]:
    return [number_json(one) for one in db.session.scalars(_of(tenant_id).order_by(Number.created_at))]


def number_json(number: Number) -> dict[str, Any]:
    mode = number.tenant.settings.calls.call_mode
    return {
        "id": str(number.id),
        "e164": number.e164,
        "type": "toll_free" if number.e164.startswith(TOLL_FREE) else "local",
        "status": number.status,
        "label": number.label,
        "is_primary": number.is_primary,
        "call_mode": mode,
        "forwarding": {"needed": mode == "forwarded_only", "verified_at": moment(number.forwarding_verified_at)},
        "texting": texting_json(number),
    }


def texting_json(number: Number) -> dict[str, Any]:
    """Whether texts go out from a number, and in words why not."""
    paused = number.tenant.texting_paused_reason
    is_open = registrations.is_open(number.tenant_id)
    why = paused or (None if is_open else "The carriers have not approved texting yet.")
    return {"allowed": why is None and number.status == NumberStatus.active, "why_not": why}


def compliance_json(found: Registration | None) -> dict[str, Any]:
    if found is None:
        return {"path": None, "status": None, "texting_allowed": False, "day": None, "rejection": None,
                "blockers": ["REGISTRATION_MISSING"]}  # fmt: skip
    path = "toll_free" if found.path == RegistrationPath.toll_free else "10dlc"
    is_refused = found.status in (RegistrationStatus.rejected, RegistrationStatus.suspended)
    return {
        "path": path,
        "status": found.status,
        "texting_allowed": found.status == RegistrationStatus.approved,
        "day": (now() - found.submitted_at).days + 1 if found.submitted_at and not found.decided_at else None,
        "decided_at": moment(found.decided_at),
        "rejection": {"reason": found.reason} if is_refused else None,
        "blockers": ["REGISTRATION_NOT_SUBMITTED"] if found.status == RegistrationStatus.draft else [],
    }
