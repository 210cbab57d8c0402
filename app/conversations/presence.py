"""Whether the contractor is there; who leaves is not waited for any longer (behaviour.md 2.2 C11)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from app.clock import now
from app.conversations import Conversation, Mode, Status
from app.extensions import db
from app.queue import Job, ring
from app.users import Presence, User, owner_of

ABSENT = (Presence.offline, Presence.vacation)


def change(user: User, presence: Presence, until: datetime | None = None) -> None:
    """Set a person's status, for a while if `until` says so; an owner who leaves ends the windows that wait for him."""
    user.presence, user.presence_until = presence, until
    owner = owner_of(user.tenant_id)
    if presence in ABSENT and owner is not None and owner.id == user.id:
        _end_windows(user.tenant_id)


def _end_windows(tenant_id: UUID) -> None:
    waiting = update(Conversation).where(
        Conversation.tenant_id == tenant_id,
        Conversation.status == Status.active,
        Conversation.mode == Mode.owner_window,
    )
    db.session.execute(waiting.values(ai_due_at=now()))
    ring(Job.drain_turns)
