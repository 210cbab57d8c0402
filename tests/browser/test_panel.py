"""The assistant's pages of the panel on a phone and on a desk: they fit, they fold, and they work by their buttons."""

import os
from pathlib import Path

import pytest

from app import seeds
from tests.admin.conftest import STAFF
from tests.factories import PASSWORD
from tests.flows.story import Story

WIDER_THAN_THE_WINDOW = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
FAUCET = "Hi this is Dana Reed, bathroom faucet dripping, 789 Sunset Blvd 90210, can you do tomorrow 10 AM?"


@pytest.fixture
def story(factories, carrier, clock, workers):
    """A business, its customers and the clock on the wall."""
    return Story(factories, carrier, clock, workers)


@pytest.fixture
def panel(site, page, story):
    """The panel in a browser, with a conversation that became a visit."""
    with story.factories.changing():
        seeds.hire(STAFF, PASSWORD, "Sam")
    told = story.opens().at("14:00")
    told.misses()
    told.says(FAUCET)
    told.says("yes")
    page.goto(f"{site.address}/admin/login")
    page.get_by_label("E-mail").fill(STAFF)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/admin/")
    page.goto(f"{site.address}/admin/conversations/details/?id={told.thread().id}")
    return page


def looks(page, name):
    """The page is no wider than its window; a picture of it where SHOTS names a folder."""
    assert not page.evaluate(WIDER_THAN_THE_WINDOW), name
    if folder := os.environ.get("SHOTS"):
        width = page.viewport_size["width"]
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


def test_the_account_of_a_turn_is_folded_away_until_somebody_asks_why(panel):
    account = panel.locator("li.turn details.account").first
    assert not account.get_by_text("How sure").is_visible()
    looks(panel, "conversation")
    account.locator("summary").click()
    assert account.get_by_text("How sure").is_visible()
    looks(panel, "conversation-why")


def test_a_text_is_tried_and_the_talk_goes_on(panel, site):
    panel.goto(f"{site.address}/admin/playground/")
    looks(panel, "playground-empty")
    texts = panel.get_by_label("Texts of the customer, one per line")
    texts.fill("My faucet drips, 1420 W Sunset Blvd 90026\nhow much?")
    panel.get_by_role("button", name="Try it").click()
    assert panel.locator("li.outbound").count() == 3
    panel.locator("details.account summary").nth(2).click()
    looks(panel, "playground")
    texts.fill(texts.input_value() + "\n1")
    panel.get_by_role("button", name="Try it").click()
    assert panel.locator("li.outbound p").last.inner_text().startswith("Booked")
    texts.fill("   ")
    panel.get_by_role("button", name="Try it").click()
    assert panel.get_by_role("alert").inner_text() == "Write at least one text of the customer."
    looks(panel, "playground-wrong")


def test_a_conversation_becomes_a_case_and_is_run(panel, site):
    panel.get_by_role("link", name="Turn this conversation into a test case").click()
    looks(panel, "make-case")
    panel.get_by_label("Some answer contains, one per line").fill("$150\nno such words")
    panel.get_by_label("Reason").fill("a good example")
    panel.get_by_role("button", name="Save the test case").click()
    assert panel.get_by_text("What was expected and did not come").is_visible()
    assert panel.get_by_text("Some answer contains “no such words”.").first.is_visible()
    looks(panel, "case")
    panel.get_by_role("button", name="Run it now").click()
    assert panel.get_by_text("It failed.").is_visible()
    panel.goto(f"{site.address}/admin/cases/")
    assert "failed" in panel.locator(".model-list .chip").all_inner_texts()
    looks(panel, "cases")


def test_one_text_becomes_a_case(panel):
    panel.get_by_role("link", name="Test case of this text").first.click()
    assert panel.get_by_label("What is meant").input_value() == "service_question"
    looks(panel, "make-text-case")
    panel.get_by_label("Reason").fill("a good example")
    panel.get_by_role("button", name="Save the test case").click()
    assert panel.get_by_text("It passes today.").is_visible()
    looks(panel, "text-case")
