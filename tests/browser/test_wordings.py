"""New words for a text in a real browser: shown filled with samples, and what is wrong with them, while one types."""

from typing import Any

from playwright.sync_api import Page, expect

from app import seeds
from tests.browser.conftest import Site
from tests.browser.test_pages import overflow
from tests.factories import PASSWORD, Factories

STAFF = "support@nevermisscall.example"


def test_words_are_shown_and_judged_while_somebody_types(
    site: Site, page: Page, factories: Factories, clean: Any
) -> None:
    factories.business()
    with factories.changing():
        seeds.hire(STAFF, PASSWORD, "Sam")
    page.goto(f"{site.address}/admin/wordings/new/")
    page.get_by_label("E-mail").fill(STAFF)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Text", exact=True).select_option("offer_one")
    page.get_by_label("Only for this business").fill("Prime Plumbing")
    assert overflow(page) <= 0
    page.get_by_role("button", name="Write the words").click()
    page.get_by_label("Words").fill("{window} for $50, {price}. Reply YES.")
    expect(page.locator("#preview")).to_contain_text("“$50” is an amount that no row knows.")
    assert overflow(page) <= 0
    page.get_by_label("Words").fill("{business} has {window}, {price}. Reply YES.")
    expect(page.locator("#preview")).to_contain_text("Prime Plumbing has tomorrow 9:20-11:20 AM, $137-$264. Reply YES.")
    expect(page.locator("#preview")).to_contain_text("The guard lets it pass.")
    page.get_by_label("Reason").fill("asked on the phone")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("h1")).to_have_text("Words for offer one")
    assert overflow(page) <= 0
