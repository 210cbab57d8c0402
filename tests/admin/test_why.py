"""Why did this text (not) go out? One page answers it."""

import pytest


def page(staff, message_id):
    return staff.get("/admin/messages/details/", {"id": str(message_id)}, status=200)


def test_a_delivered_text_shows_its_whole_way(staff, world):
    told = page(staff, world.ids["messages"])
    for part in (
        "the carrier says that it was delivered",
        "twilio.dial came in",
        "was decided: Texted",
        "The assistant wrote it as a greeting, from the template “greeting”. Request req_written.",
        "Passed: consent",
        "the carrier took it as SM",
    ):
        assert part in told, part
    assert str(world.ids["webhooks"]) in told
    assert str(world.ids["calls"]) in told


def test_a_discarded_text_says_which_gate_refused_it(staff, world):
    told = page(staff, world.more.discarded)
    assert "It did not go out. It was outside the hours in which the business starts conversations." in told
    assert "the carrier took it" not in told


def test_a_text_that_did_not_arrive_says_why_and_shows_the_report(staff, world):
    told = page(staff, world.more.failed)
    assert "It did not arrive. This is a landline. Call instead." in told
    assert "undelivered (error 30006)" in told


def test_a_text_that_came_in_shows_its_webhook_and_the_turn(staff, world):
    told = page(staff, world.more.heard)
    assert "twilio.sms came in" in told
    assert "Understood as “describe job”" in told


@pytest.mark.usefixtures("clock")
def test_the_real_line_from_call_to_delivery_is_told(staff, factories, carrier, workers):
    from sqlalchemy import select

    from app.messages import Message
    from tests.factories import CUSTOMER, F1

    factories.business()
    carrier.handset(F1.owner_phone, "no_answer")
    carrier.call(CUSTOMER, F1.number)
    workers()
    with factories.rows() as rows:
        message_id = rows.scalar(select(Message.id))
    told = page(staff, message_id)
    for part in ("twilio.dial came in and is handled", "was decided: Texted", "Passed: consent", "delivered"):
        assert part in told, part
