"""The call log: who called, what became of it, and why a text went or did not go (experience.md 2.6)."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, select, tuple_

from app.calls import Call, CallStatus
from app.customers import Customer
from app.desk import search
from app.desk.numbers import Span
from app.desk.rows import PAGE, Place
from app.errors import NotFound
from app.extensions import db
from app.tasks import Task, TaskState


class Show(enum.StrEnum):
    all = enum.auto()
    missed = enum.auto()
    answered = enum.auto()
    voicemail = enum.auto()
    call_backs = enum.auto()
    texted = enum.auto()


@dataclass(frozen=True)
class Line:
    """One call with the name of its caller and the task that it left."""

    call: Call
    customer: Customer | None
    task: Task | None


def page(
    tenant_id: UUID, show: Show, *, words: str = "", during: Span | None = None, after: Place | None = None
) -> tuple[Sequence[Line], Place | None]:
    """Thirty calls, newest first, and the place to go on from."""
    found = (
        select(Call, Customer)
        .outerjoin(Customer, (Customer.tenant_id == Call.tenant_id) & (Customer.phone == Call.customer_phone))
        .where(Call.tenant_id == tenant_id, *_of(show, tenant_id))
    )
    if words:
        found = found.where(search.calls(words))
    if during:
        found = found.where(Call.started_at >= during.start, Call.started_at < during.end)
    if after:
        found = found.where(tuple_(Call.started_at, Call.id) < (after.at, after.id))
    newest = found.order_by(Call.started_at.desc(), Call.id.desc()).limit(PAGE + 1)
    calls = [(call, customer) for call, customer in db.session.execute(newest)]
    last = calls[PAGE - 1][0] if len(calls) > PAGE else None
    return _with_tasks(tenant_id, calls[:PAGE]), Place(last.started_at, last.id) if last else None


def _of(show: Show, tenant_id: UUID) -> list[ColumnElement[bool]]:
    waiting = select(Task.call_id).where(
        Task.tenant_id == tenant_id, Task.state == TaskState.open, Task.call_id.is_not(None)
    )
    missed = Call.status == CallStatus.missed
    conditions: dict[Show, list[ColumnElement[bool]]] = {
        Show.all: [],
        Show.missed: [missed],
        Show.answered: [Call.status == CallStatus.completed],
        Show.voicemail: [Call.voicemail_url.is_not(None)],
        Show.call_backs: [Call.id.in_(waiting)],
        Show.texted: [missed, Call.text_sent.is_(True)],
    }
    return conditions[show]


def _with_tasks(tenant_id: UUID, calls: Sequence[tuple[Call, Customer | None]]) -> list[Line]:
    left = select(Task).where(
        Task.tenant_id == tenant_id, Task.call_id.in_([call.id for call, _ in calls]), Task.state == TaskState.open
    )
    tasks = {task.call_id: task for task in db.session.scalars(left)}
    return [Line(call, customer, tasks.get(call.id)) for call, customer in calls]


def of(tenant_id: UUID, call_id: UUID) -> Line:
    """One call of that business; a stranger's id is not found."""
    call = db.session.scalar(select(Call).where(Call.tenant_id == tenant_id, Call.id == call_id))
    if call is None:
        raise NotFound("There is no such call.")
    who = select(Customer).where(Customer.tenant_id == tenant_id, Customer.phone == call.customer_phone)
    return _with_tasks(tenant_id, [(call, db.session.scalar(who))])[0]
