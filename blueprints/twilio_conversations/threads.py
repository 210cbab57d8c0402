"""twilio-server: the conversations, and who speaks in them."""

from typing import Any
from uuid import UUID

from flask import jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app import audit, conversations, events, listing, notifications
from app.calls import Call
from app.conversations import Conversation, Note, human
from app.extensions import db
from app.messages import Message
from app.scheduling.appointments import Appointment
from app.users import Role
from blueprints import guards
from blueprints.app_server.appointments import appointment_json
from blueprints.paging import listed
from blueprints.reading import query, read
from blueprints.schemas import given
from blueprints.schemas.twilio_server import ChangeConversation, Close, Conversations, TakeOver
from blueprints.twilio_conversations import bp
from blueprints.twilio_conversations.shapes import call_json, conversation_json, message_json, note_json

LONGEST = 500
"""Texts and notes of one thread in one answer, the newest."""


@bp.get("/conversations")
def list_threads() -> ResponseReturnValue:
    """Conversations, the one that was written in last at the top."""
    wanted = query(Conversations)
    rows = listing.conversations(
        guards.current_tenant_id(),
        text=wanted.q,
        status=wanted.status,
        mode=wanted.mode,
        is_unread=wanted.unread,
        is_done=wanted.state == "done" if wanted.state else None,
    )
    answer = listed(rows, wanted, by=Conversation.last_message_at, key=Conversation.id, shape=conversation_json)
    return jsonify(answer)


@bp.get("/conversations/<uuid:conversation_id>")
def show_thread(conversation_id: UUID) -> ResponseReturnValue:
    """One conversation from top to end."""
    thread = conversations.of(guards.current_tenant_id(), conversation_id)
    # Read before the rows, so that a page that connects with it misses nothing.
    stream_id = events.last_id(thread.tenant_id)
    notes = [note for note in _newest(Note, thread) if note.kind == "note"]
    decisions = [note for note in _newest(Note, thread) if note.kind != "note"]
    return jsonify(
        conversation=conversation_json(thread),
        messages=[message_json(one) for one in _newest(Message, thread)],
        calls=[call_json(one) for one in _newest(Call, thread)],
        appointments=[appointment_json(one) for one in _newest(Appointment, thread)],
        notes=[note_json(one) for one in notes],
        decisions=[note_json(one) for one in decisions],
        stream_id=stream_id,
    )


def _newest(table: Any, thread: Conversation) -> list[Any]:
    rows = select(table).where(table.tenant_id == thread.tenant_id, table.conversation_id == thread.id)
    return list(reversed(db.session.scalars(rows.order_by(table.id.desc()).limit(LONGEST)).all()))


@bp.post("/conversations/<uuid:conversation_id>/takeover")
def take_over(conversation_id: UUID) -> ResponseReturnValue:
    """A person speaks from now on."""
    body, user = read(TakeOver), guards.require(Role.operator)
    thread = conversations.of(user.tenant_id, conversation_id, lock=True)
    is_new = human.take_over(thread, user)
    _audit("conversation.take_over", thread, body.reason)
    db.session.commit()
    return jsonify(conversation=conversation_json(thread), ownership_changed=is_new)


@bp.post("/conversations/<uuid:conversation_id>/release")
def release(conversation_id: UUID) -> ResponseReturnValue:
    """Give the thread back to the assistant."""
    user = guards.require(Role.operator)
    thread = conversations.of(user.tenant_id, conversation_id, lock=True)
    human.release(thread, user)
    _audit("conversation.release", thread)
    db.session.commit()
    return jsonify(conversation=conversation_json(thread))


@bp.post("/conversations/<uuid:conversation_id>/close")
def close(conversation_id: UUID) -> ResponseReturnValue:
    """The thread is over, with its outcome."""
    body, user = read(Close), guards.require(Role.operator)
    thread = conversations.of(user.tenant_id, conversation_id, lock=True)
    human.finish(thread, outcome=body.outcome, reason=body.outcome_reason)
    _audit("conversation.close", thread, body.outcome)
    db.session.commit()
    return jsonify(conversation=conversation_json(thread))


@bp.patch("/conversations/<uuid:conversation_id>")
def change(conversation_id: UUID) -> ResponseReturnValue:
    """Mark a thread, note something down, or let the assistant wait."""
    body, user = read(ChangeConversation), guards.require(Role.operator)
    thread = conversations.of(user.tenant_id, conversation_id, lock=True)
    told = given(body)
    if body.hold_ai_until is not None:
        human.hold(thread, body.hold_ai_until)
    if body.note is not None:
        conversations.note(thread, body.note, kind="note", user_id=user.id)
    if body.language is not None:
        thread.language = thread.customer.language = body.language
    if body.state is not None:
        (human.put_away if body.state == "done" else human.bring_back)(thread)
    if body.read is not None:
        thread.is_unread = not body.read
        if body.read:
            notifications.opened(user, thread.id)
        conversations.tell_updated(thread)
    _audit("conversation.change", thread, ", ".join(sorted(told)))
    db.session.commit()
    return jsonify(conversation=conversation_json(thread))


def _audit(action: str, thread: Conversation, reason: str = "") -> None:
    audit.record(action, str(thread.id), actor=guards.actor(), tenant_id=thread.tenant_id, reason=reason or None)
