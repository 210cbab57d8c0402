"""The visits."""

from typing import Any

from sqlalchemy import ColumnElement, select

from admin import finding, words
from admin.base import StaffView, TenantFilter, linked, tenant_of
from app import customers
from app.customers import Customer
from app.extensions import db
from app.scheduling.appointments import Appointment
from app.scheduling.technicians import Technician


def _window(_view: Any, _context: Any, row: Appointment, _name: str) -> str:
    tenant = tenant_of(row)
    start, end = words.local(row.window_start_at, tenant), words.local(row.window_end_at, tenant)
    return f"{start:%a, %b} {start.day}, {start:%I:%M %p} - {end:%I:%M %p %Z}".replace(" 0", " ")


def _worth(_view: Any, _context: Any, row: Appointment, _name: str) -> Any:
    return words.price(row.price_low_cents, row.price_high_cents)


def _jobs(_view: Any, _context: Any, row: Appointment, _name: str) -> str:
    return ", ".join(words.plain(str(one)) for one in row.job_types) or row.title


class AppointmentView(StaffView):
    column_list = ("job_number", "tenant", "window", "job_types", "price", "status", "made_by", "created_at")
    column_details_list = (
        "id", "job_number", "tenant_id", "status", "window", "start_at", "end_at", "job_types", "title", "price",
        "address",
        "kind", "booking_type", "slot_type", "multiplier", "buffer_minutes", "is_after_hours", "made_by", "confirm_at",
        "cancel_at", "cancel_reason", "notes", "created_at",
    )  # fmt: skip
    column_export_list = ("id", "job_number", "tenant_id", "start_at", "end_at", "status", "booking_type", "created_at")
    column_labels = {"tenant_id": "Business", "job_types": "Job", "start_at": "Blocked from", "end_at": "Blocked until"}
    column_formatters = {"job_number": linked("appointments"), "window": _window, "price": _worth, "job_types": _jobs}
    column_formatters_detail = {"window": _window, "price": _worth, "job_types": _jobs}
    column_filters = (TenantFilter(Appointment.tenant_id, "Business"), "status", "kind", "start_at", "job_number")
    search_hint = "Job number, customer's phone or name"
    details_template = "panel/appointment.html"

    def matches(self, asked: finding.Asked) -> list[ColumnElement[bool]]:
        """By the job number or the customer."""
        if asked.job_number:
            return [Appointment.job_number == asked.job_number]
        wanted = select(Customer.id)
        if asked.phone:
            return [Appointment.customer_id.in_(wanted.where(Customer.phone == asked.phone))]
        return [Appointment.customer_id.in_(wanted.where(customers.called(asked.name)))] if asked.name else []

    def about(self, row: Appointment) -> dict[str, Any]:
        return {"technician": db.session.get(Technician, row.technician_id)}
