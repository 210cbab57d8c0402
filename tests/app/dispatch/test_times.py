"""Days that are computed rather than listed: holidays, counted days, days that lean on another one."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dispatch import times
from app.dispatch.times import holidays, spelling

DATES = st.dates(dt.date(2024, 1, 1), dt.date(2045, 12, 31))
NAMES = ("thanksgiving", "christmas eve", "easter", "labor day", "memorial day", "new years day", "good friday")
EASTERS = {2024: (3, 31), 2025: (4, 20), 2026: (4, 5), 2027: (3, 28), 2038: (4, 25), 2049: (4, 18)}


@pytest.mark.parametrize(("year", "day"), EASTERS.items())
def test_easter_is_the_sunday_of_the_church_calendar(year: int, day: tuple[int, int]):
    assert holidays.date_of("easter", dt.date(year, 1, 1)) == dt.date(year, *day)


@given(today=DATES, name=st.sampled_from([name for name in NAMES if name != "good friday"]))
def test_a_holiday_is_within_the_next_thirteen_months(today: dt.date, name: str):
    date = holidays.date_of(name, today)
    assert today <= date <= today + dt.timedelta(days=400)


@given(today=DATES, name=st.sampled_from(NAMES), hour=st.integers(0, 23))
def test_a_named_holiday_is_the_only_day_wished_for(today: dt.date, name: str, hour: int):
    now = dt.datetime.combine(today, dt.time(hour))
    windows = times.find(f"can you come on {name}", now=now).windows
    assert len(windows) == 1
    assert windows[0]["date"] >= f"{today:%Y-%m-%d}"


@given(today=DATES)
def test_the_day_after_is_counted_from_the_refused_one(today: dt.date):
    now = dt.datetime.combine(today, dt.time(9))
    found = times.find("not tomorrow, the day after", now=now)
    assert found.exclude == (f"{today + dt.timedelta(days=1):%Y-%m-%d}",)
    assert [window["date"] for window in found.windows] == [f"{today + dt.timedelta(days=2):%Y-%m-%d}"]


@given(
    name=st.sampled_from([name for name in spelling.TARGETS if len(name) >= spelling.LONG]),
    place=st.integers(1, 7),
)
def test_a_day_word_with_two_letters_swapped_is_understood_or_left_alone(name: str, place: int):
    at = min(place, len(name) - 2)
    word = f"{name[:at]}{name[at + 1]}{name[at]}{name[at + 2 :]}"
    assert spelling.repaired(word) in {None, spelling.WEEKDAYS.get(name, name)}
