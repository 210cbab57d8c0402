"""The service area and the estimated journey (behaviour.md 7.1, 7.2)."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.scheduling import area
from app.scheduling.types import Place
from tests.app.scheduling.world import A1, A2, BASE, F1, SUN, TUE, at

WIDE = replace(F1, max_travel_miles=100, max_travel_minutes=180)
# Centroids and their distance from the base: Beverly Hills 9.7, Canoga Park 22.7, Garden Grove 24.2 and 25.1,
# Newhall 27.7, Claremont 30.3 miles.
CLOSE, EDGE, BEYOND, FAR = "90210", "92841", "92844", "91711"


def check(code=None, terms=WIDE, **more):
    return area.check(terms, postal_code=code, **more)


@pytest.mark.parametrize(
    ("code", "result"),
    [(CLOSE, "in"), ("91303", "ask"), (EDGE, "ask"), (BEYOND, "ask"), ("91321", "out"), (FAR, "out"), ("93555", "out")],
)
def test_a_zip_alone_is_in_below_90_and_out_above_110_percent(code, result):
    assert check(code).result == result


@pytest.mark.parametrize(
    ("code", "result"), [(CLOSE, "in"), (EDGE, "in"), (BEYOND, "in"), ("91321", "in"), (FAR, "out")]
)
def test_a_street_that_the_map_does_not_know_has_a_margin_of_20_percent(code, result):
    assert check(code, street="12 Main St").result == result


@pytest.mark.parametrize(("latitude", "result"), [(34.4139, "in"), (34.4142, "out")])
def test_a_known_door_is_in_up_to_the_radius(latitude, result):
    verdict = area.check(WIDE, latitude=latitude, longitude=-118.2437)
    assert (verdict.result, verdict.place.precision) == (result, "street")
    assert verdict.distance_miles == pytest.approx(25, abs=0.02)


@pytest.mark.parametrize("code", [None, "", "9021", "abcde", "00000", "90009", "73301", "09001"])
def test_no_zip_an_unknown_one_a_po_box_a_single_building_and_the_military_are_asked_about(code):
    verdict = check(code)
    assert (verdict.result, verdict.reasons) == ("ask", ("INSUFFICIENT_INFORMATION",))
    assert verdict.travel_minutes is None


@pytest.mark.parametrize("street", ["PO Box 12", "P.O. Box 9", "p o box 7", "Post Office Box 1"])
def test_a_po_box_is_no_door(street):
    assert check(CLOSE, street=street).result == "ask"


@pytest.mark.parametrize(("state", "result"), [("CA", "in"), ("ca", "in"), ("California", "in"), ("NV", "ask")])
def test_a_zip_of_another_state_is_asked_about(state, result):
    assert check(CLOSE, state=state).result == result


@pytest.mark.parametrize(("text", "code"), [("90210-1234", "90210"), (" 90210 ", "90210"), ("902101234", "90210")])
def test_zips_are_five_digits(text, code):
    assert area.normalised_zip(text) == code


def test_leading_zeros_stay():
    assert area.zip_of(area.normalised_zip("02134")).state == "MA"


def test_an_excluded_zip_is_out_and_an_included_one_is_in():
    assert check(CLOSE, replace(WIDE, zip_exclude=frozenset({CLOSE}))).reasons == ("OUT_OF_AREA",)
    assert check(FAR, replace(WIDE, zip_include=frozenset({FAR}))).result == "in"
    both = replace(WIDE, zip_include=frozenset({CLOSE}), zip_exclude=frozenset({CLOSE}))
    assert check(CLOSE, both, latitude=34.09, longitude=-118.4).result == "out"


def test_emergencies_have_their_own_radius():
    terms = replace(WIDE, emergency_radius_miles=8)
    assert check(CLOSE, terms).result == "in"
    assert check(CLOSE, terms, emergency=True).result == "out"
    assert check(CLOSE, WIDE, emergency=True).result == "in"


def test_a_verdict_knows_the_town():
    verdict = check(CLOSE)
    assert (verdict.city, verdict.state, verdict.timezone) == ("Beverly Hills", "CA", "America/Los_Angeles")
    assert verdict.place == Place(34.0901, -118.4065, "90210", "zip")


def test_the_addresses_of_the_scenarios():
    verdict = area.check(F1, latitude=34.0928, longitude=-118.3287, postal_code="90210", departs_at=at(TUE, 14, 16))
    assert (round(verdict.distance_miles, 1), round(verdict.travel_miles, 1)) == (5.6, 7.6)
    assert verdict.travel_minutes == 25
    assert round(area.straight_miles(A2, A1), 1) == 4.3
    assert area.travel_minutes(A2, A1, F1, at(TUE, 17)) == 25


def test_the_journey_starts_at_the_job_before():
    verdict = area.check(F1, latitude=34.0928, longitude=-118.3287, origin=A2)
    assert round(verdict.travel_miles / 1.35, 1) == 4.3
    assert round(verdict.distance_miles, 1) == 5.6


def test_each_broken_limit_is_named():
    slow = replace(F1, max_travel_minutes=20)
    assert check(CLOSE, slow).reasons == ("TRAVEL_TIME_EXCEEDED",)
    near = replace(F1, max_travel_miles=10)
    assert (check(CLOSE, near).result, check(CLOSE, near).reasons) == ("unreachable", ("TRAVEL_DISTANCE_EXCEEDED",))


@pytest.mark.parametrize(
    ("departs_at", "peak"),
    [
        (at(TUE, 6, 59), False),
        (at(TUE, 7), True),
        (at(TUE, 8, 59), True),
        (at(TUE, 9), False),
        (at(TUE, 16), True),
        (at(TUE, 18, 29), True),
        (at(TUE, 18, 30), False),
        (at(SUN, 8), False),
    ],
)
def test_rush_hours_are_on_working_days(departs_at, peak):
    assert area.is_peak(departs_at, "America/Los_Angeles") is peak
    assert area.travel_minutes(BASE, A1, F1, departs_at) == (30 if peak else 25)


def test_without_coordinates_the_same_zip_is_ten_minutes():
    zip_only = Place(postal_code="90210")
    assert area.travel_minutes(zip_only, A1, F1) == 10
    assert area.travel_minutes(A1, zip_only, F1) == 10


def test_without_coordinates_another_zip_is_measured_from_its_centre():
    assert area.travel_minutes(BASE, Place(postal_code="90210"), F1) == 40


def test_an_unknown_place_has_no_distance():
    assert area.travel_minutes(BASE, Place(), F1) is None
    assert area.travel_miles(Place(postal_code="00000"), A1, F1) is None
    assert area.travel_minutes(None, A1, F1) is None


def test_exactly_five_minutes_are_not_rounded_to_ten():
    still = replace(F1, travel_fixed_minutes=10)
    assert area.minutes_for(0, still, peak=True) == 10
    assert area.minutes_for(0.01, still, peak=False) == 15


latitudes, longitudes = st.floats(25, 49), st.floats(-124, -67)


@settings(deadline=None)
@given(latitudes, longitudes, latitudes, longitudes)
def test_a_straight_line_is_the_same_both_ways_and_never_negative(latitude, longitude, other_latitude, other_longitude):
    there = area.haversine_miles(latitude, longitude, other_latitude, other_longitude)
    back = area.haversine_miles(other_latitude, other_longitude, latitude, longitude)
    assert there == pytest.approx(back)
    assert there >= 0
    assert area.haversine_miles(latitude, longitude, latitude, longitude) == 0


@settings(deadline=None)
@given(st.floats(0, 200))
def test_minutes_are_steps_of_five_and_rush_hours_are_never_faster(miles):
    calm, rush = (area.minutes_for(miles, F1, peak=peak) for peak in (False, True))
    assert calm % 5 == rush % 5 == 0
    assert calm <= rush


def test_warming_loads_the_table():
    area.warm()
    assert area.zip_of.cache_info().currsize >= 1
