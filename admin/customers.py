"""The people who called, each with everything that happened with them: the page for whoever is on the line."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import ColumnElement, select

from admin import finding
from admin.base import StaffView, TenantFilter, linked
from app import consent, customers
from app.calls import Call
from app.consent import Consent, Contact, OptOut
from app.conversations import Conversation
from app.customers import Customer
from app.errors import Conflict
from app.extensions import db
from app.messages import Direction, Message
from app.scheduling.appointments import Appointment

MOST = 20


class OptedOutAlready(Conflict):
    code = "OPTED_OUT_ALREADY"


class CustomerView(StaffView):
    column_list = ("name", "phone", "tenant", "language", "line_type", "not_textable_reason", "created_at")
    column_details_list = (
        "id", "tenant_id", "name", "phone", "email", "addresses", "language", "line_type", "not_textable_reason",
        "special_instructions", "created_at",
    )  # fmt: skip
    column_labels = {"tenant_id": "Business", "not_textable_reason": "Not texted because"}
    column_export_list = ("id", "tenant_id", "phone", "language", "line_type", "not_textable_reason", "created_at")
    column_formatters = {"name": linked("customers")}
    column_filters = (TenantFilter(Customer.tenant_id, "Business"), "language", "line_type", "created_at")
    search_hint = "Phone, name or e-mail"
    details_template = "panel/customer.html"

    def matches(self, asked: finding.Asked) -> list[ColumnElement[bool]]:
        """By phone, or by the beginning of the name, the last name or the e-mail address."""
        if asked.phone:
            return [Customer.phone == asked.phone]
        if not asked.name:
            return []
        return [customers.called(asked.name)]

    def about(self, row: Customer) -> dict[str, Any]:
        threads = _of(Conversation, row).order_by(Conversation.created_at.desc()).limit(MOST)
        conversations = db.session.scalars(threads).all()
        last = select(Message).where(
            Message.conversation_id.in_([one.id for one in conversations]), Message.direction == Direction.outbound
        )
        ledger = select(Consent).where(Consent.tenant_id == row.tenant_id, Consent.phone == row.phone)
        opt_outs = select(OptOut).where(OptOut.tenant_id == row.tenant_id, OptOut.phone == row.phone)
        rules = select(Contact).where(Contact.tenant_id == row.tenant_id, Contact.phone == row.phone)
        visits = select(Appointment).where(Appointment.customer_id == row.id)
        return {
            "conversations": conversations,
            "calls": db.session.scalars(_of(Call, row).order_by(Call.started_at.desc()).limit(MOST)).all(),
            "visits": db.session.scalars(visits.order_by(Appointment.start_at.desc()).limit(MOST)).all(),
            "last_text": db.session.scalar(last.order_by(Message.created_at.desc()).limit(1)),
            "consents": db.session.scalars(ledger.order_by(Consent.at.desc())).all(),
            "opt_outs": db.session.scalars(opt_outs.order_by(OptOut.at.desc())).all(),
            "rule": db.session.scalar(rules),
        }

    @expose("/opt-out", methods=("POST",))
    def opt_out(self) -> ResponseReturnValue:
        """Put the number on the ledger for somebody who asked by phone or mail."""
        row = self.wanted()
        return self.do(
            "optout.add",
            self.target(row),
            lambda: _opt_out(row),
            done="Opted out. This business texts the number no more.",
            back=url_for(".details_view", id=row.id),
            tenant_id=row.tenant_id,
        )


def _of(table: Any, row: Customer) -> Any:
    return select(table).where(table.tenant_id == row.tenant_id, table.customer_phone == row.phone)


def _opt_out(row: Customer) -> tuple[dict[str, Any], dict[str, Any]]:
    if not consent.opt_out(row.tenant_id, row.phone, source="support"):
        raise OptedOutAlready("This number is opted out already.")
    return {"opted_out": False}, {"opted_out": True}
