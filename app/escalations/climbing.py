"""The rungs that are due are done: told at once, rung after the commit, held back while nobody may be woken.

The caller holds the locks of the thread and of the ladder, in this order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from app import links, notifications, numbers, tasks, users
from app.clock import now
from app.conversations import Conversation, note
from app.escalations import (
    CALLS_PER_PERSON,
    Action,
    Escalation,
    Rung,
    RungState,
    calls_within_the_hour,
    people,
    planned,
)
from app.extensions import db
from app.notifications import Category, Channel
from app.scheduling import deadlines
from app.tenants import Tenant
from app.users import User

CALLS = 3
"""The level from which on phones ring."""
LATE = timedelta(seconds=30)
WORDS = {Action.push: "told on the page", Action.sms: "texted", Action.phone_call: "called"}


@dataclass(frozen=True)
class Ring:
    """A phone to ring when no row is held any more."""

    to: str
    sender: str
    token: str


@dataclass
class Climbed:
    """What came of one look at a ladder."""

    rings: list[Ring] = field(default_factory=list)
    is_at_the_end: bool = False


def climb(escalation: Escalation, tenant: Tenant, thread: Conversation | None, *, may_ring: bool = True) -> Climbed:
    """Do the rungs that are due.

    Each is marked as done before anything leaves, so that a worker that dies may lose a call but never rings twice.
    When nobody looked for a while, the ladder goes on where it stood instead of doing everything at the same moment.
    """
    climbed = Climbed()
    told: dict[User, list[Rung]] = {}
    for rung in _to_do(escalation, tenant):
        if rung.action == Action.phone_call and not may_ring:
            continue
        if rung.action == Action.give_up:
            climbed.is_at_the_end = _is_at_the_end(rung, tenant, thread)
            continue
        escalation.level = max(escalation.level, rung.level)
        rung.state, rung.done_at = RungState.done, now()
        user = db.session.get(User, rung.user_id) if rung.user_id else None
        if user is None:
            _tell_team(escalation, rung, thread)
        elif rung.action == Action.phone_call and (ring := _ring(rung, user, tenant, thread)) is not None:
            climbed.rings.append(ring)
        else:
            told.setdefault(user, []).append(rung)
    for user, rungs in told.items():
        _tell(escalation, user, rungs, thread)
    db.session.flush()
    return climbed


def _to_do(escalation: Escalation, tenant: Tenant) -> list[Rung]:
    """What is due and may be done now; after a pause only what was due first, the rest keeps its distance."""
    moment = now()
    due = sorted((at, rung.position, rung) for rung in planned(escalation) if (at := rung.due_at) and at <= moment)
    found = [rung for _, _, rung in due]
    if due and moment - due[0][0] > LATE:
        found = [rung for at, _, rung in due if at == due[0][0]]
        _put_off([rung for rung in planned(escalation) if rung not in found], moment - due[0][0])
    if any(rung.level >= CALLS for rung in found) and hold(escalation, tenant):
        found = [rung for rung in found if rung.level < CALLS]
    return found


def _put_off(rungs: Sequence[Rung], by: timedelta) -> None:
    for rung in rungs:
        if rung.due_at is not None:
            rung.due_at += by


def hold(escalation: Escalation, tenant: Tenant) -> bool:
    """Put calls off, and all that follows them, until phones may ring; False when they may at their time."""
    waiting = [rung for rung in planned(escalation) if rung.level >= CALLS or rung.action == Action.give_up]
    calls = [rung.due_at for rung in waiting if rung.action == Action.phone_call and rung.due_at is not None]
    if not calls:
        return False
    first = max(min(calls), now())
    rings_from = people.rings_from(escalation, tenant, first)
    if rings_from == first:
        return False
    if rings_from is None:
        for rung in waiting:
            rung.due_at = None
        return True
    # One step later than they might ring: the customer hears of the morning's times first.
    step = timedelta(minutes=tenant.settings.escalation.emergency_step_minutes)
    _put_off(waiting, rings_from + step - min(calls))
    return True


def _is_at_the_end(rung: Rung, tenant: Tenant, thread: Conversation | None) -> bool:
    """Whether it is time to give up; a night visit keeps the ladder open as long as it waits for its technician."""
    until = deadlines.waits_for_technician(thread.id) if thread is not None else None
    if until is not None and until >= now():
        rung.due_at = until + timedelta(minutes=tenant.settings.escalation.emergency_step_minutes)
        return False
    rung.state, rung.done_at = RungState.done, now()
    return True


def _ring(rung: Rung, user: User, tenant: Tenant, thread: Conversation | None) -> Ring | None:
    """The call to make, None when this person is texted instead; never a number of ours, six an hour at most."""
    number, phone = numbers.primary(tenant.id), user.verified_phone
    why = None
    if number is None or phone is None or not people.reach(user).can_be_called:
        why = "cannot be called now"
    elif calls_within_the_hour(user.id) >= CALLS_PER_PERSON + 1:  # this rung counts itself already
        why = f"was called {CALLS_PER_PERSON} times within the hour"
    if why is None and number is not None and phone is not None:
        _note(thread, rung, f"called {user}")
        return Ring(to=phone, sender=number.e164, token=rung.token)
    rung.action, rung.outcome = Action.sms, why
    if "sms" not in rung.escalation.channels:
        rung.state = RungState.skipped
    _note(thread, rung, f"{user} {why}")
    return None


def _tell(escalation: Escalation, user: User, rungs: Sequence[Rung], thread: Conversation | None) -> None:
    """One notice by all the channels that are due for a person at this moment."""
    rungs = [rung for rung in rungs if rung.state == RungState.done]
    if not rungs:
        return
    texts = [rung for rung in rungs if rung.action == Action.sms]
    named = (texts or list(rungs))[0]
    channels = [Channel.push, Channel.sms] if len({rung.action for rung in rungs}) > 1 else []
    notifications.tell(
        user,
        title="Emergency" if escalation.is_emergency else "Needs you",
        body=f"{escalation.summary} Reply 1 to take it. {links.acknowledge(named.token)}",
        category=Category.missed_call,
        channels=channels or [Channel(named.action)],
        urgency="high",
        dedupe_key=f"escalation:{named.id}",
        action_path=links.thread_path(escalation.conversation_id) if escalation.conversation_id else None,
    )
    for rung in rungs:
        _note(thread, rung, f"{WORDS[rung.action]}: {user}")


def _tell_team(escalation: Escalation, rung: Rung, thread: Conversation | None) -> None:
    """Level 5: the owners' e-mail and the support team's list."""
    if rung.action == Action.email:
        mail_owners(escalation, "Nobody has taken it yet", f"Nobody has taken it yet: {escalation.summary}", "late")
        _note(thread, rung, "e-mail to the owners")
    else:
        ask_support(escalation)
        _note(thread, rung, "the support team was asked to look")


def ask_support(escalation: Escalation) -> None:
    """Put an alert that nobody takes on the support team's list, once."""
    why = f"Nobody of this business has taken an alert: {escalation.summary}"
    tasks.ask_support(f"escalation:{escalation.id}", "escalation", why, escalation.tenant_id)


def mail_owners(escalation: Escalation, title: str, body: str, stage: str) -> None:
    """An e-mail to every owner about the ladder, once per stage."""
    for owner in users.owners_of(escalation.tenant_id):
        notifications.tell(
            owner,
            title=title,
            body=body,
            category=Category.missed_call,
            channels=[Channel.email],
            urgency="high",
            dedupe_key=f"escalation:{escalation.id}:{stage}:{owner.id}",
            action_path=links.thread_path(escalation.conversation_id) if escalation.conversation_id else None,
        )


def _note(thread: Conversation | None, rung: Rung, words: str) -> None:
    if thread is not None:
        note(thread, f"Level {rung.level}: {words}.")
