"""The contractor's yes at a provider: a state that proves itself, once, for ten minutes (calendar.md 4)."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import current_app
from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.calendars import Provider, vault
from app.calendars.vault import SealBroken
from app.clock import now
from app.errors import Invalid, Malformed, Unavailable
from app.extensions import db, uuid7
from app.providers import google
from app.users import User

LIFE = timedelta(minutes=10)
BASE = "https://www.googleapis.com/auth/"
SCOPES = {
    # The least that does it: a calendar of our own, the busy times of the rest, and which calendars there are.
    "busy_and_own": (
        f"{BASE}calendar.app.created",
        f"{BASE}calendar.events.freebusy",
        f"{BASE}calendar.calendarlist.readonly",
    ),
    "full": (f"{BASE}calendar.events", f"{BASE}calendar.calendarlist.readonly"),
}


class OAuthState(db.Model):
    """One errand to a provider; only the hash of its name is kept."""

    __tablename__ = "oauth_state"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    provider: Mapped[Provider]
    state_hash: Mapped[str] = mapped_column(unique=True)
    redirect_uri: Mapped[str]
    scopes: Mapped[str]
    verifier_blob: Mapped[bytes]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


@dataclass(frozen=True)
class Errand:
    """An errand that has come back: for whom, and what proves it to the provider."""

    tenant_id: UUID
    user_id: UUID
    provider: Provider
    redirect_uri: str
    scopes: frozenset[str]
    verifier: str

    @property
    def wants_own_calendar(self) -> bool:
        return f"{BASE}calendar.events" not in self.scopes


class ProviderUnknown(Invalid):
    code = "PROVIDER_UNKNOWN"


class RedirectNotAllowed(Malformed):
    code = "REDIRECT_URI_NOT_ALLOWED"


class StateInvalid(Malformed):
    code = "STATE_INVALID"


class ScopeMissing(Malformed):
    code = "SCOPE_MISSING"


def begin(user: User, provider: str, redirect_uri: str, *, scope_level: str) -> tuple[str, str]:
    """Where to send the contractor, and the state that he brings back; raises ProviderUnknown, RedirectNotAllowed."""
    if provider not in set(Provider):
        raise ProviderUnknown("Only Google calendars can be linked so.")
    settings = current_app.extensions["settings"]
    if not settings.google_client_id:
        raise Unavailable("Google calendars are not set up here.")
    if redirect_uri not in settings.calendar_callbacks:
        raise RedirectNotAllowed("This redirect_uri is not one of ours.")
    state, verifier, row_id = secrets.token_urlsafe(32), secrets.token_urlsafe(48), uuid7()
    scopes = " ".join(SCOPES[scope_level])
    db.session.add(
        OAuthState(
            id=row_id,
            tenant_id=user.tenant_id,
            user_id=user.id,
            provider=Provider(provider),
            state_hash=_hash(state),
            redirect_uri=redirect_uri,
            scopes=scopes,
            verifier_blob=vault.seal(row_id, user.tenant_id, {"verifier": verifier}),
            expires_at=now() + LIFE,
        )
    )
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return google.consent_url(redirect_uri=redirect_uri, state=state, challenge=challenge, scopes=scopes), state


def come_back(state: str) -> Errand:
    """Use a state up, to be committed at once; raises StateInvalid for one that is unknown, used or too old."""
    row = db.session.scalar(select(OAuthState).where(OAuthState.state_hash == _hash(state)).with_for_update())
    if row is None or row.used_at is not None or row.expires_at <= now():
        raise StateInvalid("This link has been used or is too old. Start again.")
    row.used_at = now()
    try:
        verifier = vault.unseal(row.verifier_blob, row.id, row.tenant_id)["verifier"]
    except SealBroken as error:
        raise StateInvalid("This link cannot be read any more. Start again.") from error
    scopes = frozenset(row.scopes.split())
    return Errand(row.tenant_id, row.user_id, row.provider, row.redirect_uri, scopes, verifier)


def check_scopes(errand: Errand, granted: str) -> None:
    """See that everything was granted that was asked for: people may untick; raises ScopeMissing."""
    missing = errand.scopes - set(granted.split())
    if missing:
        short = ", ".join(sorted(scope.removeprefix(BASE) for scope in missing))
        raise ScopeMissing(f"Not everything was allowed: {short}. Start again and leave all boxes ticked.")


def discard_old() -> None:
    """Drop the errands that nobody can come back from any more."""
    db.session.execute(delete(OAuthState).where(OAuthState.expires_at <= now() - timedelta(days=1)))


def _hash(state: str) -> str:
    # Looked up by its hash: no comparison of ours can tell by its time how much of a guess was right.
    return hashlib.sha256(state.encode()).hexdigest()
