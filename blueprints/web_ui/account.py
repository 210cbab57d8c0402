"""Who is signed in here, for which business, and the way out."""

from flask import g, render_template
from flask.typing import ResponseReturnValue

from app.desk import machine
from blueprints.web_ui import bp


@bp.get("/account")
def account() -> ResponseReturnValue:
    """Show who is signed in."""
    return render_template("account.html", machine=machine.of(g.user.tenant))
