"""When each rung of a ladder is due, counted from the moment it starts; pure (behaviour.md 2.11)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.escalations import Action

AT_ONCE = timedelta(0)
LATEST = timedelta(minutes=15)
"""When everybody is told once more, whoever has not been tried by then; an emergency does not end sooner."""
TRIES = 2


@dataclass(frozen=True)
class Person:
    """Somebody who may be told, and how he can be reached."""

    user_id: UUID
    can_be_called: bool = True
    can_be_texted: bool = True


@dataclass(frozen=True)
class Case:
    """What is asked for: from which level on, how far, how fast, by which channels, and to whom."""

    first: Person
    others: tuple[Person, ...] = ()
    level: int = 1
    max_level: int = 5
    is_emergency: bool = True
    emergency_step: timedelta = timedelta(minutes=2)
    step: timedelta = timedelta(minutes=30)
    channels: frozenset[str] = frozenset({"sms", "phone_call"})

    @property
    def pace(self) -> timedelta:
        """The time from level to level."""
        return self.emergency_step if self.is_emergency else self.step

    @property
    def calls_from(self) -> timedelta:
        """When the first phone rings."""
        return AT_ONCE if self.level >= 3 else self.pace * (1 if self.is_emergency else 2)

    @property
    def list_from(self) -> timedelta:
        """When the others are tried, after the first person had his tries."""
        return AT_ONCE if self.level >= 4 else self.calls_from + self.pace * (TRIES if self.is_emergency else 1)

    def way_to(self, person: Person) -> Action | None:
        """How a person is tried at levels 3 and 4: by phone, by text where no call is asked for or possible."""
        if "phone_call" in self.channels and person.can_be_called:
            return Action.phone_call
        return Action.sms if "sms" in self.channels and person.can_be_texted else None

    def reaches_anybody(self) -> bool:
        """Whether one channel that was asked for leads to one person."""
        return any(self.way_to(person) is not None for person in (self.first, *self.others))


@dataclass(frozen=True)
class Step:
    """One rung: what is done, for whom, how long after the start."""

    after: timedelta
    level: int
    action: Action
    user_id: UUID | None = None


def plan(case: Case) -> list[Step]:
    """All rungs in the order of their times; the last one gives up."""
    steps = [*_told(case, AT_ONCE, 1, 2), *_tries(case)]
    last_round = _last_round_from(case, steps)
    if case.max_level >= 5:
        # Who would be tried later than that is tried in the round of everybody.
        steps = [step for step in steps if step.after < last_round or step.after == AT_ONCE]
        steps += _everybody(case, last_round)
    steps = [step for step in steps if step.level <= case.max_level]
    end = max((step.after for step in steps), default=AT_ONCE) + case.emergency_step
    steps.append(Step(max(end, LATEST if case.is_emergency else last_round), case.max_level, Action.give_up))
    return sorted(steps, key=lambda step: step.after)


def _told(case: Case, at: timedelta, push_level: int, text_level: int) -> Iterator[Step]:
    """Levels 1 and 2: the pages and the push, then the text."""
    yield Step(at, push_level, Action.push, case.first.user_id)
    if "sms" in case.channels and case.first.can_be_texted:
        is_later = case.level == 1 and text_level == 2
        yield Step(case.pace if is_later else at, text_level, Action.sms, case.first.user_id)


def _tries(case: Case) -> Iterator[Step]:
    """Levels 3 and 4: the first person twice (once when it is no emergency), then the others one by one."""
    way, list_from = case.way_to(case.first), case.list_from
    others = [(person.user_id, how) for person in case.others if (how := case.way_to(person)) is not None]
    if way == Action.sms and any(how == Action.phone_call for _, how in others):
        # He has his text; whose phone can ring comes in his place.
        way, list_from = None, case.calls_from
    for number in range(TRIES if case.is_emergency else 1):
        if way is not None:
            yield Step(case.calls_from + case.emergency_step * number, 3, way, case.first.user_id)
    for number, (user_id, how) in enumerate(others):
        yield Step(list_from + case.emergency_step * number, 4, how, user_id)


def _last_round_from(case: Case, steps: list[Step]) -> timedelta:
    if not case.is_emergency:
        return case.list_from + case.step
    tried = [step.after + case.emergency_step for step in steps if step.level >= 3]
    return min(max([case.list_from, *tried]), LATEST)


def _everybody(case: Case, at: timedelta) -> Iterator[Step]:
    """Level 5: everything once more, the owners by e-mail, and the support team."""
    team = AT_ONCE if case.level >= 5 else at
    yield Step(team, 5, Action.email)
    yield Step(team, 5, Action.support)
    yield from _told(case, at, 5, 5)
    number = 0
    for person in (case.first, *case.others):
        way = case.way_to(person)
        if way == Action.phone_call or (way == Action.sms and person is not case.first):
            yield Step(at + case.emergency_step * number, 5, way, person.user_id)
            number += 1
