"""The call log."""

from uuid import UUID

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from app.desk import calls as desk
from app.desk import numbers, rows
from app.desk.calls import Show
from app.errors import Malformed
from blueprints.web_ui import bp


@bp.get("/calls")
def calls() -> ResponseReturnValue:
    """Show thirty calls of a filter."""
    try:
        show = Show(request.args.get("show", Show.missed))
    except ValueError as error:
        raise Malformed("There is no such list of calls.") from error
    during = numbers.span(g.user.tenant, request.args.get("during", ""))
    words = request.args.get("q", "").strip()[:100]
    after = rows.place(request.args.get("after"))
    lines, next_place = desk.page(g.user.tenant_id, show, words=words, during=during, after=after)
    asked = {"show": show, "during": during, "words": words}
    template = "fragments/calls.html" if after and "HX-Request" in request.headers else "calls.html"
    return render_template(template, lines=lines, next_place=next_place, shows=Show, **asked)


@bp.get("/calls/<uuid:call_id>")
def call(call_id: UUID) -> ResponseReturnValue:
    """Show one call: what happened, what was decided, what to do."""
    return render_template("call.html", line=desk.of(g.user.tenant_id, call_id))
