"""app-server: who called, and what was done for them."""

from typing import Any
from uuid import UUID

from flask import jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app import consent, listing
from app.customers import Customer
from app.errors import NotFound
from app.extensions import db
from app.leads import Lead
from app.scheduling.appointments import Appointment, AppointmentStatus
from blueprints import guards
from blueprints.app_server import bp
from blueprints.paging import listed
from blueprints.reading import query
from blueprints.schemas.app_server import Customers
from blueprints.shapes import moment


@bp.get("/customers")
def list_customers() -> ResponseReturnValue:
    """Customers, newest first."""
    wanted = query(Customers)
    rows = listing.customers(guards.current_tenant_id(), text=wanted.q, opted_out=wanted.opted_out)
    return jsonify(listed(rows, wanted, by=Customer.created_at, key=Customer.id, shape=customer_json))


@bp.get("/customers/<uuid:customer_id>")
def show_customer(customer_id: UUID) -> ResponseReturnValue:
    """One customer."""
    rows = listing.customers(guards.current_tenant_id())
    found = db.session.scalar(rows.where(Customer.id == customer_id))
    if found is None:
        raise NotFound("There is no such customer.")
    return jsonify(customer_json(found))


def customer_json(customer: Customer) -> dict[str, Any]:
    done = select(Appointment).where(
        Appointment.customer_id == customer.id, Appointment.status == AppointmentStatus.completed
    )
    leads = select(Lead.id).where(Lead.customer_id == customer.id).order_by(Lead.created_at)
    return {
        "id": str(customer.id),
        "phone": customer.phone,
        "name": customer.name,
        "email": customer.email,
        "addresses": customer.addresses,
        "language": customer.language,
        "line_type": customer.line_type,
        "opted_out": consent.opted_out_at(customer.tenant_id, customer.phone) is not None,
        "special_instructions": customer.special_instructions,
        "previous_jobs": [
            {"job_type": job, "completed_at": moment(visit.end_at), "satisfaction_rating": None}
            for visit in db.session.scalars(done.order_by(Appointment.end_at))
            for job in visit.job_types
        ],
        "preferred_time_slots": [],
        "lead_ids": [str(key) for key in db.session.scalars(leads)],
        "version": customer.version,
    }
