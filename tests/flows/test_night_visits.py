"""Visits at night wait for a technician: confirmed by his word, or given up in time (SC04, behaviour.md 5.4)."""

from app.clock import now
from app.conversations import Conversation
from app.leads import Lead
from app.scheduling.appointments import Appointment
from tests.factories import F4

LOCKED_OUT = "Locked out of my house and my toddler's dinner is on the stove! 123 Elm St 90012"
OWNER = F4.owner_phone


def accepted_tonight(story):
    """22:31 the offer, 22:33 the yes."""
    story.opens(F4).at("22:30")
    story.misses()
    story.at("22:31")
    answer = story.says(LOCKED_OUT)
    assert "11:30 PM-12:30 AM, $413 " in answer
    assert "tomorrow 7-8 AM, $150." in answer
    assert "$450" not in answer
    assert any("Reply 1 to take it" in alert for alert in story.alerts())
    story.at("22:33")
    return story


def test_nobody_is_woken_before_the_price_is_accepted(story):
    """SC04: push and text at once, no call; then the call goes out with the acceptance."""
    accepted_tonight(story)
    story.workers.sweep()
    assert story.rung() == []
    waiting = story.says("tonight")
    assert "reaching the technician" in waiting
    assert "Booked" not in waiting
    assert len(story.rung()) == 1
    visit = story.one(Appointment)
    assert (visit.status, visit.slot_type, visit.price_low_cents) == ("pending", "emergency_night", 41_300)
    assert not any(alert.startswith("Booked:") for alert in story.alerts())


def test_the_technicians_key_confirms_the_visit(story):
    """SC04: key 1 on the phone confirms, the customer hears the job number."""
    accepted_tonight(story)
    story.carrier.handset(OWNER, "presses_1")
    story.says("tonight")
    story.workers.sweep()
    visit = story.one(Appointment)
    assert visit.status == "confirmed"
    assert story.ladder().state == "acknowledged"
    assert story.heard()[-1].startswith("Booked: SecureLock Services")
    assert visit.job_number in story.heard()[-1]
    assert story.one(Lead).status == "appointment_scheduled"


def test_the_technicians_text_confirms_it_too(story):
    accepted_tonight(story)
    story.says("tonight")
    story.at("22:35")
    assert "You have it" in story.contractor_texts("1")
    assert story.one(Appointment).status == "confirmed"
    story.later(minutes=30)
    assert story.one(Appointment).status == "confirmed"


def test_without_a_technician_the_night_falls_through(story):
    """SC04, variant: cancelled after ten minutes, the morning is offered, the ladder goes on; YES books it."""
    accepted_tonight(story)
    story.says("tonight")
    said = len(story.heard())
    for _minute in range(11):
        story.later(minutes=1)
    visit = story.one(Appointment)
    assert (visit.status, visit.cancel_reason) == ("cancelled", "business_cancellation")
    fallen = [body for body in story.heard()[said:] if "couldn't reach a technician" in body]
    assert len(fallen) == 1
    assert "tomorrow 7-8 AM, $150." in fallen[0]
    assert "911" in fallen[0]
    assert story.one(Lead).status != "appointment_scheduled"
    assert story.ladder().state == "open"
    assert [story.local(call.created_at)[4:] for call in story.rung()] == ["22:33", "22:35", "22:37"]
    story.says("YES")
    booked = story.all(Appointment)[-1]
    assert (booked.status, story.window(booked), booked.price_low_cents) == ("pending", "Wed 07:00-08:00", 15_000)


def test_it_falls_through_in_her_language(story):
    """SC37: no text mixes languages, also not the one that nobody waited to write."""
    accepted_tonight(story)
    story.says("tonight")
    with story.factories.changing() as session:
        session.get(Conversation, story.thread().id).language = "es"
    for _minute in range(11):
        story.later(minutes=1)
    fallen = [body for body in story.heard() if body.startswith("No pudimos contactar a un tecnico para esta noche.")]
    assert len(fallen) == 1
    assert "Primera hora libre: mañana 7-8 AM, $150. Responda SI para reservar. En peligro, llame al 911." in fallen[0]


def test_the_customer_hears_once_that_nobody_was_reached(story):
    """SC04, 2.11: the ladder goes on after the visit fell through and ends by itself, without a second text."""
    accepted_tonight(story)
    story.says("tonight")
    states = {}
    for _minute in range(40):
        story.later(minutes=1)
        states.setdefault(story.ladder().state, story.local(now())[4:])
    assert states == {"open": "22:34", "exhausted": "22:48"}
    assert sum("couldn't reach" in body for body in story.heard()) == 1
