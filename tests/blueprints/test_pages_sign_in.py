"""Signing in and out, and what the pages refuse."""

from tests.factories import F1, PASSWORD


def fill_in(page, email=F1.owner_email, password=PASSWORD):
    form = page.forms[0]
    form["email"], form["password"] = email, password
    return form


def test_a_page_asks_to_sign_in_and_is_shown_afterwards(factories, browser):
    factories.business()
    asked = browser.get("/app/inbox?view=all", status=303)
    back = fill_in(asked.follow()).submit(status=303)
    assert back.location.endswith("/app/inbox?view=all")
    back.follow(status=200)


def test_a_wrong_password_is_answered_in_words_beside_the_form(factories, browser):
    factories.business()
    refused = fill_in(browser.get("/login"), password="not-the-password").submit(status=422)
    assert "E-mail or password is wrong." in refused
    assert refused.forms[0]["email"].value == F1.owner_email
    assert refused.html.find(id="password")["aria-invalid"] == "true"


def test_after_signing_in_nobody_is_led_to_a_foreign_site(factories, browser):
    factories.business()
    for foreign in (
        "https://elsewhere.example/app/",
        "//elsewhere.example/app/",
        "/\\elsewhere.example",
        "/app/\\x",
        "/admin/",
    ):
        back = fill_in(browser.get("/login", {"next": foreign})).submit(status=303)
        assert back.location.endswith("/app/home")
        browser.reset()


def test_signing_out_ends_the_session(factories, browser, signed_in):
    account = browser.get("/app/account")
    account.forms[0].submit(status=303)
    browser.get("/app/home", status=303)


def test_who_was_shut_out_is_asked_to_sign_in(factories, browser, signed_in):
    factories.owner(signed_in, is_active=False)
    assert "/login" in browser.get("/app/home", status=303).location


def test_a_fragment_without_a_session_leads_the_whole_page_to_the_form(browser, clean):
    headers = {"HX-Request": "true", "HX-Current-URL": "https://nmc.example/app/inbox"}
    lost = browser.get("/app/fragments/inbox", headers=headers, status=401)
    assert lost.headers["HX-Redirect"] == "/login?next=/app/inbox"


def test_a_form_without_its_token_is_refused(factories, browser, signed_in):
    browser.post("/logout", status=400)
    browser.get("/app/home", status=200)


def test_pages_forbid_everything_inline_and_foreign(factories, browser, signed_in):
    page = browser.get("/app/home")
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert not page.html.find_all(style=True)
    assert not [script for script in page.html.find_all("script") if not script.get("src")]


def test_files_are_kept_by_browsers_because_their_address_names_their_content(browser, clean):
    page = browser.get("/login")
    sheet = browser.get(page.html.find_all("link", rel="stylesheet")[-1]["href"])
    assert "immutable" in sheet.headers["Cache-Control"]
    assert browser.get("/manifest.webmanifest").json["start_url"] == "/app/home"


def test_an_unknown_page_says_so_in_words(factories, browser, signed_in):
    lost = browser.get("/app/nowhere", headers={"Accept": "text/html"}, status=404)
    assert "There is nothing here" in lost
    assert lost.headers["X-Request-ID"] in lost
