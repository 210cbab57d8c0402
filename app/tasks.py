"""What waits for a person: of the business (call back, look again) or of the support team."""

import enum
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app import events
from app.clock import now
from app.errors import Conflict, Invalid, NotFound
from app.extensions import db, uuid7


class TaskState(enum.StrEnum):
    open = enum.auto()
    done = enum.auto()
    dismissed = enum.auto()


class Task(db.Model):
    """One thing that the contractor should do, with the reason in words."""

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("tenant_id", "key"),
        Index("ix_task_open", "tenant_id", "due_at", postgresql_where="state = 'open'"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    key: Mapped[str]
    """Names the cause, so that the same cause makes one task."""
    kind: Mapped[str]
    why: Mapped[str]
    is_urgent: Mapped[bool] = mapped_column(default=False)
    customer_phone: Mapped[str | None]
    call_id: Mapped[UUID | None]
    conversation_id: Mapped[UUID | None]
    appointment_id: Mapped[UUID | None]
    state: Mapped[TaskState] = mapped_column(default=TaskState.open)
    note: Mapped[str] = mapped_column(default="")
    due_at: Mapped[datetime] = mapped_column(default=now)
    created_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]


class SupportTask(db.Model):
    """One thing that the support team should look at; it may concern no business at all."""

    __tablename__ = "support_task"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID | None] = mapped_column(index=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    why: Mapped[str]
    state: Mapped[TaskState] = mapped_column(default=TaskState.open)
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]


class TaskClosed(Conflict):
    code = "TASK_CLOSED"


class NoteRequired(Invalid):
    code = "NOTE_REQUIRED"


def row(tenant_id: UUID, key: str, kind: str, why: str, **more: Any) -> dict[str, Any]:
    """The values of one task, for bulk inserts."""
    return {
        "id": uuid7(),
        "tenant_id": tenant_id,
        "key": key,
        "kind": kind,
        "why": why,
        "is_urgent": False,
        "state": TaskState.open,
        "note": "",
        "due_at": now(),
        "created_at": now(),
    } | more


def add(tenant_id: UUID, key: str, kind: str, why: str, **more: Any) -> None:
    """Ask the contractor for something, once per cause."""
    values = row(tenant_id, key, kind, why, **more)
    added = insert(Task).values(**values).on_conflict_do_nothing().returning(Task.id)
    if (task_id := db.session.scalar(added)) is not None:
        events.publish(tenant_id, "task.updated", {"id": task_id, "status": TaskState.open})


def ask_support(key: str, kind: str, why: str, tenant_id: UUID | None = None) -> None:
    """Ask the support team for something, once per cause."""
    values = {
        "id": uuid7(), "tenant_id": tenant_id, "key": key, "kind": kind, "why": why,
        "state": TaskState.open, "note": "", "created_at": now(),
    }  # fmt: skip
    db.session.execute(insert(SupportTask).values(**values).on_conflict_do_nothing())


def settle_support(key: str, note: str) -> None:
    """Close the open task of a cause that is gone."""
    wanted = select(SupportTask).where(SupportTask.key == key, SupportTask.state == TaskState.open).with_for_update()
    if (task := db.session.scalar(wanted)) is not None:
        close_support(task, TaskState.done, note)


def close_support(task: SupportTask, state: TaskState, note: str) -> None:
    """Close a task of the support team with a line about it; raises NoteRequired, and TaskClosed the second time."""
    if not note.strip():
        raise NoteRequired("Say in a line what came of it.")
    if task.state != TaskState.open:
        raise TaskClosed("This task is closed already.")
    task.state, task.note, task.closed_at = state, note.strip()[:500], now()


def close(tenant_id: UUID, task_id: UUID, state: TaskState, note: str = "") -> Task:
    """Close a task of that business; raises NotFound, and TaskClosed the second time."""
    task = db.session.scalar(select(Task).where(Task.tenant_id == tenant_id, Task.id == task_id).with_for_update())
    if task is None:
        raise NotFound("There is no such task.")
    if task.state != TaskState.open:
        raise TaskClosed("This task is closed already.")
    task.state, task.note, task.closed_at = state, note[:500], now()
    events.publish(tenant_id, "task.updated", {"id": task.id, "status": state})
    return task


def settle(tenant_id: UUID, key_start: str, note: str) -> None:
    """Close the open tasks whose key begins so: their cause is gone, and nobody shall do what is not needed."""
    wanted = (
        Task.tenant_id == tenant_id,
        Task.key.startswith(key_start, autoescape=True),
        Task.state == TaskState.open,
    )
    for task in db.session.scalars(select(Task).where(*wanted).with_for_update()):
        close(tenant_id, task.id, TaskState.done, note)
