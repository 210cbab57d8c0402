"""The live stream: who may listen, what is replayed, when it ends."""

import datetime as dt
import json
import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import select

import wsgi
from app import events, live, tenancy
from app.extensions import db
from app.usage import UsageEvent
from app.users import User
from tests.factories import F1


class Listening:
    """One open stream, read frame by frame."""

    def __init__(self, answer):
        self.answer = answer
        self.frames = self._read()
        assert next(self.frames) == {"retry": "3000"}

    def _read(self) -> Iterator[dict[str, str]]:
        pending = ""
        for piece in self.answer.iter_encoded():
            pending += piece.decode()
            while "\n\n" in pending:
                raw, pending = pending.split("\n\n", 1)
                lines = [line.split(": ", 1) for line in raw.split("\n")]
                frame = {name: told for name, told in lines if name}
                if frame or raw.startswith(": alive"):
                    yield frame

    def next(self) -> dict[str, str]:
        """The next event; heartbeats are passed over."""
        return next(frame for frame in self.frames if "event" in frame)

    def close(self) -> None:
        self.answer.close()


@pytest.fixture(scope="module")
def stream_app(chosen):
    """The process of the stream, with a short heartbeat."""
    quick = chosen.model_copy(update={"stream_heartbeat_seconds": 0.1, "stream_lifetime_seconds": 30.0})
    return wsgi.create_stream_app(quick)


@pytest.fixture
def listen(stream_app, factories):
    opened = []

    def connect(tenant_id, token=None, status=200, headers=None, **query):
        if token is not None:
            query["access_token"] = token
        answer = stream_app.test_client().get(f"/events/stream/{tenant_id}", query_string=query, headers=headers)
        assert answer.status_code == status, answer.get_data()
        if status != 200:
            return answer.json["error"]["code"]
        opened.append(Listening(answer))
        return opened[-1]

    yield connect
    for one in opened:
        one.close()


@pytest.fixture
def publish(factories, workers):
    def tell(tenant_id, name="lead.updated", **told):
        with factories.changing():
            events.publish(tenant_id, name, told)
        workers()

    return tell


def token_of(callers, email=F1.owner_email):
    return callers.sign_in(email)["tokens"]["access_token"]


def test_a_page_hears_what_happens_in_its_business_only(listen, publish, callers, factories):
    tenant_id = factories.business()
    other = factories.business(
        name="Other", number="+12135550177", owner_email="o@example.com", owner_phone="+12135550178"
    )
    stream = listen(tenant_id, token_of(callers))
    publish(other, lead_id="theirs")
    publish(tenant_id, lead_id="ours", status="new")
    frame = stream.next()
    assert frame["event"] == "lead.updated"
    assert json.loads(frame["data"])["lead_id"] == "ours"
    assert live.ID.fullmatch(frame["id"])


def test_nobody_listens_without_proof_or_to_others(listen, callers, factories):
    tenant_id = factories.business()
    other = factories.business(
        name="Other", number="+12135550177", owner_email="o@example.com", owner_phone="+12135550178"
    )
    token = token_of(callers)
    assert listen(tenant_id, status=401) == "AUTH_TOKEN_MISSING"
    assert listen(tenant_id, "st_unknown", status=401) == "AUTH_TOKEN_EXPIRED"
    assert listen(tenant_id, "not.a.token", status=401) == "AUTH_TOKEN_INVALID"
    assert listen(other, token, status=403) == "TENANT_MISMATCH"
    assert listen(tenant_id, token, user_id=str(other), status=403) == "USER_MISMATCH"


def test_a_token_in_the_address_can_be_switched_off(stream_app, callers, factories, monkeypatch):
    tenant_id = factories.business()
    monkeypatch.setitem(
        stream_app.extensions,
        "settings",
        stream_app.extensions["settings"].model_copy(update={"stream_jwt_in_query": False}),
    )
    token = token_of(callers)
    answer = stream_app.test_client().get(f"/events/stream/{tenant_id}?access_token={token}")
    assert answer.status_code == 401
    answer = stream_app.test_client().get(f"/events/stream/{tenant_id}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    answer.close()


def test_the_cookie_of_the_pages_is_enough(web, stream_app, factories):
    tenant_id = factories.business()
    from blueprints import sessions as page_sessions

    with web.test_request_context():
        with tenancy.scope(tenancy.SYSTEM):
            user = db.session.query(User).filter_by(email=F1.owner_email).one()
            page_sessions.log_in_user(user)
        from flask import session

        cookie = web.session_interface.get_signing_serializer(web).dumps(dict(session))
    client = stream_app.test_client()
    client.set_cookie("nmc_session", cookie)
    answer = client.get(f"/events/stream/{tenant_id}")
    assert answer.status_code == 200
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-cache, no-transform"
    answer.close()


def test_a_returning_page_gets_what_it_missed_and_nothing_twice(listen, publish, callers, factories):
    tenant_id = factories.business()
    token = token_of(callers)
    first = listen(tenant_id, token)
    publish(tenant_id, lead_id="1")
    seen = first.next()["id"]
    first.close()
    publish(tenant_id, lead_id="2")
    publish(tenant_id, lead_id="3")
    again = listen(tenant_id, token, headers={"Last-Event-ID": seen})
    publish(tenant_id, lead_id="4")
    assert [json.loads(again.next()["data"])["lead_id"] for _ in range(3)] == ["2", "3", "4"]


@pytest.mark.parametrize("last", ["1-1", "not an id", "9999999999999-0"])
def test_a_gap_makes_the_page_load_its_state_again(listen, publish, callers, factories, last):
    tenant_id = factories.business()
    publish(tenant_id, lead_id="1")
    stream = listen(tenant_id, token_of(callers), last_event_id=last)
    frame = stream.next()
    assert frame["event"] == "stream.reset"
    publish(tenant_id, lead_id="2")
    assert json.loads(stream.next()["data"])["lead_id"] == "2"


def test_a_page_drawn_before_the_first_event_misses_nothing(listen, publish, callers, factories):
    tenant_id = factories.business()
    publish(tenant_id, lead_id="1")
    stream = listen(tenant_id, token_of(callers), last_event_id="0-0")
    assert json.loads(stream.next()["data"])["lead_id"] == "1"


def test_only_the_types_that_were_asked_for(listen, publish, callers, factories):
    tenant_id = factories.business()
    stream = listen(tenant_id, token_of(callers), event_types="lead.updated,task.updated")
    publish(tenant_id, "appointment.updated", appointment_id="1")
    publish(tenant_id, "task.updated", id="2")
    assert stream.next()["event"] == "task.updated"


def test_a_notice_reaches_its_person_and_no_colleague(listen, publish, callers, factories):
    tenant_id = factories.business()
    colleague = factories.user(tenant_id, role="operator", email="second@example.com")
    stream = listen(tenant_id, token_of(callers))
    publish(tenant_id, "notification.created", id="1", to_user_id=str(colleague))
    publish(tenant_id, "lead.updated", lead_id="2")
    assert stream.next()["event"] == "lead.updated"


def test_a_ticket_opens_the_stream_and_keeps_its_types(listen, publish, callers, factories):
    tenant_id = factories.business()
    answer = callers.person().post("/events/ticket", status=201, event_types=["lead.updated"]).json
    assert answer["connect_within"] == 60
    stream = listen(tenant_id, answer["ticket"], event_types="lead.updated,task.updated")
    publish(tenant_id, "task.updated", id="1")
    publish(tenant_id, "lead.updated", lead_id="2")
    assert stream.next()["event"] == "lead.updated"
    again = listen(tenant_id, answer["ticket"], last_event_id="0-0")
    assert again.next()["event"] == "lead.updated"


def test_signing_out_ends_the_stream(listen, callers, factories):
    tenant_id = factories.business()
    person = callers.person()
    stream = listen(tenant_id, person.headers["Authorization"].split()[1])
    ticket = listen(tenant_id, person.post("/events/ticket", status=201).json["ticket"])
    person.post("/auth/logout")
    assert stream.next()["event"] == "auth.expired"
    assert ticket.next()["event"] == "auth.expired"
    assert list(stream.frames) == []


def test_switching_a_person_off_ends_the_stream_even_while_much_happens(listen, publish, callers, factories):
    tenant_id = factories.business()
    stream = listen(tenant_id, token_of(callers))
    factories.owner(tenant_id, is_active=False)
    kinds = []
    for _ in range(50):
        publish(tenant_id, lead_id="x")
        kinds.append(stream.next()["event"])
        if kinds[-1] == "auth.expired":
            break
    assert kinds[-1] == "auth.expired"


def test_an_expired_token_ends_the_stream(listen, callers, factories, clock):
    tenant_id = factories.business()
    stream = listen(tenant_id, token_of(callers))
    clock.shift(dt.timedelta(minutes=15))
    assert stream.next()["event"] == "auth.expired"


def test_the_sixth_page_of_a_person_ends_the_first(listen, publish, callers, factories):
    tenant_id = factories.business()
    token = token_of(callers)
    first, *others = [listen(tenant_id, token) for _ in range(live.PER_USER + 1)]
    publish(tenant_id, lead_id="1")
    assert all(stream.next()["event"] == "lead.updated" for stream in others)
    assert {"retry": "60000"} in list(first.frames)


def test_a_business_has_fifty_streams_at_most(stream_app, listen, callers, factories):
    tenant_id = factories.business()
    hub = stream_app.extensions["live"]
    with stream_app.app_context():
        crowd = [live.join(tenant_id, events.uuid7()) for _ in range(live.PER_TENANT)]
    try:
        assert listen(tenant_id, token_of(callers), status=429) == "RATE_LIMIT_EXCEEDED"
    finally:
        for one in crowd:
            hub.leave(one)
    listen(tenant_id, token_of(callers))


def test_a_slow_page_is_told_to_load_its_state_again(listen, publish, callers, factories, stream_app):
    tenant_id = factories.business()
    stream = listen(tenant_id, token_of(callers))
    (listener,) = stream_app.extensions["live"].listeners[tenant_id]
    for number in range(live.QUEUED + 1):
        listener.offer(live.Entry(f"1-{number + 1}", "lead.updated", "{}"))
    assert [frame for frame in stream.frames if "event" in frame][-1]["event"] == "stream.reset"


def test_a_stream_ends_after_its_lifetime(chosen, callers, factories):
    brief = chosen.model_copy(update={"stream_heartbeat_seconds": 0.05, "stream_lifetime_seconds": 0.2})
    app = wsgi.create_stream_app(brief)
    tenant_id = factories.business()
    answer = app.test_client().get(f"/events/stream/{tenant_id}?access_token={token_of(callers)}")
    assert b"".join(answer.iter_encoded()).startswith(b"retry: 3000")
    answer.close()
    assert app.extensions["live"].listeners == {}


def test_our_pages_may_listen_from_another_port_and_nobody_elses(stream_app, factories):
    tenant_id = factories.business()
    client = stream_app.test_client()
    ours = client.get(f"/events/stream/{tenant_id}", headers={"Origin": "https://nmc.example"})
    assert ours.headers["Access-Control-Allow-Origin"] == "https://nmc.example"
    assert ours.headers["Access-Control-Allow-Credentials"] == "true"
    theirs = client.get(f"/events/stream/{tenant_id}", headers={"Origin": "https://elsewhere.example"})
    assert "Access-Control-Allow-Origin" not in theirs.headers
    assert client.options(f"/events/stream/{tenant_id}", headers={"Origin": "https://nmc.example"}).status_code == 200


def test_no_connection_to_the_database_stays_with_a_stream(stream_app, listen, callers, factories):
    tenant_id = factories.business()
    token = token_of(callers)
    streams = [listen(tenant_id, token) for _ in range(live.PER_USER)]
    for stream in streams:
        next(stream.frames)
    with stream_app.app_context():
        assert db.engine.pool.checkedout() == 0
    assert sum(thread.name == "live" for thread in threading.enumerate()) >= 1


def test_a_second_business_is_heard_without_waiting_for_the_reader(listen, publish, callers, factories):
    tenant_id = factories.business()
    other = factories.business(
        name="Other", number="+12135550177", owner_email="o@example.com", owner_phone="+12135550178"
    )
    listen(tenant_id, token_of(callers))
    time.sleep(0.1)  # the reader waits for the first business now
    theirs = listen(other, token_of(callers, "o@example.com"))
    publish(other, lead_id="1")
    assert theirs.next()["event"] == "lead.updated"


def test_a_notice_is_pushed_to_an_open_page_and_to_no_closed_one(listen, factories, callers, workers, clock):
    """SEED-1 step 5: with the stream open push is delivered; without, it says why and the next channel counts."""
    tenant_id = factories.business()
    owner = callers.person()
    with factories.rows() as rows:
        user_id = rows.scalar(select(User.id).where(User.tenant_id == tenant_id))
    body = {
        "tenant_id": str(tenant_id),
        "user_id": str(user_id),
        "notification": {"title": "New lead", "body": "A faucet drips.", "category": "missed_call"},
        "channels": ["push", "sms"],
    }
    service = callers.program("notify", tenant_id=tenant_id)
    closed = service.post("/notifications/send", 202, **body).json["channels"][0]
    assert closed == {
        "channel": "push",
        "plan": "suppressed",
        "why": "no device is registered for push, and no page is open",
    }
    workers()
    page = listen(tenant_id, callers.sign_in()["tokens"]["access_token"])
    sent = service.post("/notifications/send", 202, **body).json
    assert sent["channels"][0] == {"channel": "push", "plan": "queued"}
    workers()
    told = [json.loads(page.next()["data"]) for _ in range(2)]
    assert [(one["id"], one["title"], one["pushed"]) for one in told] == [
        (sent["notification_id"], "New lead", False),
        (sent["notification_id"], "New lead", True),
    ]
    deliveries = owner.get(f"/notifications/{sent['notification_id']}").json["deliveries"]
    assert [(one["channel"], one["status"]) for one in deliveries] == [("push", "delivered"), ("sms", "delivered")]
    with factories.rows() as rows:
        used = [one.details["channel"] for one in rows.scalars(select(UsageEvent)) if "channel" in one.details]
        assert sorted(used) == ["push", "sms", "sms"]
