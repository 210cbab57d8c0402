"""A ladder from its first rung to its end: opened, raised, taken, passed on (behaviour.md 2.11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import update

from app import links, notifications, numbers, tasks, users
from app.clock import now
from app.conversations import Conversation, note
from app.escalations import (
    CHANNELS,
    Action,
    Escalation,
    EscalationState,
    Rung,
    RungState,
    climbing,
    people,
    planned,
    planning,
    running_for,
    tell,
)
from app.escalations.planning import Case, Person, Step
from app.extensions import db, uuid7
from app.notifications import Category, Channel
from app.queue import Job, ring
from app.tenants import Tenant
from app.users import User


@dataclass(frozen=True)
class Alarm:
    """What an alert is about and how hard it is told."""

    level: int
    summary: str
    max_level: int = 5
    is_emergency: bool = True
    is_life_safety: bool = False
    is_accepted: bool = False
    waits_for_acceptance: bool = False
    channels: Sequence[str] = CHANNELS


def reaches_anybody(tenant: Tenant, alarm: Alarm, first: User | None = None) -> bool:
    """Whether a phone can be rung or texted for this alarm at all; support is asked to look when none can be."""
    first = first or users.owner_of(tenant.id)
    if first is not None and _case(tenant, alarm, first).reaches_anybody():
        return True
    _ask_support(tenant, alarm)
    return False


def _ask_support(tenant: Tenant, alarm: Alarm) -> None:
    why = f"An alert reaches nobody of this business: {alarm.summary}"
    tasks.ask_support(f"unreachable:{tenant.id}:{now():%Y%m%d%H%M}", "escalation", why, tenant.id)


def open_for(
    tenant: Tenant, conversation: Conversation | None, alarm: Alarm, *, first: User | None = None
) -> Escalation | None:
    """Start the ladder for a thread, or raise the level of the one that runs; None when there is nobody to tell.

    Whoever calls holds the lock of the thread. The level asked for is done at once together with the lower ones.
    """
    first = first or users.owner_of(tenant.id)
    if first is None:
        _ask_support(tenant, alarm)
        return None
    running = running_for(conversation.id) if conversation is not None else None
    if running is not None:
        return _raise(running, tenant, alarm)
    case = _case(tenant, alarm, first)
    if not case.reaches_anybody():
        _ask_support(tenant, alarm)
        case = _case(tenant, alarm, first, level=5)  # the owners' e-mail and the support team are what is left
    escalation = Escalation(
        id=uuid7(),
        tenant_id=tenant.id,
        conversation_id=conversation.id if conversation is not None else None,
        user_id=first.id,
        state=EscalationState.open,
        level=case.level,
        max_level=case.max_level,
        channels=list(alarm.channels),
        summary=alarm.summary[:300],
        is_emergency=alarm.is_emergency,
        is_life_safety=alarm.is_life_safety,
        is_accepted=alarm.is_accepted,
        waits_for_acceptance=alarm.waits_for_acceptance,
        passed_by=[],
        created_at=now(),
    )
    db.session.add(escalation)
    if conversation is not None:
        note(conversation, f"Alerted {first} (level {alarm.level}): {alarm.summary}")
    _lay(escalation, tenant, planning.plan(case))
    climbing.climb(escalation, tenant, conversation, may_ring=False)
    ring(Job.drain_alerts)
    tell(escalation)
    return escalation


def _case(tenant: Tenant, alarm: Alarm, first: User, *, level: int | None = None) -> Case:
    chosen = tenant.settings.escalation
    may_ring = alarm.is_life_safety or people.rings_ever(tenant, now())
    named = [first, *people.on_call(tenant, first)] if numbers.primary(tenant.id) is not None else []
    reached = [people.reach(user, may_ring=may_ring) for user in named] or [Person(first.id, False, False)]
    max_level = min(alarm.max_level, chosen.max_level)
    return Case(
        first=reached[0],
        others=tuple(reached[1:]),
        level=min(level or alarm.level, max_level),
        max_level=max_level,
        is_emergency=alarm.is_emergency,
        emergency_step=timedelta(minutes=chosen.emergency_step_minutes),
        step=timedelta(minutes=chosen.step_minutes),
        channels=frozenset(alarm.channels),
    )


def _lay(escalation: Escalation, tenant: Tenant, steps: Sequence[Step]) -> None:
    moment, laid = now(), len(escalation.rungs)
    for position, step in enumerate(steps, start=laid):
        rung = Rung(
            id=uuid7(),
            tenant_id=escalation.tenant_id,
            position=position,
            level=step.level,
            action=step.action,
            user_id=step.user_id,
            state=RungState.planned,
            due_at=moment + step.after,
        )
        escalation.rungs.append(rung)
    db.session.flush()
    climbing.hold(escalation, tenant)


def _raise(escalation: Escalation, tenant: Tenant, alarm: Alarm) -> Escalation:
    """Climb to the level at once if it is higher, or if calls that waited may go out now; never a second ladder."""
    is_released = (alarm.is_accepted and not escalation.is_accepted) or (
        alarm.is_life_safety and not escalation.is_life_safety
    )
    escalation.is_accepted = escalation.is_accepted or alarm.is_accepted
    escalation.is_life_safety = escalation.is_life_safety or alarm.is_life_safety
    becomes_emergency = alarm.is_emergency and not escalation.is_emergency
    escalation.is_emergency = escalation.is_emergency or alarm.is_emergency
    before = escalation.level
    reached = max((rung.level for rung in escalation.rungs if rung.state == RungState.done), default=0)
    if alarm.level <= before and not becomes_emergency and not (is_released and _waits(escalation)):
        return escalation
    escalation.summary = alarm.summary[:300]
    escalation.channels = sorted({*escalation.channels, *alarm.channels})
    escalation.max_level = max(
        escalation.max_level, min(max(alarm.max_level, alarm.level), tenant.settings.escalation.max_level)
    )
    _drop_planned(escalation)
    first = db.session.get_one(User, escalation.user_id)
    again = Alarm(
        max(alarm.level, before),
        alarm.summary,
        max_level=escalation.max_level,
        is_emergency=escalation.is_emergency,
        is_life_safety=escalation.is_life_safety,
        channels=escalation.channels,
    )
    steps = planning.plan(_case(tenant, again, first))
    passed = set(escalation.passed_by)
    fresh = [
        step
        for step in steps
        if str(step.user_id) not in passed and (step.after > planning.AT_ONCE or step.level > reached)
    ]
    escalation.level = min(again.level, escalation.max_level)
    _lay(escalation, tenant, fresh)
    thread = _thread(escalation)
    climbing.climb(escalation, tenant, thread, may_ring=False)
    if thread is not None:
        note(thread, f"Raised to level {again.level}: {alarm.summary}")
    ring(Job.drain_alerts)
    tell(escalation)
    return escalation


def _waits(escalation: Escalation) -> bool:
    """Whether no call has been made yet although one is planned: it was held back."""
    calls = [rung for rung in planned(escalation) if rung.level >= climbing.CALLS]
    return bool(calls) and escalation.calls_made == 0


def _thread(escalation: Escalation) -> Conversation | None:
    return db.session.get(Conversation, escalation.conversation_id) if escalation.conversation_id else None


def acknowledge(escalation: Escalation, user: User, *, via: str) -> bool:
    """Somebody has it: the remaining rungs are gone with one statement; False when it was closed before."""
    if escalation.state != EscalationState.open:
        return False
    escalation.acknowledged_by, escalation.acknowledged_via = str(user), via
    _close(escalation, EscalationState.acknowledged)
    first = db.session.get(User, escalation.user_id)
    if first is not None and first.id != user.id:
        notifications.tell(
            first,
            title=f"{user} has it",
            body=f"{user} has it: {escalation.summary}",
            category=Category.missed_call,
            channels=[Channel.push, Channel.sms],
            urgency="high",
            dedupe_key=f"escalation:{escalation.id}:taken",
            action_path=links.thread_path(escalation.conversation_id) if escalation.conversation_id else None,
        )
    return True


def _close(escalation: Escalation, state: EscalationState) -> None:
    escalation.state, escalation.closed_at = state, now()
    _drop_planned(escalation)
    tell(escalation)


def _drop_planned(escalation: Escalation) -> None:
    db.session.flush()
    gone = update(Rung).where(Rung.escalation_id == escalation.id, Rung.state == RungState.planned)
    db.session.execute(gone.values(state=RungState.cancelled), execution_options={"synchronize_session": "fetch"})


def close_of(conversation_id: UUID, state: EscalationState, *, by: User | None = None, via: str = "") -> None:
    """End the ladder of a thread: a person took over, or there is no emergency any more."""
    running = running_for(conversation_id)
    if running is None:
        return
    if by is not None:
        acknowledge(running, by, via=via)
    else:
        _close(running, state)


def exhaust(escalation: Escalation) -> None:
    """Nobody was reached."""
    _close(escalation, EscalationState.exhausted)


def pass_on(escalation: Escalation, user: User) -> bool:
    """This person cannot: the next one is tried now; False when he has said so before.

    When everybody has passed it on, what is left is due at once: the e-mail, the support team and the end.
    """
    if str(user.id) in escalation.passed_by:
        return False
    escalation.passed_by = [*escalation.passed_by, str(user.id)]
    for rung in planned(escalation):
        if rung.user_id == user.id:
            rung.state, rung.outcome = RungState.skipped, "passed on"
    moment, waiting = now(), planned(escalation)
    is_everybody = not any(rung.user_id is not None for rung in waiting)
    earlier = max(timedelta(0), (escalation.next_step_at or moment) - moment)
    for rung in waiting:
        if is_everybody:
            rung.due_at = moment
        elif rung.due_at is not None and rung.action != Action.give_up:
            rung.due_at -= earlier
    thread = _thread(escalation)
    if thread is not None:
        note(thread, f"{user} passed it on.")
    ring(Job.drain_alerts)
    tell(escalation)
    return True
