"""app-server: what waits for the contractor."""

from typing import Any
from uuid import UUID

from flask import jsonify
from flask.typing import ResponseReturnValue

from app import listing, tasks
from app.extensions import db
from app.tasks import Task, TaskState
from app.users import Role
from blueprints import guards
from blueprints.app_server import bp
from blueprints.paging import listed
from blueprints.reading import query, read
from blueprints.schemas.app_server import CloseTask, Tasks
from blueprints.shapes import moment


@bp.get("/tasks")
def list_tasks() -> ResponseReturnValue:
    """Tasks, the one that is due first at the top."""
    wanted = query(Tasks)
    rows = listing.tasks(guards.current_tenant_id(), wanted.state, wanted.kind)
    return jsonify(listed(rows, wanted, by=Task.due_at, key=Task.id, shape=task_json, rising=True))


@bp.patch("/tasks/<uuid:task_id>")
def close_task(task_id: UUID) -> ResponseReturnValue:
    """A task is done, or need not be."""
    body, user = read(CloseTask), guards.require(Role.operator)
    task = tasks.close(user.tenant_id, task_id, TaskState(body.state), body.note)
    db.session.commit()
    return jsonify(task_json(task))


def task_json(task: Task) -> dict[str, Any]:
    return {
        "id": str(task.id),
        "kind": task.kind,
        "why": task.why,
        "is_urgent": task.is_urgent,
        "customer_phone": task.customer_phone,
        "call_id": str(task.call_id) if task.call_id else None,
        "conversation_id": str(task.conversation_id) if task.conversation_id else None,
        "appointment_id": str(task.appointment_id) if task.appointment_id else None,
        "due_at": moment(task.due_at),
        "state": task.state,
        "note": task.note,
    }
