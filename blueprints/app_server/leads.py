"""app-server: leads, what is known of them, and where they stand."""

from typing import Any
from uuid import UUID

from flask import jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app import audit, leads, listing
from app.calls import Call
from app.conversations import Note
from app.errors import Invalid
from app.estimates import Estimate
from app.extensions import db
from app.leads import Lead
from app.tasks import Task
from app.tenants import VersionConflict
from app.users import Role
from blueprints import guards
from blueprints.app_server import bp
from blueprints.app_server.tasks import task_json
from blueprints.paging import listed
from blueprints.reading import query, read, version_wanted
from blueprints.schemas import given
from blueprints.schemas.app_server import ChangeLead, Leads
from blueprints.shapes import cents, dollars, moment

PLAIN = ("customer_address", "job_type", "job_description", "notes")
MONEY = {
    "estimated_value_min": "estimated_low_cents",
    "estimated_value_max": "estimated_high_cents",
    "conversion_value": "conversion_value_cents",
}


class UnknownJob(Invalid):
    code = "JOB_TYPE_UNKNOWN"


@bp.get("/leads")
def list_leads() -> ResponseReturnValue:
    """Leads, newest first unless asked otherwise."""
    wanted = query(Leads)
    rows = listing.leads(
        guards.current_tenant_id(),
        since=wanted.since,
        until=wanted.until,
        text=wanted.q,
        status=wanted.status,
        urgency_level=wanted.urgency_level,
        source=wanted.source,
    )
    rising = wanted.sort == "created_at_asc"
    return jsonify(listed(rows, wanted, by=Lead.created_at, key=Lead.id, shape=lead_json, rising=rising))


@bp.get("/leads/<uuid:lead_id>")
def show_lead(lead_id: UUID) -> ResponseReturnValue:
    """One lead with what happened and what waits."""
    lead = leads.of(guards.current_tenant_id(), lead_id)
    about = Task.conversation_id.is_not(None) & (Task.conversation_id == lead.conversation_id)
    waiting = db.session.scalars(select(Task).where(Task.tenant_id == lead.tenant_id, about))
    return jsonify(lead=lead_json(lead), timeline=timeline_json(lead), tasks=[task_json(task) for task in waiting])


@bp.patch("/leads/<uuid:lead_id>")
def change_lead(lead_id: UUID) -> ResponseReturnValue:
    """Correct a lead, or move it along."""
    body, user = read(ChangeLead), guards.require(Role.operator)
    lead = leads.of(user.tenant_id, lead_id)
    if (wanted := version_wanted()) is not None and wanted != lead.version:
        raise VersionConflict("This lead was changed in the meantime. Look again.")
    before = lead_json(lead)
    _fill(lead, given(body))
    if body.status is not None:
        leads.change(lead, body.status, lost_reason=body.lost_reason)
    after = lead_json(lead)
    changed = [name for name in after if after[name] != before[name]]
    audit.record(
        "lead.update", str(lead.id), actor=guards.actor(), tenant_id=user.tenant_id,
        before={name: before[name] for name in changed}, after={name: after[name] for name in changed},
    )  # fmt: skip
    db.session.commit()
    return jsonify(lead=lead_json(lead))


def _fill(lead: Lead, told: dict[str, Any]) -> None:
    facts = {name: told[name] for name in PLAIN if told.get(name) is not None}
    facts |= {column: cents(told[name]) for name, column in MONEY.items() if name in told}
    if "job_type" in facts and not _is_known(lead.tenant_id, facts["job_type"]):
        raise UnknownJob("There is no such job in the price book.")
    for name, value in facts.items():
        setattr(lead, name, value)
    if told.get("customer_name") is not None:
        lead.customer.name = told["customer_name"] or None
    if facts or "customer_name" in told:
        lead.version += 1
        leads.tell(lead, lead.customer)


def _is_known(tenant_id: UUID, job_type: str) -> bool:
    line = select(Estimate.id).where(Estimate.tenant_id == tenant_id, Estimate.job_type == job_type)
    return db.session.scalar(line) is not None


def lead_json(lead: Lead) -> dict[str, Any]:
    call = select(Call.id).where(Call.conversation_id == lead.conversation_id).order_by(Call.started_at).limit(1)
    call_id = db.session.scalar(call) if lead.conversation_id else None
    return {
        "id": str(lead.id),
        "conversation_id": _text(lead.conversation_id),
        "call_id": _text(call_id),
        "customer_id": str(lead.customer_id),
        "customer_phone": lead.customer.phone,
        "customer_name": lead.customer.name,
        "customer_address": lead.customer_address,
        "job_type": lead.job_type,
        "job_description": lead.job_description,
        "urgency_level": lead.urgency_level,
        "urgency_confidence": lead.urgency_confidence,
        "ai_confidence": lead.ai_confidence,
        "estimated_value_min": dollars(lead.estimated_low_cents),
        "estimated_value_max": dollars(lead.estimated_high_cents),
        "status": lead.status,
        "lost_reason": lead.lost_reason,
        "conversion_value": dollars(lead.conversion_value_cents),
        "appointment_id": _text(lead.appointment_id),
        "notes": lead.notes,
        "source": lead.source,
        "created_at": moment(lead.created_at),
        "version": lead.version,
    }


def timeline_json(lead: Lead) -> list[dict[str, Any]]:
    """Calls and notes of the lead's conversation, oldest first."""
    if lead.conversation_id is None:
        return []
    calls = db.session.scalars(select(Call).where(Call.conversation_id == lead.conversation_id))
    notes = db.session.scalars(select(Note).where(Note.conversation_id == lead.conversation_id))
    rows = [(call.started_at, "call", call.text_reason or "Call") for call in calls]
    rows += [(note.at, note.kind, note.text) for note in notes]
    return [{"at": moment(at), "kind": kind, "text": text} for at, kind, text in sorted(rows)]


def _text(key: UUID | None) -> str | None:
    return str(key) if key is not None else None
