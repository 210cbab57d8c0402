"""The rules of availability one by one (behaviour.md 5.4, 7.3, 7.4, 7.6, 7.7)."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from app.scheduling import availability
from app.scheduling.types import Busy, Place, Technician, Wanted
from tests.app.scheduling.world import (
    A1,
    A2,
    BASE,
    F1,
    F2,
    F4,
    FRI,
    OWNER,
    SAT,
    SUN,
    THU,
    TUE,
    WED,
    ZONE,
    at,
    busy,
    find,
    local,
    starts,
    windows,
)

NO_EARLY = replace(F1, early_enabled=False)


def on(slots, day):
    return [slot for slot in slots if at(day, 0) <= slot.start < at(day, 0) + dt.timedelta(days=1)]


@pytest.mark.parametrize(
    ("urgency", "minute", "first"),
    [("normal", 0, "12:00"), ("normal", 1, "12:15"), ("urgent", 0, "11:00"), ("urgent", 5, "11:15")],
)
def test_the_lead_time_is_rounded_up_to_the_grid(urgency, minute, first):
    found = find(Wanted(60, urgency), F1, [], at(TUE, 10, minute))
    assert local(found.slots[0].start) == f"Tue {first}"


def test_seconds_count_for_the_lead_time():
    found = find(Wanted(60), F1, [], at(TUE, 10) + dt.timedelta(seconds=1))
    assert local(found.slots[0].start) == "Tue 12:15"


def test_a_job_fills_up_the_quarter_of_an_hour():
    slot = find(Wanted(80), F1, [], at(TUE, 8)).slots[0]
    assert slot.end - slot.start == dt.timedelta(minutes=90)


def test_the_last_block_ends_at_closing_and_its_window_is_the_exact_start():
    last = on(find(Wanted(120), F1, [], at(TUE, 8)).slots, TUE)[-1]
    assert (local(last.start), local(last.end), last.window_end) == ("Tue 16:00", "Tue 18:00", last.start)


def test_a_window_shorter_than_half_an_hour_becomes_the_exact_start():
    assert windows(on(find(Wanted(120), NO_EARLY, [], at(TUE, 8)).slots, WED))[-3:] == [
        "Wed 15:30-16:00",
        "Wed 15:45",
        "Wed 16:00",
    ]


def test_overtime_lets_a_regular_block_end_after_closing():
    last = on(find(Wanted(120), replace(F1, overtime_allowed=True), [], at(TUE, 8)).slots, TUE)[-1]
    assert (local(last.start), last.slot_type, last.multiplier) == ("Tue 17:45", "regular", 1)


def test_blocks_touch_when_the_pad_is_kept():
    taken = [busy(WED, "10:00", "11:00"), busy(WED, "12:30", "18:00")]
    found = on(find(Wanted(30), NO_EARLY, taken, at(TUE, 8)).slots, WED)
    assert starts(found) == ["Wed 08:00", "Wed 08:15", "Wed 08:30", "Wed 08:45", "Wed 09:00", "Wed 11:30"]


def test_the_pad_is_the_largest_of_buffer_and_job_not_their_sum():
    taken = [busy(WED, "8:00", "9:00", buffer_minutes=60), busy(WED, "13:00", "18:00")]
    found = on(find(Wanted(60, buffer_minutes=45), NO_EARLY, taken, at(TUE, 8)).slots, WED)
    assert starts(found) == ["Wed 10:00", "Wed 10:15", "Wed 10:30", "Wed 10:45", "Wed 11:00", "Wed 11:15"]


def test_an_expired_window_never_leads_into_the_next_job():
    found = on(find(Wanted(60), NO_EARLY, [busy(WED, "12:00", "13:00")], at(TUE, 8)).slots, WED)
    assert windows(found)[:5] == [
        "Wed 08:00-10:00",
        "Wed 08:15-10:15",
        "Wed 08:30-10:30",
        "Wed 08:45-10:30",
        "Wed 09:00-10:30",
    ]


def test_an_empty_entry_takes_no_time():
    assert find(Wanted(60), F1, [busy(WED, "9:00", "9:00")], at(TUE, 8)) == find(Wanted(60), F1, [], at(TUE, 8))


def test_overlapping_entries_are_one_obstacle():
    taken = [busy(WED, "8:00", "12:00"), busy(WED, "9:00", "10:00"), busy(WED, "11:00", "15:00")]
    assert starts(on(find(Wanted(60), NO_EARLY, taken, at(TUE, 8)).slots, WED))[0] == "Wed 15:30"


def test_a_job_over_midnight_pads_the_morning_after():
    night = Busy(OWNER.id, at(TUE, 23), at(WED, 8), after_hours=True)
    assert starts(on(find(Wanted(60), F1, [night], at(TUE, 21)).slots, WED))[0] == "Wed 08:30"


def test_the_horizon_ends_with_its_last_day():
    found = find(Wanted(60), replace(F1, horizon_days=3), [], at(TUE, 8))
    assert local(found.slots[-1].start) == "Fri 17:00"


def test_a_day_off_an_override_and_a_holiday():
    technician = replace(
        OWNER,
        days_off=frozenset({dt.date(2026, 9, WED)}),
        overrides={dt.date(2026, 9, THU): ("13:00", "15:00"), dt.date(2026, 9, SUN): ("10:00", "12:00")},
    )
    terms = replace(NO_EARLY, holidays=frozenset({dt.date(2026, 9, FRI)}), horizon_days=5)
    found = find(Wanted(120), terms, [], at(TUE, 18), technicians=[technician])
    assert starts(found.slots) == [
        "Thu 13:00",
        *(f"Sat {hour:02}:{minute:02}" for hour in range(8, 12) for minute in (0, 15, 30, 45)),
        "Sat 12:00",
        "Sun 10:00",
    ]


def test_a_technician_with_hours_of_his_own():
    technician = Technician("b", hours={"wednesday": ("10:00", "12:00")})
    found = find(Wanted(90), replace(NO_EARLY, horizon_days=3), [], at(TUE, 18), technicians=[technician])
    assert starts(found.slots) == ["Wed 10:00", "Wed 10:15", "Wed 10:30"]


def test_one_technician_must_fit_the_whole_job():
    halves = [busy(WED, "8:00", "13:00", technician="a"), busy(WED, "13:00", "18:00", technician="b")]
    team = [Technician("a"), Technician("b")]
    found = on(find(Wanted(300), NO_EARLY, halves, at(TUE, 18), technicians=team).slots, WED)
    assert found == []


def test_a_start_is_offered_once_and_goes_to_the_first_who_is_free():
    team = [Technician("a"), Technician("b")]
    taken = [busy(WED, "8:00", "12:00", technician="a")]
    found = on(find(Wanted(60), NO_EARLY, taken, at(TUE, 18), technicians=team).slots, WED)
    assert len({slot.start for slot in found}) == len(found)
    assert {slot.technician_id for slot in found if slot.start < at(WED, 12, 30)} == {"b"}
    assert {slot.technician_id for slot in found if slot.start >= at(WED, 12, 30)} == {"a"}


def test_the_daily_limit_counts_bookings_that_count():
    terms = replace(F1, max_jobs_per_day=2)
    two = [busy(WED, "8:00", "9:00"), busy(WED, "16:00", "17:00")]
    assert on(find(Wanted(60), terms, two, at(TUE, 8)).slots, WED) == []
    for other in (
        busy(WED, "16:00", "17:00", counts=False),
        busy(WED, "16:00", "17:00", kind="hold", owner="x"),
        busy(WED, "16:00", "17:00", kind="external"),
        busy(WED, "20:00", "21:00", after_hours=True),
        busy(THU, "16:00", "17:00"),
    ):
        assert on(find(Wanted(60), terms, [two[0], other], at(TUE, 8)).slots, WED)


def test_a_full_day_tomorrow_is_not_a_full_day_today():
    terms = replace(F1, max_jobs_per_day=1)
    found = find(Wanted(60), terms, [busy(WED, "8:00", "9:00")], at(TUE, 8))
    assert (found.full_today, found.reasons) == (False, ())


def test_after_closing_today_is_not_called_full():
    found = find(Wanted(60), F1, [], at(TUE, 17, 30))
    assert (found.full_today, found.reasons) == (False, ())


def test_parts_wait_for_tomorrow_unless_they_are_at_hand():
    wanted = Wanted(60, requires_parts=True)
    assert local(find(wanted, F1, [], at(TUE, 8)).slots[0].start) == "Tue 10:00"
    found = find(wanted, replace(F1, same_day_parts=False), [], at(TUE, 8))
    assert (local(found.slots[0].start), found.full_today) == ("Wed 06:00", False)


def test_parts_also_keep_an_emergency_from_the_night():
    terms = replace(F1, same_day_parts=False)
    found = find(Wanted(60, "emergency", requires_parts=True), terms, [], at(TUE, 18))
    assert local(found.slots[0].start) == "Wed 06:00"


def test_out_of_office_until_the_day_of_return():
    terms = replace(F1, out_from=dt.date(2026, 9, TUE), out_until=dt.date(2026, 9, 28), horizon_days=20)
    for urgency in ("normal", "emergency"):
        found = find(Wanted(60, urgency), terms, [], at(TUE, 10))
        assert found.slots[0].start.astimezone(ZONE).date() == dt.date(2026, 9, 28)
        assert "OUT_OF_OFFICE" in found.reasons


def test_out_of_office_without_an_end():
    found = find(Wanted(60), replace(F1, out_from=dt.date(2026, 9, TUE)), [], at(TUE, 10))
    assert (found.slots, found.reasons) == ((), ("OUT_OF_OFFICE",))


def test_booked_out_for_the_horizon():
    taken = [busy(day, "6:00", "18:00", kind="block") for day in range(TUE, 31)]
    found = find(Wanted(60), F1, taken, at(TUE, 10))
    assert (found.slots, found.reasons, found.full_today) == ((), ("CAPACITY_REACHED",), True)


@pytest.mark.parametrize(("mode", "tomorrow"), [("tentative", "tentative"), ("confirmed", "confirmed")])
def test_today_is_confirmed_and_later_as_the_contractor_wants(mode, tomorrow):
    found = find(Wanted(60), replace(F1, next_day_booking=mode), [], at(TUE, 8))
    assert {slot.booking_type for slot in on(found.slots, TUE)} == {"confirmed"}
    assert {slot.booking_type for slot in on(found.slots, WED)} == {tomorrow}


def test_a_stale_calendar_promises_nothing():
    found = find(Wanted(60), replace(F1, next_day_booking="confirmed"), [], at(TUE, 8), stale=True)
    assert {slot.booking_type for slot in found.slots} == {"tentative"}
    assert "CALENDAR_STALE" in found.reasons


def test_at_most_keeps_the_first_slots():
    everything = find(Wanted(60), F1, [], at(TUE, 8)).slots
    assert find(Wanted(60, at_most=4), F1, [], at(TUE, 8)).slots == everything[:4]


class TestEarlyMorning:
    def early(self, terms, taken=(), now=None, minutes=120):
        slots = find(Wanted(minutes), replace(terms, horizon_days=6), list(taken), now or at(TUE, 18)).slots
        return [slot for slot in slots if slot.slot_type == "early_morning"]

    def test_one_start_on_days_that_are_worked(self):
        early = self.early(F1)
        assert starts(early) == ["Wed 06:00", "Thu 06:00", "Fri 06:00", "Sat 06:00", "Mon 06:00"]
        assert {(slot.band, slot.multiplier, slot.early, slot.after_hours) for slot in early} == {
            ("early", F1.early_multiplier, True, False)
        }

    def test_not_where_it_is_switched_off_or_already_open(self):
        assert self.early(NO_EARLY) == []
        assert self.early(replace(F1, business_hours={"wednesday": ("06:00", "18:00")})) == []

    def test_a_job_at_opening_needs_its_pad(self):
        assert "Wed 06:00" not in starts(self.early(F1, [busy(WED, "8:00", "9:30")]))
        assert starts(self.early(F1, [busy(WED, "8:30", "9:30")]))[0] == "Wed 06:00"

    def test_a_job_shortens_the_window_and_an_entry_of_the_calendar_does_not(self):
        assert windows(self.early(F1, [busy(WED, "9:30", "10:30")]))[0] == "Wed 06:00-07:00"
        assert windows(self.early(F1, [busy(WED, "9:30", "10:30", kind="external")]))[0] == "Wed 06:00-08:00"

    def test_an_entry_of_the_calendar_may_not_overlap_it(self):
        assert "Wed 06:00" not in starts(self.early(F1, [busy(WED, "7:45", "9:30", kind="external")]))

    def test_it_needs_lead_time_and_room_in_the_day(self):
        assert "Wed 06:00" in starts(self.early(F1, now=at(WED, 4)))
        assert "Wed 06:00" not in starts(self.early(F1, now=at(WED, 4, 1)))
        full = [busy(WED, "9:00", "10:00"), busy(WED, "15:00", "16:00")]
        assert "Wed 06:00" not in starts(self.early(replace(F1, max_jobs_per_day=2), full))

    def test_it_ends_with_the_early_range(self):
        assert windows(self.early(replace(F1, early_end="07:00")))[0] == "Wed 06:00-07:00"


class TestEmergency:
    def dispatched(self, terms, now, taken=(), minutes=60, **more):
        slots = find(Wanted(minutes, "emergency"), terms, list(taken), now, **more).slots
        return [slot for slot in slots if slot.slot_type.startswith("emergency")]

    def test_a_dispatch_is_sooner_than_the_first_regular_slot(self):
        assert starts(self.dispatched(F1, at(TUE, 10))) == [
            "Tue 10:45",
            "Tue 11:00",
            "Tue 11:15",
            "Tue 11:30",
            "Tue 11:45",
        ]

    def test_the_early_morning_is_not_sold_as_an_emergency(self):
        found = find(Wanted(60, "emergency"), F1, [], at(TUE, 21)).slots
        assert [slot.slot_type for slot in found if slot.start == at(WED, 6)] == ["early_morning"]

    def test_a_dispatch_is_within_a_day(self):
        booked_out = [busy(day, "6:00", "17:30", kind="block") for day in range(WED, 31)]
        assert local(self.dispatched(F1, at(TUE, 18, 30), booked_out)[-1].start) == "Wed 18:30"

    def test_not_accepted_leaves_the_regular_slots(self):
        found = find(Wanted(60, "emergency"), replace(F1, emergencies_accepted=False), [], at(TUE, 10))
        assert {slot.slot_type for slot in found.slots} == {"regular", "early_morning"}
        assert found.reasons == ("EMERGENCY_NOT_ACCEPTED",)

    def test_too_far_for_an_emergency_but_not_for_a_regular_job(self):
        terms = replace(F1, emergency_radius_miles=5)
        found = find(Wanted(60, "emergency", place=A1), terms, [], at(TUE, 10))
        assert (starts(found.slots)[0], found.reasons) == ("Tue 12:00", ("EMERGENCY_NOT_ACCEPTED",))

    def test_a_closed_day_has_the_surcharge(self):
        slot = self.dispatched(F1, at(SUN, 9, 15))[0]
        assert (local(slot.start), slot.band, slot.multiplier) == ("Sun 10:00", "work", 2.25)
        assert (slot.surcharge_percent, slot.after_hours, slot.booking_type) == (50, True, "confirmed")

    def test_a_holiday_is_served_after_hours_only(self):
        terms = replace(F1, holidays=frozenset({dt.date(2026, 9, TUE)}))
        slot = self.dispatched(terms, at(TUE, 9, 15))[0]
        assert (local(slot.start), slot.multiplier, slot.after_hours) == ("Tue 10:00", 2.25, True)
        assert self.dispatched(replace(terms, after_hours_enabled=False), at(TUE, 9, 15)) == []

    def test_without_after_hours_it_ends_by_closing_unless_overtime_is_allowed(self):
        terms = replace(F1, after_hours_enabled=False)
        assert starts(self.dispatched(terms, at(TUE, 15, 30), minutes=90)) == ["Tue 16:15", "Tue 16:30"]
        overtime = self.dispatched(replace(terms, overtime_allowed=True), at(TUE, 16, 45), minutes=90)
        assert [(local(slot.start), slot.band) for slot in overtime] == [
            ("Tue 17:30", "evening"),
            ("Tue 17:45", "evening"),
        ]

    def test_the_night_belongs_to_the_date_of_closing(self):
        tonight = Busy(OWNER.id, at(TUE, 21), at(TUE, 22), after_hours=True)
        past_midnight = Busy(OWNER.id, at(WED, 1), at(WED, 2), after_hours=True)
        for used in (tonight, past_midnight):
            assert self.dispatched(F1, at(TUE, 19), [used]) == []
        two_a_night = replace(F1, max_after_hours_jobs_per_day=2)
        assert starts(self.dispatched(two_a_night, at(TUE, 19), [tonight]))[0] == "Tue 22:30"

    def test_last_nights_job_does_not_use_up_tonight(self):
        last_night = Busy(OWNER.id, at(TUE, 2), at(TUE, 3), after_hours=True)
        assert starts(self.dispatched(F1, at(TUE, 19), [last_night]))[0] == "Tue 19:45"

    def test_none_a_night_means_none(self):
        assert not [
            s for s in self.dispatched(replace(F1, max_after_hours_jobs_per_day=0), at(TUE, 19)) if s.after_hours
        ]

    @pytest.mark.parametrize(("cutoff", "last"), [("22:00", "Tue 21:45"), ("02:00", "Wed 01:45"), ("19:30", None)])
    def test_the_cutoff_ends_new_night_jobs(self, cutoff, last):
        found = self.dispatched(replace(F1, cutoff_time=cutoff), at(TUE, 19))
        night = [local(slot.start) for slot in found if slot.start < at(WED, 6)]
        assert (night[-1] if night else None) == last

    def test_a_full_day_keeps_an_emergency_out_of_working_hours_only(self):
        taken = [busy(TUE, "8:00", "9:00")]
        found = self.dispatched(replace(F1, max_jobs_per_day=1), at(TUE, 10), taken)
        assert found[0].after_hours
        assert starts(found)[0] == "Tue 17:15"

    def test_nobody_is_sent_on_a_day_off(self):
        off = replace(OWNER, days_off=frozenset({dt.date(2026, 9, TUE)}))
        found = self.dispatched(F1, at(TUE, 19), technicians=[off])
        assert [slot for slot in found if slot.start < at(WED, 8)] == []

    def test_who_works_half_a_day_is_not_sent_in_the_other_half(self):
        half = Technician("b", hours={"tuesday": ("08:00", "12:00"), "wednesday": ("08:00", "12:00")})
        found = self.dispatched(F1, at(TUE, 12), technicians=[half])
        assert starts(found)[0] == "Tue 18:00"

    def test_the_job_multiplier_counts_when_it_is_larger(self):
        wanted = Wanted(60, "emergency", urgency_multiplier=Decimal(3))
        assert find(wanted, F1, [], at(TUE, 10)).slots[0].multiplier == 3


class TestTravel:
    far = Place(34.30, -118.2437, precision="street")

    def test_the_way_from_the_job_before_widens_the_pad(self):
        taken = [busy(WED, "8:00", "9:00", place=self.far, buffer_minutes=15)]
        terms = replace(NO_EARLY, max_travel_miles=60, max_travel_minutes=120)
        slot = on(find(Wanted(60, place=BASE), terms, taken, at(TUE, 8)).slots, WED)[0]
        assert (local(slot.start), slot.travel_minutes) == ("Wed 10:00", 60)

    def test_the_first_job_of_a_day_comes_from_the_base(self):
        slot = on(find(Wanted(60, place=A1), NO_EARLY, [busy(TUE, "8:00", "9:00", place=A2)], at(TUE, 8)).slots, WED)
        assert [one.travel_minutes for one in slot][:5] == [30, 30, 30, 30, 30]
        assert slot[-1].travel_minutes == 30
        assert slot[16].travel_minutes == 25

    def test_a_start_sooner_than_the_drive_is_not_offered(self):
        terms = replace(F1, lead_minutes={"normal": 0, "urgent": 0, "emergency": 0})
        assert local(find(Wanted(60, place=A1), terms, [], at(TUE, 10)).slots[0].start) == "Tue 10:30"

    def test_a_job_too_far_from_the_one_before_is_offered_on_another_day(self):
        terms = replace(NO_EARLY, max_travel_miles=15)
        taken = [busy(WED, "8:00", "9:00", place=self.far)]
        found = find(Wanted(60, place=A1), terms, taken, at(TUE, 18))
        assert on(found.slots, WED) == []
        assert on(found.slots, THU)
        assert found.reasons == ()

    def test_the_same_zip_is_ten_minutes(self):
        terms = replace(NO_EARLY, min_buffer_minutes=15)
        zip_only = Place(postal_code="90210", precision="zip")
        taken = [busy(WED, "8:00", "9:00", place=A1, buffer_minutes=15)]
        slot = on(find(Wanted(60, place=zip_only, buffer_minutes=15), terms, taken, at(TUE, 18)).slots, WED)[0]
        assert (local(slot.start), slot.travel_minutes) == ("Wed 09:15", 10)


class TestDaylightSaving:
    """SC69: the locksmith's nights of 2026-11-01 and 2027-03-14."""

    wanted = Wanted(60, "emergency")

    def night(self, now, until):
        slots = find(self.wanted, F4, [], now).slots
        return [slot for slot in slots if slot.start < until]

    def test_a_doubled_hour_is_offered_once_and_the_first_time(self):
        slots = self.night(at(31, 23, month=10), at(1, 4, month=11))
        labels = [f"{slot.start.astimezone(ZONE):%H:%M}" for slot in slots]
        assert labels == [
            *("23:45", "00:00", "00:15", "00:30", "00:45", "01:00", "01:15", "01:30", "01:45"),
            *("02:00", "02:15", "02:30", "02:45", "03:00", "03:15", "03:30", "03:45"),
        ]
        assert {slot.start.astimezone(ZONE).fold for slot in slots} == {0}
        assert next(slot for slot in slots if slot.start == at(1, 2, month=11)).start.hour == 10

    def test_no_slot_at_a_time_that_does_not_exist(self):
        slots = self.night(at(13, 23, month=3, year=2027), at(14, 4, month=3, year=2027))
        labels = [f"{slot.start.astimezone(ZONE):%H:%M}" for slot in slots]
        assert labels == [
            *("23:45", "00:00", "00:15", "00:30", "00:45", "01:00", "01:15", "01:30", "01:45"),
            *("03:00", "03:15", "03:30", "03:45"),
        ]

    @pytest.mark.parametrize("now", [at(31, 23, month=10), at(13, 23, month=3, year=2027)], ids=["autumn", "spring"])
    def test_blocks_keep_their_real_length_and_start_on_the_quarter(self, now):
        for slot in find(self.wanted, F4, [], now).slots:
            assert slot.end - slot.start == dt.timedelta(hours=1)
            assert slot.start.minute % 15 == 0

    @pytest.mark.parametrize("now", [at(31, 23, month=10), at(13, 23, month=3, year=2027)], ids=["autumn", "spring"])
    def test_opening_hours_stay_at_their_clock_time(self, now):
        regular = [slot for slot in find(self.wanted, F4, [], now).slots if slot.slot_type == "regular"]
        sunday = [slot for slot in regular if slot.start.astimezone(ZONE).weekday() == 6][:1]
        assert [local(slot.start) for slot in sunday] == ["Sun 08:00"]

    def test_a_booking_over_the_change_blocks_its_real_time(self):
        taken = [Busy(OWNER.id, at(1, 0, 30, month=11), at(1, 3, month=11))]
        slots = self.night_with(taken, at(31, 22, month=10))
        assert [label for label in slots if "00:00" <= label < "03:30"] == []
        assert "03:30" in slots

    def night_with(self, taken, now):
        found = find(self.wanted, F4, taken, now).slots
        return [f"{slot.start.astimezone(ZONE):%H:%M}" for slot in found if slot.start < at(1, 5, month=11)]


class TestFreeRanges:
    def ranges(self, terms, taken, now, days=1, technicians=(OWNER,)):
        return [
            (local(free.start), local(free.end), free.kind)
            for free in availability.free_ranges(terms, technicians, taken, now, days)
        ]

    def test_a_day_without_pads(self):
        assert self.ranges(F1, [busy(TUE, "15:30", "17:00")], at(TUE, 5), 0) == [
            ("Tue 05:00", "Tue 06:00", "after_hours"),
            ("Tue 06:00", "Tue 08:00", "early_morning"),
            ("Tue 08:00", "Tue 15:30", "regular"),
            ("Tue 17:00", "Tue 18:00", "regular"),
            ("Tue 18:00", "Wed 00:00", "after_hours"),
        ]

    def test_between_the_early_end_and_a_late_opening_only_emergencies_are_served(self):
        late = replace(F1, business_hours={"tuesday": ("10:00", "12:00")})
        assert self.ranges(late, [], at(TUE, 5), 0)[1:4] == [
            ("Tue 06:00", "Tue 08:00", "early_morning"),
            ("Tue 08:00", "Tue 10:00", "after_hours"),
            ("Tue 10:00", "Tue 12:00", "regular"),
        ]

    def test_a_closed_day_is_after_hours_only(self):
        assert self.ranges(F1, [], at(SUN, 0), 0) == [("Sun 00:00", "Mon 00:00", "after_hours")]
        assert self.ranges(replace(F1, after_hours_enabled=False), [], at(SUN, 0), 0) == []

    def test_nothing_while_out_of_office_or_off(self):
        away = replace(F1, out_from=dt.date(2026, 9, TUE), out_until=dt.date(2026, 9, WED))
        assert self.ranges(away, [], at(TUE, 8))[0] == ("Wed 00:00", "Wed 06:00", "after_hours")
        off = replace(OWNER, days_off=frozenset({dt.date(2026, 9, TUE)}))
        assert self.ranges(F1, [], at(TUE, 8), 0, [off]) == []

    def test_nothing_of_the_past(self):
        assert self.ranges(replace(F2, after_hours_enabled=False), [], at(SAT, 12), 0) == [
            ("Sat 12:00", "Sat 16:00", "regular")
        ]
