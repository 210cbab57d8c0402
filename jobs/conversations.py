"""Turns are taken: a thread is read, let go of, thought about, and acted on under its lock.

A turn that waits for the language model does not keep the next ones waiting: what was read of it stays in memory, and
the drain goes on.
"""

import logging
import time
from dataclasses import dataclass
from uuid import UUID

from app import conversations, second_opinion, tasks, tracing, users
from app.clock import now
from app.conversations import acting, turns, urgent
from app.conversations.acting import LostSlot
from app.conversations.turns import Work
from app.extensions import db
from app.second_opinion import Thought

log = logging.getLogger(__name__)

BATCH = 20
MOST_LOST_SLOTS = 3
LOOK_SECONDS = 0.05
LOOKS_PER_GLANCE = 10
"""How often, in looks, it is seen whether a customer whose turn waits has written again."""


@dataclass
class Waiting:
    """A turn whose question is on its way to the model."""

    work: Work
    thought: Thought


class Turns:
    """The turns of one drain: those that are due are decided at once, those that ask the model end later."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []
        self._looks = 0

    def drain_once(self) -> bool:
        """Take the turns that are due now; False when there are none and none waits for the model."""
        claimed = turns.claim(BATCH)
        db.session.commit()
        for conversation_id in claimed:
            self._take(conversation_id)
        if self._waiting and not claimed:
            time.sleep(LOOK_SECONDS)
        self._end_those_that_can()
        return bool(claimed or self._waiting)

    def _take(self, conversation_id: UUID) -> None:
        with tracing.following(None), attempt(conversation_id):
            work = turns.read(conversation_id)
            db.session.commit()
            if work is None:
                return
            thought = think(work)
            if thought.asking is None:
                act(work, thought)
            else:
                self._waiting.append(Waiting(work, thought))

    def _end_those_that_can(self) -> None:
        self._looks += 1
        if self._waiting and self._looks % LOOKS_PER_GLANCE == 0:
            self._give_up_outdated()
        ready = [one for one in self._waiting if one.thought.is_ready]
        self._waiting = [one for one in self._waiting if one not in ready]
        for one in ready:
            with tracing.following(None), attempt(one.work.conversation_id):
                act(one.work, one.thought)

    def _give_up_outdated(self) -> None:
        """Somebody who writes again, perhaps of a danger, does not wait for the answer to what he wrote before."""
        heard = {one.work.conversation_id: set(one.work.message_ids) for one in self._waiting}
        outdated = turns.outdated(heard)
        db.session.commit()
        for one in self._waiting:
            if one.work.conversation_id in outdated and one.thought.asking is not None:
                one.thought.asking.give_up()


class attempt:  # noqa: N801 - reads as a word in `with`
    """One try at a turn; what fails is rolled back, and a turn that fails twice goes to a person."""

    def __init__(self, conversation_id: UUID) -> None:
        self.conversation_id = conversation_id

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if not isinstance(error, Exception):
            return False
        db.session.rollback()
        log.error("a turn failed", exc_info=error, extra={"conversation_id": str(self.conversation_id)})
        _failed(self.conversation_id, error)
        return True


def take(conversation_id: UUID) -> None:
    """Take one turn to its end, the model's answer included; what fails twice goes to a person."""
    with tracing.following(None), attempt(conversation_id):
        work = turns.read(conversation_id)
        db.session.commit()
        if work is not None:
            _think_and_act(work)


def _think_and_act(work: Work) -> None:
    act(work, think(work))


def think(work: Work) -> Thought:
    """Let the rules decide, and ask the model where they are unsure and the business allows it."""
    business = str(work.tenant_id)
    return second_opinion.begin(work.state, work.event, work.context, work.at, business=business)


def act(work: Work, thought: Thought) -> None:
    """Do what was decided; a slot that was lost meanwhile is a reason to think again."""
    for _ in range(MOST_LOST_SLOTS):
        result, state = second_opinion.finish(thought)
        try:
            acting.act_on(work, result, state, milliseconds=thought.milliseconds, suggestion=thought.told)
            if thought.is_refused:
                _tell_support(thought)
            db.session.commit()
        except LostSlot as lost:
            db.session.rollback()
            again = turns.refused(work, state, lost.details["slot_id"])
            db.session.commit()
            if again is None:
                return
            work, thought = again, think(again)
            continue
        return
    raise RuntimeError("three slots in a row were lost")


def _tell_support(thought: Thought) -> None:
    """A key or a request that the model's server refuses: once a day, for one cause."""
    why = f"The language model's server refuses us ({thought.told.get('detail', '')}): check LLM_API_KEY and LLM_MODEL."
    tasks.ask_support(f"llm_refused:{now():%Y-%m-%d}", "llm_refused", why)


def _failed(conversation_id: UUID, error: Exception) -> None:
    if turns.postpone(conversation_id, type(error).__name__):
        thread = conversations.locked(conversation_id)
        if thread is not None:
            conversations.note(thread, "The assistant failed twice. A person is needed.")
            why = f"The assistant failed twice: {type(error).__name__}"
            tasks.ask_support(f"turn:{conversation_id}", "failed_turn", why, thread.tenant_id)
            urgent.tell_new_message(thread, users.owner_of(thread.tenant_id))
    db.session.commit()
