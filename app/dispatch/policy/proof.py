"""The facts of a turn that its words may speak of: what was offered, what is booked, what the tenant set."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from app.dispatch import outgoing, proposals, wording
from app.dispatch.policy.frame import Draft, Turn
from app.dispatch.policy.side import opening_hours
from app.dispatch.types import Offer

CUSTOMERS = frozenset({"address", "place", "comma_name"})


def facts_of(turn: Turn, draft: Draft) -> outgoing.Facts:
    """What the words of this draft, and of the sentences before it, are held against."""
    return outgoing.Facts(
        language=turn.language,
        deeds=frozenset(deeds_of(turn, draft)),
        own=lambda: own_words(turn, draft),
        heard=lambda: heard_words(turn, draft),
        times=lambda: times_of(turn, draft),
        lengths=lambda: lengths_of(turn),
        amounts=lambda: amounts_of(turn, draft),
    )


def deeds_of(turn: Turn, draft: Draft) -> Iterator[str]:
    """The rows behind this turn: acts that are done with it, visits that stand."""
    for act in draft.acts:
        yield act.partition(":")[0]
    if turn.context.appointments:
        yield "visit"


def values_of(turn: Turn, draft: Draft) -> Iterator[tuple[str, str]]:
    """Every value that a template of this turn is filled with."""
    yield from turn.common_values().items()
    for one in (*turn.before, draft):
        yield from ((name, value) for name, value in one.values.items() if name != "inner")


def own_words(turn: Turn, draft: Draft) -> Iterator[str]:
    """Names, numbers and notes of the tenant, and words of our own lists."""
    context = turn.context
    yield from (value for name, value in values_of(turn, draft) if name not in outgoing.DATED | CUSTOMERS)
    yield from (context.warranty_note, context.extra_facts, context.cancellation_policy, context.emergency_line)
    yield from called(context.owner_name)


def heard_words(turn: Turn, draft: Draft) -> Iterator[str]:
    """Where the customer is and what he is called."""
    yield from (value for name, value in values_of(turn, draft) if name in CUSTOMERS)
    for name in (turn.state.name, turn.context.customer.name):
        yield from called(name or "")


def called(name: str) -> Iterator[str]:
    """A person's whole name and his first one."""
    yield name
    first = name.split(" ", maxsplit=1)[0]
    if first.istitle():
        yield first


def offers_of(turn: Turn, draft: Draft) -> Iterator[Offer]:
    """Offers of this turn, on the table, and those that lapsed."""
    yield from draft.offers
    yield from turn.table
    yield from turn.lapsed
    if draft.confirmed:
        yield draft.confirmed


def times_of(turn: Turn, draft: Draft) -> Iterator[str]:
    """Windows of offers and visits, hours that the tenant set, and the wish that may be echoed."""
    context = turn.context
    yield from (turn.slot_window(one) for one in offers_of(turn, draft))
    yield from (turn.window(one.window_start, one.window_end) for one in context.appointments)
    yield opening_hours(turn)
    yield context.phone_opens_at
    yield wording.DAY_WORDS[turn.language]["day_before"].format(clock=context.confirm_clock)
    for wish in turn.state.wishes:
        yield from wish_words(turn, wish.get("date"), wish.get("start"), wish.get("end"))


def wish_words(turn: Turn, date: str | None, start: str | None, end: str | None) -> Iterator[str]:
    """A wished day and hours as they would be echoed."""
    day = dt.date.fromisoformat(date) if date else turn.now.date()
    if date:
        noon = dt.datetime.combine(day, dt.time(12), turn.now.tzinfo)
        yield from (wording.day_text(noon, turn.now, turn.language), f"{noon:%A}", f"{noon:%a}")
    for clock in (start, end):
        if clock:
            hour, minute = int(clock[:2]) % 24, int(clock[3:5])
            yield wording.clock(dt.datetime.combine(day, dt.time(hour, minute), turn.now.tzinfo))


def lengths_of(turn: Turn) -> Iterator[str]:
    """How long the work takes, and how far the tenant goes."""
    minutes = proposals.total(turn.estimates)[2]
    yield wording.hours_text(minutes, turn.language).split(" ")[0]
    yield str(turn.context.max_travel_minutes)


def amounts_of(turn: Turn, draft: Draft) -> Iterator[int]:
    """Both ends of every price in hand: offers, visits, and the lines of the price book at the rates that apply."""
    for one in offers_of(turn, draft):
        yield from (int(one.low), int(one.high))
    for visit in turn.context.appointments:
        yield from (int(end) for end in (visit.low, visit.high) if end is not None)
    lines = [*turn.estimates, turn.context.diagnostic]
    now = turn.context.immediate
    rates = {Decimal(1), *(line.urgency_multiplier for line in lines), *((now.multiplier,) if now else ())}
    total = proposals.total(turn.estimates)
    for low, high in ((total[0], total[1]), *((line.low, line.high) for line in lines)):
        for rate in rates:
            yield from map(int, proposals.priced(low, high, rate))
