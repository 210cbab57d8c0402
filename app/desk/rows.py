"""The inbox: threads and missed calls without one, newest first, thirty at a time (experience.md 2.2)."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import selectinload

from app.calls import Call, CallStatus
from app.conversations import Conversation, Mode
from app.customers import Customer
from app.desk import numbers, search
from app.desk.numbers import Span
from app.errors import Malformed
from app.escalations import Escalation, EscalationState
from app.extensions import db
from app.scheduling.appointments import OCCUPYING, Appointment, AppointmentStatus
from app.tasks import Task, TaskState
from app.users import User

PAGE = 30
COUNTED_TO = 100


class View(enum.StrEnum):
    needs_you = enum.auto()
    all = enum.auto()
    mine = enum.auto()
    booked = enum.auto()
    done = enum.auto()


@dataclass(frozen=True)
class Row:
    """One line of the inbox: a thread, or a missed call that has none."""

    at: datetime
    id: UUID
    thread: Conversation | None = None
    call: Call | None = None
    is_emergency: bool = False
    visit: Appointment | None = None
    customer: Customer | None = None


@dataclass(frozen=True)
class Place:
    """A place in the list: the row before the next one."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.id}"


@dataclass(frozen=True)
class Page:
    """Some rows, with the place to go on from; emergencies stand above the first page of every view."""

    pinned: Sequence[Row]
    rows: Sequence[Row]
    next_place: Place | None


@dataclass(frozen=True)
class Wanted:
    """What somebody asked the inbox for; `wrote` keeps the threads whose customer wrote in that span."""

    view: View = View.needs_you
    words: str = ""
    wrote: Span | None = None
    after: Place | None = None


def place(written: str | None) -> Place | None:
    """The place that a link names; raises Malformed."""
    if not written:
        return None
    at, _, key = written.partition("~")
    try:
        return Place(datetime.fromisoformat(at), UUID(key))
    except ValueError as error:
        raise Malformed("That is no place in the list.") from error


def page(user: User, wanted: Wanted) -> Page:
    """Thirty rows of a view; a fixed number of statements."""
    alarms = _alarms(user.tenant_id)
    pinned = [] if wanted.after or wanted.words or wanted.wrote else _pinned(user.tenant_id, alarms)
    shown_above = {row.id for row in pinned}
    threads = _threads(user, wanted, without=shown_above)
    calls = [] if wanted.wrote else _calls(user.tenant_id, wanted)
    found = sorted([*threads, *calls], key=lambda row: (row.at, row.id), reverse=True)
    rows = _completed([*pinned, *found[:PAGE]], alarms)
    more = len(found) > PAGE
    last = found[PAGE - 1] if more else None
    return Page(rows[: len(pinned)], rows[len(pinned) :], Place(last.at, last.id) if last else None)


def counts(user: User) -> dict[View, int]:
    """How many threads each view holds, counted to a hundred at most: one more than the page says."""
    counted = {}
    for view in View:
        some = select(Conversation.id).where(Conversation.tenant_id == user.tenant_id, *_of_view(view, user))
        counted[view] = db.session.scalar(select(func.count()).select_from(some.limit(COUNTED_TO).subquery())) or 0
    return counted


def _alarms(tenant_id: UUID) -> set[UUID]:
    """The threads whose emergency nobody has acknowledged."""
    ringing = select(Escalation.conversation_id).where(
        Escalation.tenant_id == tenant_id,
        Escalation.state == EscalationState.open,
        Escalation.conversation_id.is_not(None),
    )
    return set(db.session.scalars(ringing))


def _pinned(tenant_id: UUID, alarms: set[UUID]) -> list[Row]:
    if not alarms:
        return []
    wanted = _with_customer().where(Conversation.tenant_id == tenant_id, Conversation.id.in_(alarms))
    return [_row(one) for one in db.session.scalars(wanted.order_by(Conversation.last_message_at.desc()).limit(PAGE))]


def _with_customer() -> Select[Conversation]:
    # The customers of thirty rows by their keys: a join would fetch those of all threads before it sorts.
    return select(Conversation).options(selectinload(Conversation.customer))


def _row(thread: Conversation) -> Row:
    return Row(thread.last_message_at, thread.id, thread=thread, customer=thread.customer)


def _threads(user: User, wanted: Wanted, *, without: set[UUID]) -> list[Row]:
    found = _with_customer().where(Conversation.tenant_id == user.tenant_id, *_of_view(wanted.view, user))
    if wanted.words:
        found = found.where(search.threads(user.tenant_id, wanted.words))
    if wanted.wrote:
        found = found.where(Conversation.id.in_(numbers.wrote(user.tenant_id, wanted.wrote)))
    if without:
        found = found.where(Conversation.id.not_in(without))
    if wanted.after:
        found = found.where(tuple_(Conversation.last_message_at, Conversation.id) < (wanted.after.at, wanted.after.id))
    newest = found.order_by(Conversation.last_message_at.desc(), Conversation.id.desc()).limit(PAGE + 1)
    return [_row(thread) for thread in db.session.scalars(newest)]


def _of_view(view: View, user: User) -> list[ColumnElement[bool]]:
    if view == View.needs_you:
        return [needs_person()]
    if view == View.mine:
        return [Conversation.held_by_user_id == user.id]
    if view == View.booked:
        visits = select(Appointment.conversation_id).where(
            Appointment.tenant_id == user.tenant_id,
            Appointment.conversation_id.is_not(None),
            Appointment.status.in_((*OCCUPYING, AppointmentStatus.completed)),
        )
        return [Conversation.id.in_(visits)]
    return [Conversation.is_done.is_(True)] if view == View.done else []


def needs_person() -> ColumnElement[bool]:
    """Whether a thread waits for a person: the machine gave it up, or its customer wrote to the one who has it."""
    answer_wanted = and_(Conversation.mode == Mode.human_active, Conversation.is_unread)
    return or_(Conversation.needs_person, Conversation.mode == Mode.escalated, answer_wanted)


def _calls(tenant_id: UUID, wanted: Wanted) -> list[Row]:
    """Missed calls that came to no thread, where the view has room for them."""
    if wanted.view not in (View.needs_you, View.all):
        return []
    found = select(Call, Customer).where(
        Call.tenant_id == tenant_id, Call.status == CallStatus.missed, Call.conversation_id.is_(None)
    )
    found = found.outerjoin(Customer, (Customer.tenant_id == Call.tenant_id) & (Customer.phone == Call.customer_phone))
    if wanted.view == View.needs_you:
        asked = select(Task.call_id).where(Task.tenant_id == tenant_id, Task.state == TaskState.open)
        found = found.where(Call.id.in_(asked.where(Task.call_id.is_not(None))))
    if wanted.words:
        found = found.where(search.calls(wanted.words))
    if wanted.after:
        found = found.where(tuple_(Call.started_at, Call.id) < (wanted.after.at, wanted.after.id))
    newest = found.order_by(Call.started_at.desc(), Call.id.desc()).limit(PAGE + 1)
    return [Row(call.started_at, call.id, call=call, customer=who) for call, who in db.session.execute(newest)]


def _completed(rows: Sequence[Row], alarms: set[UUID]) -> list[Row]:
    """The rows with their next visits and their alarms."""
    ids = [row.thread.id for row in rows if row.thread]
    booked = select(Appointment).where(Appointment.conversation_id.in_(ids), Appointment.status.in_(OCCUPYING))
    visits = {
        visit.conversation_id: visit for visit in db.session.scalars(booked.order_by(Appointment.start_at.desc()))
    }
    return [
        Row(row.at, row.id, row.thread, row.call, row.id in alarms, visits.get(row.id), row.customer) for row in rows
    ]
