"""The thread: one timeline, a strip that says who answers next, and the deeds of a person."""

import datetime as dt

import pytest
from sqlalchemy import select

from app.conversations import Conversation, Note
from app.messages import Message
from tests.blueprints.conftest import sign_in
from tests.factories import CUSTOMER

HTMX = {"HX-Request": "true"}


@pytest.fixture
def thread(factories, street):
    """A thread in which the customer has described a job, and the assistant waits for the contractor."""
    street.miss()
    street.text("My kitchen faucet drips, 1450 N Vermont Ave 90027")
    with factories.rows() as rows:
        return rows.scalar(select(Conversation.id))


def form_of(page, ending):
    return next(form for form in page.forms.values() if form.action.endswith(ending))


def mode_of(factories):
    with factories.rows() as rows:
        return rows.scalar(select(Conversation.mode))


def strip(page):
    return page.html.select_one(".strip")["data-mode"]


def test_one_timeline_holds_the_call_its_decision_and_the_texts(browser, thread):
    page = browser.get(f"/app/inbox/{thread}")
    told = page.html.select_one(".entries").get_text(" ", strip=True)
    assert "Missed call. No answer, rang" in told
    assert "Texted in 1 s" in told
    assert "My kitchen faucet drips" in told
    assert "Delivered" in told
    assert strip(page) == "owner_window"
    assert page.html.select_one("[data-deadline]")


def test_opening_a_thread_takes_its_unread_mark_off(factories, browser, thread):
    assert browser.get("/app/inbox?view=all").html.select(".dot")
    browser.get(f"/app/inbox/{thread}")
    assert not browser.get("/app/inbox?view=all").html.select(".dot")


def test_a_reply_takes_the_thread_over_and_is_sent(factories, browser, street, thread):
    form = form_of(browser.get(f"/app/inbox/{thread}"), "/reply")
    form["body"] = "This is Sam. I can come by at four."
    page = form.submit(status=303).follow()
    assert "Texted. They will see it in seconds." in page
    assert strip(page) == "human_active"
    assert mode_of(factories) == "human_active"
    street.workers()
    assert street.carrier.texts_to(CUSTOMER)[-1].body == "This is Sam. I can come by at four."


def test_htmx_gets_the_parts_that_changed_and_an_empty_composer(browser, thread):
    form = form_of(browser.get(f"/app/inbox/{thread}"), "/reply")
    form["body"] = "On my way."
    parts = browser.post(form.action, form.submit_fields(), headers=HTMX | {"Referer": "https://nmc.example/"})
    assert parts.html.select_one(".strip")["data-mode"] == "human_active"
    assert {part["id"] for part in parts.html.select("[hx-swap-oob]")} == {"timeline", "notice", "composer"}
    assert "On my way." in parts.html.select_one("#timeline").get_text()
    assert parts.html.select_one("#body").get_text() == ""


def test_a_refused_reply_says_why_and_keeps_the_words(browser, street, thread):
    page = browser.get(f"/app/inbox/{thread}")
    street.text("STOP")
    street.workers()
    form = form_of(page, "/reply")
    form["body"] = "One more question"
    del form.fields["seen"]
    form.field_order = [field for field in form.field_order if field[0] != "seen"]
    refused = form.submit(status=409)
    assert "Opted out on Sep 15. You can call them." in refused.html.select_one("#notice").get_text()
    assert not refused.html.select_one("#reply-form")
    assert "Opted out on Sep 15" in refused.html.select_one(".composer-why").get_text()


def test_an_answer_to_what_has_moved_on_is_asked_about_first(factories, browser, street, thread):
    form = form_of(browser.get(f"/app/inbox/{thread}"), "/reply")
    street.text("Never mind, it is the bathroom faucet")
    street.workers()
    form["body"] = "The kitchen one, then."
    asked = form.submit(status=409)
    assert "They wrote again while you were typing." in asked
    assert asked.html.select_one("#body").get_text() == "The kitchen one, then."
    with factories.rows() as rows:
        assert not rows.scalars(select(Message).where(Message.sender == "human")).all()
    again = form_of(asked, "/reply").submit(status=303)
    assert "Texted." in again.follow()


def test_take_over_and_return_to_the_assistant(factories, browser, thread):
    page = form_of(browser.get(f"/app/inbox/{thread}"), "/hold").submit(status=303).follow()
    assert "AI waits 15 minutes for you." in page
    page = form_of(page, "/answer-now").submit(status=303).follow()
    assert strip(page) == "ai_active"
    page = form_of(page, "/take-over").submit(status=303).follow()
    assert strip(page) == "human_active"
    assert "You are in control." in page
    page = form_of(page, "/release").submit(status=303).follow()
    assert "AI answers their last text now." in page
    assert mode_of(factories) == "ai_active"


def test_a_colleagues_thread_is_not_taken_from_him(factories, browser, signed_in, thread):
    factories.user(signed_in, role="operator", email="pat@example.com", display_name="Pat")
    form = form_of(browser.get(f"/app/inbox/{thread}"), "/reply")
    form["body"] = "Mine."
    form.submit(status=303)
    browser.reset()
    sign_in(browser, "pat@example.com")
    page = browser.get(f"/app/inbox/{thread}")
    assert "Owner is in control." in page
    form = form_of(page, "/reply")
    form["body"] = "Mine too."
    assert "A colleague has this conversation." in form.submit(status=409)


def test_a_private_note_is_kept_and_never_sent(factories, browser, street, thread):
    sent = len(street.carrier.texts_to(CUSTOMER))
    form = form_of(browser.get(f"/app/inbox/{thread}"), "/note")
    form["note"] = "Dog in the yard"
    page = form.submit(status=303).follow()
    assert "Dog in the yard" in page.html.select_one(".private").get_text()
    street.workers()
    assert len(street.carrier.texts_to(CUSTOMER)) == sent
    with factories.rows() as rows:
        assert rows.scalar(select(Note.kind).where(Note.text == "Dog in the yard")) == "note"


def test_done_is_for_everybody_and_a_new_text_brings_it_back(factories, browser, street, thread):
    page = form_of(browser.get(f"/app/inbox/{thread}"), "/done").submit(status=303).follow()
    assert "Done. A new text brings it back." in page
    assert browser.get("/app/inbox?view=done").html.select(".row-item")
    street.text("One more thing")
    street.workers()
    assert not browser.get("/app/inbox?view=done").html.select(".row-item")


def test_a_failed_text_says_what_to_do(factories, browser, street, thread):
    street.carrier.delivery(CUSTOMER, "undelivered", error=30006)
    form = form_of(browser.get(f"/app/inbox/{thread}"), "/reply")
    form["body"] = "Are you there?"
    form.submit(status=303)
    street.workers()
    page = browser.get(f"/app/inbox/{thread}")
    assert "Failed. This is a landline. Call instead." in page
    assert "Landline: call instead." in page.html.select_one(".composer-why").get_text()
    assert "This is a landline. Call instead." in browser.get("/app/home")


def test_who_may_only_look_gets_no_buttons_and_is_refused(factories, browser, signed_in, thread):
    factories.user(signed_in, role="viewer", email="viewer@example.com")
    browser.reset()
    sign_in(browser, "viewer@example.com")
    page = browser.get(f"/app/inbox/{thread}")
    assert not [form for form in page.forms.values() if "/app/inbox/" in form.action and form.method == "POST"]
    token = browser.get("/app/account").forms[0]["csrf_token"].value
    sent = {"csrf_token": token, "body": "Hello"}
    browser.post(f"/app/inbox/{thread}/reply", sent, headers={"Referer": "https://nmc.example/"}, status=403)
    assert mode_of(factories) == "owner_window"


def test_what_is_known_stands_beside_the_thread(factories, browser, street, thread):
    street.clock.shift(dt.timedelta(minutes=2))
    street.workers.sweep()
    facts = browser.get(f"/app/inbox/{thread}").html.select_one("#details").get_text(" ", strip=True)
    assert "(310) 555-0142" in facts
    assert "1450 N Vermont Ave" in facts
    assert "Faucet repair" in facts
    assert "They called and heard that a text follows" in facts
