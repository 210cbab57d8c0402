"""Which slots are offered (behaviour.md 7.5)."""

import datetime as dt
from dataclasses import replace

from app.scheduling.offers import Window, Wish
from app.scheduling.types import Found, Wanted
from tests.app.scheduling.world import F1, F5, FRI, SAT, THU, TUE, WED, at, busy, choose, find, starts, windows

NO_EARLY = replace(F1, early_enabled=False)
NOW = at(TUE, 8)


def date(day):
    return dt.date(2026, 9, day)


def offer(*, terms=F1, taken=(), now=NOW, wanted=None, **more):
    wanted = wanted or Wanted(120)
    choice = choose(find(wanted, terms, list(taken), now), wanted, now, **more)
    return windows(choice.slots), choice.matched


def test_a_regular_slot_today_needs_no_early_morning():
    assert offer(now=at(TUE, 9)) == (["Tue 11:00-13:00", "Tue 13:00-15:00"], True)


def test_the_second_slot_is_in_the_other_half_of_the_day():
    assert offer(taken=[busy(TUE, "12:30", "15:00")])[0] == ["Tue 10:00", "Tue 15:30-16:00"]


def test_or_on_the_next_day():
    assert offer(now=at(TUE, 13))[0] == ["Tue 15:00-16:00", "Wed 08:00-10:00"]


def test_the_early_morning_comes_only_before_the_first_regular_slot():
    taken = [busy(WED, "5:00", "8:00", kind="block")]
    assert offer(now=at(TUE, 17), taken=taken)[0] == ["Wed 08:30-10:30", "Wed 12:00-14:00"]


def test_an_early_morning_before_days_that_are_full():
    taken = [busy(WED, "8:30", "18:00"), busy(THU, "8:00", "18:00")]
    assert offer(now=at(TUE, 17), taken=taken)[0] == ["Wed 06:00", "Fri 08:00-10:00", "Fri 12:00-14:00"]


def test_nothing_found_nothing_offered():
    choice = choose(Found(), Wanted(60), NOW)
    assert (choice.slots, choice.matched) == ((), True)
    assert choose(Found(), Wanted(60), NOW, wish=Wish((Window(date(WED)),))).matched is False


def test_no_dispatch_that_is_not_sooner_than_a_regular_slot():
    emergency = Wanted(60, "emergency")
    taken = [busy(TUE, "8:00", "10:45")]
    assert offer(wanted=emergency, taken=taken)[0] == ["Tue 11:15-13:15"]


def test_asking_for_the_price_tomorrow_adds_a_regular_slot_when_today_is_regular():
    emergency = Wanted(120, "emergency")
    assert offer(wanted=emergency, now=at(TUE, 10), want_price_options=True)[0] == [
        "Tue 10:45-11:45",
        "Tue 12:00-14:00",
        "Wed 08:00-10:00",
    ]


def test_an_emergency_without_regular_slots_is_dispatched():
    taken = [busy(day, "6:00", "18:00", kind="block") for day in range(TUE, 31)]
    assert offer(wanted=Wanted(60, "emergency"), now=at(TUE, 17), taken=taken)[0] == ["Tue 18:30-19:30"]


class TestWish:
    def test_a_day(self):
        wish = Wish((Window(date(THU)),))
        assert offer(wish=wish) == (["Thu 06:00-08:00", "Thu 08:00-10:00", "Thu 12:00-14:00"], True)

    def test_a_daypart_of_a_day_leaves_two_times_in_it(self):
        wish = Wish((Window(date(THU), "12:00", "18:00"),))
        assert offer(wish=wish) == (["Thu 12:00-14:00", "Thu 14:00-16:00"], True)

    def test_mornings_in_general(self):
        wish = Wish((Window(start="08:00", end="12:00"),))
        assert offer(terms=NO_EARLY, now=at(TUE, 12), wish=wish) == (["Wed 08:00-10:00", "Thu 08:00-10:00"], True)

    def test_an_exact_time(self):
        wish = Wish((Window(date(WED), "10:00", "10:15"),))
        assert offer(wish=wish) == (["Wed 10:00-12:00"], True)

    def test_a_clock_time_is_answered_with_the_nearest_start(self):
        taken = [busy(THU, "9:00", "10:00")]
        assert offer(taken=taken, wish=Wish((Window(date(THU), at="10:15"),))) == (["Thu 10:30-12:30"], True)
        assert offer(taken=taken, wish=Wish((Window(at="09:55"),))) == (["Tue 10:00-12:00"], True)

    def test_a_clock_time_that_is_gone_is_answered_with_what_is_near(self):
        taken = [busy(THU, "9:00", "12:00")]
        options, matched = offer(terms=NO_EARLY, taken=taken, wish=Wish((Window(date(THU), at="10:00"),)))
        assert (options, matched) == (["Wed 16:00", "Thu 12:30-14:30", "Fri 08:00-10:00"], False)

    def test_one_of_two_days(self):
        wish = Wish((Window(date(FRI)), Window(date(SAT))))
        taken = [busy(FRI, "5:00", "18:00", kind="block")]
        assert offer(taken=taken, wish=wish)[0] == ["Sat 06:00-08:00", "Sat 08:00-10:00", "Sat 12:00"]

    def test_none_fits_so_the_nearest_are_offered_and_flagged(self):
        wish = Wish((Window(date(THU), "14:00", "18:00"),))
        taken = [busy(THU, "12:00", "18:00")]
        assert offer(terms=NO_EARLY, taken=taken, wish=wish) == (
            ["Thu 09:30", "Fri 08:00-10:00", "Fri 12:00-14:00"],
            False,
        )

    def test_the_evening_is_answered_with_the_last_starts_of_the_next_days(self):
        wish = Wish((Window(start="18:00"),))
        options, matched = offer(terms=F5, wish=wish)
        assert (options, matched) == (["Tue 16:00", "Wed 16:00", "Thu 16:00"], False)

    def test_a_day_that_is_no_good(self):
        wish = Wish(not_dates=frozenset({date(TUE), date(WED)}))
        assert offer(terms=NO_EARLY, wish=wish) == (["Thu 08:00-10:00", "Thu 12:00-14:00"], True)

    def test_a_daypart_that_is_no_good(self):
        wish = Wish(not_dayparts=frozenset({"morning"}))
        assert offer(wish=wish) == (["Tue 12:00-14:00", "Wed 12:00-14:00"], True)

    def test_what_is_no_good_stays_out_of_the_nearest(self):
        wish = Wish((Window(date(TUE)),), not_dayparts=frozenset({"morning"}))
        taken = [busy(TUE, "8:00", "18:00")]
        options, matched = offer(terms=NO_EARLY, taken=taken, wish=wish)
        assert (options, matched) == (["Wed 12:00-14:00", "Thu 12:00-14:00", "Fri 12:00-14:00"], False)

    def test_if_nothing_is_any_good_the_usual_is_offered_and_flagged(self):
        everything = frozenset({"morning", "afternoon", "evening"})
        assert offer(now=at(TUE, 9), wish=Wish(not_dayparts=everything)) == (
            ["Tue 11:00-13:00", "Tue 13:00-15:00"],
            False,
        )

    def test_tonight_for_an_emergency(self):
        wish = Wish((Window(date(TUE), "18:00"),))
        options, matched = offer(wanted=Wanted(120, "emergency"), now=at(TUE, 16, 30), wish=wish)
        assert (options[0], matched) == ("Tue 18:00-19:00", True)

    def test_an_emergency_may_rather_have_tomorrow(self):
        wish = Wish((Window(date(WED), "08:00", "12:00"),))
        options, matched = offer(wanted=Wanted(120, "emergency"), now=at(TUE, 19), wish=wish)
        assert (options, matched) == (["Wed 08:00-10:00", "Wed 10:00-12:00"], True)


def test_offers_are_in_time_order_and_at_most_three():
    for hour in range(24):
        for urgency in ("normal", "urgent", "emergency"):
            wanted = Wanted(90, urgency)
            found = find(wanted, F1, [], at(TUE, hour))
            slots = choose(found, wanted, at(TUE, hour), want_price_options=True).slots
            assert 1 <= len(slots) <= 3
            assert starts(slots) == starts(sorted(slots, key=lambda slot: slot.start))
