"""POST /notifications/send: the plan per channel, when it is not sent at once, what follows when a channel fails."""

import datetime as dt
from types import SimpleNamespace
from uuid import UUID

import pytest
from sqlalchemy import select

from app.conversations import Conversation
from app.events import Event
from app.notifications import Delivery, Notification
from app.usage import UsageEvent
from app.users import User
from tests.factories import CUSTOMER, F1

NIGHT = dt.datetime(2026, 9, 16, 6, 0, tzinfo=dt.UTC)
"""Tuesday 23:00 in Los Angeles."""
OPENS = "2026-09-16T14:00:00Z"
NO_PUSH = "no device is registered for push, and no page is open"


@pytest.fixture
def tenant_id(factories, clock):
    return factories.business()


@pytest.fixture
def user_id(tenant_id, factories):
    with factories.rows() as rows:
        return rows.scalar(select(User.id))


@pytest.fixture
def service(callers, tenant_id):
    return callers.program("notify", tenant_id=tenant_id)


@pytest.fixture
def payload(tenant_id, user_id):
    """The payload of the parent document, with changes at any level."""

    def made(channels=("sms",), options=None, **changes):
        body = {"title": "New lead", "body": "A. Reed, faucet, $150-$200", "category": "missed_call"}
        more = {name: changes.pop(name) for name in ("dedupe_key", "ttl_minutes") if name in changes}
        told = {"tenant_id": str(tenant_id), "user_id": str(user_id), "notification": body | changes}
        return told | {"channels": list(channels)} | ({"delivery_options": options} if options else {}) | more

    return made


@pytest.fixture
def send(service, payload):
    def sent(*channels, status=202, options=None, headers=None, **changes):
        body = payload(channels or ("sms",), options, **changes)
        return service.post("/notifications/send", json=body, status=status, headers=headers).json

    return sent


@pytest.fixture
def deliveries(factories):
    def rows_of(notification_id):
        with factories.rows() as rows:
            mine = select(Delivery).where(Delivery.notification_id == UUID(notification_id)).order_by(Delivery.position)
            return [(row.channel, row.status, row.attempts, row.why) for row in rows.scalars(mine)]

    return rows_of


@pytest.fixture
def world(clock, workers, carrier, mailbox, deliveries):
    """What happens after the call: time passes, the workers work, texts and mails arrive."""

    def later(**some):
        clock.shift(dt.timedelta(**some))
        workers.sweep()

    def texts():
        return [text.body for text in carrier.texts_to(F1.owner_phone)]

    return SimpleNamespace(
        clock=clock, workers=workers, mailbox=mailbox, deliveries=deliveries, later=later, texts=texts
    )


# the plan


def test_the_payload_of_the_parent_document_is_delivered_on_each_channel(send, world, factories):
    told = send("push", "sms", "email", category="billing_alert", title="Payment failed", body="Update the card.")
    assert told == {
        "notification_id": told["notification_id"],
        "status": "accepted",
        "channels": [
            {"channel": "push", "plan": "suppressed", "why": NO_PUSH},
            {"channel": "sms", "plan": "queued"},
            {"channel": "email", "plan": "queued"},
        ],
        "ignored": [],
    }
    world.workers()
    assert world.texts() == ["Update the card."]
    assert [mail.subject for mail in world.mailbox.to(F1.owner_email)] == ["Payment failed"]
    assert [row[:2] for row in world.deliveries(told["notification_id"])] == [
        ("push", "suppressed"), ("sms", "delivered"), ("email", "delivered"),
    ]  # fmt: skip
    with factories.rows() as rows:
        used = [row.details["channel"] for row in rows.scalars(select(UsageEvent).order_by(UsageEvent.id))]
        assert sorted(used) == ["email", "sms"]
        created = rows.scalars(select(Event.payload).where(Event.name == "notification.created")).all()
        assert [one["id"] for one in created] == [told["notification_id"]]


def test_the_page_shows_what_was_told(send, callers):
    told = send("email", category="compliance_update", action_url="/app/account", data={"kind": "tfv"})
    (shown,) = callers.person().get("/notifications").json["items"]
    assert (shown["id"], shown["category"], shown["action_url"]) == (
        told["notification_id"],
        "compliance_update",
        "/app/account",
    )


def test_a_service_may_name_the_business_in_the_body_alone(callers, payload):
    service = callers.program("notify")
    service.post("/notifications/send", json=payload(), status=202)
    error = service.post("/notifications/send", json={}, status=400).json["error"]
    assert error["code"] == "REQUIRED_FIELD_MISSING"
    sent = service.headers | {"Content-Type": "application/json"}
    for nonsense in (b"[" * 100_000, b"{not json", b"\xff", b"7", b"[]", b'{"tenant_id": 7}', b'{"tenant_id": "x"}'):
        service.browser.post("/notifications/send", nonsense, headers=sent, status=400)


def test_channels_that_cannot_reach_anybody_are_suppressed_with_the_reason(send, factories, tenant_id):
    factories.owner(tenant_id, phone_verified_at=None)
    assert send("sms")["channels"] == [{"channel": "sms", "plan": "suppressed", "why": "phone not verified"}]
    factories.owner(tenant_id, phone_verified_at=dt.datetime.now(dt.UTC), alerts_by_text=False)
    stopped = {"channel": "sms", "plan": "suppressed", "why": "alert texts are switched off"}
    assert send("sms", urgency="high")["channels"] == [stopped]


def test_a_category_that_was_switched_off_is_not_sent_unless_it_is_critical(send, callers):
    owner = callers.person()
    owner.put("/notification-preferences", json={"categories": {"billing_alert": {"email": False}}})
    refused = {"channel": "email", "plan": "suppressed", "why": "switched off in the preferences"}
    assert send("email", category="billing_alert")["channels"] == [refused]
    assert send("email", category="compliance_update")["channels"] == [{"channel": "email", "plan": "queued"}]
    assert send("email", category="billing_alert", urgency="high")["channels"] == [
        {"channel": "email", "plan": "queued"}
    ]


def test_a_command_is_answered_whatever_the_preferences_say(callers, send, carrier, world):
    owner = callers.person()
    owner.put("/notification-preferences", json={"categories": {"new_message": {"sms": False}}})
    refused = {"channel": "sms", "plan": "suppressed", "why": "switched off in the preferences"}
    assert send("sms", category="new_message", urgency="high")["channels"] == [refused]
    carrier.text(F1.owner_phone, F1.number, "BUSY")
    world.workers()
    assert world.texts() == ["You are busy now."]


def test_an_address_that_bounced_is_spared_for_a_week(send, world):
    world.mailbox.refuse(550)
    first = send("email", category="compliance_update")
    world.workers()
    ((_, status, attempts, why),) = world.deliveries(first["notification_id"])
    assert (status, attempts, why[:3]) == ("failed", 1, "550")
    refused = {"channel": "email", "plan": "suppressed", "why": "bounced address"}
    assert send("email", category="compliance_update")["channels"] == [refused]
    world.clock.shift(dt.timedelta(days=7))
    assert send("email", category="compliance_update")["channels"] == [{"channel": "email", "plan": "queued"}]


# when


def test_at_night_a_text_waits_for_the_morning_and_a_mail_does_not(send, world):
    world.clock.move_to(NIGHT)
    told = send("sms", "email", category="appointment_reminder")["channels"]
    assert told == [
        {"channel": "sms", "plan": "deferred", "until": OPENS, "why": "quiet hours"},
        {"channel": "email", "plan": "queued"},
    ]
    world.workers.sweep()
    assert world.texts() == []
    world.clock.move_to(dt.datetime(2026, 9, 16, 14, 0, tzinfo=dt.UTC))
    world.workers.sweep()
    assert len(world.texts()) == 1


@pytest.mark.parametrize(
    ("options", "asked", "answer"),
    [
        ({}, ("medium", "new_message"), ("deferred", [])),
        ({"respect_quiet_hours": False}, ("medium", "new_message"), ("deferred", ["respect_quiet_hours"])),
        ({"respect_quiet_hours": False}, ("low", "new_message"), ("deferred", ["respect_quiet_hours"])),
        ({"respect_quiet_hours": False}, ("high", "new_message"), ("queued", [])),
        ({}, ("high", "new_message"), ("queued", [])),
        ({"respect_quiet_hours": True}, ("high", "new_message"), ("deferred", [])),
        ({"respect_quiet_hours": True}, ("high", "missed_call"), ("queued", [])),
    ],
)
def test_only_high_urgency_passes_quiet_hours(send, clock, options, asked, answer):
    urgency, category = asked
    plan, ignored = answer
    clock.move_to(NIGHT)
    told = send("sms", options=options, urgency=urgency, category=category)
    assert (told["channels"][0]["plan"], told["ignored"]) == (plan, ignored)


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ("digest", ["3 notices: First; Second; Third"]),
        ("defer", ["words of First", "words of Second", "words of Third"]),
    ],
)
def test_the_morning_brings_one_text_or_each(send, callers, world, mode, told):
    callers.person().put("/notification-preferences", json={"quiet_hours": {"mode": mode}})
    sent = []
    for minute, title in enumerate(("First", "Second", "Third")):
        world.clock.move_to(NIGHT + dt.timedelta(minutes=minute))
        sent.append(send("sms", category="appointment_reminder", title=title, body=f"words of {title}"))
    world.clock.move_to(dt.datetime(2026, 9, 16, 14, 0, tzinfo=dt.UTC))
    world.workers.sweep()
    world.workers.sweep()
    assert sorted(world.texts()) == told
    states = [world.deliveries(one["notification_id"])[0][1] for one in sent]
    assert sorted(states) == (
        ["delivered", "suppressed", "suppressed"] if mode == "digest" else ["delivered", "delivered", "delivered"]
    )


def test_quiet_hours_that_drop_are_dropped(send, callers, clock):
    callers.person().put("/notification-preferences", json={"quiet_hours": {"mode": "drop"}})
    clock.move_to(NIGHT)
    assert send("sms")["channels"] == [{"channel": "sms", "plan": "suppressed", "why": "quiet hours"}]


def test_a_notice_for_later_leaves_then(send, world):
    told = send("sms", options={"schedule_for": "2026-09-15T20:00:00Z"})["channels"]
    assert told == [{"channel": "sms", "plan": "deferred", "until": "2026-09-15T20:00:00Z", "why": "scheduled"}]
    world.workers.sweep()
    assert world.texts() == []
    world.clock.move_to(dt.datetime(2026, 9, 15, 20, 0, tzinfo=dt.UTC))
    world.workers.sweep()
    assert len(world.texts()) == 1


def test_a_notice_for_the_night_waits_for_the_morning_after_it(send):
    told = send("sms", options={"schedule_for": "2026-09-16T06:00:00Z"})["channels"]
    assert told == [{"channel": "sms", "plan": "deferred", "until": OPENS, "why": "quiet hours"}]


def test_what_is_too_old_is_not_sent(send, world):
    told = send("sms", ttl_minutes=5)
    world.clock.shift(dt.timedelta(minutes=5))
    world.workers.sweep()
    assert world.texts() == []
    assert world.deliveries(told["notification_id"]) == [("sms", "failed", 0, "too late to be of use")]


# bursts about one conversation


@pytest.fixture
def about(tenant_id, carrier, workers, factories):
    carrier.handset(F1.owner_phone, "no_answer")
    carrier.call(CUSTOMER, F1.number)
    workers()
    with factories.rows() as rows:
        return {"conversation_id": str(rows.scalar(select(Conversation.id)))}


def test_a_burst_is_told_at_once_then_every_five_minutes_by_its_newest(send, about, world):
    def tell(words):
        return send("sms", category="new_message", body=words, data=about)

    already = len(world.texts())
    assert tell("one")["channels"] == [{"channel": "sms", "plan": "queued"}]
    world.workers()
    world.clock.shift(dt.timedelta(minutes=1))
    second = tell("two")
    waits = {"plan": "deferred", "until": "2026-09-15T17:05:00Z"}
    assert {name: second["channels"][0][name] for name in waits} == waits
    world.clock.shift(dt.timedelta(minutes=1))
    assert {name: tell("three")["channels"][0][name] for name in waits} == waits
    assert world.deliveries(second["notification_id"]) == [
        ("sms", "suppressed", 0, "a newer notice about the conversation")
    ]
    world.clock.shift(dt.timedelta(minutes=3))
    world.workers.sweep()
    assert world.texts()[already:] == ["one", "three"]


def test_opening_the_thread_ends_the_wait_and_what_waited(send, about, callers, world):
    def tell(words):
        return send("sms", category="new_message", body=words, data=about)

    already = len(world.texts())
    tell("one")
    world.workers()
    waiting = tell("two")
    callers.person().patch(f"/conversations/{about['conversation_id']}", json={"read": True})
    assert world.deliveries(waiting["notification_id"]) == [("sms", "suppressed", 0, "read on a page")]
    assert tell("three")["channels"] == [{"channel": "sms", "plan": "queued"}]
    world.workers()
    assert world.texts()[already:] == ["one", "three"]


def test_another_conversation_and_an_emergency_do_not_wait(send, about, workers):
    send("sms", category="new_message", data=about)
    workers()
    other = send("sms", category="new_message", data={"conversation_id": "0192f000-0000-7000-8000-000000000001"})
    assert other["channels"][0]["plan"] == "queued"
    assert send("sms", category="missed_call", urgency="high", data=about)["channels"][0]["plan"] == "queued"


# when a channel fails


def test_a_text_that_waits_to_be_unseen_goes_at_once_when_the_mail_fails(send, callers, world):
    world.mailbox.refuse(550)
    told = send("email", "sms", category="new_message", body="Text from A. Reed")
    waits = {
        "channel": "sms",
        "plan": "deferred",
        "until": "2026-09-15T17:02:00Z",
        "why": "if it has not been seen by then",
    }
    assert told["channels"][1] == waits
    world.workers()
    (_, mail_status, mail_tries, mail_why), text = world.deliveries(told["notification_id"])
    assert (mail_status, mail_tries, mail_why[:3]) == ("failed", 1, "550")
    assert text == ("sms", "delivered", 1, "email failed")
    assert world.texts() == ["Text from A. Reed"]
    shown = callers.person().get(f"/notifications/{told['notification_id']}").json["deliveries"]
    assert [(one["channel"], one["status"]) for one in shown] == [("email", "failed"), ("sms", "delivered")]


def test_a_mail_that_waits_goes_at_once_when_the_carrier_cannot_deliver_the_text(send, carrier, world):
    carrier.delivery(F1.owner_phone, "undelivered", error=30003)
    told = send("sms", "email", category="new_message", title="Text from A. Reed")
    assert [one["plan"] for one in told["channels"]] == ["queued", "deferred"]
    world.workers()
    assert world.deliveries(told["notification_id"]) == [
        ("sms", "failed", 1, "carrier error 30003"),
        ("email", "delivered", 1, "sms failed"),
    ]
    assert [mail.subject for mail in world.mailbox.to(F1.owner_email)] == ["Text from A. Reed"]


def test_a_text_is_spared_when_the_notice_was_seen_in_two_minutes(send, callers, world):
    told = send("email", "sms", category="new_message")
    world.workers()
    callers.person().post(f"/notifications/{told['notification_id']}/read")
    world.clock.shift(dt.timedelta(minutes=2))
    world.workers.sweep()
    assert world.texts() == []


def test_in_quiet_hours_a_failed_mail_wakes_nobody(send, world):
    world.clock.move_to(NIGHT)
    world.mailbox.refuse(550)
    told = send("email", "sms", category="appointment_reminder")
    world.workers()
    assert [row[:2] for row in world.deliveries(told["notification_id"])] == [("email", "failed"), ("sms", "deferred")]
    assert world.texts() == []


@pytest.mark.parametrize(
    ("options", "waits", "tries"),
    [
        ({}, (30, 120, 600), 4),
        ({"max_retries": 1}, (30,), 2),
        ({"max_retries": 0}, (), 1),
        ({"retry_on_failure": False, "max_retries": 5}, (), 1),
        ({"max_retries": 5}, (30, 120, 600, 600, 600), 6),
    ],
)
def test_a_mail_server_in_trouble_is_tried_as_often_as_was_asked_for(send, world, options, waits, tries):
    world.mailbox.refuse(451, times=20)
    told = send("email", category="compliance_update", options=options)
    world.workers()
    for seconds in waits:
        assert world.deliveries(told["notification_id"])[0][1] == "retrying"
        world.clock.shift(dt.timedelta(seconds=seconds))
        world.workers.sweep()
    ((_, status, attempts, _),) = world.deliveries(told["notification_id"])
    assert (status, attempts) == ("failed", tries)
    world.clock.shift(dt.timedelta(hours=1))
    world.workers.sweep()
    assert world.deliveries(told["notification_id"])[0][2] == tries


# once


def test_the_same_dedupe_key_is_one_notice(send, world):
    first = send("sms", dedupe_key="lead-7")
    world.workers()
    again = send("sms", dedupe_key="lead-7", body="Other words")
    assert again["notification_id"] == first["notification_id"]
    assert again["channels"] == [{"channel": "sms", "plan": "delivered"}]
    world.workers()
    assert len(world.texts()) == 1


def test_the_same_idempotency_key_is_one_notice(send, payload, service, factories):
    first = send("sms", headers={"Idempotency-Key": "k1"})
    again = service.post("/notifications/send", json=payload(), headers={"Idempotency-Key": "k1"}, status=202)
    assert again.json == first
    assert again.headers["Idempotent-Replayed"] == "true"
    other = service.post(
        "/notifications/send", json=payload(body="Other"), headers={"Idempotency-Key": "k1"}, status=409
    )
    assert other.json["error"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    with factories.rows() as rows:
        assert len(rows.scalars(select(Notification)).all()) == 1


def test_sixty_a_minute_and_emergencies_beyond(send):
    for _ in range(60):
        send("push")
    error = send("push", status=429)["error"]
    assert error["code"] == "RATE_LIMIT_EXCEEDED"
    assert 1 <= error["details"]["retry_after"] <= 60
    send("push", urgency="high", category="missed_call")
    send("push", status=429, urgency="high", category="billing_alert")


# who, and what is refused


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "notification.title"),
        ({"title": "x" * 121}, "notification.title"),
        ({"body": ""}, "notification.body"),
        ({"body": "x" * 1001}, "notification.body"),
        ({"category": "gossip"}, "notification.category"),
        ({"urgency": "extreme"}, "notification.urgency"),
        ({"action_url": "javascript:alert(1)"}, "notification.action_url"),
        ({"action_url": "//elsewhere.example"}, "notification.action_url"),
        ({"data": [1]}, "notification.data"),
        ({"data": {"x": "y" * 9000}}, "notification.data"),
        ({"channels": ("pigeon",)}, "channels.0"),
        ({"options": {"max_retries": 11}}, "delivery_options.max_retries"),
        ({"options": {"max_retries": -1}}, "delivery_options.max_retries"),
        ({"options": {"schedule_for": "tomorrow"}}, "delivery_options.schedule_for"),
        ({"options": {"schedule_for": "2026-09-15T20:00:00"}}, "delivery_options.schedule_for"),
        ({"options": {"respect_quiet_hours": "perhaps"}}, "delivery_options.respect_quiet_hours"),
        ({"options": {"retry_on_failure": "perhaps"}}, "delivery_options.retry_on_failure"),
        ({"ttl_minutes": 0}, "ttl_minutes"),
        ({"ttl_minutes": 10_081}, "ttl_minutes"),
        ({"dedupe_key": ""}, "dedupe_key"),
        ({"dedupe_key": "x" * 256}, "dedupe_key"),
    ],
)
def test_each_wrong_field_is_named_and_nothing_is_told(service, payload, factories, changes, field):
    error = service.post("/notifications/send", json=payload(**changes), status=400).json["error"]
    assert error["code"] == "VALIDATION_FAILED"
    assert [one["field"] for one in error["details"]["validation_errors"]] == [field]
    with factories.rows() as rows:
        assert rows.scalars(select(Notification)).all() == []


@pytest.mark.parametrize("words", [b'{"x": NaN}', b'{"x": "\\ud800"}', b'{"x": 1e999}'])
def test_data_that_no_row_can_hold_is_refused(browser, service, payload, words):
    import json

    body = json.dumps(payload(data={})).encode().replace(b'"data": {}', b'"data": ' + words)
    sent = service.headers | {"Content-Type": "application/json"}
    answer = browser.post("/notifications/send", body, headers=sent, status=400)
    assert answer.json["error"]["code"] in ("VALIDATION_FAILED", "MALFORMED_JSON")


def test_what_makes_no_sense_is_refused(send, service, payload, factories):
    assert (
        service.post("/notifications/send", json=payload(channels=()), status=422).json["error"]["code"]
        == "NO_CHANNELS"
    )
    past = send("sms", status=422, options={"schedule_for": "2026-09-15T17:00:00Z"})
    assert past["error"]["code"] == "SCHEDULE_IN_PAST"
    stranger = payload() | {"user_id": "0192f000-0000-7000-8000-000000000001"}
    assert service.post("/notifications/send", json=stranger, status=404).json["error"]["code"] == "USER_NOT_FOUND"


def test_another_business_is_refused(service, payload, factories):
    other = factories.business(name="Other", number="+12135550177", owner_email="o@example.com")
    error = service.post("/notifications/send", json=payload() | {"tenant_id": str(other)}, status=403).json["error"]
    assert error["code"] == "TENANT_MISMATCH"
    with factories.rows() as rows:
        theirs = str(rows.scalar(select(User.id).where(User.tenant_id == other)))
    error = service.post("/notifications/send", json=payload() | {"user_id": theirs}, status=404).json["error"]
    assert error["code"] == "USER_NOT_FOUND"


def test_only_a_program_with_the_scope_may_send(callers, payload, tenant_id):
    callers.person().post("/notifications/send", json=payload(), status=403)
    callers.nobody().post("/notifications/send", json=payload(), status=401)
    for scope in ("usage", "notification-service:write"):
        callers.program(scope, tenant_id=tenant_id).post("/notifications/send", json=payload(), status=403)


# preferences


def test_preferences_begin_with_the_defaults(callers, tenant_id):
    told = callers.person().get("/notification-preferences").json
    assert told["categories"]["missed_call"] == {"push": True, "sms": True, "email": False}
    assert told["categories"]["billing_alert"] == {"push": True, "sms": False, "email": True}
    assert told["quiet_hours"] == {
        "enabled": True, "start": "22:00", "end": "07:00", "mode": "digest", "timezone": "America/Los_Angeles",
        "weekdays": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
    }  # fmt: skip
    assert told["daily_summary"] == {"enabled": False, "time": "19:00"}
    assert (told["sounds"], told["version"]) == (True, 1)


def test_preferences_change_in_part_under_their_version(callers, tenant_id, factories):
    from app.audit import Audit

    owner = callers.person()
    changes = {"quiet_hours": {"start": "21:00"}, "sounds": False}
    told = owner.put("/notification-preferences", json=changes, headers={"If-Match": "1"}).json
    assert (told["quiet_hours"]["start"], told["quiet_hours"]["end"], told["version"]) == ("21:00", "07:00", 2)
    assert owner.get("/notification-preferences").json == told
    error = owner.put("/notification-preferences", json=changes, headers={"If-Match": "1"}, status=409).json["error"]
    assert error["code"] == "VERSION_CONFLICT"
    with factories.rows() as rows:
        deed = rows.scalar(select(Audit).where(Audit.action == "preferences.update"))
        assert deed.after == {"quiet_hours": {"start": "21:00"}, "sounds": False}
        assert deed.actor == F1.owner_email


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"colour": "blue"}, "colour", "UNKNOWN_FIELD"),
        ({"categories": {"gossip": {"push": True}}}, "categories.gossip", "UNKNOWN_FIELD"),
        ({"categories": {"missed_call": {"fax": True}}}, "categories.missed_call.fax", "UNKNOWN_FIELD"),
        ({"categories": {"missed_call": {"push": "perhaps"}}}, "categories.missed_call.push", "INVALID_FORMAT"),
        ({"categories": None}, "categories", "INVALID_FORMAT"),
        ({"quiet_hours": {"start": "25:00"}}, "quiet_hours.start", "INVALID_FORMAT"),
        ({"quiet_hours": {"start": "07:00"}}, "quiet_hours", "INVALID_FORMAT"),
        ({"quiet_hours": {"timezone": "Mars/Olympus"}}, "quiet_hours.timezone", "INVALID_FORMAT"),
        ({"quiet_hours": {"weekdays": ["noday"]}}, "quiet_hours.weekdays.0", "INVALID_FORMAT"),
        ({"quiet_hours": {"mode": "shout"}}, "quiet_hours.mode", "INVALID_FORMAT"),
        ({"daily_summary": {"time": "7 PM"}}, "daily_summary.time", "INVALID_FORMAT"),
        ({"sounds": "perhaps"}, "sounds", "INVALID_FORMAT"),
    ],
)
def test_a_wrong_preference_is_named_and_changes_nothing(callers, tenant_id, changes, field, code):
    owner = callers.person()
    error = owner.put("/notification-preferences", json=changes, status=400).json["error"]
    assert [(one["field"], one["code"]) for one in error["details"]["validation_errors"]] == [(field, code)]
    assert owner.get("/notification-preferences").json["version"] == 1


def test_emergencies_keep_one_channel_that_works(callers, tenant_id, factories):
    owner = callers.person()
    off = {"categories": {"missed_call": {"sms": False}}}
    assert owner.put("/notification-preferences", json=off, status=422).json["error"]["code"] == "NO_CRITICAL_CHANNEL"
    owner.put("/notification-preferences", json={"categories": {"missed_call": {"sms": False, "email": True}}})
    factories.owner(tenant_id, phone_verified_at=None)
    only_text = {"categories": {"missed_call": {"sms": True, "email": False}}}
    error = owner.put("/notification-preferences", json=only_text, status=422).json["error"]
    assert error["code"] == "NO_CRITICAL_CHANNEL"


def test_quiet_hours_are_meant_in_ones_own_zone_and_on_ones_own_days(callers, send, clock):
    clock.move_to(NIGHT)
    owner = callers.person()
    owner.put("/notification-preferences", json={"quiet_hours": {"weekdays": ["wednesday"]}})
    assert send("sms", category="appointment_reminder")["channels"][0]["plan"] == "queued"
    owner.put("/notification-preferences", json={"quiet_hours": {"weekdays": ["tuesday"]}})
    assert send("sms", category="appointment_reminder")["channels"][0]["until"] == OPENS
    owner.put("/notification-preferences", json={"quiet_hours": {"timezone": "Pacific/Honolulu"}})
    assert send("sms", category="appointment_reminder")["channels"][0]["plan"] == "queued"
    owner.put("/notification-preferences", json={"quiet_hours": {"timezone": None, "enabled": False}})
    assert send("sms", category="appointment_reminder")["channels"][0]["plan"] == "queued"


def test_a_program_reads_and_changes_the_preferences_of_a_person(callers, service, tenant_id, factories):
    person = factories.user(tenant_id, role="operator", email="op@example.com")
    told = service.put(f"/notification-preferences?user_id={person}", json={"sounds": False}).json
    assert (told["sounds"], told["version"]) == (False, 2)
    assert service.get("/notification-preferences").json["sounds"] is True
    unknown = "0192f000-0000-7000-8000-000000000001"
    error = service.get(f"/notification-preferences?user_id={unknown}", status=404).json["error"]
    assert error["code"] == "USER_NOT_FOUND"
    callers.person().get(f"/notification-preferences?user_id={person}", status=403)
