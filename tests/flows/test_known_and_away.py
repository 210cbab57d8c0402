"""Who is known, who is away, who speaks Spanish, and nothing left to sell (SC17, SC36, SC37, SC39)."""

import datetime as dt
import re

import pytest

from app import customers
from app.conversations import Turn
from app.customers import Customer
from app.escalations import Escalation
from app.leads import Lead
from app.messages import Message
from app.scheduling.appointments import Appointment
from app.scheduling.holds import Hold
from app.scheduling.offered import OfferedSlot
from app.users import Presence
from tests.blueprints.conftest import Callers
from tests.factories import F3
from tests.flows.story import CUSTOMER, LOS_ANGELES

FAUCET = "Bathroom faucet dripping, 789 Sunset Blvd 90210"
RETURN = dt.datetime(2026, 9, 28, tzinfo=LOS_ANGELES)
ENGLISH = {
    "the",
    "reply",
    "to",
    "come",
    "thanks",
    "your",
    "visit",
    "booked",
    "for",
    "we",
    "will",
    "book",
    "before",
    "at",
}
WARRANTY = "Repairs carry a 90-day warranty on labor."


def is_known(story, *done):
    """The caller has been a customer before, with these jobs done at A1."""
    with story.factories.changing() as session:
        customer = customers.of(story.tenant_id, CUSTOMER)
        customer.addresses = [{"street_address": "789 Sunset Blvd", "city": "Los Angeles", "postal_code": "90210"}]
        customer.special_instructions = "Dog bites. Pays late."
        session.flush()
        for job in done:
            session.add(Lead(tenant_id=story.tenant_id, customer_id=customer.id, status="completed", job_type=job))
    return story


# SC17


def calls_again(story, **settings):
    is_known(story.opens(**settings).at("08:58"), "water_heater_repair").misses()
    story.at("08:59")
    return story.says("Same water heater acting up again")


def test_a_repeat_customer_is_offered_times_at_her_address(story):
    """SC17: the address is named to be confirmed, not asked anew; 08:59 + 120 = 11-1 PM at the list price; accepted."""
    answer = calls_again(story)
    assert answer.startswith("At 789 Sunset Blvd, Los Angeles, 90210 again")
    assert "1) today 11 AM-1 PM, $150-$400" in answer
    assert "?" not in answer
    assert story.thread().urgency_level == "normal"
    assert story.says("1").startswith("Booked: Prime Plumbing, today 11 AM-1 PM, 789 Sunset Blvd, Los Angeles, 90210")
    visit = story.one(Appointment)
    assert (story.block(visit), visit.address["street_address"]) == ("Tue 11:00-13:00", "789 Sunset Blvd")
    assert not re.search(r"warrant|guarant|dog|late", " ".join(story.heard()), re.IGNORECASE)


def test_a_repeat_customer_may_live_elsewhere_now(story):
    """SC17: a correction wins, and the times are offered for the new place."""
    calls_again(story)
    answer = story.says("no, it's at 12 Elm St 90210 now")
    assert "$150-$400" in answer
    story.says("1")
    assert story.one(Appointment).address["street_address"] == "12 Elm St"


def test_the_warranty_is_told_in_the_contractors_words(story):
    """SC17, variant: with warranty_note that sentence verbatim, once, for the very job that was done before."""
    assert WARRANTY in calls_again(story, dispatcher={"warranty_note": WARRANTY})
    story.says("What time today?")
    assert sum(WARRANTY in text for text in story.heard()) == 1


def test_no_warranty_for_a_job_that_was_never_done(story):
    is_known(story.opens(dispatcher={"warranty_note": WARRANTY}).at("08:58"), "toilet_repair").misses()
    assert "warranty" not in story.says("My water heater is not heating")


def test_a_former_address_out_of_the_area_is_asked_about(story):
    """4.1: what cannot be served is not assumed."""
    story.opens().at("10:00")
    is_known(story, "faucet_repair")
    with story.factories.changing() as session:
        session.query(Customer).one().addresses = [{"street_address": "1 Far Rd", "postal_code": "93555"}]
    story.misses()
    answer = story.says("My bathroom faucet drips again")
    assert "1 Far Rd" in answer
    assert "?" in answer
    assert story.all(OfferedSlot) == []


# SC36


def on_vacation(story, mode, until=RETURN):
    story.opens(general={"vacation_mode": mode}).at("10:00")
    story.factories.owner(story.tenant_id, presence=Presence.vacation, presence_until=until)
    assert story.misses().legs == []
    return story


def test_nothing_is_offered_before_the_return(story):
    """SC36 b: offers from 2026-09-28 on, whatever is asked for; his phone is not dialled."""
    on_vacation(story, "book_after_return")
    for words in (FAUCET, "anything today?", "Can you come on Friday instead?"):
        assert "Sep 28" in story.says(words)
        starts = [row.start_at for row in story.all(OfferedSlot)]
        assert min(starts) >= RETURN
    assert story.says("1").startswith("Booked for Mon, Sep 28")
    assert story.one(Appointment).start_at >= RETURN


@pytest.mark.parametrize("until", ["2026-09-28T00:00:00-07:00", "2026-09-28T00:00:00", "2026-09-28"])
def test_out_of_office_ends_on_the_clock_of_the_business(story, until):
    """SC36 b for the whole business; a date without a zone is one of ours, and no call fails for it."""
    away = {"enabled": True, "until": until}
    story.opens(general={"vacation_mode": "book_after_return", "out_of_office": away}).at("10:00")
    assert story.misses().legs == []
    assert "Mon, Sep 28" in story.says(FAUCET)
    assert min(row.start_at for row in story.all(OfferedSlot)) >= RETURN


def test_an_absence_without_an_end_offers_nothing(story):
    on_vacation(story, "book_after_return", until=None)
    assert "someone will contact you" in story.says(FAUCET)
    assert story.all(OfferedSlot) == []
    assert story.thread().needs_person is True


def test_a_message_is_taken(story):
    """SC36 c: one text without a time, the contractor has it; an emergency in the same thread escalates anyhow."""
    on_vacation(story, "take_message")
    answer = story.says(FAUCET)
    assert answer == "Thanks. We're away right now; I've taken your message and the team will contact you."
    assert (story.thread().mode, story.thread().needs_person) == ("escalated", True)
    assert any("faucet dripping" in alert for alert in story.alerts())
    assert story.all(OfferedSlot) == story.all(Hold) == story.all(Appointment) == story.all(Escalation) == []
    story.says("Now the pipe burst, water everywhere!")
    ladder = story.one(Escalation)
    assert (ladder.level, ladder.state) == (2, "open")
    assert any("Reply 1 to take it" in alert for alert in story.alerts())
    story.says("Hurry, it is flooding!")
    assert len(story.all(Escalation)) == 1


# SC37


def are_spanish(texts):
    """No text with an English word of ours in it."""
    return [text for text in texts if ENGLISH & set(re.findall(r"[a-z]+", text.lower()))] == []


def test_a_talk_in_spanish_from_the_leak_to_the_booking(story):
    """SC37: leak_repair, every later text in Spanish, the language kept; the contractor reads English; ALTO ends it."""
    story.opens().at("10:00")
    story.misses()
    answer = story.says("Tengo una fuga de agua en la cocina, 789 Sunset Blvd 90210")
    assert story.all(Turn)[-1].extracted["price_book_jobs"] == ["leak_repair"]
    assert "$150-$450" in answer
    story.says("¿Cuanto cuesta?")
    assert "vie 18 sep" in story.says("Mejor el viernes por la tarde")
    booked = story.says("la primera")
    assert booked.startswith("Reservado para vie 18 sep, 12-2 PM, $150-$450.")
    assert booked.endswith("Confirmamos la hora por texto a las 7 PM del dia anterior.")
    assert story.one(Appointment).job_types == ["leak_repair"]
    assert "Fri, Sep 18, 12-2 PM" in story.alerts()[-1]
    story.later(minutes=20)
    story.says("¿a que hora vienen?")
    story.says("quiero cambiar mi cita al lunes")
    assert story.says("1").startswith("Cambiado: Prime Plumbing va ahora lun 21 sep")
    story.until("19:00", "2026-09-20")
    assert story.one(Appointment, status="confirmed")
    assert are_spanish(story.heard()[1:])
    assert (story.thread().language, story.one(Customer).language) == ("es", "es")
    original = story.all(Message, direction="inbound")[0]
    assert original.body == "Tengo una fuga de agua en la cocina, 789 Sunset Blvd 90210"
    story.texts("ALTO")
    assert story.heard()[-1] == "Ya no recibira textos de Prime Plumbing. Responda START para volver."
    assert story.one(Appointment, status="confirmed")
    said = len(story.heard())
    story.texts("¿Hola?")
    story.later(hours=24)
    assert len(story.heard()) == said


@pytest.mark.parametrize(
    "lines",
    [
        ("Hola, necesito un plomero", "no se", "Calle Lejana 1, 93555"),
        ("Huele a quemado y se va la luz, 12 Elm St 90210",),
        ("Quiero cancelar mi cita",),
        ("Quiero hablar con una persona por favor",),
    ],
)
def test_languages_are_not_mixed(story, lines):
    """SC37: questions, refusals and hand-overs are Spanish too."""
    story.opens().at("10:00")
    story.misses()
    for line in lines:
        story.says(line)
    assert len(story.heard()) > 1
    assert are_spanish(story.heard()[1:])


# SC39


def test_a_full_fortnight_in_the_heat(story, browser):
    """SC39: heat and 84 years are an emergency; no automatic slot, level 2, a person, one lead; he books it by hand."""
    full = {"operational_limits": {"max_jobs_per_day": 1}, "emergency_service": {"after_hours_enabled": False}}
    story.opens(F3, **full).at("14:00")
    for day in range(15):
        story.busy("08:00", "09:00", f"{dt.date(2026, 9, 15) + dt.timedelta(days=day)}")
    story.misses()
    answer = story.says("AC is out, it's an emergency, my mother is 84, 456 Oak Ave 90210")
    assert "someone will contact you here or by phone" in answer
    assert "$" not in answer
    thread = story.thread()
    assert (thread.urgency_level, thread.mode, thread.escalation_reason) == ("emergency", "escalated", "no_slots")
    assert (story.one(Escalation).level, story.one(Escalation).state) == (2, "open")
    lead = story.one(Lead)
    assert (lead.status, lead.conversation_id) == ("qualified", thread.id)
    assert story.all(Hold) == story.all(OfferedSlot) == []
    at_three = {"start": "2026-09-15T22:00:00Z", "slot_type": "emergency_work_hours", "job_type": "ac_repair"}
    asked = at_three | {"customer_phone": CUSTOMER, "lead_id": str(lead.id), "force": True}
    owner = Callers(browser, story.factories).person(F3.owner_email)
    owner.post("/appointments", json=asked, headers={"Idempotency-Key": "k1"}, status=201)
    story.workers()
    visit = story.all(Appointment, conversation_id=thread.id)[0]
    assert (visit.status, visit.slot_type, story.block(visit)) == (
        "confirmed",
        "emergency_work_hours",
        "Tue 15:00-17:00",
    )
    assert (visit.price_low_cents, visit.price_high_cents) == (26_300, 35_000)
    assert story.heard()[-1].startswith("Booked: CoolTech HVAC, today 3-4 PM, 456 Oak Ave, $263-$350. Job NMC-")
    assert (story.one(Lead).status, story.one(Lead).appointment_id) == ("appointment_scheduled", visit.id)


@pytest.mark.parametrize("words", ["AC is out, it's 84 in the house", "AC out, my son is 24"])
def test_a_number_alone_is_no_old_age(story, words):
    story.opens(F3).at("14:00")
    story.misses()
    story.says(f"{words}, 456 Oak Ave 90210")
    assert story.thread().urgency_level != "emergency"
