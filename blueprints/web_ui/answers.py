"""How a page answers a deed: with the changed fragment to htmx, with a redirect or the page itself to a plain form."""

from flask import flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.errors import Conflict, DomainError, Invalid, Malformed, Unauthenticated
from app.extensions import db
from blueprints import errors
from blueprints.web_ui import bp, login

WORDS_FOR_PEOPLE = (Conflict, Invalid, Malformed)


def is_htmx() -> bool:
    """Whether htmx asks and wants a fragment."""
    return "HX-Request" in request.headers


def back_to(default: str) -> str:
    """The page of ours that a form names to return to."""
    wanted = request.form.get("return", "")
    return wanted if login.is_own_page(wanted) else default


def done(said: str, page: str) -> ResponseReturnValue:
    """Say what happened and go back to the page; for a plain form."""
    flash(said)
    return redirect(back_to(page), 303)


@bp.errorhandler(Unauthenticated)
def _signed_out(error: Unauthenticated) -> ResponseReturnValue:
    db.session.rollback()
    return login.ask_to_sign_in()


@bp.errorhandler(Conflict)
@bp.errorhandler(Invalid)
@bp.errorhandler(Malformed)
def _refused(error: DomainError) -> ResponseReturnValue:
    """A refusal that no view has caught: words beside the page for htmx, the page of errors for a plain form."""
    db.session.rollback()
    status = errors.status_of(error)
    if not is_htmx():
        return errors.respond(status, error.name, str(error), error.details)
    answer = make_response(render_template("partials/notice.html", problem=str(error), said=None), status)
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#notice", "innerHTML"
    return answer
