"""A call was missed: claimed once, decided by facts, and followed by a text, many calls at a time (behaviour.md 2.1, 3.2).

Three triggers lead here - the Dial action, the number's status callback and the sweep - in any order and any number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from app import calls, customers, dispatch, events, messages
from app.calls import Call, CallStatus, MissedReason, facts, texting
from app.calls.texting import Decision
from app.clock import now
from app.consent import Consent, consent_row
from app.conversations import Conversation, Note, Status, context, live_row
from app.dispatch import Event, State
from app.events import Event as EventRow
from app.extensions import db, uuid7
from app.messages import Message, Purpose, Sender
from app.numbers import Number, NumberStatus
from app.queue import Job, ring
from app.tasks import Task
from app.tasks import row as task_row
from app.tenants import Tenant

CONNECTED_AT_LEAST_SECONDS = 10
DIAL_REASONS = {
    "no-answer": MissedReason.no_answer,
    "busy": MissedReason.busy,
    "failed": MissedReason.failed,
    "canceled": MissedReason.caller_hung_up,
}
TRIGGERS = ("dial", "voicemail", "ended", "sweep")
"""The reports that can end a call, the one that knows most first."""


@dataclass(frozen=True)
class Ending:
    """One report that a call is over, or may be."""

    call_sid: str
    trigger: str
    """dial (the Dial action), voicemail (we answered ourselves), ended (number callback), sweep"""
    caller: str = ""
    called: str = ""
    account_sid: str = ""
    dial_status: str = ""
    is_bridged: bool = False
    dial_seconds: int = 0
    call_seconds: int = 0
    reason: str = ""
    at: datetime | None = None
    request_id: str | None = None


def settle(endings: Sequence[Ending]) -> int:
    """Decide these calls; the number of those that are missed now and were not before.

    One transaction, a fixed number of statements however many calls there are.
    """
    known = _lock_calls(endings)
    known |= _recover(endings, known)
    lost: dict[str, Ending] = {}
    for ending in sorted(endings, key=lambda one: TRIGGERS.index(one.trigger)):
        call = known.get(ending.call_sid)
        if call is not None and ending.call_sid not in lost and _is_missed(call, ending):
            lost[ending.call_sid] = ending
    db.session.flush()
    claimed = calls.claim([f"missed:{sid}" for sid in lost])
    missed = [(known[sid], ending) for sid, ending in lost.items() if f"missed:{sid}" in claimed]
    if missed:
        _follow(missed)
    return len(missed)


def _lock_calls(endings: Sequence[Ending]) -> dict[str, Call]:
    sids = {ending.call_sid for ending in endings}
    found = select(Call).where(Call.call_sid.in_(sids)).order_by(Call.id).with_for_update(of=Call)
    return {call.call_sid: call for call in db.session.scalars(found.execution_options(populate_existing=True))}


def _recover(endings: Sequence[Ending], known: Mapping[str, Call]) -> dict[str, Call]:
    """Calls whose first webhook never reached us are written down now."""
    strangers = {e.call_sid: e for e in endings if e.call_sid not in known and e.trigger != "sweep" and e.called}
    if not strangers:
        return {}
    called = {ending.called for ending in strangers.values()}
    numbers = {
        number.e164: number
        for number in db.session.scalars(select(Number).where(Number.e164.in_(called), Number.status == NumberStatus.active))
    }
    rows = [
        _call_row(ending, numbers[ending.called])
        for ending in strangers.values()
        if ending.called in numbers and numbers[ending.called].account_sid == ending.account_sid
    ]
    if not rows:
        return {}
    added = insert(Call).on_conflict_do_nothing().returning(Call)
    return {call.call_sid: call for call in db.session.scalars(added, rows)}


def _call_row(ending: Ending, number: Number) -> dict[str, Any]:
    moment = ending.at or now()
    return {
        "id": uuid7(),
        "tenant_id": number.tenant_id,
        "number_id": number.id,
        "call_sid": ending.call_sid,
        "customer_phone": ending.caller,
        "business_phone": number.e164,
        "status": CallStatus.ringing,
        "duration_seconds": 0,
        "correlation_id": ending.request_id or ending.call_sid,
        "sweep_at": moment + timedelta(seconds=90),
        "started_at": moment,
    }


def _is_missed(call: Call, ending: Ending) -> bool:
    """Apply one report to an open call; True when the call is missed by it (table of twilio.md A4)."""
    if call.status not in calls.OPEN:
        return False
    if ending.trigger == "ended":
        return _ended(call, ending)
    if ending.trigger == "dial":
        if _was_answered(call, ending):
            _complete(call, ending.dial_seconds)
            return False
        call.missed_reason = DIAL_REASONS.get(ending.dial_status, MissedReason.no_human_proof)
    elif ending.trigger == "voicemail":
        call.missed_reason = MissedReason(ending.reason)
    else:
        call.missed_reason = MissedReason.caller_hung_up
    return True


def _was_answered(call: Call, ending: Ending) -> bool:
    """A person pressed 1 and was bridged; nothing less is an answer, whatever the carrier calls it."""
    if ending.is_bridged and call.accepted_at is not None:
        return True
    return ending.is_bridged and not call.dialled and ending.dial_seconds >= CONNECTED_AT_LEAST_SECONDS


def _ended(call: Call, ending: Ending) -> bool:
    if call.accepted_at is not None:
        # This report may have overtaken the Dial action of an answered call: leave it open for that one.
        call.duration_seconds, call.ended_at = ending.call_seconds, ending.at or now()
        return False
    call.missed_reason = MissedReason.caller_hung_up
    return True


def _complete(call: Call, seconds: int) -> None:
    moment = now()
    call.status, call.duration_seconds = CallStatus.completed, seconds
    call.decided_at, call.ended_at = moment, call.ended_at or moment


def _follow(missed: Sequence[tuple[Call, Ending]]) -> None:
    """Decide for each call whether it is texted, and write everything that follows."""
    gathered = facts.gather([(call, _rang(call, ending)) for call, ending in missed])
    decisions = {call.id: texting.decide(gathered.of(call)) for call, _ in missed}
    people = customers.ensure(
        [(call.tenant_id, call.customer_phone) for call, _ in missed if decisions[call.id].sent or decisions[call.id].blocks_conversation]
    )
    threads = _open_threads([call for call, _ in missed], decisions, gathered.tenants, people)
    writer = _Writer(gathered.tenants)
    for call, _ in missed:
        writer.write(call, decisions[call.id], threads.get(call.id), gathered.live_thread(call))
    writer.flush()


def _rang(call: Call, ending: Ending) -> facts.Ring:
    seconds = ((ending.at or now()) - call.started_at).total_seconds()
    return facts.Ring(seconds=max(0.0, seconds), heard_greeting=ending.trigger in ("dial", "voicemail"))


def _open_threads(
    missed: Sequence[Call],
    decisions: Mapping[UUID, Decision],
    businesses: Mapping[UUID, Tenant],
    people: Mapping[tuple[UUID, str], UUID],
) -> dict[UUID, dict[str, Any]]:
    """Open a thread for each call that is texted or blocked; the one who is slower finds it open already."""
    rows: dict[tuple[UUID, str], dict[str, Any]] = {}
    for call in missed:
        decision, key = decisions[call.id], (call.tenant_id, call.customer_phone)
        if not (decision.sent or decision.blocks_conversation) or key in rows:
            continue
        rows[key] = _thread_row(call, decision, businesses[call.tenant_id], people[key])
    if not rows:
        return {}
    opened = insert(Conversation).on_conflict_do_nothing().returning(Conversation.id)
    ids = set(db.session.scalars(opened, list(rows.values())))
    by_key = {key: row for key, row in rows.items() if row["id"] in ids}
    taken: dict[UUID, dict[str, Any]] = {}
    for call in missed:
        row = by_key.pop((call.tenant_id, call.customer_phone), None)
        if row is not None:
            taken[call.id] = row
    return taken


def _thread_row(call: Call, decision: Decision, tenant: Tenant, customer_id: UUID) -> dict[str, Any]:
    hours = tenant.settings.dispatcher.auto_close_hours
    row = live_row(
        tenant,
        call.number_id,
        customer_id,
        customer_phone=call.customer_phone,
        business_phone=call.business_phone,
        correlation_id=call.correlation_id,
        follow_up_at=now() + timedelta(hours=hours),
        last_message="Missed call",
    )
    if decision.blocks_conversation:
        row |= {"status": Status.blocked, "mode": None, "needs_person": True, "follow_up_at": None}
    return row


class _Writer:
    """Collects the rows that follow from missed calls and writes each table once."""

    def __init__(self, businesses: Mapping[UUID, Tenant]) -> None:
        self._businesses = businesses
        self._greetings: list[dict[str, Any]] = []
        self._states: list[dict[str, Any]] = []
        self._notes: list[dict[str, Any]] = []
        self._tasks: list[dict[str, Any]] = []
        self._consents: list[dict[str, Any]] = []
        self._events: list[dict[str, Any]] = []

    def write(self, call: Call, decision: Decision, opened: dict[str, Any] | None, live: UUID | None) -> None:
        """What follows from one missed call."""
        if decision.sent and opened is None:
            decision = Decision(False, "in_conversation", "Not texted again: already in conversation")
        moment = now()
        call.status, call.decided_at, call.ended_at = CallStatus.missed, moment, call.ended_at or moment
        call.text_sent, call.text_code, call.text_reason = decision.sent, decision.code, decision.reason
        call.conversation_id = opened["id"] if opened else live
        if opened is not None:
            self._begin(call, decision, opened)
        elif live is not None:
            self._note(call, live, "Called again.")
        if decision.task:
            why = f"{decision.reason}. Call back."
            more = {"customer_phone": call.customer_phone, "call_id": call.id, "conversation_id": call.conversation_id}
            self._tasks.append(task_row(call.tenant_id, f"call:{call.id}", "call_back", why, **more))
        self._tell_missed(call, decision)

    def _begin(self, call: Call, decision: Decision, opened: dict[str, Any]) -> None:
        told = {"conversation_id": opened["id"], "customer_phone": call.customer_phone, "emergency_detected": False}
        self._events.append(events.row(call.tenant_id, "conversation.created", told, call.correlation_id))
        self._note(call, opened["id"], f"{calls.describe(call)}. {decision.reason}.")
        if decision.sent:
            self._greet(call, opened)

    def _greet(self, call: Call, opened: dict[str, Any]) -> None:
        tenant = self._businesses[call.tenant_id]
        light = context.light(tenant, seed=str(opened["id"]))
        result, state = dispatch.decide(State(), Event("missed_call"), light, now())
        opened["dispatch_state"], opened["last_message"] = state.to_json(), result.reply
        self._states.append({"b_id": opened["id"], "state": state.to_json(), "line": (result.reply or "")[:200]})
        greeting = messages.outbound_row(
            call.tenant_id,
            opened["id"],
            business_phone=call.business_phone,
            customer_phone=call.customer_phone,
            body=result.reply or "",
            sender=Sender.ai,
            purpose=Purpose.greeting,
            template=result.template,
            control_version=1,
            call_id=call.id,
            correlation_id=call.correlation_id,
        )
        self._greetings.append(greeting)
        evidence = consent_row(call.tenant_id, call.customer_phone, method="inbound_call_disclosure", evidence=call.call_sid)
        self._consents.append(evidence)

    def _note(self, call: Call, thread_id: UUID, text: str) -> None:
        row = {"id": uuid7(), "tenant_id": call.tenant_id, "conversation_id": thread_id, "kind": "call", "text": text, "at": now()}
        self._notes.append(row)

    def _tell_missed(self, call: Call, decision: Decision) -> None:
        told = {
            "call_id": call.id,
            "customer_phone": call.customer_phone,
            "status": CallStatus.missed,
            "missed_reason": call.missed_reason,
            "text_decision": {
                "sent": decision.sent,
                "code": decision.code,
                "reason": decision.code,
                "text": decision.reason,
                "notify": decision.notify,
            },
        }
        self._events.append(events.row(call.tenant_id, "call.missed", told, call.correlation_id))

    def flush(self) -> None:
        """Write every table once and wake who has to go on."""
        db.session.flush()
        for table, rows in ((Message, self._greetings), (Note, self._notes), (EventRow, self._events)):
            if rows:
                db.session.execute(insert(table), rows)
        for table, rows in ((Task, self._tasks), (Consent, self._consents)):
            if rows:
                db.session.execute(insert(table).on_conflict_do_nothing(), rows)
        self._keep_states()
        if self._greetings:
            ring(Job.drain_outbox)
        ring(Job.drain_events)

    def _keep_states(self) -> None:
        if not self._states:
            return
        table = Conversation.__table__
        kept = (
            update(table)
            .where(table.c.id == bindparam("b_id"))
            .values(dispatch_state=bindparam("state"), last_message=bindparam("line"))
        )
        db.session.connection().execute(kept, self._states)

