"""The carrier answers badly, late or not at all: nothing is lost, nothing is sent twice."""

import datetime as dt

import pytest
from sqlalchemy import select

from app.messages import Message
from tests.factories import CUSTOMER, F1

BUSINESS = F1.number


def missed_call(factories, carrier):
    factories.business()
    carrier.handset(F1.owner_phone, "no_answer")
    carrier.call(CUSTOMER, BUSINESS)


def the_text(factories):
    with factories.rows() as rows:
        text = rows.scalar(select(Message).where(Message.direction == "outbound"))
        rows.expunge_all()
        return text


def test_too_many_requests_are_waited_out(factories, carrier, clock, workers):
    carrier.fault("refuse", 2, status=429, code=20429)
    missed_call(factories, carrier)
    workers()
    assert carrier.texts_to(CUSTOMER) == []
    for _ in range(4):
        clock.shift(dt.timedelta(seconds=3))
        workers.sweep()
    assert len(carrier.texts_to(CUSTOMER)) == 1
    assert the_text(factories).status == "delivered"


def test_a_server_error_is_looked_into_before_it_is_sent_again(factories, carrier, clock, workers):
    carrier.fault("refuse", 1, status=500, code=20500)
    missed_call(factories, carrier)
    workers()
    assert the_text(factories).status == "unknown"
    clock.shift(dt.timedelta(seconds=30))
    workers.sweep()
    assert carrier.texts_to(CUSTOMER) == []
    clock.shift(dt.timedelta(seconds=31))
    workers.sweep()
    assert len(carrier.texts_to(CUSTOMER)) == 1
    assert the_text(factories).status == "delivered"


@pytest.mark.parametrize("kind", ["lose", "close"])
def test_a_text_that_was_taken_although_the_answer_was_lost_goes_once(factories, carrier, clock, workers, kind):
    carrier.fault(kind, 1)
    missed_call(factories, carrier)
    workers()
    for _ in range(4):
        clock.shift(dt.timedelta(seconds=61))
        workers.sweep()
    assert len(carrier.texts_to(CUSTOMER)) == 1
    assert the_text(factories).status == "delivered"


def test_the_callback_repairs_a_lost_answer_by_its_token(factories, carrier, clock, workers):
    carrier.fault("close", 1)
    missed_call(factories, carrier)
    workers()
    text = the_text(factories)
    assert text.status == "delivered"
    assert text.provider_sid == carrier.texts_to(CUSTOMER)[0].sid


def test_a_greeting_that_is_too_late_becomes_a_call_back(factories, carrier, clock, workers):
    carrier.fault("refuse", 50, status=429, code=20429)
    missed_call(factories, carrier)
    workers()
    clock.shift(dt.timedelta(minutes=16))
    carrier.world.faults.clear()
    workers.sweep()
    assert carrier.texts_to(CUSTOMER) == []
    text = the_text(factories)
    assert (text.status, text.discard_reason) == ("discarded", "too_late")
    from app.tasks import Task

    with factories.rows() as rows:
        assert "Call them" in rows.scalar(select(Task)).why


def test_a_refused_number_is_not_tried_again(factories, carrier, clock, workers):
    carrier.fault("refuse", 1, status=400, code=21614)
    missed_call(factories, carrier)
    workers()
    clock.shift(dt.timedelta(minutes=5))
    workers.sweep()
    assert carrier.texts_to(CUSTOMER) == []
    assert (the_text(factories).status, the_text(factories).error_code) == ("failed", 21614)
