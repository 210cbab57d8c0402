"""The calendar as a list, and the buttons of each visit."""

from collections.abc import Callable
from uuid import UUID

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.conversations import cards, visits
from app.desk import numbers
from app.desk import visits as desk
from app.desk.visits import Show
from app.errors import Malformed
from app.extensions import db
from app.scheduling import appointments as calendar
from app.scheduling.appointments import Appointment, AppointmentStatus
from app.users import Role
from blueprints import guards
from blueprints.web_ui import answers, bp


@bp.get("/appointments")
def appointments() -> ResponseReturnValue:
    """Show the visits of one chip, or those that the home page counted."""
    return render_template("appointments.html", **_listed())


@bp.get("/fragments/appointments")
def appointments_fragment() -> ResponseReturnValue:
    """Show the list anew."""
    return render_template("fragments/appointments.html", **_listed())


def _listed() -> dict[str, object]:
    tenant = g.user.tenant
    try:
        show = Show(request.args.get("show", Show.upcoming))
    except ValueError as error:
        raise Malformed("There is no such list of visits.") from error
    booked = numbers.span(tenant, request.args.get("booked", ""))
    found = desk.made(tenant, booked) if booked else desk.listed(tenant, show)
    values = {}
    if booked:
        rows = numbers.booked(tenant.id, booked)
        values = {"value": numbers.value(rows, is_firm=True), "estimate": numbers.value(rows, is_firm=False)}
    groups = [("", found)] if booked else desk.grouped(tenant, found)
    return {
        "show": show,
        "shows": Show,
        "booked": booked,
        "groups": groups,
        "counts": desk.counts(tenant),
        "may_write": g.user.may(Role.operator),
        **values,
    }


@bp.post("/appointments/<uuid:appointment_id>/confirm")
def confirm(appointment_id: UUID) -> ResponseReturnValue:
    """Make a tentative visit firm; the customer is told."""
    return _do(appointment_id, visits.confirm, "Confirmed. The customer gets a text.")


@bp.post("/appointments/<uuid:appointment_id>/cancel")
def cancel(appointment_id: UUID) -> ResponseReturnValue:
    """Call a visit off, with the words that the customer gets, or without any."""
    words = request.form.get("words", "").strip() if "tell" in request.form else ""
    said = "Cancelled. The customer gets your text." if words else "Cancelled. The customer was not texted."
    return _do(appointment_id, lambda visit: cards.call_off(visit, words), said)


@bp.post("/appointments/<uuid:appointment_id>/arrived")
def arrived(appointment_id: UUID) -> ResponseReturnValue:
    """Somebody is there."""
    return _do(appointment_id, lambda visit: calendar.change(visit, AppointmentStatus.in_progress), "In progress.")


@bp.post("/appointments/<uuid:appointment_id>/complete")
def complete(appointment_id: UUID) -> ResponseReturnValue:
    """The work is done."""
    return _do(appointment_id, cards.complete, "Done.")


def _do(appointment_id: UUID, deed: Callable[[Appointment], object], said: str) -> ResponseReturnValue:
    user = guards.require(Role.operator)
    deed(calendar.of(user.tenant_id, appointment_id))
    db.session.commit()
    if answers.is_htmx():
        return render_template("fragments/appointments.html", said=said, **_listed())
    return answers.done(said, url_for("web_ui.appointments"))
