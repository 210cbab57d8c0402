"""Tickets for the event stream: a name in an address that opens nothing else and ends by itself (channels.md 13.5)."""

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from uuid import UUID

from redis import RedisError

from app import queue
from app.errors import Unauthenticated, Unavailable

CONNECT_WITHIN = 60
SLIDING = 600


class TicketInvalid(Unauthenticated):
    code = "AUTH_TOKEN_EXPIRED"


@dataclass(frozen=True)
class Ticket:
    """Whom a ticket stands for, and what he wants to hear; no types means all."""

    user_id: str
    tenant_id: str
    session_id: str | None = None
    event_types: tuple[str, ...] = ()


def issue(user_id: UUID, tenant_id: UUID, *, session_id: UUID | None, event_types: tuple[str, ...]) -> str:
    """A ticket with which to connect within a minute; raises Unavailable without Redis."""
    ticket = f"st_{secrets.token_urlsafe(32)}"
    told = Ticket(str(user_id), str(tenant_id), str(session_id) if session_id else None, event_types)
    try:
        queue.redis().set(_key(ticket), json.dumps(asdict(told)), ex=CONNECT_WITHIN)
    except RedisError as error:
        raise Unavailable("Live events are not possible right now.", details={"retry_after": 5}) from error
    return ticket


def use(ticket: str) -> Ticket:
    """What a ticket stands for, kept for ten more minutes; raises TicketInvalid when it is not known any more."""
    try:
        kept = queue.redis().getex(_key(ticket), ex=SLIDING)
    except RedisError as error:
        raise Unavailable("Live events are not possible right now.", details={"retry_after": 5}) from error
    if kept is None:
        raise TicketInvalid("The ticket has ended. Ask for a new one.")
    told = json.loads(kept)
    return Ticket(**told | {"event_types": tuple(told["event_types"])})


def _key(ticket: str) -> str:
    return queue.key("ticket", hashlib.sha256(ticket.encode()).hexdigest())
