"""The panel is for the support team: nobody else sees or does anything."""

import pytest

from blueprints import sessions
from tests.admin.conftest import STAFF, sign_in
from tests.factories import PASSWORD

OPEN = {"/admin/login", "/admin/static/<path:filename>", "/admin/assets/<path:filename>"}
NOBODY_NEEDS = {"/admin/logout"}


def panel_rules(web):
    rules = [rule for rule in web.url_map.iter_rules() if rule.rule.startswith("/admin")]
    return [rule for rule in rules if rule.rule not in OPEN]


def address(rule):
    return rule.rule.replace("<export_type>", "csv")


def assert_refused_everywhere(web, browser):
    refused = 0
    for rule in panel_rules(web):
        for method in rule.methods & {"GET", "POST"}:
            answer = browser.request(address(rule), method=method, headers={"Accept": "text/html"}, expect_errors=True)
            if method == "GET":
                assert answer.status_int == 302, rule
                assert "/admin/login?next=" in answer.location, rule
            else:
                assert answer.status_int in (400, 401), rule
            refused += 1
    assert refused > 100


def test_strangers_are_refused_on_every_route(web, browser, clean):
    assert_refused_everywhere(web, browser)


def test_contractors_are_refused_on_every_route(web, browser, world, monkeypatch):
    with web.test_request_context():
        from app import tenancy
        from app.extensions import db
        from app.users import User

        with tenancy.scope(tenancy.SYSTEM):
            sessions.log_in_user(db.session.get(User, world.more.owner))
        from flask import session

        cookie = web.session_interface.get_signing_serializer(web).dumps(dict(session))
    browser.set_cookie("nmc_session", cookie)
    assert_refused_everywhere(web, browser)


def test_a_post_without_its_token_is_refused_even_for_staff(web, staff, world):
    posts = [rule for rule in panel_rules(web) if "POST" in rule.methods]
    assert len(posts) > 40
    for rule in posts:
        assert staff.post(address(rule), {"reason": "x"}, status=400, headers={"Accept": "text/html"})


def test_a_program_gets_401(browser, clean):
    answer = browser.get("/admin/tenants/", headers={"Accept": "application/json"}, status=401)
    assert answer.json["error"]["code"] == "AUTH_TOKEN_MISSING"


def test_contractors_cannot_sign_in_at_the_panel(browser, world):
    form = browser.get("/admin/login").forms[0]
    form["email"], form["password"] = "owner@prime-plumbing.example", PASSWORD
    assert "E-mail or password is wrong." in form.submit(status=422)


def test_after_signing_in_the_page_asked_for_opens(browser, staff, world):
    browser.reset()
    asked = browser.get("/admin/tenants/?only=stopped", headers={"Accept": "text/html"})
    form = asked.follow().forms[0]
    form["email"], form["password"] = STAFF, PASSWORD
    assert form.submit().location.endswith("/admin/tenants/?only=stopped")


@pytest.mark.parametrize("wanted", ["https://evil.example/admin", "//evil.example/admin", "/app", "/admin\\..\\evil"])
def test_signing_in_never_leads_elsewhere(browser, staff, wanted):
    browser.reset()
    form = browser.get("/admin/login", {"next": wanted}).forms[0]
    form["email"], form["password"] = STAFF, PASSWORD
    assert form.submit().location.endswith("/admin/")


def test_signing_out_ends_it(staff):
    staff.get("/admin/").forms[1].submit()
    assert staff.get("/admin/", headers={"Accept": "text/html"}).status_int == 302


def test_somebody_who_left_is_out_at_once(staff, factories):
    from app.users import Staff

    with factories.changing() as session:
        session.query(Staff).one().is_active = False
    assert staff.get("/admin/", headers={"Accept": "text/html"}).status_int == 302


def test_pages_load_nothing_from_elsewhere_and_are_not_kept(staff):
    page = staff.get("/admin/")
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "http" not in policy
    assert page.headers["Cache-Control"] == "no-store"
    sign = staff.get("/admin/assets/panel.css")
    assert sign.headers["Content-Security-Policy"] == policy


def test_signing_in_is_audited(browser, staff, factories):
    from app.audit import Audit

    with factories.rows() as rows:
        deed = rows.query(Audit).one()
        assert (deed.action, deed.actor) == ("staff.sign_in", STAFF)
    assert sign_in
