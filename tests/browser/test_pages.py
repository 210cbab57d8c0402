"""The contractor's pages in a real browser, on a phone and on a desk."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app import notifications
from app.conversations import Conversation
from app.notifications import Category, Channel, Delivery, Notification
from app.scheduling.appointments import Appointment
from app.users import User
from tests.blueprints.conftest import Street
from tests.browser.conftest import Site
from tests.factories import CUSTOMER, F1, Factories
from tests.flows.story import Story
from tests.flows.test_reminders import a_visit

PAGES = (
    "/login",
    "/app/home",
    "/app/inbox",
    "/app/inbox?view=all",
    "/app/calls?show=all",
    "/app/appointments",
    "/app/account",
    "/app/billing",
)
CANCELLATION = re.compile("Prime Plumbing: we have to cancel your visit today .+ Reply here for a new time.")


@pytest.fixture
def street(carrier: Any, clock: Any, workers: Any, factories: Factories) -> Street:
    """The world outside, around a business of its own."""
    return Street(carrier, clock, workers, factories, factories.business())


@pytest.fixture
def stage(factories: Factories, carrier: Any, workers: Any) -> Any:
    """A missed call and its text, then one from the customer: the assistant waits for the contractor."""
    factories.business()
    carrier.handset(F1.owner_phone, "no_answer")
    carrier.call(CUSTOMER, F1.number)
    workers()
    carrier.text(CUSTOMER, F1.number, "My kitchen faucet drips, 1450 N Vermont Ave 90027. This is Dana Reed")
    workers()
    with factories.rows() as rows:
        return rows.scalar(select(Conversation.id))


@pytest.fixture
def story(factories: Factories, carrier: Any, clock: Any, workers: Any) -> Story:
    """A business, its customers and the clock on the wall."""
    return Story(factories, carrier, clock, workers)


def overflow(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_no_page_is_wider_than_its_screen_and_every_target_can_be_hit(site: Site, page: Page, stage: Any) -> None:
    site.sign_in(page)
    for path in (*PAGES, f"/app/inbox/{stage}", f"/app/inbox/{stage}?tab=details"):
        page.goto(site.address + path)
        assert overflow(page) <= 0, path
        heights = page.locator(".btn:visible, .place:visible, .row-link:visible, .form-control:visible").evaluate_all(
            "all => all.map(one => Math.round(one.getBoundingClientRect().height))"
        )
        assert min(heights) >= 44, path
        assert page.locator("h1:visible").count() == 1, path


def test_a_text_appears_on_an_open_thread_without_a_reload(
    site: Site, page: Page, stage: Any, carrier: Any, workers: Any
) -> None:
    site.sign_in(page)
    page.goto(f"{site.address}/app/inbox/{stage}")
    expect(page.locator("#stream")).to_be_hidden()
    page.get_by_label("Text to").fill("I was just about to")
    carrier.text(CUSTOMER, F1.number, "It is the hot water side")
    workers.burst()
    expect(page.locator("#timeline")).to_contain_text("It is the hot water side")
    expect(page.get_by_label("Text to")).to_have_value("I was just about to")
    expect(page.locator("#announcer")).to_contain_text("It is the hot water side")


def test_the_strip_counts_down_and_turns_when_somebody_takes_over(
    site: Site, page: Page, stage: Any, factories: Factories, workers: Any
) -> None:
    site.sign_in(page)
    page.goto(f"{site.address}/app/inbox/{stage}")
    expect(page.locator(".countdown")).to_contain_text("in 0:")
    page.get_by_label("Text to").fill("I can come by at four.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".strip")).to_contain_text("You are in control.")
    expect(page.locator("#notice")).to_contain_text("Texted. They will see it in seconds.")
    expect(page.locator("#timeline")).to_contain_text("I can come by at four.")
    expect(page.get_by_label("Text to")).to_have_value("")
    page.get_by_role("button", name="Return to AI").click()
    expect(page.locator(".strip")).to_contain_text("Waiting for the customer.")


def test_the_strip_of_a_second_page_turns_with_the_first(
    site: Site, page: Page, stage: Any, workers: Any, chromium: Any
) -> None:
    site.sign_in(page)
    page.goto(f"{site.address}/app/inbox/{stage}")
    other = page.context.new_page()
    other.goto(f"{site.address}/app/inbox/{stage}")
    expect(other.locator(".strip")).to_have_attribute("data-mode", "owner_window")
    other.get_by_role("button", name="Hold 15 min").click()
    expect(other.locator("#notice")).to_contain_text("AI waits 15 minutes for you.")
    workers.burst()
    page.bring_to_front()
    expect(page.locator(".countdown")).to_contain_text("in 1")


def test_with_the_stream_gone_a_quiet_line_says_so(site: Site, page: Page, stage: Any) -> None:
    site.sign_in(page)
    page.context.route("**/events/stream/**", lambda route: route.fulfill(status=204))
    page.goto(f"{site.address}/app/inbox?view=all")
    expect(page.locator("#stream")).to_contain_text("Live updates paused, checking every 30 seconds.")


def test_everything_works_without_javascript(site: Site, chromium: Any, stage: Any) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    site.sign_in(page)
    page.get_by_role("link", name="Inbox").click()
    page.locator(".tab", has_text="All").click()
    page.locator(".row-link").first.click()
    page.get_by_label("Text to").fill("On my way.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".strip")).to_contain_text("You are in control.")
    expect(page.locator("#timeline")).to_contain_text("On my way.")
    page.get_by_role("button", name="Return to AI").click()
    expect(page.locator(".strip")).to_contain_text("Waiting for the customer.")
    context.close()


def test_a_visit_is_called_off_with_the_words_that_are_shown(
    site: Site, page: Page, street: Street, factories: Factories
) -> None:
    street.book()
    site.sign_in(page)
    page.goto(f"{site.address}/app/appointments")
    page.locator("summary", has_text="Cancel").click()
    words = page.get_by_label("The customer gets this text")
    expect(words).to_have_value(CANCELLATION)
    page.get_by_role("button", name="Cancel this visit").click()
    expect(page.locator("#visits")).to_contain_text("Cancelled. The customer gets your text.")
    with factories.rows() as rows:
        assert rows.scalar(select(Appointment.status)) == "cancelled"


def test_a_customer_moves_a_visit_with_a_thumb(site: Site, page: Page, story: Story) -> None:
    """The page of the link: everything fits, every control is large enough, and choosing a time takes three taps."""
    a_visit(story, "10:00", "2026-09-16", price_low_cents=15_000, price_high_cents=20_000)
    visit = story.one(Appointment)
    page.goto(f"{site.address}/a/{visit.link_token}")
    assert page.get_by_role("heading", level=1).text_content() == "Wed, Sep 16, 10-11:30 AM"
    page.get_by_text("Choose another time").click()
    assert overflow(page) <= 0
    small = page.evaluate(
        "[...document.querySelectorAll('button, a.btn, summary, label.check')]"
        ".filter(one => one.offsetParent && one.getBoundingClientRect().height < 44).map(one => one.textContent.trim())"
    )
    assert small == []
    page.get_by_role("radio").nth(1).check()
    page.get_by_role("button", name="Move my visit").click()
    page.get_by_text("Your visit is moved.").wait_for()
    assert story.one(Appointment).start_at != visit.start_at


def test_a_notice_is_pushed_to_the_open_page(
    site: Site, page: Page, stage: Any, factories: Factories, workers: Any
) -> None:
    """2.10: with a page open, push is that page: the title is shown and read out at once."""
    site.sign_in(page)
    expect(page.locator("#stream")).to_be_hidden()
    page.wait_for_timeout(500)
    with factories.changing() as rows:
        owner = rows.scalar(select(User).where(User.email == F1.owner_email))
        notifications.tell(
            owner,
            title="Visit confirmed: Dana Reed",
            body="Tomorrow at ten.",
            category=Category.appointment_reminder,
            channels=[Channel.push],
            dedupe_key="pushed",
        )
    workers()
    expect(page.locator("#notice .notice-green")).to_have_text("Visit confirmed: Dana Reed")
    with factories.rows() as rows:
        pushed = select(Delivery.status).join(Notification).where(Notification.dedupe_key == "pushed")
        assert rows.scalar(pushed) == "delivered"
