"""What holds for every calendar, whatever is in it."""

import datetime as dt
import itertools
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import pricing
from app.scheduling import availability, frame
from app.scheduling.types import Busy, Place, Technician, Wanted
from tests.app.scheduling.world import F1, ZONE, choose

TEAM = (Technician("a"), Technician("b", hours={"tuesday": ("10:00", "16:00"), "sunday": ("09:00", "13:00")}))
# A week with each change of the clocks, and an ordinary one.
FIRST_DAYS = (
    dt.datetime(2026, 9, 14, tzinfo=ZONE),
    dt.datetime(2026, 10, 29, tzinfo=ZONE),
    dt.datetime(2027, 3, 11, tzinfo=ZONE),
)
TERMS = replace(F1, horizon_days=5)
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

minutes = st.integers(0, 5 * 1440)
nows = st.builds(
    lambda first, minute: first.astimezone(dt.UTC) + dt.timedelta(minutes=minute), st.sampled_from(FIRST_DAYS), minutes
)
wanteds = st.builds(
    Wanted,
    duration_minutes=st.integers(15, 300),
    urgency=st.sampled_from(["normal", "urgent", "emergency"]),
    buffer_minutes=st.sampled_from([15, 30, 45]),
    requires_parts=st.booleans(),
)
termses = st.builds(
    lambda **more: replace(TERMS, **more),
    min_buffer_minutes=st.sampled_from([15, 30, 60]),
    max_jobs_per_day=st.integers(1, 6),
    overtime_allowed=st.booleans(),
    same_day_parts=st.booleans(),
    after_hours_enabled=st.booleans(),
    max_after_hours_jobs_per_day=st.integers(0, 2),
    cutoff_time=st.sampled_from([None, "23:00", "01:00"]),
    holidays=st.sets(st.dates(dt.date(2026, 9, 14), dt.date(2026, 9, 20)), max_size=1).map(frozenset),
)


@st.composite
def calendars(draw, now):
    """Up to a dozen blocks of both technicians around the days of the search."""
    return [
        Busy(
            draw(st.sampled_from(["a", "b"])),
            start := now + dt.timedelta(minutes=draw(st.integers(-600, 5 * 1440))),
            start + dt.timedelta(minutes=draw(st.integers(1, 400))),
            kind=draw(st.sampled_from(["booking", "hold", "external", "block"])),
            buffer_minutes=draw(st.sampled_from([0, 15, 45])),
            after_hours=draw(st.booleans()),
        )
        for _ in range(draw(st.integers(0, 12)))
    ]


@st.composite
def searches(draw):
    now = draw(nows)
    return draw(wanteds), draw(termses), draw(calendars(now)), now


def find(search, **more):
    wanted, terms, taken, now = search
    return availability.find(wanted, terms, TEAM, taken, now, **more).slots


@CALM
@given(searches())
def test_no_slot_overlaps_what_is_taken_or_its_pad(search):
    wanted, terms, taken, _ = search
    for slot in find(search):
        is_early = slot.slot_type == "early_morning"
        for block in (block for block in taken if block.technician_id == slot.technician_id):
            after = dt.timedelta(minutes=max(terms.min_buffer_minutes, block.buffer_minutes))
            before = dt.timedelta(minutes=max(terms.min_buffer_minutes, wanted.buffer_minutes))
            if is_early and block.kind in ("external", "block"):
                before = dt.timedelta(0)
            assert slot.end + before <= block.start or slot.start >= block.end + after


@CALM
@given(searches())
def test_the_last_promised_minute_still_fits_before_the_next_job(search):
    wanted, terms, taken, _ = search
    pad = dt.timedelta(minutes=max(terms.min_buffer_minutes, wanted.buffer_minutes))
    for slot in find(search):
        assert slot.window_start == slot.start
        assert slot.window_end == slot.start or slot.window_end - slot.start >= dt.timedelta(minutes=30)
        for block in taken:
            is_foreign = slot.slot_type == "early_morning" and block.kind in ("external", "block")
            if block.technician_id == slot.technician_id and block.start >= slot.end and not is_foreign:
                assert slot.window_end + (slot.end - slot.start) + pad <= block.start


@CALM
@given(searches())
def test_starts_lie_on_the_quarter_after_the_lead_time_and_within_the_horizon(search):
    wanted, terms, _, now = search
    last = now.astimezone(ZONE).date() + dt.timedelta(days=terms.horizon_days)
    for slot in find(search):
        urgency = wanted.urgency
        if urgency == "emergency" and not slot.slot_type.startswith("emergency"):
            urgency = "normal"
        assert slot.start >= now + dt.timedelta(minutes=terms.lead_minutes[urgency])
        local = slot.start.astimezone(ZONE)
        assert (local.minute % 15, local.second, local.fold) == (0, 0, 0)
        assert local.date() <= last
        assert slot.end - slot.start == dt.timedelta(minutes=-(-wanted.duration_minutes // 15) * 15)


@CALM
@given(searches())
def test_regular_slots_lie_in_the_hours_of_their_technician(search):
    _, terms, _, _ = search
    team = {technician.id: technician for technician in TEAM}
    for slot in find(search):
        local, end = slot.start.astimezone(ZONE), slot.end.astimezone(ZONE)
        hours = frame.working_hours(team[slot.technician_id], terms, local.date())
        if slot.slot_type == "regular":
            opening, closing = hours
            assert opening <= local.hour * 60 + local.minute < closing
            assert terms.overtime_allowed or (end.date() == local.date() and end.hour * 60 + end.minute <= closing)
            assert (slot.multiplier, slot.after_hours, slot.early) == (1, False, False)
        elif slot.slot_type == "early_morning":
            assert local.hour * 60 + local.minute == 360 < hours[0]
            assert slot.multiplier == terms.early_multiplier


def is_free(technician, wanted, terms, taken, start, end):  # noqa: PLR0917
    """Whether one technician has this time, pads included: the slow way."""
    before = dt.timedelta(minutes=max(terms.min_buffer_minutes, wanted.buffer_minutes))
    for block in (block for block in taken if block.technician_id == technician.id):
        after = dt.timedelta(minutes=max(terms.min_buffer_minutes, block.buffer_minutes))
        if not (end + before <= block.start or start >= block.end + after):
            return False
    return True


def is_bookable(technician, search, start):
    """Whether a regular job can start at an instant, by the clock of the wall: the slow way."""
    wanted, terms, taken, now = search
    local, end = start.astimezone(ZONE), start + dt.timedelta(minutes=-(-wanted.duration_minutes // 15) * 15)
    hours = (technician.hours or terms.business_hours).get(f"{local:%A}".lower())
    today = now.astimezone(ZONE).date()
    booked = sum(
        block.start.astimezone(ZONE).date() == local.date()
        for block in taken
        if block.kind == "booking" and not block.after_hours
    )
    if hours is None or local.date() in terms.holidays or booked >= terms.max_jobs_per_day:
        return False
    if wanted.requires_parts and not terms.same_day_parts and local.date() == today:
        return False
    if start < now + dt.timedelta(minutes=terms.lead_minutes[wanted.urgency]):
        return False
    closing = dt.datetime.combine(local.date(), dt.time.fromisoformat(hours[1]), ZONE)
    in_hours = hours[0] <= f"{local:%H:%M}" < hours[1] and (terms.overtime_allowed or end <= closing.astimezone(dt.UTC))
    return in_hours and is_free(technician, wanted, terms, taken, start, end)


@CALM
@given(searches())
def test_no_regular_start_is_missing(search):
    wanted, terms, taken, now = search
    search = (replace(wanted, urgency="urgent"), terms, taken, now)
    last = now.astimezone(ZONE).date() + dt.timedelta(days=terms.horizon_days)
    moment = now.replace(minute=0) - dt.timedelta(hours=1)
    expected = set()
    while moment.astimezone(ZONE).date() <= last:
        if any(is_bookable(technician, search, moment) for technician in TEAM):
            expected.add(moment)
        moment += dt.timedelta(minutes=15)
    assert {slot.start for slot in find(search) if slot.slot_type == "regular"} == expected


@CALM
@given(searches())
def test_only_an_emergency_is_sent_after_hours_and_only_where_that_is_allowed(search):
    wanted, terms, _, _ = search
    for slot in find(search):
        if slot.slot_type.startswith("emergency"):
            assert wanted.urgency == "emergency"
            assert slot.multiplier >= min(terms.early_multiplier, terms.work_multiplier)
        if slot.after_hours:
            assert terms.after_hours_enabled or terms.overtime_allowed
            assert terms.max_after_hours_jobs_per_day > 0


@CALM
@given(searches())
def test_the_rate_of_a_dispatch_is_that_of_its_block(search):
    _, terms, _, _ = search
    for slot in (slot for slot in find(search) if slot.slot_type.startswith("emergency")):
        surcharge = pricing.surcharge_on(slot.start.astimezone(ZONE).date(), terms)
        assert slot.band == pricing.band_of(slot.start, slot.end, terms)
        assert slot.multiplier == pricing.multiplier(slot.band, terms, emergency=True, surcharge_percent=surcharge)
        assert slot.after_hours or slot.band == "work"


@CALM
@given(searches())
def test_slots_are_in_order_and_unique(search):
    slots = find(search)
    assert [slot.start for slot in slots] == sorted({slot.start for slot in slots})
    assert len({slot.id for slot in slots}) == len(slots)


@CALM
@given(searches())
def test_no_day_gets_more_than_its_jobs(search):
    _, terms, taken, _ = search
    booked = [
        block.start.astimezone(ZONE).date() for block in taken if block.kind == "booking" and not block.after_hours
    ]
    for slot in find(search):
        if not slot.after_hours:
            assert booked.count(slot.start.astimezone(ZONE).date()) < terms.max_jobs_per_day


@CALM
@given(searches(), st.data())
def test_more_busy_time_never_adds_a_start(search, data):
    wanted, terms, taken, now = search
    calm = replace(wanted, urgency="normal") if wanted.urgency == "emergency" else wanted
    extra = data.draw(calendars(now))
    before = {(slot.start, slot.slot_type) for slot in find((calm, terms, taken, now))}
    after = {(slot.start, slot.slot_type) for slot in find((calm, terms, [*taken, *extra], now))}
    assert after <= before


@CALM
@given(searches(), st.data())
def test_more_busy_time_never_adds_an_hour_for_an_emergency_before_the_first_regular_slot(search, data):
    wanted, terms, taken, now = search
    urgent, punctual = replace(wanted, urgency="emergency"), replace(terms, overtime_allowed=False)
    extra = data.draw(calendars(now))
    before = find((urgent, punctual, taken, now))
    after = find((urgent, punctual, [*taken, *extra], now))
    regular = min((slot.start for slot in before if slot.slot_type == "regular"), default=None)
    sooner = {slot.start for slot in after if regular is None or slot.start < regular}
    assert sooner <= {slot.start for slot in before}


@CALM
@given(searches())
def test_a_dispatch_is_always_sooner_than_the_first_regular_slot(search):
    slots = find(search)
    dispatches = [slot.start for slot in slots if slot.slot_type.startswith("emergency")]
    regular = [slot.start for slot in slots if slot.slot_type == "regular"]
    assert not (dispatches and regular) or max(dispatches) < min(regular)


@CALM
@given(searches())
def test_the_same_question_has_the_same_answer_in_any_order_of_the_calendar(search):
    wanted, terms, taken, now = search
    assert find(search) == find((wanted, terms, taken[::-1], now))


@CALM
@given(searches())
def test_a_slot_is_still_there_when_only_it_is_asked_for_by_its_holder(search):
    wanted, terms, taken, now = search
    slots = find(search)
    if not slots:
        return
    slot = slots[len(slots) // 2]
    hold = Busy(slot.technician_id, slot.start, slot.end, kind="hold", owner="me")
    assert find((replace(wanted, asker="me"), terms, [*taken, hold], now)) == slots
    assert slot not in find((replace(wanted, asker="other"), terms, [*taken, hold], now))


@CALM
@given(searches(), st.booleans())
def test_offers_come_from_what_was_found(search, prices):
    wanted, terms, taken, now = search
    found = availability.find(wanted, terms, TEAM, taken, now)
    slots = choose(found, wanted, now, want_price_options=prices).slots
    assert set(slots) <= set(found.slots)
    assert len(slots) <= 3
    assert bool(slots) == bool(found.slots)


@CALM
@given(searches())
def test_free_ranges_are_in_order_and_free(search):
    _, terms, taken, now = search
    for technician in TEAM:
        free = availability.free_ranges(terms, [technician], taken, now, 5)
        assert all(one.end <= other.start for one, other in itertools.pairwise(free))
        mine = [block for block in taken if block.technician_id == technician.id]
        for gap in free:
            assert now <= gap.start < gap.end
            assert all(block.end <= gap.start or block.start >= gap.end for block in mine)


@CALM
@given(searches(), st.floats(33.7, 34.4), st.floats(-118.6, -117.9))
def test_a_reachable_place_is_never_promised_sooner_than_the_drive(search, latitude, longitude):
    wanted, terms, taken, now = search
    here = replace(wanted, place=Place(latitude, longitude, precision="street"))
    for slot in find((here, terms, taken, now)):
        assert slot.start >= now + dt.timedelta(minutes=slot.travel_minutes)
        assert slot.travel_minutes <= terms.max_travel_minutes
