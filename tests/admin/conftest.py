"""A business with one row of every kind, and a member of the support team at the panel."""

from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace

import pytest
from psycopg.types.range import TimestamptzRange
from sqlalchemy import select
from webtest import TestApp

from app import audit, consent, messages, seeds
from app.calls import Call, CallStatus, MissedReason
from app.clock import now
from app.conversations import Conversation, Mode, Note, Status, Turn
from app.customers import Customer
from app.escalations import Escalation
from app.events import Event, EventStatus
from app.inbox import Webhook, WebhookStatus
from app.leads import Lead
from app.messages import Direction, Message, MessageStatus, Purpose, Report, Sender
from app.numbers import Number
from app.scheduling.appointments import Appointment, AppointmentStatus
from app.scheduling.technicians import Technician
from app.subscriptions import Subscription
from app.tasks import SupportTask
from app.users import User
from tests.factories import CUSTOMER, F1, PASSWORD

STAFF = "support@nevermisscall.example"
SID = {kind: kind + "0123456789abcdef" * 2 for kind in ("CA", "SM", "MM")}
LISTS = (
    "tenants", "numbers", "subscriptions", "customers", "calls", "conversations", "messages", "leads", "appointments",
    "webhooks", "events", "tasks", "audit",
)  # fmt: skip


@dataclass
class World:
    """The ids of the rows, by the path of their list; `more` holds further ones."""

    ids: dict[str, object] = field(default_factory=dict)
    more: SimpleNamespace = field(default_factory=SimpleNamespace)


@pytest.fixture
def staff(factories, browser, clock):
    """A browser in which a member of the support team is signed in."""
    with factories.changing():
        seeds.hire(STAFF, PASSWORD, "Sam")
    return sign_in(browser)


def sign_in(browser: TestApp, email: str = STAFF, password: str = PASSWORD) -> TestApp:
    page = browser.get("/admin/login")
    form = page.forms[0]
    form["email"], form["password"] = email, password
    answer = form.submit()
    assert answer.status_int == 302, answer.text
    return browser


@pytest.fixture
def world(factories, clock) -> World:
    """A missed call that became a booked visit, with texts that went well and badly."""
    tenant_id = factories.business()
    made = World()
    with factories.changing() as session:
        number = session.scalar(select(Number).where(Number.tenant_id == tenant_id))
        customer = Customer(tenant_id=tenant_id, phone=CUSTOMER, name="Dana Reed", email="dana@example.com")
        session.add(customer)
        session.flush()
        thread = Conversation(
            tenant_id=tenant_id, number_id=number.id, customer_id=customer.id, customer_phone=CUSTOMER,
            business_phone=F1.number, mode=Mode.escalated, escalation_reason="gas smell", needs_person=True,
        )  # fmt: skip
        session.add(thread)
        session.flush()
        call = Call(
            tenant_id=tenant_id, number_id=number.id, call_sid=SID["CA"], customer_phone=CUSTOMER, business_phone=F1.number,
            status=CallStatus.missed, missed_reason=MissedReason.no_answer, conversation_id=thread.id, text_sent=True,
            text_reason="Texted", text_code="texted", correlation_id="req_call", sweep_at=now(), decided_at=now(),
        )  # fmt: skip
        session.add(call)
        session.flush()
        greeting = message(tenant_id, thread.id, Purpose.greeting, MessageStatus.delivered, call_id=call.id)
        greeting.provider_sid, greeting.accepted_at, greeting.delivered_at = SID["SM"], now(), now()
        heard = Message(
            tenant_id=tenant_id, conversation_id=thread.id, direction=Direction.inbound, sender=Sender.customer,
            business_phone=F1.number, customer_phone=CUSTOMER, body="My heater leaks", status=MessageStatus.answered,
            provider_sid=SID["MM"], request_id="req_heard",
        )  # fmt: skip
        discarded = message(tenant_id, thread.id, Purpose.reply, MessageStatus.discarded, discard_reason="quiet_hours")
        failed = message(tenant_id, thread.id, Purpose.reply, MessageStatus.undelivered, error_code=30006)
        session.add_all([greeting, heard, discarded, failed])
        session.flush()
        session.add_all(
            [
                Report(token=greeting.token, provider_sid=SID["SM"], status="delivered"),
                Report(token=failed.token, provider_sid="SM" + "f" * 32, status="undelivered", error_code=30006),
                Note(tenant_id=tenant_id, conversation_id=thread.id, kind="call", text="Missed call. Texted."),
                Turn(
                    tenant_id=tenant_id, conversation_id=thread.id, message_id=heard.id, event="message", intent="describe_job",
                    stage="asking", acts=["ask_address"], evidence=["leaks"], extracted={"job_type": "water_heater"},
                    template="ask_address", milliseconds=1.5,
                ),
            ]
        )  # fmt: skip
        technician = session.scalar(select(Technician).where(Technician.tenant_id == tenant_id))
        visit = Appointment(
            tenant_id=tenant_id, technician_id=technician.id, conversation_id=thread.id, customer_id=customer.id,
            status=AppointmentStatus.confirmed, job_number="NMC-AB2CD", job_types=["water_heater"], start_at=now(),
            end_at=now() + timedelta(hours=2), reserved=TimestamptzRange(now(), now() + timedelta(hours=2)),
            window_start_at=now(), window_end_at=now() + timedelta(hours=2), price_low_cents=15_000, price_high_cents=20_000,
        )  # fmt: skip
        session.add(visit)
        session.flush()
        lead = Lead(
            tenant_id=tenant_id, conversation_id=thread.id, customer_id=customer.id, appointment_id=visit.id,
            job_type="water_heater", estimated_low_cents=15_000, estimated_high_cents=20_000,
        )  # fmt: skip
        webhook = Webhook(
            kind="twilio.dial", event_id=SID["CA"], status=WebhookStatus.failed, attempts=6, error="ValueError: odd",
            request_id="req_dial", payload={"CallSid": SID["CA"], "From": CUSTOMER, "DialCallStatus": "no-answer"},
        )  # fmt: skip
        text = Webhook(
            kind="twilio.sms", event_id=SID["MM"], status=WebhookStatus.handled, attempts=1, request_id="req_heard",
            payload={"MessageSid": SID["MM"], "From": CUSTOMER, "Body": "My heater leaks", "nmc_token": "secret-token"},
        )  # fmt: skip
        event = Event(tenant_id=tenant_id, name="call.missed", payload={"body": "words"}, status=EventStatus.failed, attempts=6)
        task = SupportTask(tenant_id=tenant_id, key="k1", kind="carrier_refusal", why="The carrier refuses us.")
        owner = session.scalar(select(User).where(User.tenant_id == tenant_id))
        alarm = Escalation(tenant_id=tenant_id, conversation_id=thread.id, user_id=owner.id, summary="Gas smell")
        session.add_all([lead, webhook, text, event, task, alarm])
        consent.record(tenant_id, CUSTOMER, method="inbound_call_disclosure", evidence=SID["CA"])
        audit.record("plan.change", "subscription:x", actor=STAFF, tenant_id=tenant_id, reason="asked by phone")
        session.flush()
        subscription = session.scalar(select(Subscription))
        made.ids = {
            "tenants": tenant_id, "numbers": number.id, "subscriptions": subscription.id, "customers": customer.id,
            "calls": call.id, "conversations": thread.id, "messages": greeting.id, "leads": lead.id, "appointments": visit.id,
            "webhooks": webhook.id, "events": event.id, "tasks": task.id, "audit": session.scalar(select(audit.Audit.id).where(audit.Audit.action == "plan.change")),
        }  # fmt: skip
        made.more = SimpleNamespace(
            heard=heard.id, discarded=discarded.id, failed=failed.id, text_webhook=text.id, owner=owner.id, alarm=alarm.id
        )
    return made


def message(tenant_id, thread_id, purpose, status, **facts) -> Message:
    row = messages.outbound_row(
        tenant_id, thread_id, business_phone=F1.number, customer_phone=CUSTOMER, body="Hello from Prime Plumbing",
        sender=Sender.ai, purpose=purpose, template="greeting", control_version=1,
    )  # fmt: skip
    attempts = 0 if status == MessageStatus.discarded else 1
    return Message(**row | {"status": status, "attempts": attempts, "request_id": "req_written"} | facts)
