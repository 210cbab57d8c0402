"""What the businesses bought; the plan is changed here, with a reason."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_admin import expose

from admin import words
from admin.base import StaffView, TenantFilter, linked, tenant_of
from app import subscriptions, usage
from app.clock import now
from app.plans import PLANS
from app.subscriptions import Subscription


def _business(_view: Any, _context: Any, row: Subscription, _name: str) -> Any:
    tenant = tenant_of(row)
    return words.link("subscriptions", row.id, tenant.business_name if tenant else row.id)


class SubscriptionView(StaffView):
    column_list = (
        "tenant",
        "plan",
        "status",
        "access",
        "trial_ends_at",
        "period_ends_at",
        "past_due_since",
        "created_at",
    )
    column_details_list = (
        "id", "tenant_id", "plan", "status", "access", "period_started_at", "period_ends_at", "trial_ends_at",
        "past_due_since",
        "ended_at", "spend_cap_cents", "created_at",
    )  # fmt: skip
    column_export_list = (
        "id",
        "tenant_id",
        "plan",
        "status",
        "period_started_at",
        "period_ends_at",
        "trial_ends_at",
        "created_at",
    )
    column_labels = {"tenant_id": "Business", "access": "May use now", "spend_cap_cents": "Cap on overage"}
    column_formatters = {
        "tenant": _business,
        "access": lambda _view, _context, row, _name: words.chip(row.access_at(now())),
        "past_due_since": linked("subscriptions"),
    }
    column_formatters_detail = {"access": lambda _view, _context, row, _name: words.chip(row.access_at(now()))}
    column_filters = (
        TenantFilter(Subscription.tenant_id, "Business"),
        "plan",
        "status",
        "trial_ends_at",
        "past_due_since",
    )
    details_template = "panel/subscription.html"

    def about(self, row: Subscription) -> dict[str, Any]:
        meters = ("sms_segments", "ai_turns")
        return {"plans": PLANS.values(), "used": {meter: usage.used(row, meter) for meter in meters}}

    @expose("/plan", methods=("POST",))
    def change_plan(self) -> ResponseReturnValue:
        """Put a business on another plan."""
        row = self.wanted()
        plan = request.form.get("plan", "")
        return self.do(
            "plan.change",
            self.target(row),
            lambda: ({"plan": subscriptions.change_plan(row, plan)}, {"plan": row.plan}),
            done=f"The plan is {plan} now.",
            back=self.page_of(row),
            tenant_id=row.tenant_id,
        )
