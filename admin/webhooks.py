"""The webhook inbox: everything as it came, with what became of it, and a replay for what failed."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_admin.actions import action
from sqlalchemy import ColumnElement, select, tuple_

from admin import attention, finding, words
from admin.base import StaffView, act, linked
from app import inbox
from app.audit import Audit
from app.extensions import db
from app.inbox import Webhook

PRIVATE = {"Body", "TranscriptionText", "RecordingUrl"}
PHONES = {"From", "To", "Called", "Caller", "ForwardedFrom", "DialCallTo"}
SECRET = {"nmc_token"}
KINDS = ("twilio.sms", "twilio.dial", "twilio.ended", "twilio.voicemail_route")


def shown(payload: Mapping[str, Any], *, revealed: bool) -> dict[str, Any]:
    """The fields, with bodies and phones hidden until somebody revealed them; tokens never."""
    found: dict[str, Any] = {}
    for name, value in payload.items():
        if name in SECRET:
            continue
        if name in PRIVATE and not revealed:
            found[name] = f"hidden, {len(str(value))} characters"
        elif name in PHONES:
            found[name] = words.phone(str(value)) if revealed else words.hidden_phone(str(value))
        else:
            found[name] = value
    return found


def _took(_view: Any, _context: Any, row: Webhook, _name: str) -> Any:
    return words.span((row.handled_at - row.received_at).total_seconds()) if row.handled_at else words.NOTHING


def _error(_view: Any, _context: Any, row: Webhook, _name: str) -> Any:
    return (row.error or "")[:80] or words.NOTHING


class WebhookView(StaffView):
    column_list = ("received_at", "kind", "event_id", "status", "error", "attempts", "took")
    column_details_list = (
        "id", "kind", "event_id", "status", "attempts", "replays", "recovered", "received_at", "due_at",
        "handled_at", "took",
        "error", "request_id",
    )  # fmt: skip
    column_export_list = (
        "id",
        "kind",
        "event_id",
        "status",
        "attempts",
        "replays",
        "received_at",
        "handled_at",
        "request_id",
    )
    column_labels = {"event_id": "Outside id", "took": "Handled after", "recovered": "Recovered by reconciliation"}
    column_formatters = {"received_at": linked("webhooks"), "took": _took, "error": _error}
    column_formatters_detail = {"took": _took}
    column_filters = ("kind", "status", "event_id", "attempts", "recovered", "received_at")
    segments = {"failed": ("Tried six times and given up", attention.failed_webhooks)}
    search_hint = "Outside id or request id"
    details_template = "panel/webhook.html"

    def tenant_column(self) -> Any:
        return Webhook.id  # A webhook is stored before it is known whom it concerns: no business has any.

    def matches(self, asked: finding.Asked) -> list[ColumnElement[bool]]:
        """By the carrier's id or the request that brought it."""
        found = [Webhook.request_id == asked.request_id] if asked.request_id else []
        if asked.sid:
            found.append(tuple_(Webhook.kind, Webhook.event_id).in_([(kind, asked.sid) for kind in KINDS]))
        return found

    def about(self, row: Webhook) -> dict[str, Any]:
        deeds = (
            select(Audit).where(Audit.target == self.target(row)).order_by(Audit.at.desc(), Audit.id.desc()).limit(20)
        )
        return {
            "payload": shown(row.payload, revealed=False),
            "deeds": db.session.scalars(deeds).all(),
            "revealed": False,
        }

    @action("replay", "Replay")
    def ask_replay(self, ids: list[str]) -> ResponseReturnValue:
        """Show what was chosen and what a replay will do, and ask for the reason."""
        keys = [key for key in map(finding.as_key, ids) if key]
        chosen = db.session.scalars(select(Webhook).where(Webhook.id.in_(keys)).order_by(Webhook.received_at)).all()
        return self.render("panel/replay.html", chosen=chosen, failed=[one for one in chosen if one.status == "failed"])

    @expose("/replay", methods=("POST",))
    def replay(self) -> ResponseReturnValue:
        """Give failed webhooks one more attempt, with their original time and their de-duplication."""
        reason = request.form.get("reason", "").strip()
        keys = [key for key in map(finding.as_key, request.form.getlist("id")) if key]
        back = self.get_url(".details_view", id=keys[0]) if len(keys) == 1 else self.get_url(".index_view")
        if not reason:
            flash("Nothing was done: give a reason.", "error")
            return redirect(back)
        done = sum(self._replay_one(key, reason) for key in sorted(keys))
        flash(f"Replayed {done}. Nothing was to be done for {len(keys) - done}.", "success" if done else "warning")
        return redirect(back)

    def _replay_one(self, key: UUID, reason: str) -> bool:
        row = db.session.get(Webhook, key, with_for_update=True)
        if row is None:
            return False
        return act("webhook.replay", self.target(row), partial(_replay, row), reason=reason) is None

    @expose("/reveal", methods=("POST",))
    def reveal(self) -> ResponseReturnValue:
        """Show the bodies of one webhook to somebody who says why; this is written down."""
        row = self.wanted()
        reason = request.form.get("reason", "").strip()
        if not reason:
            flash("Give a reason to see the words of customers.", "error")
            return redirect(self.page_of(row))
        act("webhook.reveal", self.target(row), lambda: (None, None), reason=reason)
        return self.render(
            self.details_template,
            model=row,
            details_columns=self._details_columns,
            get_value=self.get_detail_value,
            return_url=self.get_url(".index_view"),
            open_payload=shown(row.payload, revealed=True),
        )


def _replay(row: Webhook) -> tuple[dict[str, Any], dict[str, Any]]:
    before = {"status": str(row.status), "attempts": row.attempts, "replays": row.replays}
    inbox.replay(row)
    return before, {"status": str(row.status), "attempts": row.attempts, "replays": row.replays}
