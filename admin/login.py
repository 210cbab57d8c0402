"""The support team's own door: accounts of staff, never a tenant's."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin import access
from app import audit, tenancy
from app.errors import Forbidden, LimitReached, Unauthenticated, Unavailable
from app.extensions import db
from app.users import Staff
from blueprints import limits, sessions

bp = Blueprint(
    "admin_login",
    __name__,
    url_prefix="/admin",
    template_folder="templates",
    static_folder="static",
    static_url_path="/assets",
)
bp.after_request(access.protect)

STATUS = {LimitReached: 429, Unavailable: 503}
"""Everything else is a form to fill in again."""


@bp.get("/login")
def ask() -> ResponseReturnValue:
    """The form."""
    if access.member() is not None:
        return redirect(access.next_page(request.args.get("next", "")))
    return render_template("panel/login.html", wanted=request.args.get("next", ""), email="", trouble=None)


@bp.post("/login")
def sign_in() -> ResponseReturnValue:
    """Let a member of staff in, and write down that it happened."""
    tenancy.enter(tenancy.STAFF)
    email, wanted = request.form.get("email", ""), request.form.get("next", "")
    try:
        staff = limits.sign_in(Staff, email[:200], request.form.get("password", "")[:200])
    except (Unauthenticated, Forbidden, LimitReached, Unavailable) as error:
        db.session.rollback()
        status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
        return render_template("panel/login.html", wanted=wanted, email=email, trouble=str(error)), status
    sessions.log_in_staff(staff)
    audit.record("staff.sign_in", f"staff:{staff.id}", actor=staff.email)
    db.session.commit()
    return redirect(access.next_page(wanted))


@bp.post("/logout")
def sign_out() -> ResponseReturnValue:
    """Forget who was here."""
    staff = access.member()
    if staff is not None:
        audit.record("staff.sign_out", f"staff:{staff.id}", actor=staff.email)
        db.session.commit()
    sessions.log_out()
    return redirect(url_for("admin_login.ask"))
