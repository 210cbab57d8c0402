"""A real browser before the real pages: the web process and the stream on loopback ports, Chromium in front."""

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

import wsgi
from config import Settings
from tests.factories import F1, PASSWORD

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass
class Site:
    """The pages as a browser reaches them."""

    address: str

    def sign_in(self, page: Page, email: str = F1.owner_email) -> None:
        page.goto(f"{self.address}/login")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/app/home")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("there is no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


def _serve(app: Any) -> Any:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="session")
def site(web: Flask, chosen: Settings) -> Iterator[Site]:
    pages = _serve(web)
    address = f"http://127.0.0.1:{pages.server_port}"
    quick = {"public_base_url": address, "stream_heartbeat_seconds": 0.2, "stream_lifetime_seconds": 60.0}
    stream = _serve(wsgi.create_stream_app(chosen.model_copy(update=quick)))
    before = web.extensions["settings"]
    web.extensions["settings"] = before.model_copy(update={"stream_url": f"http://127.0.0.1:{stream.server_port}"})
    yield Site(address)
    web.extensions["settings"] = before
    for server in (pages, stream):
        server.shutdown()


@pytest.fixture(params=[PHONE, DESK], ids=["390", "1280"])
def page(request: pytest.FixtureRequest, chromium: Browser, site: Site) -> Iterator[Page]:
    """A fresh browser window of a phone, then of a desk; an error in its console fails the test."""
    context = chromium.new_context(viewport=request.param)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda line: wrong.append(f"{line.location} {line.text}") if line.type == "error" else None)
    yield opened
    context.close()
    # htmx reports a stream that is away as a bare event; the page says so in its own words.
    assert [line for line in wrong if not line.endswith("[object Event]")] == []
