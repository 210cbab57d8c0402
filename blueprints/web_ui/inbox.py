"""The inbox: every thread and every missed call that has none."""

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from app.desk import numbers, rows
from app.desk.rows import View, Wanted
from app.errors import Malformed
from blueprints.web_ui import bp


@bp.get("/inbox")
def inbox() -> ResponseReturnValue:
    """Show a view of the inbox."""
    wanted = wanted_rows()
    return render_template("inbox.html", wanted=wanted, page=rows.page(g.user, wanted), counts=rows.counts(g.user))


@bp.get("/fragments/inbox")
def inbox_fragment() -> ResponseReturnValue:
    """Show the list anew, or thirty more of its rows."""
    wanted = wanted_rows()
    page = rows.page(g.user, wanted)
    if wanted.after is not None:
        return render_template("fragments/rows.html", wanted=wanted, page=page, here=None)
    return render_template("fragments/inbox.html", wanted=wanted, page=page, counts=rows.counts(g.user), here=_here())


def wanted_rows() -> Wanted:
    """What the address asks of the inbox; without a view what needs somebody, and everything for a search."""
    words = request.args.get("q", "").strip()[:100]
    wrote = numbers.span(g.user.tenant, request.args.get("wrote", ""))
    default = View.all if words or wrote else View.needs_you
    try:
        view = View(request.args.get("view", default))
    except ValueError as error:
        raise Malformed("There is no such view of the inbox.") from error
    return Wanted(view, words, wrote, rows.place(request.args.get("after")))


def _here() -> str | None:
    return request.args.get("here")
