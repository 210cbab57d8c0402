"""A call was missed: claimed once, decided by facts, followed by a text, many calls at a time (behaviour.md 2.1, 3.2).

Three triggers lead here - the Dial action, the number's status callback and the sweep - in any order and any number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app import bulk, calls, customers
from app.calls import Call, CallStatus, MissedReason, facts, followups, texting
from app.clock import now
from app.extensions import db, uuid7
from app.numbers import Number, NumberStatus

CONNECTED_AT_LEAST_SECONDS = 10
DIAL_REASONS = {
    "no-answer": MissedReason.no_answer,
    "busy": MissedReason.busy,
    "failed": MissedReason.failed,
    "canceled": MissedReason.caller_hung_up,
}
OVER = ("completed", "no-answer", "busy", "canceled", "failed")
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
    call_status: str = ""
    """The state of the caller's own leg when this was reported."""
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
    strangers = _strangers(endings, known)
    lost: dict[str, Ending] = {}
    for ending in sorted(endings, key=lambda one: TRIGGERS.index(one.trigger)):
        call = known.get(ending.call_sid) or strangers.get(ending.call_sid)
        if call is not None and ending.call_sid not in lost and _is_missed(call, ending):
            lost[ending.call_sid] = ending
    claimed = calls.claim([f"missed:{sid}" for sid in lost])
    missed = [(known.get(sid) or strangers[sid], ending) for sid, ending in lost.items() if f"missed:{sid}" in claimed]
    if missed:
        _follow(missed, {call.id for call in strangers.values()})
    return len(missed)


def _lock_calls(endings: Sequence[Ending]) -> dict[str, Call]:
    sids = {ending.call_sid for ending in endings}
    found = select(Call).where(bulk.one_of(Call.call_sid, sids)).order_by(Call.id).with_for_update(of=Call)
    return {call.call_sid: call for call in db.session.scalars(found.execution_options(populate_existing=True))}


def _strangers(endings: Sequence[Ending], known: Mapping[str, Call]) -> dict[str, Call]:
    """Calls whose first webhook never reached us, as rows that are still to be written."""
    unknown = {e.call_sid: e for e in endings if e.call_sid not in known and e.trigger != "sweep" and e.called}
    if not unknown:
        return {}
    called = {ending.called for ending in unknown.values()}
    live = select(Number).where(Number.e164.in_(called), Number.status == NumberStatus.active)
    numbers = {number.e164: number for number in db.session.scalars(live)}
    return {
        sid: _call(ending, numbers[ending.called])
        for sid, ending in unknown.items()
        if ending.called in numbers and numbers[ending.called].account_sid == ending.account_sid
    }


def _call(ending: Ending, number: Number) -> Call:
    moment = ending.at or now()
    return Call(
        id=uuid7(),
        tenant_id=number.tenant_id,
        number_id=number.id,
        call_sid=ending.call_sid,
        customer_phone=ending.caller,
        business_phone=number.e164,
        status=CallStatus.ringing,
        duration_seconds=0,
        correlation_id=ending.request_id or ending.call_sid,
        sweep_at=moment + timedelta(seconds=90),
        started_at=moment,
    )


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
    elif call.accepted_at is not None:
        _complete(call, call.duration_seconds)
        return False
    else:
        call.missed_reason = MissedReason.caller_hung_up
    return True


def _was_answered(call: Call, ending: Ending) -> bool:
    """A person pressed 1 and was bridged; nothing less is an answer, whatever the carrier calls it."""
    if not ending.is_bridged:
        return False
    if call.accepted_at is not None:
        return True
    number = db.session.get(Number, call.number_id)
    is_screened = number is None or number.tenant.settings.calls.screen_mode == "press_1"
    return not is_screened and ending.dial_seconds >= CONNECTED_AT_LEAST_SECONDS


def _ended(call: Call, ending: Ending) -> bool:
    if call.accepted_at is not None:
        # This report may have overtaken the Dial action of an answered call: leave it open for that one, a minute.
        call.duration_seconds, call.ended_at = ending.call_seconds, ending.at or now()
        call.sweep_at = now() + calls.SWEEP_AFTER_END
        return False
    call.missed_reason = MissedReason.caller_hung_up
    return True


def _complete(call: Call, seconds: int) -> None:
    moment = now()
    call.status, call.duration_seconds = CallStatus.completed, seconds
    call.decided_at, call.ended_at = moment, call.ended_at or moment


def _follow(missed: Sequence[tuple[Call, Ending]], unwritten: set[UUID]) -> None:
    """Decide for each call whether it is texted, and write everything that follows."""
    gathered = facts.gather([(call, _rang(call, ending)) for call, ending in missed])
    decisions = {call.id: texting.decide(gathered.of(call)) for call, _ in missed}
    wanted = [
        (call.tenant_id, call.customer_phone)
        for call, _ in missed
        if decisions[call.id].sent or decisions[call.id].blocks_conversation
    ]
    writer = followups.Writer(gathered, customers.ensure(wanted))
    writer.open_threads([(call, decisions[call.id]) for call, _ in missed])
    for call, _ in missed:
        writer.write(call, decisions[call.id])
    _write_calls([call for call, _ in missed], unwritten)
    writer.flush()


WRITTEN = (
    "id", "tenant_id", "number_id", "call_sid", "customer_phone", "business_phone", "status", "missed_reason",
    "conversation_id", "text_sent", "text_code", "text_reason", "duration_seconds", "correlation_id", "sweep_at",
    "started_at", "decided_at", "ended_at",
)  # fmt: skip


def _write_calls(missed: Sequence[Call], unwritten: set[UUID]) -> None:
    fresh = [{name: getattr(call, name) for name in WRITTEN} for call in missed if call.id in unwritten]
    bulk.insert(Call, fresh, skip_existing=True)
    db.session.flush()


def _rang(call: Call, ending: Ending) -> facts.Ring:
    seconds = ((ending.at or now()) - call.started_at).total_seconds()
    # Dial's action may be asked for although the caller has hung up: then nobody heard what we answered.
    is_on_the_line = ending.trigger == "dial" and ending.call_status not in OVER
    return facts.Ring(seconds=max(0.0, seconds), heard_greeting=is_on_the_line or ending.trigger == "voicemail")
