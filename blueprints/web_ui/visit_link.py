"""The page of one visit for its customer, opened by the secret in a text (interfaces.md, web-ui `/a/{token}`)."""

from datetime import datetime

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import numbers, tenancy
from app.booking import by_customer, calendar_file
from app.booking.by_customer import NotChangeable
from app.clock import now
from app.conversations import visits
from app.dispatch import wording
from app.errors import Conflict, Malformed
from app.extensions import db
from app.scheduling.appointments import Appointment, SlotTaken
from app.scheduling.types import Slot
from app.tenants import Tenant
from blueprints.web_ui import public_bp

DONE = {
    "confirm": "Thank you. See you then.",
    "cancel": "Your visit is cancelled.",
    "reschedule": "Your visit is moved.",
}


@public_bp.get("/a/<token>")
def visit(token: str) -> ResponseReturnValue:
    """What was agreed, and what can be done about it; opening the page changes nothing."""
    tenant, found = _open(token)
    return _page(tenant, found, said=DONE.get(request.args.get("done", ""), ""))


@public_bp.get("/a/<token>.ics")
def visit_file(token: str) -> ResponseReturnValue:
    """The visit as a file for the customer's own calendar."""
    tenant, found = _open(token)
    answer = Response(calendar_file.of(tenant, found), mimetype="text/calendar")
    answer.headers["Content-Disposition"] = 'attachment; filename="visit.ics"'
    return answer


@public_bp.post("/a/<token>/<any(confirm, cancel, reschedule):action>")
def change_visit(token: str, action: str) -> ResponseReturnValue:
    """Do what a button of the page says; pressed twice it is done once."""
    tenant, found = _open(token, lock=True)
    try:
        if action == "confirm":
            by_customer.acknowledge(found)
        elif action == "cancel":
            by_customer.cancel(tenant, found)
        else:
            by_customer.move(tenant, found, _start())
    except (NotChangeable, SlotTaken) as refused:
        db.session.rollback()
        return _refused(token, refused)
    db.session.commit()
    return redirect(url_for("public.visit", token=token, done=action), 303)


def _open(token: str, *, lock: bool = False) -> tuple[Tenant, Appointment]:
    tenancy.enter(tenancy.SYSTEM)
    found = by_customer.by_token(token, lock=lock)
    tenancy.enter_tenant(found.tenant_id)
    return db.session.get_one(Tenant, found.tenant_id), found


def _start() -> datetime:
    try:
        start = datetime.fromisoformat(request.form.get("start", ""))
    except ValueError as error:
        raise Malformed("Choose one of the times.") from error
    if start.tzinfo is None:
        raise Malformed("Choose one of the times.")
    return start


def _refused(token: str, refused: Conflict) -> ResponseReturnValue:
    tenant, found = _open(token)
    return _page(tenant, found, problem=str(refused)), 409


def _page(tenant: Tenant, found: Appointment, *, said: str = "", problem: str = "") -> str:
    number = numbers.primary(tenant.id)
    return render_template(
        "visit.html",
        tenant=tenant,
        visit=found,
        when=visits.window_of(tenant, found),
        price=visits.price_of(found),
        may_change=by_customer.may_change(found),
        choices=[(slot, _label(tenant, slot)) for slot in by_customer.choices(tenant, found)]
        if by_customer.may_move(found)
        else [],
        policy=tenant.settings.operational_limits.cancellation_policy if by_customer.is_late(tenant, found) else "",
        number=number.e164 if number else "",
        said=said,
        problem=problem,
    )


def _label(tenant: Tenant, slot: Slot) -> str:
    return wording.slot_text(slot, now(), zone=tenant.timezone)
