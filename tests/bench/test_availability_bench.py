"""How long a search over 14 days, 3 technicians and 300 busy blocks takes."""

import datetime as dt
import random

import pytest

from app.scheduling import area, availability
from app.scheduling.types import WEEKDAYS, Busy, Place, Technician, Terms, Wanted

NOW = dt.datetime(2026, 9, 15, 15, 5, tzinfo=dt.UTC)
BASE = Place(34.0522, -118.2437, precision="street")
TERMS = Terms("America/Los_Angeles", dict.fromkeys(WEEKDAYS[:6], ("08:00", "18:00")), BASE, max_jobs_per_day=50)
TEAM = [Technician(name) for name in "abc"]


def calendar(blocks):
    chance = random.Random(1)
    for number in range(blocks):
        start = NOW + dt.timedelta(days=chance.randrange(14), minutes=15 * chance.randrange(40))
        yield Busy(
            TEAM[number % 3].id,
            start,
            start + dt.timedelta(minutes=chance.choice((30, 45, 60))),
            kind=chance.choice(("booking", "external", "hold")),
            place=Place(34 + chance.random() / 5, -118.4 + chance.random() / 5, precision="street"),
        )


@pytest.fixture(scope="module")
def busy():
    area.warm()
    return list(calendar(300))


@pytest.mark.parametrize("urgency", ["normal", "emergency"])
def test_find_fourteen_days(benchmark, busy, urgency):
    wanted = Wanted(60, urgency, place=Place(34.0928, -118.3287, precision="street"))
    found = benchmark(availability.find, wanted, TERMS, TEAM, busy, NOW)
    assert found.slots


def test_find_in_an_empty_calendar(benchmark):
    found = benchmark(availability.find, Wanted(60), TERMS, TEAM, [], NOW)
    assert found.slots


def test_free_ranges_of_fourteen_days(benchmark, busy):
    assert benchmark(availability.free_ranges, TERMS, TEAM, busy, NOW, 14)
