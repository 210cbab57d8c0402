"""Whose calendar a request is about, and who may touch it: owners everybody's, operators their own."""

from uuid import UUID

from app import users
from app.errors import Forbidden, NotFound
from app.users import Role, User
from blueprints import guards


class UserNotFound(NotFound):
    code = "USER_NOT_FOUND"


def of(tenant_id: UUID, user_id: UUID) -> User:
    """The person of that business; raises UserNotFound."""
    found = users.of(tenant_id, user_id)
    if found is None:
        raise UserNotFound("There is no such user.")
    return found


def require_own(user_id: UUID) -> User:
    """Let an owner act for everybody and an operator for himself; the one who acts."""
    actor = guards.require(Role.operator)
    if actor.id != user_id and not actor.may(Role.owner):
        raise Forbidden("You may link and change your own calendars only.")
    return actor
