"""The times, windows and prices that the scenarios expect, number by number (scenarios.md)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.scheduling import area
from app.scheduling.types import Place, Wanted
from tests.app.scheduling.world import (
    A1,
    A2,
    F1,
    F2,
    F3,
    F4,
    F5,
    FRI,
    MON,
    THU,
    TUE,
    WED,
    at,
    busy,
    choose,
    find,
    offered,
    starts,
    windows,
)


def dollars(low, high):
    return Decimal(low), Decimal(high)


class TestSC01SameDayEmergency:
    wanted = Wanted(120, "emergency", place=A1)
    job = busy(TUE, "15:30", "17:00", place=A2)

    def test_after_the_job_in_the_evening_or_tomorrow(self):
        assert offered(self.wanted, F1, [self.job], at(TUE, 14, 16), dollars(150, 400)) == [
            ("Tue 17:30-18:30", "$338-$900"),
            ("Wed 08:00-10:00", "$150-$400"),
        ]

    def test_the_evening_slot_is_confirmed_and_the_one_of_the_night(self):
        slot = find(self.wanted, F1, [self.job], at(TUE, 14, 16)).slots[0]
        assert (slot.start, slot.end) == (at(TUE, 17, 30), at(TUE, 19, 30))
        assert (slot.slot_type, slot.band, slot.booking_type) == ("emergency_evening", "evening", "confirmed")
        assert slot.after_hours
        used = busy(TUE, "18:00", "20:00", after_hours=True)
        assert not starts(find(self.wanted, F1, [self.job, used], at(TUE, 14, 16)).slots, "emergency_night")

    def test_an_empty_calendar_leaves_room_before_closing(self):
        assert offered(self.wanted, F1, [], at(TUE, 14, 16), dollars(150, 400)) == [
            ("Tue 15:15-16:00", "$263-$700"),
            ("Wed 08:00-10:00", "$150-$400"),
        ]
        slot = find(self.wanted, F1, [], at(TUE, 14, 16)).slots[0]
        assert (slot.end, slot.slot_type, slot.after_hours) == (at(TUE, 17, 15), "emergency_work_hours", False)

    def test_without_after_hours_only_tomorrow(self):
        terms = replace(F1, after_hours_enabled=False)
        assert offered(self.wanted, terms, [self.job], at(TUE, 14, 16), dollars(150, 400)) == [
            ("Wed 08:00-10:00", "$150-$400")
        ]


def test_sc02_next_day_around_an_entry_of_the_calendar():
    now = at(TUE, 19, 45)
    taken = [busy(WED, "8:00", "9:30", kind="external")]
    assert offered(Wanted(120), F2, taken, now, dollars(125, 200)) == [
        ("Wed 06:00-08:00", "$188-$300"),
        ("Wed 10:00-12:00", "$125-$200"),
        ("Wed 12:00-14:00", "$125-$200"),
    ]
    found = find(Wanted(120), F2, taken, now)
    assert {slot.booking_type for slot in found.slots} == {"tentative"}
    assert not starts(found.slots, "emergency_evening", "emergency_night")


@pytest.mark.parametrize("urgency", ["normal", "urgent"])
def test_sc03_early_premium_or_regular(urgency):
    assert offered(Wanted(120, urgency, place=A2), F3, [], at(TUE, 19, 45), dollars(150, 200)) == [
        ("Wed 06:00-08:00", "$225-$300"),
        ("Wed 08:00-10:00", "$150-$200"),
        ("Wed 12:00-14:00", "$150-$200"),
    ]


def test_sc04_locksmith_at_night():
    wanted = Wanted(60, "emergency")
    assert offered(wanted, F4, [], at(TUE, 22, 31), dollars(150, 150)) == [
        ("Tue 23:30-00:30", "$413"),
        ("Wed 07:00-08:00", "$150"),
    ]
    first = find(wanted, F4, [], at(TUE, 22, 31)).slots[0]
    assert (first.slot_type, first.booking_type) == ("emergency_night", "confirmed")


def test_sc04_a_plain_lockout_gets_the_morning():
    assert offered(Wanted(60, "urgent"), F4, [], at(TUE, 22, 31), dollars(150, 150))[:2] == [
        ("Wed 06:00-07:00", "$225"),
        ("Wed 07:00-08:00", "$150"),
    ]


def test_sc05_evening_and_the_prices_of_tomorrow_on_request():
    wanted, now, base = Wanted(120, "emergency"), at(TUE, 18, 16), dollars(150, 300)
    tonight, tomorrow = ("Tue 19:15-20:15", "$338-$675"), ("Wed 08:00-10:00", "$150-$300")
    assert offered(wanted, F2, [], now, base) == [tonight, tomorrow]
    asked = offered(wanted, F2, [], now, base, want_price_options=True)
    assert asked == [tonight, ("Wed 06:00-08:00", "$225-$450"), tomorrow]


def test_sc06_out_of_the_service_area():
    verdict = area.check(F1, latitude=35.6225, longitude=-117.6708, postal_code="93555")
    assert (verdict.result, verdict.reasons) == ("out", ("OUT_OF_AREA",))
    assert round(verdict.distance_miles, 1) == 113.3


def test_sc07_inside_the_radius_but_beyond_both_travel_limits():
    terms = replace(F1, service_radius_miles=50)
    verdict = area.check(terms, latitude=34.4839, longitude=-118.1969, postal_code="91390", departs_at=at(TUE, 11))
    assert verdict.result == "unreachable"
    assert verdict.reasons == ("TRAVEL_TIME_EXCEEDED", "TRAVEL_DISTANCE_EXCEEDED")
    assert (round(verdict.distance_miles, 1), round(verdict.travel_miles, 1)) == (29.9, 40.4)
    assert verdict.travel_minutes == 95
    place = Place(34.4839, -118.1969, precision="street")
    found = find(Wanted(90, place=place), terms, [], at(TUE, 11))
    assert (found.slots, found.reasons) == ((), ("TRAVEL_TIME_EXCEEDED", "TRAVEL_DISTANCE_EXCEEDED"))


def test_sc08_diagnostic_today_and_a_longer_job_tomorrow():
    now = at(TUE, 15, 10)
    assert offered(Wanted(60, "urgent"), F1, [], now, dollars(150, 200))[0] == ("Tue 16:15-17:00", "$150-$200")
    leak = offered(Wanted(120, "urgent"), F1, [], now, dollars(150, 450))
    assert ("Wed 08:00-10:00", "$150-$450") in leak
    assert all(window.startswith("Wed") for window, _ in leak)


def test_sc10_a_full_day():
    six = [busy(TUE, f"{hour}:00", f"{hour}:30") for hour in (8, 9, 10, 13, 14, 16)]
    found = find(Wanted(90, place=A1), F1, six, at(TUE, 11))
    assert (found.full_today, found.reasons) == (True, ("CAPACITY_REACHED",))
    assert offered(Wanted(90, place=A1), F1, six, at(TUE, 11), dollars(150, 200)) == [
        ("Wed 06:00-08:00", "$225-$300"),
        ("Wed 08:00-10:00", "$150-$200"),
        ("Wed 12:00-14:00", "$150-$200"),
    ]


def test_sc11_a_price_objection_adds_the_morning():
    wanted, now, base = Wanted(90, "emergency"), at(TUE, 21, 1), dollars(150, 350)
    tonight, tomorrow = ("Tue 22:00-23:00", "$413-$963"), ("Wed 08:00-10:00", "$150-$350")
    assert offered(wanted, F1, [], now, base) == [tonight, tomorrow]
    objected = offered(wanted, F1, [], now, base, want_price_options=True)
    assert objected == [tonight, ("Wed 06:00-08:00", "$225-$525"), tomorrow]


def test_sc12_no_evening_for_what_is_no_emergency():
    assert offered(Wanted(120), F2, [], at(TUE, 20, 30), dollars(125, 200)) == [
        ("Wed 06:00-08:00", "$188-$300"),
        ("Wed 08:00-10:00", "$125-$200"),
        ("Wed 12:00-14:00", "$125-$200"),
    ]


def test_sc13_a_hold_hides_the_slot_from_others_until_it_is_released():
    hold = busy(TUE, "14:15", "16:15", kind="hold", owner="conversation-1")
    now = at(TUE, 12, 3)
    mine = find(Wanted(120, asker="conversation-1"), F1, [hold], now)
    others = find(Wanted(120, asker="conversation-2"), F1, [hold], now)
    assert starts(mine.slots)[0] == "Tue 14:15"
    assert not [slot for slot in others.slots if slot.start < at(WED, 0)]
    assert mine == find(Wanted(120, asker="conversation-1"), F1, [], now)


def test_sc15_two_jobs_are_one_block():
    assert offered(Wanted(180, place=A1), F1, [], at(TUE, 10, 5), dollars(300, 650))[0] == (
        "Tue 12:15-14:15",
        "$300-$650",
    )


def test_sc16_a_fire_hazard_at_midnight():
    wanted = Wanted(90, "emergency")
    assert offered(wanted, F2, [], at(TUE, 23, 4), dollars(200, 400)) == [
        ("Wed 00:00-01:00", "$550-$1,100"),
        ("Wed 08:00-10:00", "$200-$400"),
    ]
    assert find(wanted, F2, [], at(TUE, 23, 4)).slots[0].booking_type == "confirmed"


def test_sc17_two_hours_of_lead_time():
    assert offered(Wanted(120, place=A1), F1, [], at(TUE, 8, 59), dollars(150, 400))[0] == (
        "Tue 11:00-13:00",
        "$150-$400",
    )


class TestSC18OneAfterHoursEmergency:
    six = tuple(busy(TUE, f"{hour}:00", f"{hour + 1}:00") for hour in (8, 10, 12, 14, 15, 17))

    def test_the_first_gets_the_evening_although_the_day_is_full(self):
        base = dollars(250, 800)
        options = offered(Wanted(150, "emergency"), F1, list(self.six), at(TUE, 18, 45), base)
        assert options[0] == ("Tue 19:30-20:30", "$563-$1,800")
        slot = find(Wanted(150, "emergency"), F1, self.six, at(TUE, 18, 45)).slots[0]
        assert (slot.end, slot.booking_type) == (at(TUE, 22), "confirmed")

    def test_the_second_gets_the_morning(self):
        night = busy(TUE, "19:30", "22:00", after_hours=True)
        taken = [*self.six, night]
        assert offered(Wanted(90, "emergency"), F1, taken, at(TUE, 18, 55), dollars(150, 350)) == [
            ("Wed 08:00-10:00", "$150-$350")
        ]

    def test_the_after_hours_multiplier_replaces_the_band(self):
        terms = replace(F1, after_hours_multiplier=Decimal("2.5"))
        options = offered(Wanted(150, "emergency"), terms, self.six, at(TUE, 18, 45), dollars(250, 800))
        assert options[0] == ("Tue 19:30-20:30", "$625-$2,000")


def test_sc19_after_midnight():
    assert offered(Wanted(90, "emergency"), F1, [], at(TUE, 23, 31), dollars(150, 350)) == [
        ("Wed 00:30-01:30", "$413-$963"),
        ("Wed 08:00-10:00", "$150-$350"),
    ]


class TestSC21TravelFit:
    terms = replace(F1, min_buffer_minutes=15)
    wanted = Wanted(60, buffer_minutes=15, place=Place(34.0561, -118.4293, "90024", "street"))
    before = busy(TUE, "13:30", "14:30", buffer_minutes=15, place=Place(34.0522, -118.2437, precision="street"))
    after_place = Place(34.0195, -118.4912, precision="street")

    def today(self, next_start):
        taken = [self.before, busy(TUE, next_start, "18:00", buffer_minutes=15, place=self.after_place)]
        found = find(self.wanted, self.terms, taken, at(TUE, 12, 30))
        return [slot for slot in found.slots if slot.start < at(WED, 0)]

    def test_two_exact_starts_fit(self):
        assert windows(self.today("17:00")) == ["Tue 15:15", "Tue 15:30"]

    def test_the_way_in_is_what_the_slot_names(self):
        assert [slot.travel_minutes for slot in self.today("17:00")] == [40, 40]

    def test_half_an_hour_less_is_too_tight(self):
        assert self.today("16:30") == []

    def test_the_legs(self):
        here = self.wanted.place
        assert area.travel_minutes(self.before.place, here, self.terms, at(TUE, 14, 30)) == 40
        assert area.travel_minutes(here, self.after_place, self.terms, at(TUE, 16, 15)) == 25


def test_sc22_only_two_gaps_in_a_week():
    taken = [
        busy(TUE, "8:00", "9:30", kind="external"),
        busy(TUE, "12:30", "18:00", kind="external"),
        busy(WED, "8:00", "12:30", kind="external"),
        busy(WED, "15:30", "18:00", kind="external"),
        *(busy(day, "8:00", "18:00", kind="external") for day in (THU, FRI)),
    ]
    assert offered(Wanted(120), F5, taken, at(MON, 16, 1), dollars(95, 95)) == [
        ("Tue 10:00", "$95"),
        ("Wed 13:00", "$95"),
    ]


def test_sc33_emergency_in_working_hours():
    options = offered(Wanted(120, "emergency", requires_parts=True), F1, [], at(TUE, 10), dollars(250, 600))
    assert options == [("Tue 10:45-11:45", "$438-$1,050"), ("Tue 12:00-14:00", "$250-$600")]


def test_sc39_everything_booked_and_no_after_hours():
    terms = replace(F3, after_hours_enabled=False)
    taken = [busy(day, "6:00", "18:00", kind="block") for day in range(TUE, 30)]
    found = find(Wanted(120, "emergency"), terms, taken, at(TUE, 10))
    assert (found.slots, found.reasons, found.full_today) == ((), ("CAPACITY_REACHED",), True)


def test_two_askers_are_offered_the_same_ids():
    one, two = (find(Wanted(120, asker=asker), F1, [], at(TUE, 10)) for asker in ("a", "b"))
    assert [slot.id for slot in one.slots] == [slot.id for slot in two.slots]
    assert choose(one, Wanted(120), at(TUE, 10)).matched
