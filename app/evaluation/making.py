"""A conversation becomes a case: its texts, and what the dispatcher knew then, with stand-ins for the customer.

Free times are those that the conversation was offered, all of them from the beginning; one that was offered none gets
the first ones that there would have been. What is expected is proposed from a play of the case itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.conversations import Conversation, Turn, context
from app.dispatch import Context
from app.errors import Invalid
from app.evaluation import playing, shaping
from app.evaluation.playing import Play
from app.evaluation.shaping import A_MINUTE
from app.evaluation.standins import Known, StandIns
from app.extensions import db
from app.messages import Direction, Message, Sender
from app.scheduling.appointments import Appointment, Kind
from app.scheduling.area import normalised_zip
from app.scheduling.offered import OfferedSlot
from app.scheduling.types import Slot, Wanted

Json = dict[str, Any]
Step = str | Json
FREE_TIMES, A_JOB, MOST_TURNS = 12, 60, 40
ID = "C1"


class NothingToLearn(Invalid):
    code = "NOTHING_TO_LEARN"


@dataclass
class Draft:
    """A case in the making; `steps` are texts and events in order, `given` what each text brought, by its number."""

    trade: str
    now: str
    steps: list[Step]
    tenant: Json
    slots: list[Json]
    visits: list[Json]
    standins: StandIns
    given: dict[int, list[str]] = field(default_factory=dict)

    @property
    def texts(self) -> list[str]:
        """What the customer wrote, with stand-ins."""
        return [step for step in self.steps if isinstance(step, str)]

    def with_texts(self, texts: list[str]) -> list[Step]:
        """The steps with other words, as many as there were."""
        rest = iter(texts)
        return [self.standins.text(next(rest, step)) if isinstance(step, str) else step for step in self.steps]

    def script(self, steps: list[Step] | None = None, **more: Any) -> Json:
        """A dialogue of the format; nothing is expected of it unless `more` says so."""
        base: Json = {
            "id": ID,
            "title": "",
            "trade": self.trade,
            "tags": ["from a conversation"],
            "tenant": "own",
            "now": self.now,
            "availability": self.slots,
            "appointments": self.visits,
            "steps": self.steps if steps is None else steps,
            "answers": {},
            "facts": {},
            "final": [],
            "max_turns": MOST_TURNS,
        }
        return base | more

    def play(self, steps: list[Step] | None = None) -> Play:
        """How the dispatcher of today plays it."""
        return playing.play(self.script(steps), {"tenants": {"own": self.tenant}, "availability_default": []})


def draft(thread: Conversation) -> Draft:
    """The case of a whole conversation; raises NothingToLearn when the customer wrote nothing."""
    steps = [step for step, _ in _steps(thread)]
    if not any(isinstance(step, str) for step in steps):
        raise NothingToLearn("The customer has not written anything.")
    tenant, start = thread.tenant, thread.created_at
    is_known = _was_known(thread)
    then = context.imagined(tenant, start, customer=thread.customer if is_known else None)
    terms = context.terms_at(tenant, start)
    visits = _visits(thread)
    standins = StandIns(_known(thread, then, [visit.address for visit in visits]))
    made = Draft(
        trade=tenant.trade_type.value,
        now=shaping.local(start - A_MINUTE, tenant.zone),
        steps=standins.values(steps),
        tenant={},
        slots=[shaping.slot(slot, number, tenant.zone) for number, slot in enumerate(_slots(thread, then), start=1)],
        visits=standins.values([shaping.visit(one, number, tenant.zone) for number, one in enumerate(visits, start=1)]),
        standins=standins,
    )
    made.tenant = standins.values(shaping.tenant(then, terms, made.slots, _zips(thread)))
    made.given = given(made.play())
    return made


def given(played: Play) -> dict[int, list[str]]:
    """What each text brought for the first time, by its number: job, address, name, when."""
    found: dict[int, list[str]] = {}
    had: set[str] = set()
    for number, turn in enumerate(played.messages, start=1):
        facts = (turn.full.extracted if turn.full else {}) or {}
        kinds = {"job": "job_type", "address": "address", "name": "name", "when": "times"}
        fresh = [kind for kind, key in kinds.items() if facts.get(key) and kind not in had]
        had |= set(fresh)
        if fresh:
            found[number] = fresh
    return found


# What happened


def numbers(thread: Conversation) -> dict[UUID, int]:
    """The number of each text of a case, by the message that ends it."""
    ends = [message_id for _, message_id in _steps(thread) if message_id]
    return {message_id: number for number, message_id in enumerate(ends, start=1)}


def _steps(thread: Conversation) -> Iterator[tuple[Step, UUID | None]]:
    """Texts that were answered together as one, each with its last message, silences, and who had the thread."""
    turns = list(db.session.scalars(select(Turn).where(Turn.conversation_id == thread.id).order_by(Turn.at, Turn.id)))
    ends = {turn.message_id for turn in turns if turn.message_id}
    moments: list[tuple[datetime, Any]] = [(one.created_at, one) for one in _messages(thread)]
    moments += [(turn.at, turn) for turn in turns if turn.event == "timeout"]
    last, waiting, is_taken = thread.created_at, list[Message](), False
    for at, one in sorted(moments, key=lambda pair: (pair[0], isinstance(pair[1], Message))):
        if isinstance(one, Turn):
            yield {"event": {"type": "timeout", "minutes": max(1, round((at - last) / A_MINUTE))}}, None
        elif one.direction == Direction.outbound:
            if not is_taken:
                yield {"event": {"type": "human_takeover"}}, None
            is_taken = True
        else:
            waiting.append(one)
            if is_taken and one.id in ends:
                yield {"event": {"type": "returned_to_ai"}}, None
                is_taken = False
            if is_taken or one.id in ends:
                yield _together(waiting)
                waiting = []
        last = at
    if waiting:
        yield _together(waiting)


def _together(texts: list[Message]) -> tuple[Step, UUID]:
    return "\n".join(text.body for text in texts), texts[-1].id


def _messages(thread: Conversation) -> list[Message]:
    """Everything that the customer and people of the business wrote."""
    wanted = select(Message).where(
        Message.conversation_id == thread.id,
        (Message.direction == Direction.inbound) | (Message.sender == Sender.human),
    )
    return list(db.session.scalars(wanted.order_by(Message.created_at, Message.id)))


# What was known


def _was_known(thread: Conversation) -> bool:
    earlier = select(Conversation.id).where(
        Conversation.tenant_id == thread.tenant_id,
        Conversation.customer_id == thread.customer_id,
        Conversation.created_at < thread.created_at,
    )
    return db.session.scalar(earlier.limit(1)) is not None


def _visits(thread: Conversation) -> list[Appointment]:
    """The customer's visits that stood when the conversation began."""
    wanted = select(Appointment).where(
        Appointment.tenant_id == thread.tenant_id,
        Appointment.customer_id == thread.customer_id,
        Appointment.kind == Kind.booking,
        Appointment.created_at < thread.created_at,
        Appointment.end_at > thread.created_at,
    )
    return list(db.session.scalars(wanted.order_by(Appointment.start_at)))


def _slots(thread: Conversation, then: Context) -> list[Slot]:
    """The times that were offered, in time order; the first free ones when there were none."""
    rows = db.session.scalars(select(OfferedSlot).where(OfferedSlot.conversation_id == thread.id))
    plain = {row.slot_id: row.plain() for row in rows}
    found = list(plain.values()) or list(then.find_slots(Wanted(A_JOB)).slots[:FREE_TIMES])
    return sorted(found, key=lambda slot: (slot.window_start, slot.id))


def _known(thread: Conversation, then: Context, places: list[Json]) -> Known:
    """Everything of the customer that may stand in a text."""
    facts, customer, state = thread.facts, thread.customer, thread.dispatch_state
    turns = db.session.scalars(select(Turn.extracted).where(Turn.conversation_id == thread.id))
    told = [facts, *turns]
    return Known(
        names=[str(one) for one in (customer.name, state.get("name"), *(part.get("name") for part in told)) if one],
        streets=[
            str(one)
            for one in (
                state.get("street"),
                *(part.get("street_address") or part.get("address") for part in told),
                *(place.get("street_address") for place in (*customer.addresses, *places)),
            )
            if one
        ],
        business=thread.tenant.business_name,
        owner=then.owner_name,
        trade=then.trade,
    )


def _zips(thread: Conversation) -> list[str]:
    turns = db.session.scalars(select(Turn.extracted).where(Turn.conversation_id == thread.id))
    told = [thread.facts.get("postal_code"), *(part.get("zip") for part in turns)]
    return sorted({code for one in told if one and (code := normalised_zip(str(one)))})
