"""What waits for the contractor, and closing it with its outcome."""

from uuid import UUID

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import tasks as domain
from app.desk import needs
from app.errors import Malformed
from app.extensions import db
from app.tasks import TaskState
from app.users import Role
from blueprints import guards
from blueprints.web_ui import answers, bp

STATES = {"done": TaskState.done, "dismissed": TaskState.dismissed}


@bp.post("/tasks/<uuid:task_id>/close")
def close_task(task_id: UUID) -> ResponseReturnValue:
    """Close a task as done or as not needed."""
    user = guards.require(Role.operator)
    state = STATES.get(request.form.get("state", "done"))
    if state is None:
        raise Malformed("A task is done or dismissed.")
    domain.close(user.tenant_id, task_id, state, request.form.get("note", ""))
    db.session.commit()
    if answers.is_htmx():
        return render_template("fragments/needs.html", found=needs.of(g.user.tenant), said="Off the list.")
    return answers.done("Off the list.", url_for("web_ui.home"))
