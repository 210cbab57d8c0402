"""How calls, threads and texts look in an answer (interfaces.md 1.11)."""

from typing import Any

from app import leads
from app.calls import Call
from app.conversations import Conversation, Mode, Note
from app.messages import Message
from blueprints.shapes import moment


def call_json(call: Call) -> dict[str, Any]:
    voicemail = None
    if call.voicemail_url or call.transcript:
        voicemail = {"recording_media_id": None, "transcript": call.transcript, "seconds": call.voicemail_seconds}
    return {
        "id": str(call.id),
        "call_sid": call.call_sid,
        "customer_phone": call.customer_phone,
        "business_phone": call.business_phone,
        "direction": "inbound",
        "status": call.status,
        "missed_reason": call.missed_reason,
        "started_at": moment(call.started_at),
        "ended_at": moment(call.ended_at),
        "duration_seconds": call.duration_seconds,
        "voicemail": voicemail,
        "conversation_id": str(call.conversation_id) if call.conversation_id else None,
        "text_decision": text_decision_json(call),
    }


def text_decision_json(call: Call) -> dict[str, Any] | None:
    if call.text_sent is None:
        return None
    return {"sent": call.text_sent, "reason": call.text_code, "text": call.text_reason}


def conversation_json(thread: Conversation) -> dict[str, Any]:
    lead = leads.of_conversation(thread.id)
    return {
        "id": str(thread.id),
        "customer_phone": thread.customer_phone,
        "customer_id": str(thread.customer_id),
        "status": thread.status,
        "mode": thread.mode,
        "ai_active": thread.mode == Mode.ai_active,
        "human_active": thread.mode == Mode.human_active,
        "control_version": thread.control_version,
        "stage": thread.stage,
        "urgency_level": thread.urgency_level,
        "language": thread.language,
        "owner_window_expires_at": moment(thread.owner_window_expires_at),
        "held_by_user_id": str(thread.held_by_user_id) if thread.held_by_user_id else None,
        "state": "done" if thread.is_done else "open",
        "unread_count": int(thread.is_unread),
        "needs_person": thread.needs_person,
        "outcome": thread.outcome,
        "outcome_reason": thread.outcome_reason,
        "lead_id": str(lead.id) if lead else None,
        "last_message": thread.last_message,
        "last_message_at": moment(thread.last_message_at),
        "created_at": moment(thread.created_at),
    }


def message_json(message: Message) -> dict[str, Any]:
    return {
        "id": str(message.id),
        "conversation_id": str(message.conversation_id) if message.conversation_id else None,
        "direction": message.direction,
        "sender": message.sender,
        "body": message.body,
        "status": message.status,
        "error_code": message.error_code,
        "segments": message.segments,
        "media": [{"content_type": one.get("content_type")} for one in message.media],
        "answers_message_id": str(message.answers_message_id) if message.answers_message_id else None,
        "template": message.template,
        "created_at": moment(message.created_at),
        "sent_at": moment(message.sent_at),
        "delivered_at": moment(message.delivered_at),
    }


def note_json(note: Note) -> dict[str, Any]:
    return {"at": moment(note.at), "kind": note.kind, "text": note.text}
