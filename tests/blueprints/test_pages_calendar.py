"""The account page: a calendar is linked in three clicks, and linked again where the notice leads."""

from sqlalchemy import select

from app.calendars import Connection
from app.calendars.consent import OAuthState
from app.users import Role, User
from tests.blueprints.conftest import sign_in
from tests.linked import ACCOUNT, CALLBACK

CONNECT = "Connect Google calendar"


def click(browser, google):
    """From the button to Google's consent page and back."""
    form = next(one for one in browser.get("/app/account").forms.values() if one.action.endswith("/account/calendar"))
    link = form.submit().html.find("a", string="Continue to Google")
    location = google.consent(link["href"], ACCOUNT)
    assert location.startswith(CALLBACK)
    return browser.get(location.removeprefix("https://nmc.example"), status=302).follow()


def test_a_calendar_is_linked_from_the_account_page(signed_in, browser, google):
    google.account(ACCOUNT)
    assert CONNECT in browser.get("/app/account").text
    page = click(browser, google)
    assert "Your calendar is connected." in page.text
    assert ACCOUNT in page.text
    assert CONNECT not in page.text


def test_a_dead_account_is_linked_again_where_the_notice_leads(signed_in, browser, google, factories):
    google.account(ACCOUNT)
    click(browser, google)
    with factories.changing() as rows:
        rows.scalar(select(Connection)).status = "needs_reauth"
    assert "Connect it again" in browser.get("/app/account").text
    page = click(browser, google)
    assert "Connect it again" not in page.text
    with factories.rows() as rows:
        assert [one.status for one in rows.scalars(select(Connection))] == ["active"]


def test_a_no_is_said_in_words(signed_in, browser):
    assert "you did not allow it" in browser.get("/app/account?result=access_denied").text
    assert "<script>" not in browser.get("/app/account?result=<script>").text


def test_a_viewer_sees_no_button(signed_in, browser, factories):
    with factories.changing() as rows:
        rows.scalar(select(User)).role = Role.viewer
    page = browser.get("/app/account")
    assert CONNECT not in page.text
    token = page.forms[0]["csrf_token"].value
    browser.post(
        "/app/account/calendar", {"csrf_token": token}, headers={"Referer": "https://nmc.example/"}, status=403
    )
    with factories.rows() as rows:
        assert rows.scalars(select(OAuthState)).all() == []


def test_an_old_link_is_a_page_for_people(signed_in, browser):
    page = browser.get("/calendar/oauth/callback?state=old&code=x", headers={"Accept": "text/html"}, status=400)
    assert page.content_type == "text/html"
    assert "Start again" in page.text


def test_the_page_shows_ones_own_calendars_only(signed_in, browser, google, factories):
    google.account(ACCOUNT)
    click(browser, google)
    factories.user(signed_in, email="op@prime.example", role=Role.operator)
    browser.reset()
    sign_in(browser, "op@prime.example")
    assert ACCOUNT not in browser.get("/app/account").text
