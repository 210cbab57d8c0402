"""When we may text unasked: by day wherever the customer may be (behaviour.md 8.3, SC64)."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import quiet

DAY = ("09:00", "20:00")
PACIFIC, EASTERN = "America/Los_Angeles", "America/New_York"
CUSTOMER = "+13105550142"
IDAHO = "+12085550142"
"""208 lies in two zones: Boise and the north of the state."""
TOLL_FREE = "+18005550100"


def at(clock, date="2026-09-15", zone=PACIFIC):
    return dt.datetime.fromisoformat(f"{date}T{clock}").replace(tzinfo=ZoneInfo(zone))


def where(postal_code=None, phone=CUSTOMER):
    return quiet.whereabouts(postal_code=postal_code, phone=phone, tenant_zone=PACIFIC)


def test_a_zip_says_where_somebody_is():
    assert where("10001") == quiet.Whereabouts((EASTERN,), "NY")
    assert where("90210-1234").zones == (PACIFIC,)


def test_without_one_every_zone_of_the_number_counts():
    assert where(phone=IDAHO).zones == (PACIFIC, "America/Boise")
    assert where(phone=TOLL_FREE).zones == (PACIFIC,)
    assert where(phone="anonymous").zones == (PACIFIC,)
    assert where("00000").zones == (PACIFIC,)


@pytest.mark.parametrize(
    ("clock", "is_open"), [("08:59", False), ("09:00", True), ("19:59", True), ("20:00", False), ("03:00", False)]
)
def test_by_day_only(clock, is_open):
    assert quiet.is_open(at(clock), where("90210"), DAY) is is_open


def test_nothing_after_five_in_california_for_new_york():
    assert quiet.is_open(at("16:59"), where("10001"), DAY)
    assert not quiet.is_open(at("17:00"), where("10001"), DAY)
    assert quiet.opening(at("17:00"), where("10001"), DAY) == at("09:00", "2026-09-16", EASTERN)


def test_two_zones_share_what_both_have():
    assert not quiet.is_open(at("08:30"), where(phone=IDAHO), DAY)
    assert quiet.opening(at("08:30"), where(phone=IDAHO), DAY) == at("09:00")
    assert not quiet.is_open(at("19:30"), where(phone=IDAHO), DAY)


def test_states_may_be_stricter():
    sunday, texas = "2026-09-20", where("75201")
    assert not quiet.is_open(at("11:59", sunday, "America/Chicago"), texas, DAY)
    assert quiet.opening(at("09:00", sunday, "America/Chicago"), texas, DAY) == at("12:00", sunday, "America/Chicago")
    rhode_island = where("02903")
    assert not quiet.is_open(at("18:00", zone=EASTERN), rhode_island, DAY)
    assert quiet.opening(at("09:00", "2026-09-19", EASTERN), rhode_island, DAY) == at("10:00", "2026-09-19", EASTERN)
    assert not quiet.is_open(at("17:00", "2026-09-19", EASTERN), rhode_island, DAY)


def test_hours_that_never_meet_have_no_opening():
    assert quiet.opening(at("12:00"), where("10001"), ("09:00", "09:00")) is None


@given(
    moment=st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 12, 31)),  # noqa: DTZ001 - hypothesis wants them bare
    code=st.sampled_from(["90210", "10001", "75201", "02903", "96813", None]),
    phone=st.sampled_from([CUSTOMER, IDAHO, TOLL_FREE]),
)
def test_an_opening_is_open_and_the_first(moment, code, phone):
    """Whatever the moment: what comes out is allowed, not in the past, and nothing before it was."""
    asked, place = moment.replace(tzinfo=dt.UTC), where(code, phone)
    opens = quiet.opening(asked, place, DAY)
    assert opens is not None
    assert opens >= asked
    assert quiet.is_open(opens, place, DAY)
    if opens > asked:
        assert not quiet.is_open(opens - dt.timedelta(minutes=1), place, DAY)
        assert not quiet.is_open(asked, place, DAY)
