"""A business with one row of every kind, and a member of the support team at the panel."""

from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace

import pytest
from psycopg.types.range import TimestamptzRange
from sqlalchemy import select
from webtest import TestApp

from app import audit, consent, messages, seeds
from app.audit import Audit
from app.calls import Call, CallStatus, MissedReason
from app.clock import now
from app.consent import Consent
from app.conversations import Conversation, Mode, Note, Turn
from app.customers import Customer
from app.escalations import Escalation
from app.evaluation import CaseKind, EvalCase
from app.events import Event, EventStatus
from app.inbox import Webhook, WebhookStatus
from app.leads import Lead
from app.messages import Direction, Message, MessageStatus, Purpose, Sender
from app.messages.reports import Report
from app.numbers import Number
from app.scheduling.appointments import Appointment, AppointmentStatus
from app.scheduling.technicians import Technician
from app.subscriptions import Subscription
from app.tasks import SupportTask
from app.users import User
from tests.factories import CUSTOMER, PASSWORD

STAFF = "support@nevermisscall.example"
SID = {kind: kind + "0123456789abcdef" * 2 for kind in ("CA", "SM", "MM")}
LISTS = (
    "tenants", "numbers", "subscriptions", "customers", "calls", "conversations", "messages", "leads", "appointments",
    "webhooks", "events", "tasks", "audit", "cases",
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
    made = World({"tenants": tenant_id})
    with factories.changing() as session:

        def keep(**rows):
            session.add_all(rows.values())
            session.flush()
            for name, row in rows.items():
                if name in LISTS:
                    made.ids[name] = row.id
                else:
                    setattr(made.more, name, row.id)

        number = session.scalar(select(Number).where(Number.tenant_id == tenant_id))
        keep(numbers=number, subscriptions=session.scalar(select(Subscription)))
        customer = Customer(tenant_id=tenant_id, phone=CUSTOMER, name="Dana Reed", email="dana@example.com")
        keep(customers=customer)
        thread = thread_with(customer, number)
        keep(conversations=thread)
        keep(calls=missed_call(thread))
        texts = texts_in(thread, made.ids["calls"])
        keep(**texts)
        session.add_all([*traces(thread, texts), consent_of(thread)])
        keep(appointments=visit_of(session, thread))
        keep(leads=lead_of(thread, made.ids["appointments"]))
        keep(**machinery(tenant_id))
        owner = session.scalar(select(User).where(User.tenant_id == tenant_id))
        alarm = Escalation(tenant_id=tenant_id, conversation_id=thread.id, user_id=owner.id, summary="Gas smell")
        keep(owner=owner, alarm=alarm)
        audit.record("plan.change", "subscription:x", actor=STAFF, tenant_id=tenant_id, reason="asked by phone")
        keep(audit=session.scalar(select(Audit).where(Audit.action == "plan.change")))
        keep(cases=case_of("no hot water since this morning"))
    return made


def thread_with(customer, number):
    return Conversation(
        tenant_id=customer.tenant_id,
        number_id=number.id,
        customer_id=customer.id,
        customer_phone=customer.phone,
        business_phone=number.e164,
        mode=Mode.escalated,
        escalation_reason="gas smell",
        needs_person=True,
    )


def missed_call(thread):
    return Call(
        tenant_id=thread.tenant_id,
        number_id=thread.number_id,
        call_sid=SID["CA"],
        customer_phone=thread.customer_phone,
        business_phone=thread.business_phone,
        status=CallStatus.missed,
        missed_reason=MissedReason.no_answer,
        conversation_id=thread.id,
        text_sent=True,
        text_reason="Texted",
        text_code="texted",
        correlation_id="req_call",
        sweep_at=now(),
        decided_at=now(),
    )


def texts_in(thread, call_id):
    """A greeting that arrived, an answer of the customer, a text that was discarded and one that was not delivered."""
    greeting = message(thread, Purpose.greeting, MessageStatus.delivered, call_id=call_id, provider_sid=SID["SM"])
    greeting.accepted_at = greeting.delivered_at = now()
    heard = message(thread, None, MessageStatus.answered, provider_sid=SID["MM"], request_id="req_heard")
    heard.direction, heard.sender, heard.body, heard.token = Direction.inbound, Sender.customer, "My heater leaks", None
    return {
        "messages": greeting,
        "heard": heard,
        "discarded": message(thread, Purpose.reply, MessageStatus.discarded, discard_reason="quiet_hours", attempts=0),
        "failed": message(thread, Purpose.reply, MessageStatus.undelivered, error_code=30006),
    }


def message(thread, purpose, status, **facts) -> Message:
    row = messages.outbound_row(
        thread.tenant_id,
        thread.id,
        business_phone=thread.business_phone,
        customer_phone=thread.customer_phone,
        body="Hello from Prime Plumbing",
        sender=Sender.ai,
        purpose=purpose,
        template="greeting",
        control_version=1,
    )
    return Message(**row | {"status": status, "attempts": 1, "request_id": "req_written"} | facts)


def traces(thread, texts):
    """What the carrier reported, what stands on the timeline, and what the dispatcher made of the answer."""
    failed = texts["failed"]
    return [
        Report(token=texts["messages"].token, provider_sid=SID["SM"], status="delivered"),
        Report(token=failed.token, provider_sid="SM" + "f" * 32, status="undelivered", error_code=30006),
        Note(tenant_id=thread.tenant_id, conversation_id=thread.id, kind="call", text="Missed call. Texted."),
        Turn(
            tenant_id=thread.tenant_id,
            conversation_id=thread.id,
            message_id=texts["heard"].id,
            event="message",
            intent="describe_job",
            stage="asking",
            acts=["ask_address"],
            evidence=["leaks"],
            extracted={"job_type": "water_heater"},
            template="ask_address",
            milliseconds=1.5,
        ),
    ]


def consent_of(thread):
    method = "inbound_call_disclosure"
    return Consent(**consent.consent_row(thread.tenant_id, thread.customer_phone, method=method, evidence=SID["CA"]))


def visit_of(session, thread):
    technician = session.scalar(select(Technician).where(Technician.tenant_id == thread.tenant_id))
    start, end = now(), now() + timedelta(hours=2)
    return Appointment(
        tenant_id=thread.tenant_id,
        technician_id=technician.id,
        conversation_id=thread.id,
        customer_id=thread.customer_id,
        status=AppointmentStatus.confirmed,
        job_number="NMC-AB2CD",
        job_types=["water_heater"],
        start_at=start,
        end_at=end,
        reserved=TimestamptzRange(start, end),
        window_start_at=start,
        window_end_at=end,
        price_low_cents=15_000,
        price_high_cents=20_000,
    )


def lead_of(thread, visit_id):
    return Lead(
        tenant_id=thread.tenant_id,
        conversation_id=thread.id,
        customer_id=thread.customer_id,
        appointment_id=visit_id,
        job_type="water_heater",
        estimated_low_cents=15_000,
        estimated_high_cents=20_000,
    )


def machinery(tenant_id):
    """A webhook that failed and one that did not, an event that failed, and a task of the support team."""
    call = {"CallSid": SID["CA"], "From": CUSTOMER, "DialCallStatus": "no-answer"}
    text = {"MessageSid": SID["MM"], "From": CUSTOMER, "Body": "My heater leaks", "nmc_token": "secret-token"}
    return {
        "webhooks": webhook("twilio.dial", SID["CA"], call, WebhookStatus.failed, attempts=6, request_id="req_dial"),
        "text_webhook": webhook("twilio.sms", SID["MM"], text, WebhookStatus.handled, request_id="req_heard"),
        "events": Event(
            tenant_id=tenant_id, name="call.missed", payload={"body": "words"}, status=EventStatus.failed, attempts=6
        ),
        "tasks": SupportTask(tenant_id=tenant_id, key="k1", kind="carrier_refusal", why="The carrier refuses us."),
    }


def case_of(text, **expected):
    """A case of one text that passes, unless something else is expected."""
    content = {
        "id": "c001", "text": text, "trade": "plumbing", "now": "2026-09-15T10:00:00",
        "context": {"asked": None, "offers": None}, "urgency": "urgent", "urgency_ok": ["urgent"],
        "life_safety": None, "job_type": "water_heater", "job_ok": ["water_heater"], "intent": "new_job",
        "intent_ok": ["new_job"], "slots": {}, "slices": [], "note": "A water heater",
    }  # fmt: skip
    return EvalCase(
        kind=CaseKind.turn, title="No hot water", trade="plumbing", content=content | expected, made_by=STAFF
    )


def webhook(kind, event_id, payload, status, **facts):
    return Webhook(kind=kind, event_id=event_id, payload=payload, status=status, **{"error": "ValueError: odd"} | facts)
