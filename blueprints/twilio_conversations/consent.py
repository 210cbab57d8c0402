"""twilio-server: who asked for silence, and numbers with a rule of their own."""

from typing import Any
from uuid import UUID

from flask import jsonify
from flask.typing import ResponseReturnValue

from app import audit, consent, listing, phones
from app.consent import Contact
from app.consent import OptOut as Silence
from app.extensions import db
from app.users import Role
from blueprints import guards
from blueprints.paging import listed
from blueprints.reading import query, read
from blueprints.schemas import Page
from blueprints.schemas.twilio_server import AddRule, OptOut
from blueprints.shapes import moment
from blueprints.twilio_conversations import bp


@bp.get("/opt-outs")
def list_opt_outs() -> ResponseReturnValue:
    """Customers who are not texted because they asked for it."""
    wanted = query(Page)
    rows = listing.opt_outs(guards.current_tenant_id())
    return jsonify(listed(rows, wanted, by=Silence.at, key=Silence.id, shape=opt_out_json))


@bp.post("/opt-outs")
def opt_out() -> ResponseReturnValue:
    """Put down that a customer asked for silence in another way than by text."""
    body, user = read(OptOut), guards.require(Role.operator)
    consent.opt_out(user.tenant_id, body.customer_phone, source=body.source, words=body.note)
    audit.record(
        "consent.opt_out", phones.masked(body.customer_phone), actor=guards.actor(), tenant_id=user.tenant_id,
        reason=body.note,
    )  # fmt: skip
    rows = listing.opt_outs(user.tenant_id).where(Silence.phone == body.customer_phone)
    told = opt_out_json(db.session.scalars(rows).one())
    db.session.commit()
    return jsonify(told), 201


@bp.get("/contact-rules")
def list_rules() -> ResponseReturnValue:
    """Numbers that are treated in a way of their own."""
    wanted = query(Page)
    rows = listing.contacts(guards.current_tenant_id())
    return jsonify(listed(rows, wanted, by=Contact.created_at, key=Contact.id, shape=rule_json))


@bp.post("/contact-rules")
def add_rule() -> ResponseReturnValue:
    """Treat a number in a way of its own from now on."""
    body, user = read(AddRule), guards.require(Role.operator)
    rule = consent.add_rule(user.tenant_id, body.phone, body.rule, body.label)
    _audit("contact_rule.add", rule)
    db.session.commit()
    return jsonify(rule_json(rule)), 201


@bp.delete("/contact-rules/<uuid:rule_id>")
def remove_rule(rule_id: UUID) -> ResponseReturnValue:
    """Treat a number like every other again."""
    user = guards.require(Role.operator)
    rule = consent.rule_of(user.tenant_id, rule_id)
    _audit("contact_rule.remove", rule)
    db.session.delete(rule)
    db.session.commit()
    return jsonify(id=str(rule_id), deleted=True)


def _audit(action: str, rule: Contact) -> None:
    audit.record(
        action, phones.masked(rule.phone), actor=guards.actor(), tenant_id=rule.tenant_id, after={"rule": rule.rule}
    )


def opt_out_json(row: Silence) -> dict[str, Any]:
    return {"customer_phone": row.phone, "opted_out": True, "source": row.source, "at": moment(row.at)}


def rule_json(rule: Contact) -> dict[str, Any]:
    return {"id": str(rule.id), "phone": rule.phone, "rule": rule.rule, "label": rule.label}
