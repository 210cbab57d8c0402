"""What happened inside: the facts that were told, and those whose consequences failed."""

from typing import Any

from flask.typing import ResponseReturnValue
from flask_admin import expose

from admin import attention, words
from admin.base import StaffView, TenantFilter, linked
from app import events
from app.events import Event

PRIVATE = {"body", "summary", "customer_phone", "customer_address", "customer_name"}


def _error(_view: Any, _context: Any, row: Event, _name: str) -> Any:
    return (row.error or "")[:100] or words.NOTHING


class EventView(StaffView):
    column_list = ("occurred_at", "tenant", "name", "status", "attempts", "error")
    column_details_list = (
        "id", "occurred_at", "tenant_id", "name", "status", "attempts", "due_at", "error", "correlation_id",
        "request_id", "facts",
    )  # fmt: skip
    column_export_list = ("id", "occurred_at", "tenant_id", "name", "status", "attempts", "request_id")
    column_labels = {"tenant_id": "Business", "due_at": "Next attempt"}
    column_formatters = {"occurred_at": linked("events"), "error": _error}
    column_formatters_detail = {
        "facts": lambda _view, _context, row, _name: words.pretty(
            {name: "hidden" if name in PRIVATE else value for name, value in row.payload.items()}
        )
    }
    column_filters = (TenantFilter(Event.tenant_id, "Business"), "name", "status", "occurred_at")
    segments = {"failed": ("Tried six times and given up", attention.failed_events)}
    details_template = "panel/event.html"

    @expose("/retry", methods=("POST",))
    def retry(self) -> ResponseReturnValue:
        """Relay a failed event once more."""
        row = self.wanted()
        return self.do(
            "event.retry",
            self.target(row),
            lambda: _retry(row),
            done="It is relayed again.",
            back=self.page_of(row),
            tenant_id=row.tenant_id,
        )


def _retry(row: Event) -> tuple[dict[str, Any], dict[str, Any]]:
    before = {"status": str(row.status), "attempts": row.attempts}
    events.retry(row)
    return before, {"status": str(row.status), "attempts": row.attempts}
