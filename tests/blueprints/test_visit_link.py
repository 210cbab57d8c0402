"""The customer's page of a visit: opened by the secret in a text, without an account (interfaces.md, `/a/{token}`)."""

import datetime as dt

import pytest
from icalendar import Calendar

from app.notifications import Notification
from app.scheduling.appointments import Appointment
from app.scheduling.reminders import Reminder
from tests.flows.story import LOS_ANGELES, Story
from tests.flows.test_reminders import a_visit


@pytest.fixture
def story(factories, carrier, clock, workers):
    return Story(factories, carrier, clock, workers)


@pytest.fixture
def visit(story):
    a_visit(story, "10:00", "2026-09-16", price_low_cents=15_000, price_high_cents=20_000)
    return story.one(Appointment)


def press(browser, visit, word, **choice):
    """Open the page and press a button on it, as a person does."""
    page = browser.get(f"/a/{visit.link_token}")
    form = next(form for form in page.forms.values() if form.action.endswith(word))
    for name, value in choice.items():
        form[name] = value
    return form.submit(expect_errors=True)


def offered(browser, visit):
    page = browser.get(f"/a/{visit.link_token}")
    return [option["value"] for option in page.html.select("input[name=start]")]


def test_it_shows_what_was_agreed_and_nothing_else(browser, visit):
    page = browser.get(f"/a/{visit.link_token}")
    assert page.html.h1.text == "Wed, Sep 16, 10-11:30 AM"
    for said in ("Prime Plumbing", "789 Sunset Blvd", "$150-$200", "NMC-22222", "(213) 555-0100"):
        assert said in page.text
    assert "(310) 555-0142" not in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_opening_it_changes_nothing(browser, story, visit):
    browser.get(f"/a/{visit.link_token}")
    after = story.one(Appointment)
    assert (after.status, after.version, after.acknowledged_at) == ("confirmed", visit.version, None)


def test_the_customer_says_that_he_will_be_there_once(browser, story, visit):
    page = press(browser, visit, "/confirm").follow()
    assert "Thank you. See you then." in page.text
    first = story.one(Appointment).acknowledged_at
    assert first is not None
    csrf = token_of_any(browser)
    story.clock.shift(60)
    assert post(browser, visit, "confirm", csrf).status_int == 303
    assert story.one(Appointment).acknowledged_at == first


def post(browser, visit, action, csrf, status=None, **choice):
    """Send a form of the page as a browser does that has had it open for a while."""
    headers = {"Referer": f"https://nmc.example/a/{visit.link_token}"}
    return browser.post(f"/a/{visit.link_token}/{action}", {"csrf_token": csrf} | choice, headers, status=status)


def token_of(browser, visit):
    return browser.get(f"/a/{visit.link_token}").html.select_one("input[name=csrf_token]")["value"]


def test_a_cancelled_visit_is_free_and_everybody_knows(browser, story, visit):
    page = press(browser, visit, "/cancel").follow()
    assert "Your visit is cancelled." in page.text
    assert page.html.select("form") == []
    story.workers()
    after = story.one(Appointment)
    assert (after.status, after.cancel_reason) == ("cancelled", "customer_cancellation")
    assert story.heard()[-1] == "Cancelled: your visit Wed, Sep 16, 10-11:30 AM. Text us to schedule again."
    assert [row.title for row in story.all(Notification) if row.category == "appointment_reminder"] == [
        "Cancelled by the customer"
    ]
    assert {row.status.value for row in story.all(Reminder)} == {"dropped"}
    told = len(story.heard())
    again = post(browser, visit, "cancel", token_of_any(browser))
    assert again.status_int == 303
    story.workers()
    assert len(story.heard()) == told


def token_of_any(browser):
    """A CSRF token of this browser, from a page that has a form."""
    return browser.get("/login").html.select_one("input[name=csrf_token]")["value"]


def test_the_cancellation_window_shows_the_policy(browser, story, visit):
    story.factories.set(story.tenant_id, operational_limits={"cancellation_policy": "Late changes may be charged."})
    assert "Late changes may be charged." not in browser.get(f"/a/{visit.link_token}").text
    story.at("11:00")
    assert "Late changes may be charged." in browser.get(f"/a/{visit.link_token}").text


def test_another_time_is_taken_from_the_list(browser, story, visit):
    """The row moves, keeps its price and its link, and its reminders follow; customer and contractor are told."""
    options = offered(browser, visit)
    assert 2 <= len(options) <= 8
    assert visit.start_at.isoformat() not in options
    page = press(browser, visit, "/reschedule", start=options[-1]).follow()
    assert "Your visit is moved." in page.text
    story.workers()
    after = story.one(Appointment)
    assert after.start_at == dt.datetime.fromisoformat(options[-1])
    assert after.end_at - after.start_at == visit.end_at - visit.start_at
    assert (after.status, after.version) == ("confirmed", visit.version + 1)
    assert (after.price_low_cents, after.price_high_cents) == (15_000, 20_000)
    assert story.heard()[-1].startswith("Moved: Prime Plumbing now comes ")
    assert story.heard()[-1].endswith("Job NMC-22222.")
    planned = story.one(Reminder, kind="eta", version=after.version)
    assert (planned.status, planned.due_at) == ("waiting", after.window_start_at - dt.timedelta(minutes=30))
    assert [row.title for row in story.all(Notification)][-1] == "Moved by the customer"


def test_a_time_that_was_taken_meanwhile_is_refused_with_new_ones(browser, story, visit):
    options = offered(browser, visit)
    local = dt.datetime.fromisoformat(options[0]).astimezone(LOS_ANGELES)
    csrf = token_of(browser, visit)
    story.busy(f"{local:%H:%M}", f"{local + dt.timedelta(minutes=90):%H:%M}", f"{local:%Y-%m-%d}")
    answer = post(browser, visit, "reschedule", csrf, 409, start=options[0])
    assert "That time was just taken." in answer.text
    assert options[0] not in [one["value"] for one in answer.html.select("input[name=start]")]
    assert story.one(Appointment, id=visit.id).start_at == visit.start_at


@pytest.mark.parametrize("start", ["", "tomorrow", "2026-09-17T10:00:00"])
def test_a_start_that_is_no_moment_is_refused(browser, story, visit, start):
    answer = post(browser, visit, "reschedule", token_of(browser, visit), 400, start=start)
    assert "Choose one of the times." in answer.text
    assert story.one(Appointment).version == visit.version


def test_a_time_that_was_never_shown_is_refused(browser, story, visit):
    post(browser, visit, "reschedule", token_of(browser, visit), 409, start="2026-09-17T03:07:00+00:00")
    assert story.one(Appointment).version == visit.version


def test_without_the_token_of_the_form_nothing_happens(browser, story, visit):
    browser.post(f"/a/{visit.link_token}/cancel", status=400)
    assert story.one(Appointment).status == "confirmed"


def test_a_visit_that_has_begun_cannot_be_changed(browser, story, visit):
    csrf = token_of(browser, visit)
    story.at("10:01", "2026-09-16")
    page = post(browser, visit, "cancel", csrf, 409)
    assert "cannot be changed here any more" in page.text
    assert story.one(Appointment).status == "confirmed"


def test_an_emergency_visit_has_no_other_time_at_the_same_price(browser, story):
    a_visit(story, "10:00", "2026-09-16")
    with story.factories.changing() as session:
        session.get(Appointment, story.one(Appointment).id).slot_type = "emergency_work_hours"
    assert offered(browser, story.one(Appointment)) == []


def test_unknown_and_old_links_are_the_same_page(browser, story, visit):
    unknown = browser.get("/a/AAAAAAAAAAAAAAAAAAAAAA", status=404, headers={"Accept": "text/html"})
    story.at("11:31", "2026-09-23")
    over = browser.get(f"/a/{visit.link_token}", status=404, headers={"Accept": "text/html"})
    assert unknown.html.h1.text == over.html.h1.text == "There is nothing here"


def test_the_calendar_file_is_one_event(browser, visit):
    answer = browser.get(f"/a/{visit.link_token}.ics")
    assert answer.content_type == "text/calendar"
    (event,) = Calendar.from_ical(answer.body).walk("VEVENT")
    assert event["SUMMARY"] == "Prime Plumbing: arrival"
    assert event.decoded("DTSTART") == visit.window_start_at
    assert event.decoded("DTEND") == visit.window_end_at
    assert "555" not in answer.text
