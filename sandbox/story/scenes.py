"""The scenes of the story, in the order in which they are played."""

import re
import time
from datetime import datetime

from sandbox.runner import House
from sandbox.story.facts import (
    booked_notice,
    in_words,
    is_from_price_book,
    overlaps,
    rings_of,
    taken_ladder,
    visits,
)
from sandbox.story.stage import BUSINESS, Person, Stage
from sandbox.story.telling import Teller, quoted
from sandbox.story.watching import Row, until

MOST_TURNS = 4
ANSWERS = {"address": "{street}, ZIP {postal_code}", "name": "It's {name}", "job": "The water heater is leaking"}
OTHERWISE = "Whatever you think is best"
DANA = {"street": "1420 W Sunset Blvd", "postal_code": "90026", "name": "Dana"}
LONGEST_CALL_SECONDS = 60


def play(house: House, teller: Teller) -> None:
    """Play the whole story."""
    stage = Stage(house, teller)
    try:
        dana, luis, ray, mei = stage.cast(("Dana", "Luis", "Ray", "Mei"))
        goes_off_duty(stage)
        a_missed_call_becomes_a_visit(stage, dana)
        house.product.check()  # a process that has died explains every expectation that follows
        the_same_time_is_not_sold_twice(stage, luis, dana)
        who_says_stop_is_left_alone(stage, ray)
        house.product.check()
        gas_comes_first(stage, mei)
        comes_back(stage, dana)
    finally:
        stage.close()


def goes_off_duty(stage: Stage) -> None:
    """The owner will not answer today, and says so from his own telephone."""
    stage.teller.scene(f"{BUSINESS}, {stage.local(datetime.now().astimezone()):%A %-I:%M %p} in Los Angeles")
    stage.listen()
    answered = commands(stage, "OFF", "offline")
    stage.teller.expect(answered, "the assistant will answer at once instead of giving him a minute first")


def commands(stage: Stage, word: str, presence: str) -> bool:
    """The owner texts a command to his business number; whether it was done and confirmed."""
    before = stage.count(stage.owner)
    sent = stage.texts(stage.owner, word)
    answer = stage.told(presence, before, sent)
    stage.wrote("app_user", role="owner")
    return answer is not None and stage.its("app_user", role="owner")[0]["presence"] == presence


# 1


def a_missed_call_becomes_a_visit(stage: Stage, dana: Person) -> None:
    """From the first ring to the booked visit."""
    stage.teller.scene("1. A missed call becomes a booked visit")
    before = stage.count(dana)
    call, silent_since = stage.rings(dana, "no_answer", "his phone rings, nobody presses 1")
    greeting = stage.hears(dana, silent_since, before)
    row = stage.call_row(call)
    stage.wrote("call", "conversation", "message", customer_phone=dana.phone)
    stage.teller.expect(
        row.get("text_sent"), "the call is missed and its caller has a text", str(row.get("text_reason"))
    )
    stage.teller.expect(greeting and "STOP" in greeting.body, "it says who writes and how to stop it")
    questions = describes_the_leak(stage, dana)
    offers = stage.offers(dana)
    stage.teller.expect(
        not questions & {"address", "zip"}, f"asked only for what was missing: {listed(questions) or 'nothing'}"
    )
    looks_at_offers(stage, dana, offers)
    if offers:
        picks(stage, dana, offers)


def describes_the_leak(stage: Stage, dana: Person) -> set[str]:
    """She says what is wrong and where, and answers until times are on the table; what she was asked."""
    words = f"Hi, my water heater is leaking. I'm at {DANA['street']}, ZIP {DANA['postal_code']}"
    stage.teller.remarks("(an answer waits some seconds, so that several texts in a row get one)")
    asked: set[str] = set()
    for _ in range(MOST_TURNS):
        stage.asks(dana, words)
        if stage.offers(dana):
            break
        question = str(stage.thread(dana).get("dispatch_state", {}).get("asked"))
        asked.add(question)
        words = ANSWERS.get(question, OTHERWISE).format(**DANA)
    return asked


def looks_at_offers(stage: Stage, dana: Person, offers: list[Row]) -> None:
    """Times that are free and ahead, prices out of the price book."""
    stage.wrote("offered_slot", conversation_id=stage.thread(dana).get("id"), status="open")
    stage.teller.expect(len(offers) >= 2, f"{len(offers)} windows are offered", "two were expected")
    taken = [row for row in visits(stage) for offer in offers if overlaps(row, offer)]
    ahead = all(offer["window_start_at"] > datetime.now().astimezone() for offer in offers)
    stage.teller.expect(offers and ahead and not taken, "each of them lies ahead and is free in the calendar")
    priced = all(is_from_price_book(stage, offer) for offer in offers)
    stage.teller.expect(offers and priced, "each price is the price book's times the rate of its hour")


def picks(stage: Stage, dana: Person, offers: list[Row]) -> None:
    """She takes one, and everybody hears of it."""
    chosen = next((row for row in offers if row["slot"]["slot_type"] == "regular"), offers[0])
    before, mails = stage.count(stage.owner), len(stage.house.mail.to(stage.email))
    sent = time.perf_counter()
    answer = stage.asks(dana, str(chosen["number"]) if len(offers) > 1 else "YES")
    thread = stage.thread(dana)
    visit: Row = next(iter(stage.its("appointment", conversation_id=thread["id"])), {})
    lead: Row = until(
        lambda: next(iter(stage.its("lead", conversation_id=thread["id"], status="appointment_scheduled")), {})
    )
    stage.wrote("appointment", "lead", conversation_id=thread["id"])
    is_it = bool(visit) and visit["start_at"] == chosen["start_at"]
    stage.teller.expect(is_it, "the visit stands in the calendar at the time that she chose")
    number = str(visit.get("job_number"))
    stage.teller.expect(answer and number in answer.body, f"she has it in writing, with its number {number}")
    stage.teller.expect(lead, "the lead is there, with the visit")
    contractor_hears(stage, lead, visit, (before, mails, sent))


def contractor_hears(stage: Stage, lead: Row, visit: Row, since: tuple[int, int, float]) -> None:
    """The contractor is told by text, by mail and on the open page."""
    before, mails, sent = since
    notice = until(lambda: booked_notice(stage, lead))
    deliveries = {row["channel"]: row for row in stage.its("delivery", notification_id=notice["id"])} if notice else {}
    later = deliveries.get("sms", {}).get("status") == "deferred"
    text = None if later else stage.told("Booked", before, sent)
    until(lambda: len(stage.house.mail.to(stage.email)) > mails)
    mail = stage.house.mail.to(stage.email)[mails:]
    for one in mail:
        stage.teller.arrives(f"mail to {stage.email}", quoted(one.subject), (time.perf_counter() - sent) * 1000)
    if later:
        opens = stage.local(deliveries["sms"]["due_at"])
        stage.teller.expect(True, f"his text waits for the end of his quiet hours at {opens:%-I:%M %p}")
    else:
        stage.teller.expect(text, "the contractor has a text about it")
    stage.teller.expect(mail, "and an e-mail")
    live_event(stage, visit, sent)


def live_event(stage: Stage, visit: Row, sent: float) -> None:
    """The open page has heard of the visit."""
    listener = stage.listener
    event = until(lambda: listener and listener.event("appointment.updated", appointment_id=visit.get("id")), 10)
    if event:
        stage.teller.arrives("on the open page", f"{event.name} {event.told.get('change')}", (event.at - sent) * 1000)
    names = ", ".join(sorted({one.name for one in listener.heard})) if listener else "it is not open"
    stage.teller.expect(event, "and his open page has shown it", f"it heard: {names}")


# 2


def the_same_time_is_not_sold_twice(stage: Stage, luis: Person, dana: Person) -> None:
    """A second caller wants the very time that is just gone."""
    stage.teller.scene("2. The same time is not sold twice")
    thread = stage.thread(dana)
    visit: Row = next(iter(stage.its("appointment", conversation_id=thread["id"])), {})
    if not visit:
        stage.teller.expect(False, "a second caller is offered another time", "there is no visit to compete for")
        return
    before = stage.count(luis)
    call, silent_since = stage.rings(luis, "voicemail", "his own voicemail picks up, which is not an answer")
    stage.hears(luis, silent_since, before)
    stage.teller.expect(stage.call_row(call).get("text_sent"), "a machine that picks up does not count: he has a text")
    wish = stage.local(visit["window_start_at"])
    stage.asks(luis, f"My water heater is leaking too, 4512 Melrose Ave, 90029. Can you come {in_words(stage, wish)}?")
    offers = stage.offers(luis)
    if not offers:
        stage.asks(luis, "Any time that you have")
        offers = stage.offers(luis)
    stage.wrote("offered_slot", conversation_id=stage.thread(luis).get("id"), status="open")
    clash = [offer for offer in offers if overlaps(visit, offer)]
    stage.teller.expect(
        offers and not clash, f"{len(offers)} other {'time is' if len(offers) == 1 else 'times are'} offered to him"
    )


# 3


def who_says_stop_is_left_alone(stage: Stage, ray: Person) -> None:
    """STOP works at once, also against an answer that is already on its way."""
    stage.teller.scene("3. Who says STOP is left alone")
    before = stage.count(ray)
    stage.texts(ray, "How much is a new kitchen faucet?")
    stage.texts(ray, "STOP")
    until(lambda: stage.its("opt_out", phone=ray.phone), 10)
    stage.wrote("opt_out", phone=ray.phone)
    stage.wrote("conversation", customer_phone=ray.phone)
    call, _ = stage.rings(ray, "declines", "his call is declined")
    row = stage.call_row(call)
    stage.wrote("call", "task", customer_phone=ray.phone)
    call.join(20)
    time.sleep(1)
    stage.teller.remarks(f"the caller heard: {quoted(' '.join(call.said))}")
    stage.teller.expect(stage.its("opt_out", phone=ray.phone), "his wish is on the ledger")
    is_listed = row.get("text_code") == "opted_out" and row.get("text_sent") is False
    stage.teller.expect(is_listed, f"his next call is listed: {row.get('text_reason')}")
    stage.teller.expect(stage.count(ray) == before, "not one text went to him", f"{stage.count(ray) - before} did")
    stage.teller.expect(not re.search("will text", " ".join(call.said)), "and he was not promised one")


# 4


def gas_comes_first(stage: Stage, mei: Person) -> None:
    """Danger is answered at once with the fixed text, and the contractor's telephone rings."""
    stage.teller.scene("4. Gas comes first")
    before = stage.count(mei)
    _, silent_since = stage.rings(mei, "busy", "the line is busy")
    stage.hears(mei, silent_since, before)
    stage.carrier.handset(stage.owner.phone, "presses_1")
    alerts, rung = stage.count(stage.owner), len(rings_of(stage))
    before = stage.count(mei)
    sent = stage.texts(mei, "There is a strong smell of gas in my basement")
    safety = stage.hears(mei, sent, before)
    is_safe = safety is not None and "911" in safety.body
    stage.teller.expect(is_safe, "the safety text went out before anything else was asked")
    alert = stage.told("gas", alerts, sent)
    stage.teller.expect(alert, "the contractor has an alert on his phone, whatever the hour")
    until(lambda: len(rings_of(stage)) > rung)
    calls = rings_of(stage)[rung:]
    if calls:
        stage.teller.arrives(f"{stage.owner}'s phone rings", "he picks up", (time.perf_counter() - sent) * 1000)
        calls[0].join(LONGEST_CALL_SECONDS)
        stage.teller.remarks(f"the line says: {quoted(' '.join(calls[0].said))}")
    stage.teller.expect(calls, "and it rings")
    ladder = until(lambda: taken_ladder(stage, mei), 15)
    stage.wrote("escalation", conversation_id=stage.thread(mei).get("id"))
    stage.teller.expect(ladder, "he pressed 1, and nobody else is woken up")


# the end


def comes_back(stage: Stage, dana: Person) -> None:
    """The owner is back and looks at what happened."""
    stage.teller.scene("The owner is back")
    stage.carrier.handset(stage.owner.phone, "no_answer")
    stage.teller.expect(
        commands(stage, "BACK", "available"), "from now on he has a minute before the assistant answers"
    )
    status, page = stage.visitor.get(f"/app/inbox/{stage.thread(dana).get('id')}")
    is_shown = status == 200 and DANA["street"] in page
    stage.teller.expect(is_shown, "his inbox shows the conversation with Dana", f"the page answered {status}")
    complaints = [str(one) for one in stage.carrier.complaints]
    stage.teller.expect(not complaints, "the phone network had nothing to complain of", "; ".join(complaints[:3]))


def listed(words: set[str]) -> str:
    """Return words in a row."""
    return ", ".join(sorted(words))
