"""The memory of this Google: accounts, their calendars and events, and who was let in; changed under one lock."""

import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from sandbox.google.faults import Faults

CODE_SECONDS, TOKEN_SECONDS = 600, 3599
CLIENT_ID, CLIENT_SECRET = "sandbox.apps.googleusercontent.com", "sandbox-secret"


@dataclass
class Calendar:
    """One calendar; `changes` are the ids of changed events, oldest first, which sync tokens count."""

    id: str
    summary: str
    timezone: str
    is_primary: bool = False
    is_app_made: bool = False
    access_role: str = "owner"
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    first_good_cursor: int = 0

    def store(self, event: dict[str, Any]) -> dict[str, Any]:
        """Keep an event as it is now, under a new etag."""
        plain = {key: value for key, value in event.items() if key != "etag"} | {"n": len(self.changes)}
        event["etag"] = '"' + hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16] + '"'
        self.events[event["id"]] = event
        self.changes.append(event["id"])
        return event


@dataclass
class Account:
    """A person with an address; the primary calendar has the address as its id."""

    email: str
    timezone: str
    calendars: dict[str, Calendar] = field(default_factory=dict)


@dataclass
class Grant:
    """What an account allowed the client, until it is taken back."""

    account: Account
    scopes: frozenset[str]
    refresh_token: str | None = None
    is_revoked: bool = False


@dataclass
class Code:
    """A code on its way to the token endpoint; good once."""

    grant: Grant
    redirect_uri: str
    challenge: str
    is_offline: bool
    ends: float


@dataclass
class Access:
    """An access token."""

    grant: Grant
    ends: float

    @property
    def is_good(self) -> bool:
        return not self.grant.is_revoked and time.time() < self.ends


class World:
    """Everything that exists."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.faults = Faults()
        self.clear()

    def clear(self) -> None:
        """Nobody has an account, nothing was asked."""
        self.accounts: dict[str, Account] = {}
        self.codes: dict[str, Code] = {}
        self.access: dict[str, Access] = {}
        self.grants: list[Grant] = []
        self.requests: list[tuple[str, str]] = []
        self.complaints: list[str] = []
        self.faults.clear()

    def complain(self, what: str) -> None:
        """Write down a request that the real one would not have taken, which no fault has asked for."""
        self.complaints.append(what)

    def open_account(self, email: str, timezone: str) -> Account:
        """An account with its primary calendar."""
        account = self.accounts.setdefault(email, Account(email, timezone))
        account.calendars.setdefault(email, Calendar(email, email, timezone, is_primary=True))
        return account

    def let_in(self, grant: Grant) -> str:
        """A new access token."""
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self.access[token] = Access(grant, time.time() + TOKEN_SECONDS)
        return token

    def grant_of(self, token: str) -> Grant | None:
        """Whose refresh or access token that is, unless it was taken back."""
        found = next((grant for grant in self.grants if grant.refresh_token == token), None)
        if found is None and token in self.access:
            found = self.access[token].grant
        return found if found is not None and not found.is_revoked else None
