"""The bands, multipliers and dollars of behaviour.md 6."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import pricing
from app.scheduling.types import WEEKDAYS, Place, Slot, Terms

ZONE = ZoneInfo("America/Los_Angeles")
HOURS = {**dict.fromkeys(WEEKDAYS[:5], ("08:00", "18:00")), "saturday": ("08:00", "14:00"), "sunday": None}
TERMS = Terms("America/Los_Angeles", HOURS, Place(34.0522, -118.2437, precision="street"))
HEATER = (Decimal(150), Decimal(400))
DIAGNOSTIC = (Decimal(150), Decimal(200))
TUE, WED, SAT, SUN, MON = 15, 16, 19, 20, 21


def local(day, hour, minute=0):
    return dt.datetime(2026, 9, day, hour, minute, tzinfo=ZONE).astimezone(dt.UTC)


def quoted(start, hours, base, *, terms=TERMS, emergency=True, urgency_multiplier=Decimal(1)):
    """The price text of a block at its start."""
    band = pricing.band_of(start, start + dt.timedelta(hours=hours), terms)
    surcharge = pricing.surcharge_on(start.astimezone(ZONE).date(), terms) if emergency else 0
    rate = pricing.multiplier(
        band, terms, emergency=emergency, surcharge_percent=surcharge, urgency_multiplier=urgency_multiplier
    )
    return band, rate, pricing.format_price(*pricing.price(*base, rate))


@pytest.mark.parametrize(
    ("start", "base", "emergency", "expected"),
    [
        (local(TUE, 10), HEATER, False, ("work", Decimal("1.00"), "$150-$400")),
        (local(WED, 6), HEATER, False, ("early", Decimal("1.50"), "$225-$600")),
        (local(TUE, 15, 15), HEATER, True, ("work", Decimal("1.75"), "$263-$700")),
        (local(TUE, 17, 30), HEATER, True, ("evening", Decimal("2.25"), "$338-$900")),
        (local(TUE, 23, 30), HEATER, True, ("night", Decimal("2.75"), "$413-$1,100")),
        (local(SUN, 10), HEATER, True, ("work", Decimal("2.25"), "$338-$900")),
        (local(SAT, 19), HEATER, True, ("evening", Decimal("2.75"), "$413-$1,100")),
        (local(SUN, 2), HEATER, True, ("night", Decimal("3.25"), "$488-$1,300")),
        (local(TUE, 23, 30), DIAGNOSTIC, True, ("night", Decimal("2.75"), "$413-$550")),
    ],
    ids=lambda value: value.isoformat() if isinstance(value, dt.datetime) else None,
)
def test_the_worked_example(start, base, emergency, expected):
    assert quoted(start, 2, base, emergency=emergency) == expected


@pytest.mark.parametrize(
    ("start", "band", "rate"),
    [
        (local(WED, 6, 30), "early", "1.50"),
        (local(SUN, 6, 30), "early", "2.00"),
        (local(SAT, 15), "work", "2.25"),
        (local(SAT, 10), "work", "2.25"),
        (local(TUE, 18), "evening", "2.25"),
        (local(TUE, 19, 45), "evening", "2.25"),
        (local(TUE, 20), "night", "2.75"),
        (local(WED, 5, 45), "night", "2.75"),
        (local(MON, 0), "night", "2.75"),
    ],
)
def test_the_band_of_an_emergency_is_the_first_that_fits_its_start(start, band, rate):
    found, multiplier, _ = quoted(start, 2, HEATER)
    assert (found, multiplier) == (band, Decimal(rate))


@pytest.mark.parametrize(("minutes", "band"), [(120, "work"), (121, "evening")])
def test_a_block_may_end_exactly_at_closing(minutes, band):
    start = local(TUE, 16)
    assert pricing.band_of(start, start + dt.timedelta(minutes=minutes), TERMS) == band


def test_opening_before_the_early_end_ends_the_early_band():
    opens_at_seven = replace(TERMS, business_hours={"tuesday": ("07:00", "18:00")})
    start = local(TUE, 7)
    assert pricing.band_of(start, start + dt.timedelta(hours=1), opens_at_seven) == "work"
    assert pricing.band_of(local(TUE, 6, 45), local(TUE, 7, 45), opens_at_seven) == "early"


def test_inside_late_business_hours_nothing_is_evening_or_night():
    locksmith = replace(TERMS, business_hours={"tuesday": ("07:00", "22:00")})
    assert pricing.band_of(local(TUE, 20, 30), local(TUE, 21, 30), locksmith) == "work"
    assert pricing.band_of(local(TUE, 21, 30), local(TUE, 22, 30), locksmith) == "evening"
    assert pricing.band_of(local(TUE, 22), local(TUE, 23), locksmith) == "night"


def test_a_holiday_is_a_closed_day_with_the_surcharge():
    terms = replace(TERMS, holidays=frozenset({dt.date(2026, 9, TUE)}))
    assert quoted(local(TUE, 10), 2, HEATER, terms=terms) == ("work", Decimal("2.25"), "$338-$900")


def test_the_surcharge_is_added_and_never_multiplies():
    terms = replace(TERMS, surcharge_percent=100)
    assert quoted(local(SUN, 2), 2, HEATER, terms=terms)[1] == Decimal("3.75")


def test_the_surcharge_never_applies_to_a_regular_job():
    assert quoted(local(SAT, 10), 2, HEATER, emergency=False) == ("work", Decimal(1), "$150-$400")


@pytest.mark.parametrize(
    ("start", "expected"), [(local(TUE, 10), "1.75"), (local(TUE, 19), "2.5"), (local(TUE, 23), "2.5")]
)
def test_an_after_hours_multiplier_replaces_evening_and_night(start, expected):
    terms = replace(TERMS, after_hours_multiplier=Decimal("2.5"))
    assert quoted(start, 2, HEATER, terms=terms)[1] == Decimal(expected)


@pytest.mark.parametrize(("job", "expected"), [("1.5", "2.25"), ("3.0", "3.0")])
def test_the_larger_of_band_and_job_counts(job, expected):
    assert quoted(local(TUE, 19), 2, HEATER, urgency_multiplier=Decimal(job))[1] == Decimal(expected)


def test_a_jobs_multiplier_never_touches_a_regular_slot():
    assert quoted(local(TUE, 10), 2, HEATER, emergency=False, urgency_multiplier=Decimal(3))[1] == 1


@pytest.mark.parametrize(
    ("low", "high", "rate", "text"),
    [
        ("150", "150", "2.75", "$413"),
        ("95", "95", "1", "$95"),
        ("125", "200", "1.5", "$188-$300"),
        ("250", "800", "2.25", "$563-$1,800"),
        ("250", "800", "2.5", "$625-$2,000"),
        ("250", "600", "1.75", "$438-$1,050"),
        ("150", "350", "2.75", "$413-$963"),
        ("150", "300", "2.25", "$338-$675"),
        ("200", "400", "2.75", "$550-$1,100"),
        ("300", "650", "1", "$300-$650"),
        ("0.49", "0.5", "1", "$0-$1"),
        ("900", "2500", "1.75", "$1,575-$4,375"),
    ],
)
def test_each_end_is_rounded_half_up(low, high, rate, text):
    assert pricing.format_price(*pricing.price(Decimal(low), Decimal(high), Decimal(rate))) == text


@settings(deadline=None)
@given(
    cents=st.integers(0, 10_000_00),
    more=st.integers(0, 10_000_00),
    rate=st.decimals(min_value=1, max_value=4, places=2),
)
def test_a_price_stays_a_range_within_half_a_dollar_of_the_exact_one(cents, more, rate):
    low, high = Decimal(cents) / 100, Decimal(cents + more) / 100
    quoted_low, quoted_high = pricing.price(low, high, rate)
    assert quoted_low <= quoted_high
    assert -Decimal("0.5") < quoted_low - low * rate <= Decimal("0.5")
    assert -Decimal("0.5") < quoted_high - high * rate <= Decimal("0.5")


@pytest.mark.parametrize(
    ("slot_type", "band", "rate", "words"),
    [
        ("regular", "work", "1", ""),
        ("early_morning", "early", "1.5", "early-morning rate"),
        ("early_morning", "early", "1", ""),
        ("emergency_work_hours", "work", "1.75", "emergency rate"),
        ("emergency_work_hours", "early", "1.5", "early-morning emergency rate"),
        ("emergency_evening", "evening", "2.25", "evening emergency rate"),
        ("emergency_night", "night", "2.75", "night emergency rate"),
    ],
)
def test_only_a_rate_above_the_base_has_a_name(slot_type, band, rate, words):
    moment = local(TUE, 10)
    slot = Slot("a", "t", moment, moment, moment, moment, slot_type, band, Decimal(rate))
    assert pricing.rate_words(slot) == words
