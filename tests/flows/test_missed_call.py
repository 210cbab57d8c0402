"""A missed call becomes a conversation, and a conversation a booked visit."""

import datetime as dt

from sqlalchemy import select

from app.calls import Call
from app.conversations import Conversation
from app.leads import Lead
from app.messages import Message
from app.scheduling.appointments import Appointment
from app.users import Presence
from tests.factories import CUSTOMER, F1

BUSINESS = F1.number


def test_a_missed_call_is_texted_once(factories, carrier, clock, workers):
    factories.business()
    carrier.handset(F1.owner_phone, "no_answer")
    call = carrier.call(CUSTOMER, BUSINESS)
    workers()
    assert "will text this number" in " ".join(call.said)
    texts = carrier.texts_to(CUSTOMER)
    assert [text.body for text in texts if "Prime Plumbing" in text.body and "STOP" in text.body]
    assert len(texts) == 1
    with factories.rows() as rows:
        row = rows.scalar(select(Call))
        assert (row.status, row.missed_reason, row.text_sent) == ("missed", "no_answer", True)
        assert rows.scalar(select(Conversation)).mode == "waiting_customer"
        assert rows.scalar(select(Message)).status == "delivered"


def test_from_missed_call_to_booked_visit(factories, carrier, clock, workers, mailbox):
    factories.business()
    factories.owner(factories_tenant(factories), presence=Presence.offline)
    carrier.handset(F1.owner_phone, "no_answer")
    carrier.call(CUSTOMER, BUSINESS)
    workers()
    clock.shift(dt.timedelta(minutes=1))
    carrier.text(CUSTOMER, BUSINESS, "My water heater is leaking, 789 Sunset Blvd 90210. This is Dana Reed")
    workers()
    clock.shift(dt.timedelta(seconds=5))
    workers.sweep()
    offer = carrier.texts_to(CUSTOMER)[-1].body
    assert "$" in offer, offer
    clock.shift(dt.timedelta(minutes=1))
    carrier.text(CUSTOMER, BUSINESS, "1")
    workers()
    clock.shift(dt.timedelta(seconds=5))
    workers.sweep()
    booked = carrier.texts_to(CUSTOMER)[-1].body
    assert "Booked" in booked, booked
    with factories.rows() as rows:
        assert rows.scalar(select(Appointment)).job_number in booked
        assert rows.scalar(select(Lead)).status == "appointment_scheduled"
        assert rows.scalar(select(Conversation)).status == "completed"
    assert [text.body for text in carrier.texts_to(F1.owner_phone)]
    assert mailbox.messages


def factories_tenant(factories):
    from app.tenants import Tenant

    with factories.rows() as rows:
        return rows.scalar(select(Tenant.id))
