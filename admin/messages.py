"""The texts, each with the answer to "why did it (not) go out?"."""

from typing import Any

from sqlalchemy import ColumnElement

from admin import attention, finding, why, words
from admin.base import StaffView, TenantFilter, linked
from admin.conversations import threads_with
from app.messages import Message


def _state(_view: Any, _context: Any, row: Message, _name: str) -> Any:
    return words.chip(row.status)


def _reason(_view: Any, _context: Any, row: Message, _name: str) -> Any:
    if row.discard_reason:
        return words.plain(row.discard_reason)
    return f"error {row.error_code}" if row.error_code else words.NOTHING


class MessageView(StaffView):
    column_list = (
        "created_at",
        "tenant",
        "direction",
        "sender",
        "customer_phone",
        "purpose",
        "status",
        "reason",
        "delivered_at",
    )
    column_details_list = (
        "id", "provider_sid", "tenant_id", "direction", "sender", "customer_phone", "business_phone", "status",
        "purpose",
        "template", "segments", "error_code", "discard_reason", "attempts", "control_version", "created_at", "due_at",
        "valid_until", "accepted_at", "sent_at", "delivered_at", "request_id", "correlation_id",
    )  # fmt: skip
    column_export_list = (
        "id", "provider_sid", "tenant_id", "direction", "sender", "customer_phone", "purpose", "status", "error_code",
        "discard_reason", "segments", "created_at", "delivered_at",
    )  # fmt: skip
    column_labels = {
        "tenant_id": "Business", "provider_sid": "Twilio SID", "created_at": "Written", "delivered_at": "Delivered",
        "sender": "By", "customer_phone": "Customer", "reason": "Why not", "valid_until": "Useful until",
    }  # fmt: skip
    column_formatters = {"created_at": linked("messages"), "status": _state, "reason": _reason}
    column_formatters_detail = {
        "valid_until": lambda _view, _context, row, _name: words.when(row.valid_until, why.business(row)),
    }
    column_filters = (
        TenantFilter(Message.tenant_id, "Business"), "direction", "sender", "status", "purpose", "error_code",
        "discard_reason",
        "created_at",
    )  # fmt: skip
    segments = {"trouble": ("Failed, undelivered or with a lost answer in the last 7 days", attention.texts_in_trouble)}
    search_hint = "Customer's phone, Twilio SID or request id"
    details_template = "panel/message.html"

    def matches(self, asked: finding.Asked) -> list[ColumnElement[bool]]:
        """By the customer, the carrier's id or the request that wrote it; never by its words."""
        if asked.phone:
            return [Message.conversation_id.in_(threads_with(asked.phone))]
        if asked.sid:
            return [Message.provider_sid == asked.sid]
        return [Message.request_id == asked.request_id] if asked.request_id else []

    def about(self, row: Message) -> dict[str, Any]:
        return {"steps": why.steps(row), "verdict": why.verdict(row)}
