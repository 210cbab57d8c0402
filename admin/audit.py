"""Who changed what, when and why: to be read, never to be changed."""

from sqlalchemy import ColumnElement

from admin import finding
from admin.base import StaffView, TenantFilter, linked
from app.audit import Audit


class AuditView(StaffView):
    column_list = ("at", "actor", "action", "tenant", "target", "reason")
    column_details_list = (
        "id", "at", "actor", "acting_as", "action", "tenant_id", "target", "before", "after", "reason", "request_id",
    )  # fmt: skip
    column_export_list = ("at", "actor", "acting_as", "action", "tenant_id", "target", "reason", "request_id")
    column_labels = {"tenant_id": "Business", "at": "When", "actor": "Who", "action": "Deed"}
    column_formatters = {"at": linked("audit")}
    column_filters = (TenantFilter(Audit.tenant_id, "Business"), "actor", "action", "target", "at")
    search_hint = "Deed, person, target or request id"

    def matches(self, asked: finding.Asked) -> list[ColumnElement[bool]]:
        """By what was done, by whom, to what, or in which request."""
        like = finding.part(asked.text)
        return [
            Audit.action == asked.text,
            Audit.request_id == asked.text,
            Audit.target.like(like),
            Audit.actor.ilike(like),
        ]
