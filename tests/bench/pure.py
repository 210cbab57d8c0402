"""Measurements in this process: a dispatcher turn, a search for times."""

import datetime as dt
import random
import time
from collections.abc import Callable
from decimal import Decimal
from functools import cache

from app.dispatch import Context, Event, State, decide
from app.dispatch.types import Estimate
from app.scheduling import availability
from app.scheduling.types import AreaVerdict, Busy, Found, Place, Technician, Terms, Wanted
from tests.bench.inside import Figures, figures, timed

NOW = dt.datetime(2026, 9, 15, 17, 0, tzinfo=dt.UTC)
WEEK = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), ("08:00", "18:00"))
TEXTS = (
    "My water heater is leaking all over the basement, 789 Sunset Blvd, Los Angeles 90210",
    "hi its Dana, kitchen sink clogged and the toilet runs, 44 Elm St apt 3 90012, tomorrow afternoon or fri morning?",
    "how much for a faucet", "ok the second one", "can you do it cheaper", "tengo una fuga de agua en la cocina",
    "never mind, what about next week but not tuesday", "Is this a real person?", "yes", "I smell gas near the furnace",
)  # fmt: skip


def _terms() -> Terms:
    return Terms("America/Los_Angeles", WEEK, Place(34.0522, -118.2437, "90012", "street"))


def _busy(people: int, blocks: int) -> list[Busy]:
    dice, found = random.Random(7), []
    for number in range(blocks):
        start = NOW + dt.timedelta(minutes=15 * dice.randrange(14 * 96))
        where = Place(34.0 + dice.random() / 5, -118.4 + dice.random() / 5, None, "street")
        end = start + dt.timedelta(minutes=dice.choice((30, 60, 90)))
        found.append(Busy(str(number % people), start, end, place=where))
    return found


def availability_search() -> Figures:
    """14 days, three technicians, 300 busy blocks."""
    terms, people, taken = _terms(), [Technician(str(number)) for number in range(3)], _busy(3, 300)
    wanted = Wanted(90, place=Place(34.09, -118.4, "90210", "zip"))
    return figures(timed(lambda: availability.find(wanted, terms, people, taken, NOW), 60))


def turns() -> Figures:
    """Turns over texts of every kind: the dispatcher alone, and with a search over an open calendar."""
    terms, people, taken = _terms(), [Technician("1")], _busy(1, 40)

    @cache
    def known(wanted: Wanted) -> Found:
        return availability.find(wanted, terms, people, taken, NOW)

    whole = _talks(lambda wanted: availability.find(wanted, terms, people, taken, NOW))
    _talks(known)
    return figures(_talks(known)) | {f"with_search_{name}": value for name, value in figures(whole).items()}


def _talks(find_slots: Callable[[Wanted], Found]) -> list[float]:
    context = Context(
        business_name="Prime Plumbing", trade="plumbing", timezone="America/Los_Angeles", business_hours=WEEK,
        price_book=(
            Estimate("water_heater_repair", 120, Decimal(150), Decimal(400)),
            Estimate("drain_clog", 90, Decimal(150), Decimal(300)),
            Estimate("faucet_repair", 90, Decimal(150), Decimal(200)),
        ),
        find_slots=find_slots,
        check_area=lambda **_where: AreaVerdict("in", Place(postal_code="90210")),
    )  # fmt: skip
    found: list[float] = []
    for _ in range(40):
        state = State()
        for text in TEXTS:
            began = time.perf_counter()
            _, state = decide(state, Event.message(text), context, NOW)
            found.append((time.perf_counter() - began) * 1000)
    return sorted(found[len(TEXTS) :])
