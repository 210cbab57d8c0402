"""The clock sweeps up: whatever is due and was not rung for is rung for now."""

from app import escalations, events, inbox, notifications, queue, tenancy
from app.calendars import mirror
from app.calendars import outbox as calendar_outbox
from app.clock import now
from app.conversations import turns
from app.extensions import db
from app.messages import sending
from app.queue import Job

DUE = (
    (Job.drain_inbox, inbox.overdue),
    (Job.drain_inbox, events.overdue),
    (Job.drain_outbox, sending.overdue),
    (Job.drain_turns, turns.overdue),
    (Job.drain_bulk, notifications.overdue),
    (Job.drain_bulk, lambda: escalations.overdue(now())),
    (Job.drain_bulk, calendar_outbox.overdue),
    (Job.drain_bulk, mirror.overdue),
)


def sweep() -> set[Job]:
    """Ring for every kind of work that is due; what was rung for."""
    tenancy.enter(tenancy.SYSTEM)
    found = {job for job, is_due in DUE if is_due()}
    db.session.rollback()
    return {job for job in found if queue.ring_now(job) or queue.ring_again(job)}
