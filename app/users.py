"""The people: contractors with a role in one business, and the support staff who belong to none."""

import enum
from datetime import datetime, timedelta
from functools import cache
from typing import TypeVar
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import ForeignKey, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.errors import Forbidden, Invalid, Unauthenticated
from app.extensions import db, uuid7
from app.tenants import Tenant

_hasher = PasswordHasher()
MAIL_PAUSE = timedelta(days=7)


class Role(enum.StrEnum):
    viewer = enum.auto()
    operator = enum.auto()
    owner = enum.auto()


RANK = {Role.viewer: 0, Role.operator: 1, Role.owner: 2}


class Presence(enum.StrEnum):
    available = enum.auto()
    busy = enum.auto()
    offline = enum.auto()
    vacation = enum.auto()


class User(db.Model):
    __tablename__ = "app_user"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), index=True)
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    display_name: Mapped[str] = mapped_column(default="")
    role: Mapped[Role] = mapped_column(default=Role.operator)
    phone_number: Mapped[str | None] = mapped_column(index=True)
    phone_verified_at: Mapped[datetime | None]
    email_verified_at: Mapped[datetime | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    presence: Mapped[Presence] = mapped_column(default=Presence.available)
    presence_until: Mapped[datetime | None]
    on_call_order: Mapped[int | None]
    alerts_by_text: Mapped[bool] = mapped_column(default=True)
    """False after the contractor answered an alert with STOP."""
    alerts_by_voice: Mapped[bool] = mapped_column(default=True)
    """False after key 9 in an alert call: he is texted instead of called."""
    email_refused_at: Mapped[datetime | None]
    """When a mail server said that there is no such address."""
    preferences: Mapped[dict] = mapped_column(JSONB, default=dict)
    preferences_version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    tenant: Mapped[Tenant] = relationship()

    def __str__(self) -> str:
        return self.display_name or self.email

    @property
    def verified_phone(self) -> str | None:
        return self.phone_number if self.phone_verified_at else None

    def is_mail_refused_at(self, moment: datetime) -> bool:
        """Whether mail is spared because the address bounced within a week before that moment."""
        return self.email_refused_at is not None and moment < self.email_refused_at + MAIL_PAUSE

    def may(self, role: Role) -> bool:
        """Whether the user has at least that role."""
        return RANK[self.role] >= RANK[role]

    def presence_at(self, moment: datetime) -> Presence:
        """The status at that moment; one that has run out counts as available."""
        over = self.presence_until is not None and self.presence_until <= moment
        return Presence.available if over else self.presence


class Staff(db.Model):
    """A member of the support team; never a tenant's role (experience.md 3)."""

    __tablename__ = "staff"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    display_name: Mapped[str] = mapped_column(default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    def __str__(self) -> str:
        return self.display_name or self.email


Person = TypeVar("Person", User, Staff)


class InvalidCredentials(Unauthenticated):
    code = "INVALID_CREDENTIALS"


class AccountDisabled(Forbidden):
    code = "ACCOUNT_DISABLED"


class PasswordTooWeak(Invalid):
    code = "PASSWORD_TOO_WEAK"


def hash_password(password: str) -> str:
    """The argon2id hash to store; raises PasswordTooWeak under 10 characters."""
    if len(password) < 10:
        raise PasswordTooWeak("Use at least 10 characters.")
    return _hasher.hash(password)


def sign_in(kind: type[Person], email: str, password: str) -> Person:
    """The person with that address and password; raises InvalidCredentials, and AccountDisabled once both are right."""
    person = db.session.scalar(select(kind).where(func.lower(kind.email) == email.strip().lower()))
    if not _matches(person.password_hash if person else _decoy(), password) or person is None:
        raise InvalidCredentials("E-mail or password is wrong.")
    if not person.is_active:
        raise AccountDisabled("This account has been switched off.")
    return person


@cache
def _decoy() -> str:
    """Verified when an address is unknown, so that the answer takes as long as for a known one."""
    return _hasher.hash("nobody has this password")


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except VerificationError:
        return False


def of(tenant_id: UUID, user_id: UUID) -> User | None:
    """The person of that business, if there is one."""
    return db.session.scalar(select(User).where(User.tenant_id == tenant_id, User.id == user_id))


def owner_of(tenant_id: UUID) -> User | None:
    """The primary owner: the oldest active one."""
    return db.session.scalar(
        select(User)
        .where(User.tenant_id == tenant_id, User.role == Role.owner, User.is_active)
        .order_by(User.created_at, User.id)
        .limit(1)
    )


def owners_of(tenant_id: UUID) -> list[User]:
    """All active owners, the oldest first."""
    owners = select(User).where(User.tenant_id == tenant_id, User.role == Role.owner, User.is_active)
    return list(db.session.scalars(owners.order_by(User.created_at, User.id)))


def with_verified_phone(tenant_id: UUID, phone: str) -> User | None:
    """The active user of a tenant who has proved to own that phone."""
    return db.session.scalar(
        select(User).where(
            User.tenant_id == tenant_id, User.phone_number == phone, User.phone_verified_at.is_not(None), User.is_active
        )
    )
