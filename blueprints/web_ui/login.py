"""Signing in and out."""

from urllib.parse import urlsplit

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app import tenancy
from app.errors import LimitReached, Unavailable
from app.users import InvalidCredentials, User
from blueprints import limits, sessions
from blueprints.sessions import Person
from blueprints.web_ui import public_bp

STATUS = {InvalidCredentials: 422, Unavailable: 503}


@public_bp.get("/")
def front() -> ResponseReturnValue:
    """Lead people to their pages; who is not signed in signs in on the way."""
    return redirect(url_for("web_ui.home"))


@public_bp.get("/login")
def login() -> ResponseReturnValue:
    """Show the form, or the pages to who is signed in already."""
    if isinstance(current_user._get_current_object(), Person):  # noqa: SLF001 - the proxy's own way to the object
        return redirect(next_page())
    return render_template("login.html", email="", problem=None)


@public_bp.post("/login")
def sign_in() -> ResponseReturnValue:
    """Sign somebody in by e-mail and password."""
    tenancy.enter(tenancy.SYSTEM)
    email = request.form.get("email", "").strip()
    try:
        user = limits.sign_in(User, email[:200], request.form.get("password", "")[:200])
    except (InvalidCredentials, LimitReached, Unavailable) as problem:
        return render_template("login.html", email=email, problem=str(problem)), STATUS.get(type(problem), 429)
    sessions.log_in_user(user)
    return redirect(next_page(), 303)


@public_bp.post("/logout")
def sign_out() -> ResponseReturnValue:
    """Sign out of this browser."""
    sessions.log_out()
    return redirect(url_for("public.login"), 303)


def next_page() -> str:
    """Where to go after signing in: the page that was asked for if it is one of ours, else home."""
    wanted = request.values.get("next", "")
    return wanted if is_own_page(wanted) else url_for("web_ui.home")


def is_own_page(path: str) -> bool:
    """Whether a path leads to one of the contractor's pages and to no other site."""
    if not path.startswith("/app/") or "\\" in path or any(ord(letter) < 32 for letter in path):
        return False
    parts = urlsplit(path)
    return not parts.scheme and not parts.netloc


def ask_to_sign_in() -> Response:
    """The answer to a page request whose session is gone: the form, and back from there."""
    is_fragment = "HX-Request" in request.headers
    shown_page = urlsplit(request.headers.get("HX-Current-URL", "")) if is_fragment else None
    wanted = shown_page.path if shown_page else request.full_path.rstrip("?") if request.method == "GET" else ""
    there = url_for("public.login", next=wanted) if is_own_page(wanted) else url_for("public.login")
    if not is_fragment:
        return redirect(there, 303)  # type: ignore[return-value]
    answer = Response(status=401)
    answer.headers["HX-Redirect"] = there
    return answer
