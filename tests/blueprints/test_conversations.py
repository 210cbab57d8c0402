"""twilio-server over HTTP: calls, threads and who speaks in them, silence, and numbers with a rule."""

import datetime as dt

import pytest
from sqlalchemy import select

from app.conversations import Conversation, Status
from app.events import Event
from app.users import Role, User
from tests.factories import CUSTOMER, F1


@pytest.fixture
def owner(factories, callers, clock):
    factories.business()
    return callers.person()


@pytest.fixture
def thread(factories, carrier, workers, owner):
    """A thread with a greeting and one text of the customer, waiting for the owner."""
    carrier.handset(F1.owner_phone, "no_answer")
    carrier.call(CUSTOMER, F1.number)
    workers()
    carrier.text(CUSTOMER, F1.number, "My faucet drips")
    workers()
    with factories.rows() as rows:
        return rows.scalar(select(Conversation.id))


def colleague(factories, callers, role=Role.operator):
    with factories.rows() as rows:
        tenant_id = rows.scalar(select(User.tenant_id))
    factories.user(tenant_id, role=role, email="colleague@example.com", display_name="Colleague")
    return callers.person("colleague@example.com")


def test_a_missed_call_tells_why_it_was_texted(owner, thread):
    (call,) = owner.get("/calls?status=missed&texted=true").json["items"]
    assert (call["missed_reason"], call["customer_phone"], call["conversation_id"]) == (
        "no_answer",
        CUSTOMER,
        str(thread),
    )
    assert call["text_decision"]["sent"] is True
    assert call["text_decision"]["text"]
    story = owner.get(f"/calls/{call['id']}").json
    assert story["call"] == call
    assert story["events"][0]["text"] == "The call came in."
    assert owner.get("/calls?texted=false").json["items"] == []


def test_a_thread_is_shown_from_top_to_end(owner, thread, workers):
    shown = owner.get(f"/conversations/{thread}").json
    assert shown["conversation"]["mode"] == "owner_window"
    assert shown["conversation"]["owner_window_expires_at"].endswith("Z")
    assert [message["direction"] for message in shown["messages"]] == ["outbound", "inbound"]
    assert shown["messages"][0]["status"] == "delivered"
    assert len(shown["calls"]) == 1
    assert shown["stream_id"] != "0-0"


def test_threads_are_filtered(owner, thread):
    def found(query):
        return [one["id"] for one in owner.get(f"/conversations?{query}").json["items"]]

    for query in ("mode=owner_window", "state=open", "unread=true", "q=(310) 555-0142", "status=active"):
        assert found(query) == [str(thread)], query
    for query in ("mode=ai_active", "state=done", "unread=false", "q=nobody", "status=completed"):
        assert found(query) == [], query
    owner.get("/conversations?mode=asleep", status=400)


def test_taking_over_is_for_one_person_at_a_time(owner, thread, factories, callers):
    first = owner.post(f"/conversations/{thread}/takeover", reason="I know her").json
    assert (first["ownership_changed"], first["conversation"]["mode"]) == (True, "human_active")
    assert owner.post(f"/conversations/{thread}/takeover").json["ownership_changed"] is False
    error = colleague(factories, callers).post(f"/conversations/{thread}/takeover", status=409).json["error"]
    assert error["code"] == "ALREADY_TAKEN_OVER"
    assert error["details"]["held_by_user_id"] == first["conversation"]["held_by_user_id"]


def test_giving_back_lets_the_assistant_answer_what_waits(owner, thread, carrier, workers):
    owner.post(f"/conversations/{thread}/takeover")
    before = len(carrier.texts_to(CUSTOMER))
    assert owner.post(f"/conversations/{thread}/release").json["conversation"]["mode"] == "ai_active"
    workers()
    assert len(carrier.texts_to(CUSTOMER)) == before + 1
    assert owner.post(f"/conversations/{thread}/release", status=409).json["error"]["code"] == "NOT_TAKEN_OVER"


def test_closing_ends_a_thread_with_its_outcome(owner, thread, factories):
    closed = owner.post(f"/conversations/{thread}/close", outcome="resolved", outcome_reason="declined").json[
        "conversation"
    ]
    assert (closed["status"], closed["outcome"], closed["outcome_reason"]) == ("completed", "resolved", "declined")
    again = owner.post(f"/conversations/{thread}/close", status=409).json["error"]
    assert again["code"] == "CONVERSATION_CLOSED"
    owner.post(f"/conversations/{thread}/close", outcome="vanished", status=400)
    with factories.rows() as rows:
        assert rows.scalar(select(Event).where(Event.name == "conversation.completed")).payload["outcome"] == "resolved"


def test_holding_makes_the_assistant_wait_an_hour_at_most(owner, thread, carrier, workers, clock):
    until = "2026-09-15T17:30:00Z"
    held = owner.patch(f"/conversations/{thread}", json={"hold_ai_until": until}).json["conversation"]
    assert held["owner_window_expires_at"] == until
    error = owner.patch(f"/conversations/{thread}", json={"hold_ai_until": "2026-09-15T18:00:01Z"}, status=422).json[
        "error"
    ]
    assert error["code"] == "HOLD_TOO_LONG"
    before = len(carrier.texts_to(CUSTOMER))
    clock.shift(dt.timedelta(minutes=10))
    workers.sweep()
    assert len(carrier.texts_to(CUSTOMER)) == before
    owner.post(f"/conversations/{thread}/takeover")
    error = owner.patch(f"/conversations/{thread}", json={"hold_ai_until": until}, status=409).json["error"]
    assert error["code"] == "NOT_IN_OWNER_WINDOW"


def test_notes_are_private_and_marks_are_kept(owner, thread, carrier):
    before = len(carrier.texts_to(CUSTOMER))
    changed = owner.patch(f"/conversations/{thread}", json={"note": "Dog in the yard", "read": True}).json[
        "conversation"
    ]
    assert changed["unread_count"] == 0
    shown = owner.get(f"/conversations/{thread}").json
    assert [note["text"] for note in shown["notes"]] == ["Dog in the yard"]
    assert "Dog in the yard" not in str(shown["messages"])
    assert owner.patch(f"/conversations/{thread}", json={"state": "done"}).json["conversation"]["state"] == "done"
    assert owner.patch(f"/conversations/{thread}", json={"state": "open"}).json["conversation"]["state"] == "open"
    assert len(carrier.texts_to(CUSTOMER)) == before


def test_silence_asked_for_by_phone_is_kept_everywhere(owner, thread, carrier, workers, factories):
    answer = owner.post(
        "/opt-outs", customer_phone="310-555-0142", source="phone_request", note="Called us", status=201
    ).json
    assert (answer["customer_phone"], answer["opted_out"]) == (CUSTOMER, True)
    again = owner.post("/opt-outs", customer_phone=CUSTOMER, source="in_person", note="Again", status=201).json
    assert again["source"] == "phone_request"
    workers()
    with factories.rows() as rows:
        assert rows.scalar(select(Conversation.status)) == Status.opted_out
    assert [one["customer_phone"] for one in owner.get("/opt-outs").json["items"]] == [CUSTOMER]
    assert owner.get("/customers?opted_out=true").json["items"][0]["phone"] == CUSTOMER
    assert owner.get("/customers?opted_out=false").json["items"] == []


def test_a_number_has_one_rule(owner, carrier, workers):
    rule = owner.post("/contact-rules", phone="(310) 555-0142", rule="block", label="Pest", status=201).json
    assert owner.post("/contact-rules", phone=CUSTOMER, rule="block", status=201).json["id"] == rule["id"]
    error = owner.post("/contact-rules", phone=CUSTOMER, rule="no_text", status=409).json["error"]
    assert error["code"] == "RULE_EXISTS"
    carrier.call(CUSTOMER, F1.number)
    workers()
    assert owner.get("/conversations").json["items"] == []
    owner.delete(f"/contact-rules/{rule['id']}")
    assert owner.get("/contact-rules").json["items"] == []
    owner.delete(f"/contact-rules/{rule['id']}", status=404)
    owner.post("/contact-rules", phone="not a phone", rule="block", status=400)
