"""What waits for the support team itself."""

from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import ColumnElement

from admin import attention, finding
from admin.base import StaffView, TenantFilter, linked
from app import tasks
from app.tasks import SupportTask, TaskState

OUTCOMES = (TaskState.done, TaskState.dismissed)


class TaskView(StaffView):
    column_list = ("created_at", "kind", "tenant", "why", "state", "note", "closed_at")
    column_details_list = ("id", "created_at", "kind", "tenant_id", "why", "state", "note", "closed_at", "key")
    column_labels = {"tenant_id": "Business", "why": "What", "key": "Cause"}
    column_export_list = ("id", "created_at", "kind", "tenant_id", "why", "state", "note", "closed_at")
    column_formatters = {"created_at": linked("tasks")}
    column_filters = (TenantFilter(SupportTask.tenant_id, "Business"), "kind", "state", "created_at")
    segments = {"open": ("Open", attention.open_tasks)}
    search_hint = "Kind, or words of the task"
    details_template = "panel/task.html"

    def matches(self, asked: finding.Asked) -> list[ColumnElement[bool]]:
        """By kind or by its words."""
        like = finding.part(asked.text)
        return [SupportTask.kind.ilike(like), SupportTask.why.ilike(like)]

    def about(self, row: SupportTask) -> dict[str, Any]:
        return {"outcomes": OUTCOMES}

    @expose("/close", methods=("POST",))
    def close(self) -> ResponseReturnValue:
        """Close a task with its outcome and a line about it; the line is the reason."""
        row = self.wanted()
        outcome = request.form.get("outcome", "")
        if outcome not in OUTCOMES:
            flash("Nothing was done: choose an outcome.", "error")
            return redirect(self.page_of(row))
        return self.do(
            "task.close",
            self.target(row),
            lambda: _close(row, TaskState(outcome), request.form["reason"]),
            done="The task is closed.",
            back=self.page_of(row),
            tenant_id=row.tenant_id,
        )


def _close(row: SupportTask, outcome: TaskState, note: str) -> tuple[dict[str, Any], dict[str, Any]]:
    before = {"state": str(row.state)}
    tasks.close_support(row, outcome, note)
    return before, {"state": str(row.state)}
