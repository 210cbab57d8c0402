"""Nobody sees another business: over every route that takes an id, and in the database when a filter is forgotten."""

import datetime as dt
import re
from uuid import UUID

import pytest
from sqlalchemy import select, text

from app import consent, notifications, tasks, tenancy
from app.calendars import Calendar, Connection, Provider, pushes
from app.calendars.consent import OAuthState
from app.calendars.mirror import ExternalEvent
from app.calendars.pushes import CalendarEvent
from app.calls import Call, greeting
from app.conversations import Conversation
from app.customers import Customer
from app.escalations import Escalation
from app.estimates import Estimate
from app.evaluation import CaseKind, EvalCase
from app.extensions import db
from app.heard import HeardVersion
from app.leads import Lead
from app.notifications import Category, Channel, Notification
from app.numbers import Number
from app.quota import UsageReservation
from app.scheduling import appointments, holds, technicians
from app.scheduling.appointments import Appointment, AppointmentStatus
from app.scheduling.holds import Hold
from app.scheduling.types import Slot
from app.tenants import Tenant
from app.users import User
from app.wordings import Wording
from tests.blueprints.conftest import Callers, sign_in
from tests.factories import F1

THEIRS = {"number": "+12135550177", "owner_email": "theirs@example.com", "owner_phone": "+12135550178"}
NAMES_TENANT = {"tenant_id"}
SERVICES = {
    "app_server", "twilio_conversations", "tenant_service", "billing_service", "notification_service",
    "phone_number_service", "universal_calendar",
}  # fmt: skip
BODIES = {
    ("app_server.change_lead", "PATCH"): {"notes": "mine now"},
    ("app_server.reply", "POST"): {"message": "hello"},
    ("app_server.cancel_appointment", "POST"): {"reason": "business_cancellation"},
    ("app_server.close_task", "PATCH"): {"state": "done"},
    ("app_server.change_estimate", "PUT"): {"description": "mine now"},
    ("universal_calendar.use_calendar", "PATCH"): {"role": "both"},
}


@pytest.fixture
def callers(browser, factories):
    return Callers(browser, factories)


@pytest.fixture
def strangers(factories, clock):
    """A business with one row of everything; the ids of its rows by the name that they have in a path."""
    tenant_id = factories.business(name="Theirs", **THEIRS)
    with factories.changing() as session:
        return make_one_of_everything(session, tenant_id)


def make_one_of_everything(session, tenant_id: UUID) -> dict[str, str]:
    number = session.scalar(select(Number).where(Number.tenant_id == tenant_id))
    owner = session.scalar(select(User).where(User.tenant_id == tenant_id))
    phone = "+13105550177"
    from app import customers

    customer = customers.of(tenant_id, phone)
    thread = Conversation(
        tenant_id=tenant_id,
        number_id=number.id,
        customer_id=customer.id,
        customer_phone=phone,
        business_phone=number.e164,
    )
    session.add(thread)
    session.flush()
    start = dt.datetime(2026, 9, 16, 17, 0, tzinfo=dt.UTC)
    person = technicians.active(tenant_id)[0]
    slot = Slot("s", str(person.id), start, start + dt.timedelta(hours=1), start, start + dt.timedelta(hours=1))
    visit = appointments.book(
        tenant_id,
        slot,
        buffer_minutes=30,
        status=AppointmentStatus.confirmed,
        conversation_id=thread.id,
        customer_id=customer.id,
    )
    appointments.tell(visit, change="booked")
    at_noon = start + dt.timedelta(hours=3)
    kept = holds.place(
        tenant_id,
        thread.id,
        Slot("h", str(person.id), at_noon, at_noon + dt.timedelta(hours=1), at_noon, at_noon),
        minutes=15,
        buffer_minutes=30,
    )
    lead = Lead(tenant_id=tenant_id, conversation_id=thread.id, customer_id=customer.id)
    call = Call(
        tenant_id=tenant_id, number_id=number.id, call_sid="CA" + "7" * 32, customer_phone=phone,
        business_phone=number.e164, correlation_id="x", sweep_at=start,
    )  # fmt: skip
    alert = Escalation(tenant_id=tenant_id, conversation_id=thread.id, user_id=owner.id)
    session.add_all([lead, call, alert])
    rule = consent.add_rule(tenant_id, "+13105550178", consent.ContactRule.no_text)
    tasks.add(tenant_id, "x", "call_back", "Call back.", conversation_id=thread.id)
    notice = notifications.tell(
        owner, title="t", body="b", category=Category.new_message, channels=[Channel.email], dedupe_key="x"
    )
    linked = Connection(
        tenant_id=tenant_id, user_id=owner.id, provider=Provider.google, account_email="theirs@example.com"
    )
    calendar = Calendar(tenant_id=tenant_id, connection=linked, external_id="theirs", name="Theirs")
    words = Wording(tenant_id=tenant_id, language="en", template="thanks", text="Thanks.", changed_by="x")
    session.add_all([calendar, words])
    session.flush()
    rows = {
        "connection_id": linked, "calendar_id": calendar, "event_id": pushes.newest_of(visit.id),
        "conversation_id": thread, "thread_id": thread, "lead_id": lead, "customer_id": customer,
        "appointment_id": visit, "hold_id": kept,
        "call_id": call, "escalation_id": alert, "rule_id": rule, "notification_id": notice, "number_id": number,
        "task_id": session.scalar(select(tasks.Task).where(tasks.Task.tenant_id == tenant_id)),
        "estimate_id": session.scalar(select(Estimate).where(Estimate.tenant_id == tenant_id)),
    }  # fmt: skip
    return {"tenant_id": str(tenant_id)} | {name: str(row.id) for name, row in rows.items()}


def routes(web):
    """Every route of a service interface whose path takes ids."""
    for rule in web.url_map.iter_rules():
        ids = [name for name in rule.arguments if name.endswith("_id")]
        if ids and rule.endpoint.split(".")[0] in SERVICES:
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield rule, method, ids


def path_of(rule, values):
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: values[match[1]], rule.rule)


def test_every_route_hides_the_rows_of_others(web, callers, factories, strangers):
    factories.business()
    mine = callers.person(F1.owner_email)
    seen = []
    for rule, method, ids in routes(web):
        body = BODIES.get((rule.endpoint, method), {})
        names_tenant = bool(NAMES_TENANT & set(ids))
        status = 403 if names_tenant else 404
        options = {"json": body} if method in ("POST", "PUT", "PATCH") else {}
        answer = getattr(mine, method.lower())(path_of(rule, strangers), status=status, **options)
        code = answer.json["error"]["code"]
        assert code == "TENANT_MISMATCH" if names_tenant else code.endswith("NOT_FOUND"), (rule, method, code)
        seen.append(rule.endpoint)
    assert len(seen) >= 25


def test_every_page_hides_the_rows_of_others(web, browser, factories, strangers):
    factories.business()
    sign_in(browser)
    token = browser.get("/app/account").forms[0]["csrf_token"].value
    seen = []
    for rule in web.url_map.iter_rules():
        if not rule.endpoint.startswith("web_ui.") or not any(name.endswith("_id") for name in rule.arguments):
            continue
        path = path_of(rule, strangers)
        if "GET" in rule.methods:
            browser.get(path, status=404)
        else:
            sent = {"csrf_token": token, "body": "Hello"}
            browser.post(path, sent, headers={"Referer": "https://nmc.example/"}, status=404)
        seen.append(rule.endpoint)
    assert len(seen) >= 19


def test_the_same_routes_find_them_for_their_owner(web, callers, factories, strangers):
    theirs = callers.person(THEIRS["owner_email"])
    for rule, method, _ids in routes(web):
        if method == "GET":
            theirs.get(path_of(rule, strangers))


def test_lists_hold_only_what_is_ones_own(web, callers, factories, strangers):
    factories.business()
    mine = callers.person(F1.owner_email)
    for path in (
        "/leads",
        "/customers",
        "/tasks",
        "/calls",
        "/conversations",
        "/opt-outs",
        "/contact-rules",
        "/notifications",
    ):
        assert mine.get(path).json == {"items": [], "next_cursor": None}, path
    start, end = "2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z"
    assert mine.get(f"/appointments?from={start}&to={end}").json["items"] == []
    numbers = [one["e164"] for one in mine.get("/phone-numbers").json["items"]]
    assert numbers == [F1.number]


def test_a_key_sees_the_business_it_names_and_no_other(callers, factories, strangers):
    tenant_id = factories.business()
    program = callers.program("app-server:read", tenant_id=tenant_id)
    program.get(f"/leads/{strangers['lead_id']}", status=404)
    theirs = program.with_headers(X_Tenant_ID=strangers["tenant_id"])
    theirs.get(f"/leads/{strangers['lead_id']}")


def test_the_database_hides_rows_when_a_filter_is_forgotten(web, factories, strangers):
    tenant_id = factories.business()
    tables = (
        Conversation,
        Customer,
        Lead,
        Call,
        Appointment,
        Escalation,
        Estimate,
        Notification,
        Number,
        User,
        tasks.Task,
        Connection,
        Calendar,
        CalendarEvent,
        OAuthState,
        ExternalEvent,
        Hold,
        UsageReservation,
        HeardVersion,
        Wording,
    )
    with web.app_context(), tenancy.scope(tenancy.Scope("tenant", tenant_id)):
        for table in tables:
            assert {row.tenant_id for row in db.session.scalars(select(table))} <= {tenant_id}, table
        assert list(db.session.scalars(select(Tenant.id))) == [tenant_id]
        changed = db.session.execute(text("UPDATE lead SET notes = 'mine now'"))
        assert changed.rowcount == 0
        db.session.rollback()


def test_a_test_case_is_seen_by_support_and_by_no_business(web, factories):
    tenant_id = factories.business()
    with factories.changing() as session:
        session.add(EvalCase(kind=CaseKind.turn, title="x", trade="plumbing", content={}, made_by="support"))
    with web.app_context():
        for wanted, seen in ((tenancy.STAFF, 1), (tenancy.NOBODY, 0), (tenancy.Scope("tenant", tenant_id), 0)):
            with tenancy.scope(wanted):
                assert len(db.session.scalars(select(EvalCase)).all()) == seen, wanted
                db.session.rollback()
        with tenancy.scope(tenancy.Scope("tenant", tenant_id)):
            db.session.add(EvalCase(kind=CaseKind.turn, title="y", trade="plumbing", content={}, made_by="them"))
            with pytest.raises(Exception, match="row-level security"):
                db.session.flush()
            db.session.rollback()


def test_the_database_shows_nothing_to_nobody_and_takes_no_foreign_row(web, factories, strangers):
    tenant_id = factories.business()
    with web.app_context():
        with tenancy.scope(tenancy.NOBODY):
            assert list(db.session.scalars(select(Conversation.id))) == []
            assert list(db.session.scalars(select(Tenant.id))) == []
            db.session.rollback()
        with tenancy.scope(tenancy.Scope("tenant", tenant_id)):
            db.session.add(Customer(tenant_id=UUID(strangers["tenant_id"]), phone="+13105550179"))
            with pytest.raises(Exception, match="row-level security"):
                db.session.flush()
            db.session.rollback()


def test_the_scope_of_the_hot_path_ends_with_its_statement(web, factories):
    factories.business()
    with web.app_context():
        form = {"CallSid": "CA" + "5" * 32, "To": F1.number, "From": "+13105550142", "AccountSid": "AC" + "1" * 32}
        assert greeting.dial_ended(form) is not None
        pooled = db.engine.raw_connection()
        try:
            assert not pooled.driver_connection.autocommit
            assert pooled.driver_connection.execute("SELECT current_setting('app.scope', true)").fetchone()[0] == ""
        finally:
            pooled.close()
