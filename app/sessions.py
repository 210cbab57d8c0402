"""Sessions of programs and phones: refresh tokens that change with every use, and what happens when one is used twice.

Access tokens are in tokens.py. A refresh token is opaque, kept as a hash, and good for 30 days; the last one is
answered once more within ten seconds, because an answer may be lost on its way (interfaces.md, POST /auth/refresh).
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app import tokens
from app.clock import now
from app.errors import Forbidden, Unauthenticated
from app.extensions import db, uuid7
from app.tenants import TenantStatus
from app.tokens import Claims, TokenInvalid
from app.users import AccountDisabled, User

LIFE = timedelta(days=30)
GRACE = timedelta(seconds=10)


class Session(db.Model):
    """One sign-in on one device, from its password to its last refresh."""

    __tablename__ = "device_session"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"), index=True)
    device_name: Mapped[str] = mapped_column(default="")
    platform: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_why: Mapped[str | None]


class RefreshToken(db.Model):
    """One link of a session's chain of refresh tokens."""

    __tablename__ = "refresh_token"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    session_id: Mapped[UUID] = mapped_column(ForeignKey("device_session.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]
    repeated_at: Mapped[datetime | None]
    """When it was answered a second time within the grace."""


class RefreshInvalid(Unauthenticated):
    code = "REFRESH_TOKEN_INVALID"


class SessionExpired(Unauthenticated):
    code = "SESSION_EXPIRED"


class RefreshReused(Unauthenticated):
    code = "REFRESH_TOKEN_REUSED"


class TenantInactive(Forbidden):
    code = "TENANT_INACTIVE"


@dataclass(frozen=True)
class Grant:
    """What a sign-in or a refresh hands out."""

    session: Session
    user: User
    access_token: str
    refresh_token: str


def begin(user: User, *, device_name: str = "", platform: str = "") -> Grant:
    """Start a session for somebody who has proved who they are; raises TenantInactive."""
    _check(user)
    session = Session(
        id=uuid7(),
        tenant_id=user.tenant_id,
        user_id=user.id,
        device_name=device_name,
        platform=platform,
        expires_at=now() + LIFE,
    )
    db.session.add(session)
    db.session.flush()
    return _grant(session, user)


def refresh(token: str) -> Grant:
    """Exchange a refresh token for new ones.

    Raises RefreshInvalid, SessionExpired, and RefreshReused after it has revoked the whole session: the caller commits
    that revocation too.
    """
    link = db.session.scalar(select(RefreshToken).where(RefreshToken.token_hash == _hash(token)).with_for_update())
    if link is None:
        raise RefreshInvalid("This refresh token is not known.")
    session = db.session.get_one(Session, link.session_id, with_for_update=True)
    if session.revoked_at is not None or session.expires_at <= now():
        raise SessionExpired("This session has ended. Sign in again.")
    if link.used_at is not None and not _is_lost_answer(link):
        revoke(session, "refresh token used twice")
        raise RefreshReused("This refresh token was used before; the session has been ended.")
    user = db.session.get_one(User, session.user_id)
    _check(user)
    if link.used_at is None:
        link.used_at = now()
    else:
        link.repeated_at = now()
    session.expires_at = now() + LIFE
    return _grant(session, user)


def _is_lost_answer(link: RefreshToken) -> bool:
    newest = select(RefreshToken.id).where(RefreshToken.session_id == link.session_id, RefreshToken.used_at.is_(None))
    is_last = db.session.scalar(newest.limit(1)) is not None
    used_at = link.used_at
    return is_last and link.repeated_at is None and used_at is not None and used_at > now() - GRACE


def _grant(session: Session, user: User) -> Grant:
    refresh_token = f"rt_{secrets.token_urlsafe(32)}"
    db.session.add(RefreshToken(tenant_id=session.tenant_id, session_id=session.id, token_hash=_hash(refresh_token)))
    return Grant(session, user, tokens.issue(user, session.id), refresh_token)


def _check(user: User) -> None:
    if not user.is_active:
        raise AccountDisabled("This account has been switched off.")
    if user.tenant.status == TenantStatus.closed:
        raise TenantInactive("This business has been closed.")


def person(claims: Claims) -> User:
    """The person of an access token, as the rows know them now.

    Raises TokenInvalid when the session was ended or the business changed, AccountDisabled and TenantInactive.
    """
    user = db.session.get(User, claims.user_id)
    session = db.session.get(Session, claims.session_id)
    if user is None or session is None or session.revoked_at is not None or session.user_id != user.id:
        raise TokenInvalid("This session has ended.")
    if user.tenant_id != claims.tenant_id:
        raise TokenInvalid("The token is not valid.")
    _check(user)
    return user


def revoke(session: Session, why: str) -> None:
    """End one session: its tokens are refused from the next request on."""
    if session.revoked_at is None:
        session.revoked_at, session.revoked_why = now(), why


def revoke_all(user: User, why: str) -> int:
    """End every session of a person; how many there were."""
    ended = update(Session).where(Session.user_id == user.id, Session.revoked_at.is_(None))
    return db.session.execute(ended.values(revoked_at=now(), revoked_why=why)).rowcount  # type: ignore[attr-defined]


def _hash(token: str) -> str:
    # A random token of 256 bits needs no slow hash.
    return hashlib.sha256(token.encode()).hexdigest()
