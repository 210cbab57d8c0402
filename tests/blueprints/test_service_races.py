"""Several services at the same moment: the last allowance once, each mark once, each time and each notice once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from app import usage
from app.events import Event
from app.notifications import Notification
from app.subscriptions import Subscription, SubscriptionStatus
from app.usage import UsageEvent, UsageType
from app.users import User

MANY = 8


@pytest.fixture
def tenant_id(factories, clock):
    return factories.business()


@pytest.fixture
def together(web):
    """Send these at the same moment, each on its own connection; the statuses and the answers."""

    def send(headers, requests):
        start = Barrier(len(requests))

        def one(request):
            path, body = request
            client = web.test_client()
            start.wait(timeout=10)
            answer = client.post(path, json=body, headers=headers)
            return answer.status_code, answer.json

        with ThreadPoolExecutor(len(requests)) as pool:
            return list(pool.map(one, requests))

    return send


def test_the_last_allowance_is_given_once(together, callers, tenant_id, factories):
    service = callers.program("usage", tenant_id=tenant_id)
    with factories.changing() as session:
        usage.report(tenant_id, "before", "x", UsageType.sms_sent, 999)
        session.scalar(select(Subscription)).status = SubscriptionStatus.trialing
    body = {"tenant_id": str(tenant_id), "meter": "sms_segments", "class": "reply"}
    answers = together(service.headers, [("/usage/check", body)] * MANY)
    assert Counter(answer["allowed"] for _, answer in answers) == {True: 1, False: MANY - 1}


def test_the_same_event_is_entered_once(together, callers, tenant_id, factories):
    service = callers.program("usage", tenant_id=tenant_id)
    body = {"tenant_id": str(tenant_id), "event_type": "sms_sent", "quantity": 3, "event_id": "e1"}
    answers = together(service.headers, [("/usage/events", body)] * MANY)
    states = Counter(answer["results"][0]["status"] for _, answer in answers)
    assert states == {"accepted": 1, "duplicate": MANY - 1}
    with factories.rows() as rows:
        assert len(rows.scalars(select(UsageEvent)).all()) == 1
        assert usage.used(rows.scalar(select(Subscription)), "sms_segments") == 3


def test_a_mark_that_many_reach_is_told_once(together, callers, tenant_id, factories):
    service = callers.program("usage", tenant_id=tenant_id)
    with factories.changing():
        usage.report(tenant_id, "before", "x", UsageType.sms_sent, 499)
    body = {"tenant_id": str(tenant_id), "event_type": "sms_sent", "quantity": 1}
    together(service.headers, [("/usage/events", body)] * MANY)
    with factories.rows() as rows:
        told = rows.scalars(select(Event.payload).where(Event.name == "usage.threshold_reached")).all()
        assert [(one["threshold_percent"], one["used"]) for one in told] == [(50, 500)]
        assert usage.used(rows.scalar(select(Subscription)), "sms_segments") == 499 + MANY


def test_a_time_is_kept_or_booked_once(together, callers, tenant_id):
    service = callers.program("appointments", tenant_id=tenant_id)
    hold = {"start": "2026-09-16T16:00:00Z", "duration_minutes": 90}
    block = hold | {"kind": "block", "title": "Dentist"}
    requests = [("/holds", hold)] * (MANY // 2) + [("/appointments", block)] * (MANY // 2)
    answers = together(service.headers | {"Idempotency-Key": "k"}, requests)
    # Requests with one key are one request: whoever comes while it runs is told so.
    done = [path for (path, _), (status, answer) in zip(requests, answers, strict=True) if status == 201]
    assert len(set(done)) == 1
    errors = {answer["error"]["code"] for status, answer in answers if status != 201}
    assert errors <= {"SLOT_UNAVAILABLE", "IDEMPOTENCY_IN_PROGRESS"}


def test_the_same_notice_is_told_once(together, callers, tenant_id, factories):
    service = callers.program("notify", tenant_id=tenant_id)
    with factories.rows() as rows:
        user_id = str(rows.scalar(select(User.id)))
    words = {"title": "New lead", "body": "Faucet", "category": "missed_call"}
    body = {"tenant_id": str(tenant_id), "user_id": user_id, "notification": words, "channels": ["sms"]}
    answers = together(service.headers, [("/notifications/send", body | {"dedupe_key": "lead-7"})] * MANY)
    assert {status for status, _ in answers} == {202}
    assert len({answer["notification_id"] for _, answer in answers}) == 1
    assert {len(answer["channels"]) for _, answer in answers} == {1}
    with factories.rows() as rows:
        assert len(rows.scalars(select(Notification)).all()) == 1
