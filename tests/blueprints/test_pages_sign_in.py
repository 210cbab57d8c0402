"""Signing in and out, and what the pages refuse."""

from tests.factories import F1, PASSWORD


def sign_in(browser, email=F1.owner_email):
    page = browser.get("/login")
    form = page.forms[0]
    form["email"], form["password"] = email, PASSWORD
    return form.submit()


def test_home_asks_to_sign_in_and_leads_back(factories, browser):
    factories.business()
    asked = browser.get("/app/inbox?view=all", status=303)
    assert asked.location.endswith("/login?next=/app/inbox?view%3Dall")
    form = asked.follow().forms[0]
    form["email"], form["password"] = F1.owner_email, PASSWORD
    assert form.submit(status=303).location.endswith("/app/inbox?view=all")


def test_home(factories, browser):
    factories.business()
    sign_in(browser)
    browser.get("/app/home")
