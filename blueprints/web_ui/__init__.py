"""The contractor's pages: server-rendered, fresh by small fragments, usable without JavaScript (experience.md 2)."""

from flask import Blueprint

public_bp = Blueprint(
    "public",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/assets",
)
"""What anybody may open: the sign-in and the files of the pages."""

bp = Blueprint("web_ui", __name__, url_prefix="/app")
"""What only a signed-in contractor may open."""

from blueprints.web_ui import (  # noqa: E402 - the modules hang their views on the blueprints above
    account,
    appointments,
    assets,
    billing,
    calls,
    home,
    inbox,
    login,
    pages,
    security,
    shown,
    tasks,
    thread,
    visit_link,
    words,
)

__all__ = [
    "account", "appointments", "assets", "billing", "bp", "calls", "home", "inbox", "login", "pages", "public_bp",
    "security", "shown", "tasks", "thread", "visit_link", "words",
]  # fmt: skip
