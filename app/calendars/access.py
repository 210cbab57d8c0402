"""Access tokens: one refresh at a time per account, saved before use, told once when it is dead (calendar.md 4)."""

import enum
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app import calendars
from app.calendars import Connection, ConnectionStatus, telling, vault
from app.calendars.vault import SealBroken
from app.clock import now
from app.extensions import db
from app.providers.google import Tokens

REFRESH_LEASE = timedelta(seconds=30)
EARLY = timedelta(seconds=60)


class Standing(enum.StrEnum):
    ready = enum.auto()
    refresh = enum.auto()
    """The caller asks for a new token now, with the refresh token that he was given."""
    busy = enum.auto()
    """Somebody else asks for it."""
    dead = enum.auto()


@dataclass(frozen=True)
class Pass:
    """What the caller may do; `token` is the access token, or the refresh token when he has to ask for a new one."""

    standing: Standing
    token: str = ""


def take(connection_id: UUID, refused: str = "") -> Pass:
    """A good access token of the account, or the errand to get one; `refused` is one that was not accepted."""
    connection = _locked(connection_id)
    if connection is None or connection.status in (ConnectionStatus.needs_reauth, ConnectionStatus.revoked):
        return Pass(Standing.dead)
    secret = _secret(connection)
    if secret is None:
        is_dead(connection, "the stored token cannot be read")
        return Pass(Standing.dead)
    moment = now()
    is_fresh = connection.token_expires_at is not None and connection.token_expires_at > moment + EARLY
    if is_fresh and secret["access"] != refused:
        return Pass(Standing.ready, secret["access"])
    if connection.refreshing_until is not None and connection.refreshing_until > moment:
        return Pass(Standing.busy)
    connection.refreshing_until = moment + REFRESH_LEASE
    return Pass(Standing.refresh, secret["refresh"])


def save(connection_id: UUID, tokens: Tokens) -> None:
    """Keep a new token; the old refresh token stays good where no new one came."""
    connection = _locked(connection_id)
    if connection is None or connection.status == ConnectionStatus.revoked:
        return
    keep(connection, tokens)
    connection.refreshing_until = None


def keep(connection: Connection, tokens: Tokens) -> None:
    """Seal the tokens into the row of their account."""
    former = (_secret(connection) or {}).get("refresh", "")
    secret = {"access": tokens.access_token, "refresh": tokens.refresh_token or former}
    connection.token_blob = vault.seal(connection.id, connection.tenant_id, secret)
    connection.token_expires_at = now() + timedelta(seconds=tokens.seconds)


def give_up(connection_id: UUID, why: str, *, is_for_good: bool) -> None:
    """No new token came: for now, or because the permission is gone."""
    connection = _locked(connection_id)
    if connection is None:
        return
    connection.refreshing_until = None
    if is_for_good:
        is_dead(connection, why)


def is_dead(connection: Connection, why: str) -> None:
    """The permission is gone: the account's jobs stop, its owner is told once, its visits are booked all the same."""
    if connection.status in (ConnectionStatus.needs_reauth, ConnectionStatus.revoked):
        return
    connection.status, connection.last_error = ConnectionStatus.needs_reauth, why[:500]
    connection.trouble_at = now()
    telling.reconnect(connection)
    calendars.tell(connection)


def refresh_token_of(connection: Connection) -> str | None:
    """The token by which the permission is given back; None when there is none to be read."""
    secret = _secret(connection)
    return secret["refresh"] if secret else None


def _secret(connection: Connection) -> dict[str, str] | None:
    if connection.token_blob is None:
        return None
    try:
        return vault.unseal(connection.token_blob, connection.id, connection.tenant_id)
    except SealBroken:
        return None


def _locked(connection_id: UUID) -> Connection | None:
    return db.session.get(Connection, connection_id, with_for_update=True, populate_existing=True)
