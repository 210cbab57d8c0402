"""Who is signed in here, for which business, which calendars he has linked, and the way out."""

from flask import current_app, g, render_template, request
from flask.typing import ResponseReturnValue

from app import calendars
from app.calendars import Provider, consent
from app.desk import machine
from app.extensions import db
from app.users import Role
from blueprints import guards
from blueprints.web_ui import bp

RESULTS = {
    "connected": "Your calendar is connected.",
    "access_denied": "Nothing was changed: you did not allow it.",
    "failed": "Google could not connect your calendar. Try again.",
}


@bp.get("/account")
def account() -> ResponseReturnValue:
    """Show who is signed in."""
    return _page(said=RESULTS.get(request.args.get("result", "")))


@bp.post("/account/calendar")
def link_calendar() -> ResponseReturnValue:
    """Begin to link a calendar; the page shows the way to Google, because a form may lead to our own pages only."""
    user, settings = guards.require(Role.operator), current_app.extensions["settings"]
    url, _state = consent.begin(user, Provider.google, settings.calendar_callbacks[0], scope_level="busy_and_own")
    db.session.commit()
    return _page(continue_at=url)


def _page(*, said: str | None = None, continue_at: str | None = None) -> str:
    mine = [one for one in calendars.linked(g.user.tenant_id) if one.user_id == g.user.id]
    may_link = bool(current_app.extensions["settings"].google_client_id) and g.user.may(Role.operator)
    return render_template(
        "account.html",
        machine=machine.of(g.user.tenant),
        linked=mine,
        may_link=may_link,
        said=said,
        continue_at=continue_at,
    )
