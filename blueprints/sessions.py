"""Who is signed in: contractors on the pages, staff in the panel, one cookie and one loader for both."""

from uuid import UUID

from flask import Flask, session
from flask_login import UserMixin, login_user, logout_user

from app import tenancy
from app.extensions import db, login
from app.users import Staff, User

USER, STAFF = "user", "staff"


class Person(UserMixin):
    """A contractor who is signed in."""

    def __init__(self, user: User) -> None:
        self.user = user

    def get_id(self) -> str:
        """The name of this person in the cookie."""
        return f"{USER}:{self.user.id}"


class StaffMember(UserMixin):
    """Somebody of the support team who is signed in."""

    def __init__(self, staff: Staff) -> None:
        self.staff = staff

    def get_id(self) -> str:
        """The name of this person in the cookie."""
        return f"{STAFF}:{self.staff.id}"


def init_app(web: Flask) -> None:
    """Let every request begin as nobody's, and load the person when somebody asks who is there."""
    web.before_request(_begin_as_nobody)
    login.user_loader(load)


def _begin_as_nobody() -> None:
    # Threads serve one request after the other: what the last one was allowed must not stay.
    tenancy.enter(tenancy.NOBODY)


def load(name: str) -> Person | StaffMember | None:
    """The person that a cookie names; None when he is gone or has been shut out."""
    kind, _, key = name.partition(":")
    try:
        person_id = UUID(key)
    except ValueError:
        return None
    with tenancy.scope(tenancy.SYSTEM):
        if kind == USER:
            user = db.session.get(User, person_id)
            return Person(user) if user is not None and user.is_active else None
        if kind == STAFF:
            staff = db.session.get(Staff, person_id)
            return StaffMember(staff) if staff is not None and staff.is_active else None
    return None


def log_in_user(user: User) -> None:
    """Sign a contractor in on this browser, for a month."""
    session.clear()
    session.permanent = True
    login_user(Person(user))


def log_in_staff(staff: Staff) -> None:
    """Sign somebody of the support team in until the browser is closed."""
    session.clear()
    login_user(StaffMember(staff))


def log_out() -> None:
    """Forget who was here."""
    logout_user()
    session.clear()
