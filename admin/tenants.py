"""The businesses: a list, and the dossier of each."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import ColumnElement, inspect
from wtforms import StringField
from wtforms.validators import InputRequired, Length, Regexp

from admin import access, attention, dossier, finding, words
from admin.base import StaffView, linked
from app import audit, tenants
from app.tenants import Tenant

PLAIN_FACTS = ("business_name", "email", "street_address", "city", "state", "postal_code")


def _texting(_view: Any, _context: Any, row: Tenant, _name: str) -> Any:
    return words.chip("paused") if row.texting_paused_reason else words.chip("active")


class TenantView(StaffView):
    can_edit = True
    column_list = ("business_name", "trade_type", "status", "texting", "city", "timezone", "created_at")
    column_details_list = (
        "id", "slug", "business_name", "trade_type", "status", "email", "timezone", "street_address", "city", "state",
        "postal_code", "onboarding_completed", "settings_version", "created_at",
    )  # fmt: skip
    column_export_list = ("id", "business_name", "trade_type", "status", "city", "state", "timezone", "created_at")
    column_sortable_list = ("business_name", "created_at")
    column_formatters = {"business_name": linked("tenants"), "texting": _texting}
    column_filters = (
        "business_name",
        "trade_type",
        "status",
        "state",
        "timezone",
        "onboarding_completed",
        "created_at",
    )
    form_columns = (*PLAIN_FACTS, "reason")
    form_overrides = dict.fromkeys(PLAIN_FACTS, StringField)
    form_args = {"email": {"validators": [Regexp(r"[^@\s]+@[^@\s]+$", message="This is no e-mail address.")]}}
    form_extra_fields = {"reason": StringField("Reason", [InputRequired(), Length(max=300)])}
    segments = {"stopped": ("Texting is stopped, by support or by the carriers", attention.texting_stopped)}
    search_hint = "Business name or e-mail"
    details_template = "panel/tenant.html"

    def tenant_column(self) -> Any:
        return Tenant.id

    def matches(self, asked: finding.Asked) -> list[ColumnElement[bool]]:
        """By a part of the name or of the address of the mailbox."""
        if not asked.name:
            return []
        like = finding.part(asked.name)
        return [Tenant.business_name.ilike(like), Tenant.email.ilike(like)]

    def about(self, row: Tenant) -> dict[str, Any]:
        return dossier.of(row)

    def on_model_change(self, form: Any, model: Tenant, is_created: bool) -> None:
        """Plain facts only; what changed is written down with its reason in the same transaction."""
        attributes: Any = inspect(model).attrs
        history = {name: attributes[name].history for name in PLAIN_FACTS}
        changed = {name: one for name, one in history.items() if one.has_changes()}
        staff = access.member()
        audit.record(
            "tenant.edit",
            self.target(model),
            actor=staff.email if staff else "",
            tenant_id=model.id,
            before={name: one.deleted[0] for name, one in changed.items() if one.deleted},
            after={name: one.added[0] for name, one in changed.items() if one.added},
            reason=form.reason.data,
        )

    def get_save_return_url(self, model: Tenant, is_created: bool = False) -> str:
        return self.page_of(model)

    @expose("/pause", methods=("POST",))
    def pause(self) -> ResponseReturnValue:
        """Stop all texting of a business; its reason is shown to the contractor."""
        row, reason = self.wanted(), request.form.get("reason", "").strip()
        return self.do(
            "texting.pause",
            self.target(row),
            lambda: _pause(row, reason),
            done="Nothing is texted for this business any more.",
            back=self.page_of(row),
            tenant_id=row.id,
        )

    @expose("/resume", methods=("POST",))
    def resume(self) -> ResponseReturnValue:
        """Let a business text again."""
        row = self.wanted()
        return self.do(
            "texting.resume",
            self.target(row),
            lambda: ({"paused": tenants.resume_texting(row)}, {"paused": None}),
            done="This business texts again.",
            back=self.page_of(row),
            tenant_id=row.id,
        )


def _pause(row: Tenant, reason: str) -> tuple[dict[str, Any], dict[str, Any]]:
    tenants.pause_texting(row, reason)
    return {"paused": None}, {"paused": row.texting_paused_reason}
