"""The calls, and what was decided about each that was missed."""

from typing import Any

from sqlalchemy import ColumnElement, select, tuple_

from admin import finding
from admin.base import StaffView, TenantFilter, linked
from app import customers
from app.calls import Call
from app.customers import Customer
from app.extensions import db
from app.inbox import Webhook
from app.messages import Message

KINDS = ("twilio.dial", "twilio.ended", "twilio.voicemail_route")


def webhooks_of(call: Call) -> list[Webhook]:
    """What the carrier reported about a call."""
    names = [(kind, call.call_sid) for kind in KINDS]
    wanted = select(Webhook).where(tuple_(Webhook.kind, Webhook.event_id).in_(names))
    return list(db.session.scalars(wanted.order_by(Webhook.received_at)))


class CallView(StaffView):
    column_list = (
        "started_at",
        "tenant",
        "customer_phone",
        "status",
        "missed_reason",
        "text_reason",
        "duration_seconds",
    )
    column_details_list = (
        "id", "call_sid", "tenant_id", "customer_phone", "business_phone", "status", "missed_reason", "text_reason",
        "text_code", "started_at", "decided_at", "ended_at", "duration_seconds", "dialled", "accepted_at",
        "forwarded_from",
        "caller_verified", "voicemail_seconds", "correlation_id",
    )  # fmt: skip
    column_export_list = (
        "id", "call_sid", "tenant_id", "customer_phone", "status", "missed_reason", "text_code", "started_at",
        "duration_seconds",
    )  # fmt: skip
    column_labels = {
        "tenant_id": "Business", "customer_phone": "Caller", "text_reason": "Text", "text_code": "Reason code",
        "call_sid": "Twilio SID", "duration_seconds": "Seconds", "dialled": "Rang", "correlation_id": "Request id",
        "accepted_at": "Answered by a person at", "missed_reason": "Missed because",
    }  # fmt: skip
    column_formatters = {"started_at": linked("calls")}
    column_filters = (
        TenantFilter(Call.tenant_id, "Business"),
        "status",
        "missed_reason",
        "text_sent",
        "text_code",
        "started_at",
    )
    search_hint = "Caller's phone or name, Twilio SID"
    details_template = "panel/call.html"

    def matches(self, asked: finding.Asked) -> list[ColumnElement[bool]]:
        """By the caller or the carrier's id of the call."""
        if asked.phone:
            return [Call.customer_phone == asked.phone]
        if asked.name:
            known = select(Customer.tenant_id, Customer.phone).where(customers.called(asked.name))
            return [tuple_(Call.tenant_id, Call.customer_phone).in_(known), Call.correlation_id == asked.text]
        return [Call.call_sid == asked.sid] if asked.sid else []

    def about(self, row: Call) -> dict[str, Any]:
        texts = select(Message).where(Message.conversation_id == row.conversation_id, Message.call_id == row.id)
        known = select(Customer).where(Customer.tenant_id == row.tenant_id, Customer.phone == row.customer_phone)
        return {
            "webhooks": webhooks_of(row),
            "texts": db.session.scalars(texts.order_by(Message.created_at)).all() if row.conversation_id else [],
            "customer": db.session.scalar(known),
        }
