"""app-server: the price book, and what a job would cost."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import jsonify
from flask.typing import ResponseReturnValue

from app import audit, conversations, estimates, events, listing, pricing, tenants, usage
from app.booking import placing
from app.clock import now
from app.errors import Conflict, NotFound
from app.estimates import Estimate
from app.extensions import db, uuid7
from app.scheduling.types import Band, SlotType, Terms
from app.tenants import Tenant, VersionConflict
from app.usage import UsageType
from app.users import Role
from blueprints import guards
from blueprints.app_server import bp
from blueprints.paging import listed
from blueprints.reading import query, read, version_wanted
from blueprints.repeating import once
from blueprints.schemas import Page, given
from blueprints.schemas.app_server import ChangeEstimate, Quote, WriteEstimate
from blueprints.shapes import cents, dollars

EMERGENCY: dict[Band, SlotType] = {
    "work": "emergency_work_hours",
    "early": "emergency_work_hours",
    "evening": "emergency_evening",
    "night": "emergency_night",
}


class EstimateInactive(Conflict):
    code = "JOB_ESTIMATE_INACTIVE"


@bp.get("/job-estimates")
def list_estimates() -> ResponseReturnValue:
    """The price book."""
    wanted = query(Page)
    rows = listing.estimates(guards.current_tenant_id())
    return jsonify(listed(rows, wanted, by=Estimate.job_type, key=Estimate.id, shape=estimate_json, rising=True))


@bp.post("/job-estimates")
@once
def add_estimate() -> ResponseReturnValue:
    """Put a job into the price book."""
    body = read(WriteEstimate)
    guards.require(Role.owner)
    line = estimates.add(guards.current_tenant_id(), body.job_type, **_facts(body.model_dump(exclude={"job_type"})))
    _tell(line, before=None)
    db.session.commit()
    return jsonify(estimate_json(line)), 201


@bp.get("/job-estimates/<uuid:estimate_id>")
def show_estimate(estimate_id: UUID) -> ResponseReturnValue:
    """One line of the price book."""
    return jsonify(estimate_json(estimates.of(guards.current_tenant_id(), estimate_id)))


@bp.put("/job-estimates/<uuid:estimate_id>")
def change_estimate(estimate_id: UUID) -> ResponseReturnValue:
    """Correct a line; what is not sent stays."""
    body = read(ChangeEstimate)
    guards.require(Role.owner)
    line = _current(estimate_id)
    before = estimate_json(line)
    estimates.change(line, _facts({name: told for name, told in given(body).items() if told is not None}))
    _tell(line, before=before)
    db.session.commit()
    return jsonify(estimate_json(line))


@bp.delete("/job-estimates/<uuid:estimate_id>")
def remove_estimate(estimate_id: UUID) -> ResponseReturnValue:
    """Switch a line off; it is kept for the visits that were booked by it."""
    guards.require(Role.owner)
    line = _current(estimate_id)
    before = estimate_json(line)
    estimates.change(line, {"is_active": False})
    _tell(line, before=before)
    db.session.commit()
    return jsonify(id=str(line.id), active=line.is_active)


@bp.post("/quotes")
@guards.also_for("quotes")
@once
def quote() -> ResponseReturnValue:
    """What a job costs at a time."""
    body, user = read(Quote), guards.require(Role.operator)
    tenant = guards.current_tenant()
    line = _line(body, tenant)
    told = quote_json(tenant, line, body)
    thread = conversations.of(tenant.id, body.conversation_id) if body.conversation_id else None
    key = f"quote:{thread.id}:{line.job_type}:{told['band']}" if thread else f"quote:{told['quote_id']}"
    usage.report(user.tenant_id, "app-server", key, UsageType.quote_generated, details={"job_type": line.job_type})
    db.session.commit()
    return jsonify(told)


def _line(body: Quote, tenant: Tenant) -> Estimate:
    if body.job_estimate_id is None:
        line = estimates.named(tenant.id, body.job_type or "")
    else:
        line = estimates.of(tenant.id, body.job_estimate_id)
    if line is None:
        raise NotFound("There is no such job in the price book.", code="JOB_ESTIMATE_NOT_FOUND")
    if not line.is_active:
        raise EstimateInactive("This line of the price book is switched off.")
    return line


def _current(estimate_id: UUID) -> Estimate:
    line = estimates.of(guards.current_tenant_id(), estimate_id)
    if (wanted := version_wanted()) is not None and wanted != line.version:
        raise VersionConflict("This line was changed in the meantime. Look again.")
    return line


def _tell(line: Estimate, *, before: dict[str, Any] | None) -> None:
    db.session.flush()
    book = [estimate_json(one) for one in estimates.active(line.tenant_id)]
    user = guards.require(Role.owner)
    told = {"user_id": user.id, "estimates": book, "version": estimates.version(line.tenant_id)}
    events.publish(line.tenant_id, "job_estimates.updated", told)
    audit.record(
        "job_estimate.write", line.job_type, actor=guards.actor(), tenant_id=line.tenant_id,
        before=before, after=estimate_json(line),
    )  # fmt: skip


def _facts(told: dict[str, Any]) -> dict[str, Any]:
    """The columns of the fields of the contract: minutes for hours, cents for dollars."""
    same = ("description", "requires_parts", "urgency_multiplier", "buffer_minutes", "aliases")
    facts: dict[str, Any] = {name: told[name] for name in same if name in told}
    if "estimated_hours" in told:
        facts["minutes"] = round(told["estimated_hours"] * 60)
    for name, column in (("estimated_cost_min", "low_cents"), ("estimated_cost_max", "high_cents")):
        if name in told:
            facts[column] = cents(told[name])
    return facts | ({"is_active": told["active"]} if "active" in told else {})


def estimate_json(line: Estimate) -> dict[str, Any]:
    return {
        "id": str(line.id),
        "job_type": line.job_type,
        "description": line.description,
        "estimated_hours": line.minutes / 60,
        "estimated_cost_min": dollars(line.low_cents),
        "estimated_cost_max": dollars(line.high_cents),
        "requires_parts": line.requires_parts,
        "urgency_multiplier": line.urgency_multiplier,
        "buffer_minutes": line.buffer_minutes,
        "aliases": line.aliases,
        "active": line.is_active,
        "version": line.version,
    }


def quote_json(tenant: Tenant, line: Estimate, body: Quote) -> dict[str, Any]:
    terms = tenants.terms(tenant)
    slot_type = _slot_type(terms, line, body)
    band = placing.BANDS[slot_type]
    is_emergency = slot_type.startswith("emergency")
    day = body.start.astimezone(tenant.zone).date() if body.start else None
    surcharge = pricing.surcharge_on(day, terms) if is_emergency and day else 0
    rate = pricing.multiplier(band, terms, emergency=is_emergency, surcharge_percent=surcharge)
    low, high = pricing.price(_whole(line.low_cents), _whole(line.high_cents), rate)
    return {
        "quote_id": str(uuid7()),
        "job_type": line.job_type,
        "price_min": float(low),
        "price_max": float(high),
        "duration_minutes": line.minutes,
        "multiplier": float(rate),
        "band": band,
        "surcharge_percent": surcharge,
        "diagnostic": line.job_type == estimates.DIAGNOSTIC,
        "base": {"min": dollars(line.low_cents), "max": dollars(line.high_cents)},
    }


def _slot_type(terms: Terms, line: Estimate, body: Quote) -> SlotType:
    if body.slot_type in ("regular", "early_morning"):
        return body.slot_type
    if body.slot_type is None and body.urgency_level != "emergency":
        return "regular"
    start = body.start or now()
    return EMERGENCY[pricing.band_of(start, start + timedelta(minutes=line.minutes), terms)]


def _whole(amount: int) -> Decimal:
    return Decimal(amount) / 100
