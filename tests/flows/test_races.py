"""What happens in the same instant: real threads, random orders, never two of anything (SC30, SC32, SC40, SC47)."""

import datetime as dt
import itertools
import random
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from sqlalchemy import select

from app import tenancy
from app.calls import Call
from app.conversations import Conversation, context, human, turns, visits
from app.conversations import of as thread_of
from app.dispatch.types import Offer
from app.escalations import Rung
from app.extensions import db
from app.messages import Message
from app.scheduling import holds
from app.scheduling.appointments import Appointment
from app.scheduling.types import Wanted
from app.users import User
from jobs import conversations as turn_jobs
from jobs import drains
from jobs import notifications as alert_jobs
from tests.flows.story import CUSTOMER, OTHER
from tests.flows.test_takeover import thinking

FAUCET = "Bathroom faucet dripping, 789 Sunset Blvd 90210"
BASE = "https://nmc.example/webhooks/twilio"
SEEDS = range(6)
REPETITIONS = 40


def together(story, *deeds):
    """Do these at the same moment, each in a thread and a session of its own; what they return or raise."""
    start = Barrier(len(deeds))

    def run(deed):
        with story.factories.web.app_context(), tenancy.scope(tenancy.SYSTEM):
            start.wait(timeout=10)
            try:
                return deed()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def reports_of(story, call, *, is_accepted):
    """The three triggers of one call, as the carrier would post them."""
    common = {"CallSid": call, "From": CUSTOMER, "To": story.business.number, "AccountSid": story.carrier.account_sid}
    dial = {"DialCallStatus": "completed" if is_accepted else "no-answer", "DialBridged": str(is_accepted).lower()}
    dial |= {"CallStatus": "in-progress", "DialCallDuration": "60" if is_accepted else ""}
    ended = {"CallStatus": "completed", "CallDuration": "75"}
    return {
        "dial": lambda: story.carrier.post(f"{BASE}/call/status/{call}", common | dial),
        "ended": lambda: story.carrier.post(f"{BASE}/call/ended", common | ended),
        "sweep": story.workers.sweep,
    }


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("is_accepted", [False, True])
def test_triggers_in_any_order_text_at_most_once(story, seed, is_accepted):
    """twilio.md F6: exactly one text if nobody accepted, none if somebody did; repeats and orders do not matter."""
    chance = random.Random(seed)
    story.opens()
    sid = f"CA{seed:032d}"
    story.carrier.post(f"{BASE}/call", {"CallSid": sid, "From": CUSTOMER, "To": story.business.number})
    if is_accepted:
        pressed = {"CallSid": "CA" + "e" * 32, "ParentCallSid": sid, "Digits": "1"}
        story.carrier.post(f"{BASE}/call/whisper", pressed)
        story.carrier.post(f"{BASE}/call/whisper-key", pressed)
    reports = reports_of(story, sid, is_accepted=is_accepted)
    order = [name for name in ("dial", "ended", "sweep") for _ in range(2)]
    chance.shuffle(order)
    story.clock.shift(80)
    for name in order:
        reports[name]()
        if chance.random() < 0.5:
            story.workers()
    story.workers()
    story.later(minutes=2)
    assert len(story.heard()) == (0 if is_accepted else 1)
    assert len(story.all(Conversation)) == (0 if is_accepted else 1)
    assert story.one(Call).status == ("completed" if is_accepted else "missed")


def test_drains_side_by_side_decide_a_call_once(story):
    """SC30: four workers find the same reports at the same time."""
    story.opens()
    sid = "CA" + "b" * 32
    story.carrier.post(f"{BASE}/call", {"CallSid": sid, "From": CUSTOMER, "To": story.business.number})
    story.clock.shift(10)
    for report in list(reports_of(story, sid, is_accepted=False).values())[:2]:
        report()
    together(story, *[drains.inbox] * 4)
    together(story, *[drains.outbox] * 4)
    story.workers()
    assert len(story.heard()) == 1
    assert len(story.all(Conversation)) == 1


@pytest.mark.parametrize("_again", range(4))
def test_two_customers_confirm_one_slot(story, _again):
    """SC32: both say yes within the same instant; one visit, the other hears "just taken" with new times."""
    story.opens()
    phones = (CUSTOMER, OTHER)
    for phone in phones:
        story.misses(phone)
    for phone in phones:
        story.says("Bathroom faucet dripping, 789 Sunset Blvd 90210", phone)
    for phone in phones:
        story.texts("1", phone)
    story.clock.shift(5)
    together(story, drains.turns, drains.turns)
    story.workers()
    for phone in phones:
        story.answers(phone)
    last = sorted(story.heard(phone)[-1] for phone in phones)
    assert len(story.all(Appointment)) == 1
    assert sum(text.startswith("Booked") for text in last) == 1
    assert sum("just taken" in text for text in last) == 1


def offered_alike(story, phones):
    """Both have the same two times on their tables once more, and both text "1"; nothing is said yet."""
    with story.factories.changing() as session:
        session.query(Message).filter_by(status="queued").update({"status": "discarded"})
        threads = [session.get(Conversation, story.thread(phone).id) for phone in phones]
        found = context.full(threads[0]).find_slots(Wanted(90)).slots
        slots = [slot for slot in found if slot.slot_type == "regular"][:2]
        faucet = (Decimal(150), Decimal(200), ("faucet_repair",))
        table = tuple(Offer(number, slot, *faucet) for number, slot in enumerate(slots, 1))
        for thread in threads:
            holds.release(thread.id)
            visits.reopen_with(thread, table[0])
            visits.put_on_table(thread, table)
            thread.dispatch_state = thread.dispatch_state | {"asked": "slot", "offer_slots": [one.id for one in slots]}
    for phone in phones:
        story.texts("1", phone)
    story.clock.shift(5)
    return slots[0]


def test_no_hour_is_ever_sold_twice(story):
    """SC32, forty times over: one of two simultaneous yeses is booked, the other is told and offered other times."""
    phones = (CUSTOMER, OTHER)
    story.opens(operational_limits={"max_jobs_per_day": 20})
    for phone in phones:
        story.misses(phone)
        story.says(FAUCET, phone)
    ids = [story.thread(phone).id for phone in phones]
    for number in range(REPETITIONS):
        wanted = offered_alike(story, phones)
        together(story, *[lambda thread_id=thread_id: turn_jobs.take(thread_id) for thread_id in ids])
        newest = story.all(Appointment)
        assert len(newest) == number + 1
        assert (newest[-1].start_at, newest[-1].end_at) == (wanted.start, wanted.end)
        told = [row.body for row in story.all(Message, status="queued")]
        assert len(told) == 2
        assert sum(body.startswith("Booked") for body in told) == 1
        assert sum("Sorry, that" in body and "Reply" in body for body in told) == 1
    for one, other in itertools.pairwise(sorted(story.all(Appointment), key=lambda visit: visit.start_at)):
        assert other.start_at >= one.end_at + dt.timedelta(minutes=30)


def test_the_table_itself_refuses_an_overlap(story):
    """SC32: twelve hands book overlapping hours of one technician at once; never two of them."""
    story.opens()

    def book(minutes):
        def deed():
            start = dt.datetime(2026, 9, 16, 17, 0, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes)
            clock = (start - dt.timedelta(hours=7)).strftime("%H:%M")
            until = (start - dt.timedelta(hours=5)).strftime("%H:%M")
            try:
                story.busy(clock, until, "2026-09-16")
            except Exception as error:  # noqa: BLE001 - the kind is what is looked at
                return type(error).__name__
            return "booked"

        return deed

    found = together(story, *[book(15 * number) for number in range(6)])
    assert set(found) <= {"booked", "SlotTaken"}
    visits = sorted(story.all(Appointment), key=lambda one: one.start_at)
    assert visits
    for one, other in itertools.pairwise(visits):
        assert other.start_at >= one.end_at + dt.timedelta(minutes=30)


@pytest.mark.parametrize("_again", range(4))
def test_a_takeover_at_the_send_wins_or_comes_after(story, _again):
    """SC40: the machine's text was handed over before the takeover, or it is discarded; never after the person's."""
    story.opens()
    story.misses()
    story.texts(FAUCET)
    story.clock.move_to(story.thread().ai_due_at)
    thinking_of = thinking(story)
    with story.factories.changing():
        turn_jobs._think_and_act(thinking_of)

    def takes_over():
        thread_id = db.session.scalar(select(Conversation.id))
        owner = db.session.scalar(select(User).where(User.role == "owner"))
        human.reply(thread_of(story.tenant_id, thread_id, lock=True), owner, "I am on it myself")
        db.session.commit()

    together(story, drains.outbox, takes_over)
    story.workers()
    heard = story.heard()
    assert heard.count("I am on it myself") == 1
    assert heard[-1] == "I am on it myself"
    machine = [row for row in story.all(Message, sender="ai") if row.purpose != "greeting"]
    assert len(machine) == 1
    assert (machine[0].status == "discarded") == (len(heard) == 2)


@pytest.mark.parametrize("_again", range(4))
def test_stop_while_the_answer_is_drafted(story, _again):
    """SC47: STOP and the answer in the same instant: no text of ours leaves after the ledger's row."""
    story.opens()
    story.misses()
    story.texts(FAUCET)
    story.clock.move_to(story.thread().ai_due_at)
    work = thinking(story)

    def stop():
        story.carrier.text(CUSTOMER, story.business.number, "STOP")

    together(story, stop, lambda: turn_jobs._think_and_act(work))
    said = len(story.heard())
    story.workers()
    story.later(minutes=5)
    assert story.thread().status == "opted_out"
    assert len(story.heard()) == said == 1
    assert all(row.status == "discarded" for row in story.all(Message, sender="ai") if row.purpose != "greeting")


def test_workers_side_by_side_take_a_turn_once(story):
    """One turn, one answer, however many workers look."""
    story.opens()
    story.misses()
    story.texts(FAUCET)
    story.clock.move_to(story.thread().ai_due_at)
    together(story, *[drains.turns] * 4)
    together(story, *[drains.outbox] * 4)
    story.workers()
    assert len(story.heard()) == 2
    with story.factories.changing():
        assert turns.claim(5) == []


def test_two_workers_climb_one_ladder_and_the_phone_rings_once(story):
    """2.11: the same rung is due for both; one of them rings."""
    story.opens().at("15:00")
    story.misses()
    story.says("Sewage backing up into house! 456 Elm St 90210")
    story.clock.shift(dt.timedelta(minutes=2))
    together(story, *[alert_jobs.climb] * 4)
    assert len(story.rung()) == 1
    assert sorted(rung.state for rung in story.all(Rung, level=3)) == ["done", "planned"]


@pytest.mark.parametrize("seed", range(3))
def test_two_people_take_an_alert_while_it_climbs(story, seed):
    """SC60: one has it, whoever it is, the other hears so, and nothing rings afterwards."""
    story.opens().at("15:00")
    story.factories.user(
        story.tenant_id, role="operator", email="ann@example.com", display_name="Ann", phone_number="+12135550191",
        phone_verified_at=dt.datetime.now(dt.UTC), on_call_order=2,
    )  # fmt: skip
    story.misses()
    story.says("Sewage backing up into house! 456 Elm St 90210")
    for _ in range(3):
        story.later(minutes=2)
    rungs = [one for one in story.all(Rung, action="phone_call", state="done") if one.level in {3, 4}]
    first, last = rungs[0], rungs[-1]
    story.clock.shift(dt.timedelta(minutes=2))

    def press(rung):
        form = {"CallSid": "CA" + "7" * 32, "Digits": "1"}
        return story.carrier.post(f"{BASE}/escalations/{rung.token}/key", form).text

    deeds = [lambda: press(first), lambda: press(last), alert_jobs.climb]
    random.Random(seed).shuffle(deeds)
    said = together(story, *deeds)
    assert sum("You have it" in str(words) for words in said) == 1
    assert sum("taken already" in str(words) for words in said) == 1
    rang = len(story.rung()) + len(story.rung("+12135550191"))
    story.later(minutes=2)
    assert len(story.rung()) + len(story.rung("+12135550191")) == rang
    assert story.all(Rung, state="planned") == []
