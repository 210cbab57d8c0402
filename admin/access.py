"""Who may use the panel, and what its pages may load: staff, and nothing from elsewhere."""

from urllib.parse import urlsplit

from flask import Flask, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app import tenancy
from app.errors import Unauthenticated
from app.users import Staff
from blueprints.sessions import StaffMember

OPEN = {"admin.static", "admin_login.static", "admin_login.ask", "admin_login.sign_in"}
# Flask-Admin's templates use onclick and style attributes; scripts themselves come from us only, and none is inline.
POLICY = (
    "default-src 'none'; script-src 'self'; script-src-attr 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def init_app(web: Flask) -> None:
    """Stand before every view of the panel."""
    web.before_request(guard)


def guard() -> ResponseReturnValue | None:
    """Let staff in, to the rows of every business; send everybody else, also contractors, to the panel's sign-in."""
    if not is_panel() or request.endpoint in OPEN:
        return None
    if member() is None:
        return refuse()
    tenancy.enter(tenancy.STAFF)
    return None


def is_panel() -> bool:
    """Whether this request is for a view of the panel."""
    blueprint = request.blueprint or ""
    return blueprint == "admin" or blueprint.startswith("admin_")


def member() -> Staff | None:
    """The member of the support team who is signed in."""
    person = current_user._get_current_object()  # noqa: SLF001 - the proxy's own way to the object
    return person.staff if isinstance(person, StaffMember) else None


def refuse() -> ResponseReturnValue:
    """Ask people to sign in, and tell programs that they may not; raises Unauthenticated."""
    wants_page = not request.accept_mimetypes or request.accept_mimetypes.accept_html
    if request.method != "GET" or not wants_page:
        raise Unauthenticated("Sign in as a member of the support team.")
    return redirect(url_for("admin_login.ask", next=request.full_path.rstrip("?")))


def next_page(wanted: str) -> str:
    """Where to go after signing in: a page of the panel, never another site."""
    parts = urlsplit(wanted)
    is_ours = not parts.scheme and not parts.netloc and parts.path.startswith("/admin") and "\\" not in wanted
    return wanted if is_ours else url_for("admin.index")


def protect(response: Response) -> Response:
    """The panel's own content security policy, and no copies of customers' data in caches."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    if request.endpoint not in ("admin.static", "admin_login.static"):
        response.headers["Cache-Control"] = "no-store"
    return response
