"""Usage over HTTP: a ledger with each event once, marks that are told once, allowances, the spend cap."""

import datetime as dt

import pytest
from sqlalchemy import select

from app import usage
from app.audit import Audit
from app.events import Event
from app.notifications import Notification
from app.subscriptions import Subscription, SubscriptionStatus
from app.usage import UsageEvent, UsageType
from tests.factories import F1


@pytest.fixture
def tenant_id(factories, clock):
    return factories.business()


@pytest.fixture
def service(callers, tenant_id):
    return callers.program("usage", tenant_id=tenant_id)


@pytest.fixture
def event(tenant_id):
    """An event as the parent document has it, with changes."""

    def made(**changes):
        facts = {"event_type": "sms_sent", "quantity": 1, "metadata": {"direction": "outbound", "cost": 0.0079}}
        return {"tenant_id": str(tenant_id)} | facts | changes

    return made


@pytest.fixture
def used(callers, tenant_id):
    def shown():
        return callers.person().get(f"/subscriptions/{tenant_id}").json["current_usage"]["sms_segments"]

    return shown


@pytest.fixture
def ledger(factories, tenant_id):
    """So much was used before this test begins."""

    def enter(segments, event_type=UsageType.sms_sent):
        with factories.changing():
            usage.report(tenant_id, "before", f"{event_type}:{segments}", event_type, segments)

    return enter


def notices(factories):
    with factories.rows() as rows:
        return [notice.title for notice in rows.scalars(select(Notification).order_by(Notification.created_at))]


# POST /usage/events


def test_the_parent_shape_needs_no_id_and_is_counted_as_such(service, event, used, callers):
    (told,) = service.post("/usage/events", json=event()).json["results"]
    assert (told["status"], told["event_id"][:7]) == ("accepted", "server:")
    assert used() == 1
    summary = callers.person().get("/usage/summary").json
    assert (summary["usage_events_without_id"], summary["late"]) == (1, 0)


@pytest.mark.parametrize(
    ("event_type", "metadata"),
    [
        ("sms_sent", {"direction": "outbound", "cost": 0.0079}),
        ("quote_generated", {"job_type": "faucet_repair"}),
        ("notification_sent", {"channel": "email", "cost": 0.0}),
        ("compliance_cost", {"kind": "tfv"}),
        ("number_rental", {"kind": "local"}),
        ("ai_turn", {}),
        ("voice_minutes", {"direction": "inbound"}),
    ],
)
def test_every_kind_of_event_is_entered_as_it_was_told(service, event, factories, event_type, metadata):
    service.post("/usage/events", json=event(event_type=event_type, metadata=metadata, event_id="e1"))
    with factories.rows() as rows:
        row = rows.scalars(select(UsageEvent)).one()
        assert (row.event_type, row.quantity, row.details, row.source) == (event_type, 1, metadata, "usage")


def test_the_same_event_is_one_row(service, event, used):
    sent = [service.post("/usage/events", json=event(event_id="SM1:segments")).json["results"][0] for _ in range(5)]
    assert [one["status"] for one in sent] == ["accepted", *["duplicate"] * 4]
    assert len({one["usage_id"] for one in sent}) == 1
    assert used() == 1


def test_the_same_id_with_other_facts_is_a_conflict(service, event, used):
    first = service.post("/usage/events", json=event(event_id="e1")).json["results"][0]
    for other in (
        {"quantity": 2},
        {"event_type": "ai_turn"},
        {"metadata": {}},
        {"occurred_at": "2026-09-15T16:00:00Z"},
    ):
        error = service.post("/usage/events", json=event(event_id="e1", **other), status=409).json["error"]
        assert (error["code"], error["details"]) == ("USAGE_EVENT_CONFLICT", {"usage_id": first["usage_id"]})
    assert used() == 1


def test_two_services_may_use_the_same_id(service, callers, tenant_id, event, used):
    service.post("/usage/events", json=event(event_id="e1"))
    other = callers.program("usage", "other", tenant_id=tenant_id)
    assert other.post("/usage/events", json=event(event_id="e1")).json["results"][0]["status"] == "accepted"
    assert used() == 2


def test_each_of_an_array_has_its_own_fate(service, event, used, factories):
    other = factories.business(name="Other", number="+12135550177", owner_email="o@example.com")
    service.post("/usage/events", json=event(event_id="e1"))
    told = service.post(
        "/usage/events",
        json=[
            event(event_id="e1"),
            event(event_id="e1", quantity=2),
            event(event_id="e2", quantity=3),
            event(event_id="e3", event_type="gossip"),
            event(event_id="e4", quantity=0),
            event(event_id="e5", occurred_at="2026-08-01T00:00:00Z"),
            event(event_id="e6", tenant_id=str(other)),
            "not an object",
        ],
    ).json["results"]
    assert [one["status"] for one in told] == ["duplicate", "conflict", "accepted", *["rejected"] * 5]
    assert [one["error"]["code"] for one in told[3:]] == [
        "UNKNOWN_EVENT_TYPE", "VALIDATION_FAILED", "OCCURRED_AT_OUT_OF_RANGE", "TENANT_MISMATCH", "VALIDATION_FAILED",
    ]  # fmt: skip
    assert told[4]["error"]["details"]["validation_errors"][0]["field"] == "quantity"
    assert used() == 4


def test_an_array_has_one_to_a_hundred_events(service, event):
    many = [event(event_id=f"e{number}") for number in range(101)]
    assert len(service.post("/usage/events", json=many[:100]).json["results"]) == 100
    for wrong in (many, []):
        assert service.post("/usage/events", json=wrong, status=400).json["error"]["code"] == "VALIDATION_FAILED"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tenant_id": 7}, "tenant_id"),
        ({"event_type": 7}, "event_type"),
        ({"event_type": ""}, "event_type"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": 10_001}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"quantity": "1"}, "quantity"),
        ({"quantity": True}, "quantity"),
        ({"metadata": [1]}, "metadata"),
        ({"metadata": {"x": "y" * 9000}}, "metadata"),
        ({"event_id": ""}, "event_id"),
        ({"event_id": "x" * 256}, "event_id"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
    ],
)
def test_each_wrong_field_of_an_event_is_named(service, event, factories, changes, field):
    error = service.post("/usage/events", json=event(**changes), status=400).json["error"]
    assert [one["field"] for one in error["details"]["validation_errors"]] == [field]
    with factories.rows() as rows:
        assert rows.scalars(select(UsageEvent)).all() == []


@pytest.mark.parametrize(
    ("at", "status"),
    [
        ("2026-08-11T17:00:00Z", 200),
        ("2026-08-11T16:59:59Z", 422),
        ("2026-09-15T17:05:00Z", 200),
        ("2026-09-15T17:05:01Z", 422),
    ],
)
def test_an_event_is_of_the_last_35_days(service, event, at, status):
    told = service.post("/usage/events", json=event(event_id="e", occurred_at=at), status=status).json
    if status == 422:
        assert told["error"]["code"] == "OCCURRED_AT_OUT_OF_RANGE"


def test_an_event_of_a_former_period_does_not_count_in_this_one(service, event, used, callers):
    service.post("/usage/events", json=event(event_id="e", occurred_at="2026-08-20T17:00:00Z", quantity=7))
    assert used() == 0
    august = callers.person().get("/usage/summary?period=2026-08").json
    assert (august["meters"][0]["used"], august["late"]) == (7, 1)


def test_an_unknown_type_and_a_foreign_business_are_refused(service, event, factories):
    other = factories.business(name="Other", number="+12135550177", owner_email="o@example.com")
    error = service.post("/usage/events", json=event(event_type="gossip"), status=422).json["error"]
    assert error["code"] == "UNKNOWN_EVENT_TYPE"
    error = service.post("/usage/events", json=event(tenant_id=str(other)), status=403).json["error"]
    assert error["code"] == "TENANT_MISMATCH"


def test_only_programs_with_the_scope_report_and_ask(callers, tenant_id, event):
    check = {"tenant_id": str(tenant_id), "meter": "sms_segments", "class": "reply"}
    for path, body in (("/usage/events", event()), ("/usage/check", check)):
        callers.person().post(path, json=body, status=403)
        callers.nobody().post(path, json=body, status=401)
    assert [one.name for one in UsageType][:3] == ["sms_sent", "quote_generated", "notification_sent"]
    weak = callers.program("notify", tenant_id=tenant_id)
    for path, body in (("/usage/events", event()), ("/usage/check", check)):
        weak.post(path, json=body, status=403)


# marks


def test_each_mark_is_told_once(service, event, factories, workers, mailbox):
    for quantity in (499, 1, 300, 199, 1, 5):
        service.post("/usage/events", json=event(quantity=quantity))
        workers()
    told = ["50% of your texts are used", "80% of your texts are used", "100% of your texts are used"]
    assert notices(factories) == told
    assert [mail.subject for mail in mailbox.to(F1.owner_email)] == told
    with factories.rows() as rows:
        marks = rows.scalars(select(Event.payload).where(Event.name == "usage.threshold_reached").order_by(Event.id))
        assert [(one["meter"], one["threshold_percent"], one["used"], one["included"]) for one in marks] == [
            ("sms_segments", 50, 500, 1000), ("sms_segments", 80, 800, 1000), ("sms_segments", 100, 1000, 1000),
        ]  # fmt: skip
        notice = rows.scalars(select(Notification).order_by(Notification.created_at)).first()
        assert [(one.channel, one.status) for one in notice.deliveries] == [
            ("email", "delivered"), ("push", "suppressed"),
        ]  # fmt: skip


def test_a_jump_tells_only_the_highest_mark(service, event, factories, workers):
    service.post("/usage/events", json=event(quantity=1100))
    workers()
    assert notices(factories) == ["100% of your texts are used"]


def test_each_meter_and_each_period_has_its_own_marks(service, event, factories, workers, clock):
    service.post("/usage/events", json=event(quantity=500))
    service.post("/usage/events", json=event(event_type="ai_turn", quantity=400))
    workers()
    with factories.changing() as session:
        session.scalar(select(Subscription)).period_started_at = dt.datetime(2026, 9, 15, 17, 0, 1, tzinfo=dt.UTC)
    clock.shift(dt.timedelta(seconds=2))
    service.post("/usage/events", json=event(quantity=500))
    workers()
    assert sorted(notices(factories)) == [
        "50% of your AI answers are used", "50% of your texts are used", "50% of your texts are used",
    ]  # fmt: skip


def test_the_spend_cap_is_told_when_it_is_reached(service, event, factories, workers, callers):
    callers.person().put("/billing/spend-cap", json={"spend_cap_cents": 30})
    service.post("/usage/events", json=event(quantity=1009))
    workers()
    service.post("/usage/events", json=event(quantity=1))
    workers()
    assert notices(factories) == ["100% of your texts are used", "Your spend cap is reached"]
    callers.person().put("/billing/spend-cap", json={"spend_cap_cents": 60})
    service.post("/usage/events", json=event(quantity=10))
    workers()
    # Once per meter, mark and period, also when the cap was raised in between.
    assert notices(factories) == ["100% of your texts are used", "Your spend cap is reached"]


# POST /usage/check


@pytest.fixture
def check(service, tenant_id):
    def asked(kind="reply", quantity=1, meter="sms_segments", status=200, headers=None):
        body = {"tenant_id": str(tenant_id), "meter": meter, "quantity": quantity, "class": kind}
        return service.post("/usage/check", json=body, status=status, headers=headers).json

    return asked


def test_what_the_plan_includes_is_allowed_and_kept(check, ledger):
    ledger(412)
    told = check()
    assert told == {"allowed": True, "reason": None, "remaining": 588, "reservation_id": told["reservation_id"]}
    assert told["reservation_id"]
    assert check(quantity=10)["remaining"] == 587
    assert check()["remaining"] == 577
    assert check(meter="ai_turns")["remaining"] == 800


def test_an_allowance_ends_with_its_use_or_after_ten_minutes(check, service, event, clock):
    first = check(quantity=5)
    check(quantity=3)
    assert check(quantity=1)["remaining"] == 992
    service.post("/usage/events", json=event(quantity=4, metadata={"reservation_id": first["reservation_id"]}))
    assert check(quantity=1)["remaining"] == 1000 - 4 - 3 - 1
    service.post("/usage/events", json=event(quantity=3))
    assert check(quantity=1)["remaining"] == 1000 - 4 - 3 - 1 - 1
    clock.shift(dt.timedelta(minutes=10))
    assert check(quantity=1)["remaining"] == 1000 - 7


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("reply", (False, "trial_cap")),
        ("own_initiative", (False, "trial_cap")),
        ("emergency", (True, None)),
        ("compliance", (True, None)),
    ],
)
def test_a_trial_ends_at_what_is_included(check, ledger, factories, kind, answer):
    allowed, reason = answer
    ledger(999)
    with factories.changing() as session:
        session.scalar(select(Subscription)).status = SubscriptionStatus.trialing
    assert check()["allowed"] is True
    told = check(kind)
    assert (told["allowed"], told["reason"], told["remaining"]) == (allowed, reason, 0)
    assert (told["reservation_id"] is None) is not allowed


def test_a_paid_plan_goes_on_to_its_spend_cap(check, ledger, callers):
    ledger(1000)
    callers.person().put("/billing/spend-cap", json={"spend_cap_cents": 30})
    assert check(quantity=11)["reason"] == "spend_cap"
    assert check(quantity=10)["allowed"] is True
    assert check(quantity=1)["reason"] == "spend_cap"
    assert check("emergency")["allowed"] is True
    callers.person().put("/billing/spend-cap", json={"spend_cap_cents": None})
    assert check("own_initiative", quantity=5000)["allowed"] is True


def test_the_cap_is_on_all_meters_together(check, ledger, callers):
    ledger(1000)
    ledger(806, UsageType.ai_turn)
    callers.person().put("/billing/spend-cap", json={"spend_cap_cents": 33})
    assert check(quantity=2)["reason"] == "spend_cap"
    assert check(quantity=1)["allowed"] is True


def test_without_access_only_what_must_go_goes(check, factories):
    with factories.changing() as session:
        session.scalar(select(Subscription)).status = SubscriptionStatus.unpaid
    assert check()["reason"] == "access_off"
    assert check("own_initiative")["reason"] == "access_off"
    assert check("emergency")["allowed"] is True
    assert check("compliance")["allowed"] is True


def test_a_check_that_is_sent_again_keeps_nothing_twice(check):
    first = check(headers={"Idempotency-Key": "k"})
    assert check(headers={"Idempotency-Key": "k"}) == first
    assert check()["remaining"] == 999


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tenant_id": "x"}, "tenant_id"),
        ({"meter": 7}, "meter"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": 10_001}, "quantity"),
        ({"class": "whim"}, "class"),
        ({"class": None}, "class"),
    ],
)
def test_each_wrong_field_of_a_check_is_named(service, tenant_id, changes, field):
    body = {"tenant_id": str(tenant_id), "meter": "sms_segments", "quantity": 1, "class": "reply"} | changes
    error = service.post("/usage/check", json=body, status=400).json["error"]
    assert [one["field"] for one in error["details"]["validation_errors"]] == [field]


def test_a_meter_that_nobody_knows_is_refused(check, service, factories):
    assert check(meter="dreams", status=422)["error"]["code"] == "UNKNOWN_METER"
    other = factories.business(name="Other", number="+12135550177", owner_email="o@example.com")
    body = {"tenant_id": str(other), "meter": "sms_segments", "class": "reply"}
    assert service.post("/usage/check", json=body, status=403).json["error"]["code"] == "TENANT_MISMATCH"


# PUT /billing/spend-cap, GET /usage/summary


def test_the_owner_sets_the_spend_cap(callers, tenant_id, factories):
    owner = callers.person()
    assert owner.put("/billing/spend-cap", json={"spend_cap_cents": 0}).json == {"spend_cap_cents": 0}
    assert owner.put("/billing/spend-cap", json={"spend_cap_cents": None}).json == {"spend_cap_cents": None}
    assert owner.get(f"/subscriptions/{tenant_id}").json["spend_cap_cents"] is None
    with factories.rows() as rows:
        deeds = rows.scalars(select(Audit).where(Audit.action == "billing.spend_cap").order_by(Audit.at, Audit.id))
        assert [(one.before, one.after) for one in deeds] == [
            ({"spend_cap_cents": 5000}, {"spend_cap_cents": 0}),
            ({"spend_cap_cents": 0}, {"spend_cap_cents": None}),
        ]


@pytest.mark.parametrize("body", [{}, *({"spend_cap_cents": cents} for cents in (-1, 1_000_001, 1.5, "5000", True))])
def test_a_wrong_spend_cap_changes_nothing(callers, tenant_id, body):
    owner = callers.person()
    error = owner.put("/billing/spend-cap", json=body, status=400).json["error"]
    assert [one["field"] for one in error["details"]["validation_errors"]] == ["spend_cap_cents"]
    assert owner.get(f"/subscriptions/{tenant_id}").json["spend_cap_cents"] == 5000


def test_only_the_owner_sets_the_spend_cap(callers, tenant_id, factories):
    factories.user(tenant_id, role="operator", email="op@example.com")
    callers.person("op@example.com").put("/billing/spend-cap", json={"spend_cap_cents": 1}, status=403)
    callers.nobody().put("/billing/spend-cap", json={"spend_cap_cents": 1}, status=401)


def test_the_summary_is_also_a_table(callers, ledger):
    ledger(12)
    table = callers.person().get("/usage/summary", headers={"Accept": "text/csv"})
    assert table.content_type.startswith("text/csv")
    assert table.text == "meter,date,quantity\r\nsms_segments,2026-09-15,12\r\n"
