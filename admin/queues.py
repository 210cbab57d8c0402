"""The machinery at work: queues, workers, jobs that raised, overdue rows, and the clock."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from redis import RedisError

from admin import words
from admin.base import StaffPage, act
from app import escalations, events, inbox, notifications
from app.calendars import mirror
from app.calendars import outbox as calendar_outbox
from app.clock import now
from app.conversations import turns
from app.messages import sending
from app.queue import workshop

OVERDUE: dict[str, Callable[[], bool]] = {
    "Webhooks to handle": inbox.overdue,
    "Texts to send": sending.overdue,
    "Turns to take": turns.overdue,
    "Events to relay": events.overdue,
    "Notices to deliver": notifications.overdue,
    "Alarms to ring": lambda: escalations.overdue(now()),
    "Calendars to write": calendar_outbox.overdue,
    "Calendars to read": mirror.overdue,
}
"""What the sweeps would pick up: the queue may be empty and work still forgotten."""
LATE_SECONDS = 15
DEEDS: dict[str, tuple[str, Callable[[str], str]]] = {
    "requeue": ("job.requeue", workshop.requeue),
    "discard": ("job.discard", workshop.discard),
}


class QueuesPage(StaffPage):
    @expose("/")
    def index(self) -> ResponseReturnValue:
        """Everything about the queues that Redis tells, and the overdue rows that PostgreSQL knows."""
        facts: dict[str, Any] = {"lines": None, "hands": [], "failures": [], "tick": None}
        try:
            facts = {
                "lines": workshop.lines(),
                "hands": workshop.hands(),
                "failures": workshop.failures(),
                "tick": workshop.last_tick(),
            }
        except RedisError as error:
            facts["trouble"] = type(error).__name__
        overdue = [(name, is_due()) for name, is_due in OVERDUE.items()]
        tick = facts["tick"]
        is_late = tick is None or (now() - tick).total_seconds() > LATE_SECONDS
        return self.render("panel/jobs.html", words=words, overdue=overdue, is_late=is_late, **facts)

    @expose("/failed", methods=("POST",))
    def settle(self) -> ResponseReturnValue:
        """Run failed jobs once more, or throw them away; each claims its rows, so it cannot act twice."""
        reason, deed = request.form.get("reason", "").strip(), request.form.get("deed", "")
        ids = request.form.getlist("id")
        if not reason or deed not in DEEDS or not ids:
            flash("Nothing was done: choose what to do and give a reason.", "error")
            return redirect(self.get_url(".index"))
        done = sum(_settle(deed, job_id, reason) for job_id in ids[:200])
        what = "Queued again" if deed == "requeue" else "Discarded"
        flash(f"{what}: {done}. Nothing was to be done for {len(ids) - done}.", "success" if done else "warning")
        return redirect(self.get_url(".index"))


def _settle(deed: str, job_id: str, reason: str) -> bool:
    name, function = DEEDS[deed]
    return act(name, f"job:{job_id}"[:120], lambda: (None, {"job": function(job_id)}), reason=reason) is None
