"""Turns are taken: a thread is read, let go of, thought about, and acted on under its lock."""

import logging
import time
from uuid import UUID

from app import conversations, dispatch, tasks, tracing, users
from app.conversations import acting, turns, urgent
from app.conversations.acting import LostSlot
from app.conversations.turns import Work
from app.extensions import db

log = logging.getLogger(__name__)

BATCH = 20
MOST_LOST_SLOTS = 3


def drain_once() -> bool:
    """Take the turns that are due now; False when there are none."""
    claimed = turns.claim(BATCH)
    db.session.commit()
    for conversation_id in claimed:
        take(conversation_id)
    return bool(claimed)


def take(conversation_id: UUID) -> None:
    """Take one turn; what fails twice goes to a person."""
    with tracing.following(None):
        try:
            work = turns.read(conversation_id)
            db.session.commit()
            if work is not None:
                _think_and_act(work)
        except Exception as error:
            db.session.rollback()
            log.exception("a turn failed", extra={"conversation_id": str(conversation_id)})
            _failed(conversation_id, error)


def _think_and_act(work: Work) -> None:
    for _ in range(MOST_LOST_SLOTS):
        started = time.perf_counter()
        result, state = dispatch.decide(work.state, work.event, work.context, work.at)
        milliseconds = (time.perf_counter() - started) * 1000
        try:
            acting.act_on(work, result, state, milliseconds=milliseconds)
            db.session.commit()
        except LostSlot as lost:
            db.session.rollback()
            again = turns.refused(work, state, lost.details["slot_id"])
            db.session.commit()
            if again is None:
                return
            work = again
            continue
        return
    raise RuntimeError("three slots in a row were lost")


def _failed(conversation_id: UUID, error: Exception) -> None:
    if turns.postpone(conversation_id, type(error).__name__):
        thread = conversations.locked(conversation_id)
        if thread is not None:
            conversations.note(thread, "The assistant failed twice. A person is needed.")
            why = f"The assistant failed twice: {type(error).__name__}"
            tasks.ask_support(f"turn:{conversation_id}", "failed_turn", why, thread.tenant_id)
            urgent.tell_new_message(thread, users.owner_of(thread.tenant_id))
    db.session.commit()
