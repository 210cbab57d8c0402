"""Work that may take its time: calls that nobody reported the end of, visits to confirm, threads to hand back."""

import logging

from app import calls, conversations, idempotency, tasks, tenancy
from app.calendars import consent
from app.calls import missed
from app.calls.missed import Ending
from app.clock import now
from app.conversations import gates, hearing, human, nights, reminding, turns, visits
from app.evaluation import nightly
from app.extensions import db
from app.queue import Job, ring
from app.scheduling import deadlines, reminders

log = logging.getLogger(__name__)

UNANSWERED_SECONDS = 120


def run() -> None:
    """Do all that is due, once."""
    tenancy.enter(tenancy.SYSTEM)
    for work in (
        end_stale_calls,
        confirm_visits,
        give_up_night_visits,
        remind,
        hand_back,
        close_silent,
        open_gates,
        recover_turns,
        idempotency.discard_old,
        consent.discard_old,
        play_cases,
    ):
        try:
            work()
            db.session.commit()
        except Exception:  # one kind of work in trouble must not stop the others
            db.session.rollback()
            log.exception("%s.%s failed", work.__module__, work.__name__)


def end_stale_calls() -> None:
    """The third trigger of the missed decision; a call with a person's key is completed if its Dial action is lost."""
    stale = calls.stale(now())
    if stale:
        missed.settle([Ending(call.call_sid, "sweep") for call in stale])


def confirm_visits() -> None:
    """Tentative visits become firm at their hour unless the contractor objected."""
    for appointment in deadlines.due_to_confirm(now()):
        visits.confirm(appointment, is_unasked=True)


def give_up_night_visits() -> None:
    """Night visits that no technician took in time fall through."""
    for appointment in deadlines.due_to_fall_through(now()):
        nights.fall_through(appointment)


def remind() -> None:
    """Reminders whose time has come are put into the outbox."""
    for reminder in reminders.take_due(now()):
        try:
            with db.session.begin_nested():
                reminding.send(reminder)
        except Exception:  # one visit in trouble must not keep the others from being told
            log.exception("a reminder failed", extra={"reminder_id": str(reminder.id)})


def hand_back() -> None:
    """Threads that their person has left alone go back to the assistant."""
    for thread in human.idle(now()):
        human.release(thread, None)


def close_silent() -> None:
    """Threads that a person has and in which nobody has said a word for days are done (C22)."""
    for thread in human.silent(now()):
        human.finish(thread)


def open_gates() -> None:
    """Blocked threads go on when their business may text again."""
    for thread in gates.reopenable():
        gates.reopen(thread)


def play_cases() -> None:
    """Once a night every test case is played; support hears of one that passed and fails."""
    if nightly.play_due(now()) == nightly.AT_ONCE:
        ring(Job.drain_bulk)


def recover_turns() -> None:
    """A customer's text that was never answered is answered now, once; then support is paged (behaviour.md 2.3)."""
    for thread in turns.forgotten(now(), UNANSWERED_SECONDS):
        oldest = hearing.unanswered(thread.id)[0]
        if not calls.claim([f"recovered:{oldest.id}"]):
            why = "A customer's text stays unanswered although its turn was run again."
            tasks.ask_support(f"unanswered:{oldest.id}", "unanswered", why, thread.tenant_id)
            continue
        thread.ai_due_at = now()
        conversations.note(thread, "An unanswered text was found and is answered now.")
        ring(Job.drain_turns)
