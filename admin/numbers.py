"""The numbers of the businesses."""

from sqlalchemy import ColumnElement

from admin import finding
from admin.base import StaffView, TenantFilter, linked
from app.numbers import Number


class NumberView(StaffView):
    column_list = ("e164", "tenant", "status", "label", "is_primary", "forwarding_verified_at", "created_at")
    column_details_list = (
        "id", "e164", "tenant_id", "status", "label", "is_primary", "sid", "account_sid", "messaging_service_sid",
        "forwarding_verified_at", "created_at",
    )  # fmt: skip
    column_labels = {"e164": "Number", "tenant_id": "Business", "sid": "Twilio SID", "account_sid": "Account"}
    column_formatters = {"e164": linked("numbers")}
    column_filters = (TenantFilter(Number.tenant_id, "Business"), "status", "is_primary", "created_at")
    search_hint = "Number or Twilio SID"

    def matches(self, asked: finding.Asked) -> list[ColumnElement[bool]]:
        """By the number or the carrier's id of it."""
        found = [Number.e164 == asked.phone] if asked.phone else []
        return [*found, Number.sid == asked.sid] if asked.sid else found
