"""What conversations are worth."""

from typing import Any

from sqlalchemy import ColumnElement, select

from admin import finding, words
from admin.base import StaffView, TenantFilter, linked
from app import customers
from app.customers import Customer
from app.extensions import db
from app.leads import Lead
from app.scheduling.appointments import Appointment


def _worth(_view: Any, _context: Any, row: Lead, _name: str) -> Any:
    return words.price(row.estimated_low_cents, row.estimated_high_cents)


def _customer(_view: Any, _context: Any, row: Lead, _name: str) -> Any:
    return words.link("customers", row.customer_id, row.customer.name or words.hidden_phone(row.customer.phone))


class LeadView(StaffView):
    column_list = ("created_at", "tenant", "customer", "job_type", "urgency_level", "estimate", "status")
    column_details_list = (
        "id", "created_at", "tenant_id", "status", "lost_reason", "job_type", "job_description", "customer_address",
        "urgency_level", "urgency_confidence", "ai_confidence", "estimate", "conversion_value_cents", "source", "notes",
        "former_lead_id",
    )  # fmt: skip
    column_export_list = (
        "id",
        "created_at",
        "tenant_id",
        "job_type",
        "urgency_level",
        "status",
        "lost_reason",
        "source",
    )
    column_labels = {"tenant_id": "Business", "estimate": "Estimate", "ai_confidence": "Assistant's confidence"}
    column_formatters = {"created_at": linked("leads"), "estimate": _worth, "customer": _customer}
    column_formatters_detail = {"estimate": _worth}
    column_filters = (TenantFilter(Lead.tenant_id, "Business"), "status", "job_type", "urgency_level", "created_at")
    column_auto_select_related = True
    search_hint = "Customer's phone or name"
    details_template = "panel/lead.html"

    def matches(self, asked: finding.Asked) -> list[ColumnElement[bool]]:
        """By the customer."""
        wanted = select(Customer.id)
        if asked.phone:
            return [Lead.customer_id.in_(wanted.where(Customer.phone == asked.phone))]
        return [Lead.customer_id.in_(wanted.where(customers.called(asked.name)))] if asked.name else []

    def about(self, row: Lead) -> dict[str, Any]:
        visit = db.session.get(Appointment, row.appointment_id) if row.appointment_id else None
        return {"visit": visit}
