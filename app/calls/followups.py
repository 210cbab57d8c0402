"""What follows from missed calls - threads, greetings, notes, tasks, consent, events - each table written once."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from app import bulk, calls, dispatch, events, messages, wordings
from app.calls import Call, CallStatus, MissedReason
from app.calls.facts import Gathered
from app.calls.texting import Decision
from app.clock import now
from app.consent import Consent, consent_row
from app.conversations import Conversation, Note, Status, context, live_row
from app.dispatch import State
from app.events import Event
from app.extensions import uuid7
from app.messages import Message, Purpose, Sender
from app.queue import Job, ring
from app.tasks import Task
from app.tasks import row as task_row

Key = tuple[UUID, str]
LOOP = (
    "Your phone forwards the calls that you do not take back to this number. Switch that forwarding off, or let us "
    "answer without ringing you."
)
ALREADY = Decision(False, "in_conversation", "Not texted again: already in conversation")


class Writer:
    """Collects the rows that follow from missed calls and writes each table with one statement."""

    def __init__(self, gathered: Gathered, people: Mapping[Key, UUID]) -> None:
        self._gathered, self._people = gathered, people
        self._opened: dict[UUID, dict[str, Any]] = {}
        self._greetings: dict[UUID, tuple[str, str, dict[str, Any]]] = {}
        self._words = wordings.of_many(gathered.tenants.values())
        self._rows: dict[str, list[dict[str, Any]]] = {
            name: [] for name in ("texts", "notes", "tasks", "consents", "events")
        }

    def open_threads(self, decided: Sequence[tuple[Call, Decision]]) -> None:
        """Open a thread for each call that is texted or blocked; who is slower finds it open already."""
        first: dict[Key, tuple[Call, dict[str, Any]]] = {}
        for call, decision in decided:
            key = (call.tenant_id, call.customer_phone)
            if (decision.sent or decision.blocks_conversation) and key not in first:
                first[key] = (call, self._thread(call, decision))
        fresh = bulk.insert(Conversation, [row for _, row in first.values()], skip_existing=True)
        self._opened = {call.id: row for call, row in first.values() if row["id"] in fresh}

    def _thread(self, call: Call, decision: Decision) -> dict[str, Any]:
        tenant = self._gathered.tenants[call.tenant_id]
        row = live_row(
            tenant,
            call.number_id,
            self._people[call.tenant_id, call.customer_phone],
            customer_phone=call.customer_phone,
            business_phone=call.business_phone,
            correlation_id=call.correlation_id,
            follow_up_at=now() + timedelta(hours=tenant.settings.dispatcher.auto_close_hours),
        )
        if decision.blocks_conversation:
            return row | {"status": Status.blocked, "mode": None, "needs_person": True, "follow_up_at": None}
        body, _, state = self._greeting(call)
        return row | {"dispatch_state": state, "last_message": body[:200]}

    def _greeting(self, call: Call) -> tuple[str, str, dict[str, Any]]:
        """The words for callers of one business at this moment; they know nothing of the caller yet."""
        if call.tenant_id not in self._greetings:
            tenant = self._gathered.tenants[call.tenant_id]
            light = context.light(tenant, seed=call.call_sid, words=self._words[tenant.id])
            result, state = dispatch.decide(State(), dispatch.Event("missed_call"), light, now())
            self._greetings[call.tenant_id] = (result.reply or "", result.template or "greeting", state.to_json())
        return self._greetings[call.tenant_id]

    def write(self, call: Call, decision: Decision) -> None:
        """What follows from one missed call."""
        opened, live = self._opened.get(call.id), self._gathered.live_thread(call)
        if decision.sent and opened is None:
            decision = ALREADY
        moment = now()
        call.status, call.decided_at, call.ended_at = CallStatus.missed, moment, call.ended_at or moment
        call.text_sent, call.text_code, call.text_reason = decision.sent, decision.code, decision.reason
        call.conversation_id = opened["id"] if opened else live
        if opened is not None:
            self._begin(call, decision, opened["id"])
        elif live is not None:
            self._note(call, live, "Called again.")
        if decision.task:
            more = {"customer_phone": call.customer_phone, "call_id": call.id, "conversation_id": call.conversation_id}
            why = f"{decision.reason}. Call back."
            self._rows["tasks"].append(task_row(call.tenant_id, f"call:{call.id}", "call_back", why, **more))
        if call.missed_reason == MissedReason.forwarding_loop:
            self._rows["tasks"].append(task_row(call.tenant_id, "forwarding-loop", "setup", LOOP))
        self._tell_missed(call, decision)

    def _begin(self, call: Call, decision: Decision, thread_id: UUID) -> None:
        told = {"conversation_id": thread_id, "customer_phone": call.customer_phone, "emergency_detected": False}
        self._rows["events"].append(events.row(call.tenant_id, "conversation.created", told, call.correlation_id))
        self._note(call, thread_id, f"{calls.describe(call)}. {decision.reason}.")
        if decision.sent:
            self._greet(call, thread_id)

    def _greet(self, call: Call, thread_id: UUID) -> None:
        body, template, _ = self._greeting(call)
        text = messages.outbound_row(
            call.tenant_id,
            thread_id,
            business_phone=call.business_phone,
            customer_phone=call.customer_phone,
            body=body,
            sender=Sender.ai,
            purpose=Purpose.greeting,
            template=template,
            control_version=1,
            call_id=call.id,
            correlation_id=call.correlation_id,
        )
        self._rows["texts"].append(text)
        evidence = {"method": "inbound_call_disclosure", "evidence": call.call_sid}
        self._rows["consents"].append(consent_row(call.tenant_id, call.customer_phone, **evidence))

    def _note(self, call: Call, thread_id: UUID, text: str) -> None:
        self._rows["notes"].append(
            {
                "id": uuid7(),
                "tenant_id": call.tenant_id,
                "conversation_id": thread_id,
                "kind": "call",
                "text": text,
                "at": now(),
            }
        )

    def _tell_missed(self, call: Call, decision: Decision) -> None:
        told = {
            "call_id": call.id,
            "customer_phone": call.customer_phone,
            "status": CallStatus.missed,
            "missed_reason": call.missed_reason,
            "text_decision": {
                "sent": decision.sent,
                "reason": decision.code,
                "text": decision.reason,
                "notify": decision.notify,
            },
        }
        self._rows["events"].append(events.row(call.tenant_id, "call.missed", told, call.correlation_id))

    def flush(self) -> None:
        """Write every table once and wake who has to go on."""
        tables: dict[str, Any] = {"texts": Message, "notes": Note, "tasks": Task, "consents": Consent, "events": Event}
        for name, table in tables.items():
            bulk.insert(table, _alike(self._rows[name]), skip_existing=name in ("tasks", "consents"))
        if self._rows["texts"]:
            ring(Job.drain_outbox)
        ring(Job.drain_events)


def _alike(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with the same keys each, as one statement wants them."""
    names = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name) for name in names} for row in rows]
