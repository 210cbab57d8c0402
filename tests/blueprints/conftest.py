"""Callers of the service interfaces: with a token, with a key, or as the page of a browser."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from webtest import TestApp

from app import services
from app.users import Presence
from tests.factories import CUSTOMER, F1, PASSWORD, Factories


@dataclass
class Api:
    """A program that calls the services; every answer of an error must have the one body."""

    browser: TestApp
    headers: dict[str, str]

    def __getattr__(self, method: str) -> Any:
        def call(path: str, status: int = 200, headers: dict[str, str] | None = None, **body: Any) -> Any:
            send = {**self.headers, **(headers or {})}
            options = {"headers": send, "status": status}
            if method in ("post", "put", "patch"):
                answer = getattr(self.browser, f"{method}_json")(path, body.pop("json", body), **options)
            else:
                answer = getattr(self.browser, method)(path, **options)
            if status >= 400:
                error = answer.json["error"]
                assert set(error) == {"code", "message", "request_id", "timestamp", "details"}
                assert error["request_id"] == answer.headers["X-Request-ID"]
            return answer

        return call

    def with_headers(self, **more: str) -> "Api":
        return Api(self.browser, self.headers | {name.replace("_", "-"): value for name, value in more.items()})


@dataclass
class Callers:
    """Signs people in over HTTP and issues keys."""

    browser: TestApp
    factories: Factories

    def sign_in(self, email: str = F1.owner_email, password: str = PASSWORD) -> dict[str, Any]:
        return self.browser.post_json("/auth/login", {"email": email, "password": password}).json

    def person(self, email: str = F1.owner_email) -> Api:
        token = self.sign_in(email)["tokens"]["access_token"]
        return Api(self.browser, {"Authorization": f"Bearer {token}"})

    def program(self, *scopes: str, tenant_id: UUID | None = None) -> Api:
        with self.factories.changing():
            key = services.issue("-".join(scopes) or "none", list(scopes))
        headers = {"X-Service-Key": key}
        if tenant_id is not None:
            headers["X-Tenant-ID"] = str(tenant_id)
        return Api(self.browser, headers)

    def nobody(self) -> Api:
        return Api(self.browser, {})


@pytest.fixture
def callers(browser: TestApp, factories: Factories) -> Callers:
    return Callers(browser, factories)


@pytest.fixture
def signed_in(clock: Any, browser: TestApp, factories: Factories) -> UUID:
    """The browser of the owner of Prime Plumbing, signed in; the id of the business."""
    tenant_id = factories.business()
    sign_in(browser)
    return tenant_id


def sign_in(browser: TestApp, email: str = F1.owner_email) -> None:
    """Sign somebody in on the pages."""
    form = browser.get("/login").forms[0]
    form["email"], form["password"] = email, PASSWORD
    form.submit(status=303)


@dataclass
class Street:
    """The world outside as a test plays it: callers, their texts, time that passes."""

    carrier: Any
    clock: Any
    workers: Any
    factories: Factories
    tenant_id: UUID

    def miss(self, phone: str = CUSTOMER) -> None:
        """Somebody calls, and nobody picks up."""
        self.carrier.handset(F1.owner_phone, "no_answer")
        self.carrier.call(phone, F1.number)
        self.workers()

    def text(self, words: str, phone: str = CUSTOMER) -> None:
        """Somebody texts a minute later, and the assistant has time to answer."""
        self.clock.shift(timedelta(minutes=1))
        self.carrier.text(phone, F1.number, words)
        self.workers()
        self.clock.shift(timedelta(seconds=5))
        self.workers.sweep()

    def away(self) -> None:
        """The contractor cannot answer: the assistant does, at once."""
        self.factories.owner(self.tenant_id, presence=Presence.offline)

    def book(self) -> None:
        """Dana Reed calls, describes her water heater and takes the first window."""
        self.away()
        self.miss()
        self.text("My water heater is leaking, 789 Sunset Blvd 90210. This is Dana Reed")
        self.text("1")


@pytest.fixture
def street(carrier: Any, clock: Any, workers: Any, factories: Factories, signed_in: UUID) -> Street:
    return Street(carrier, clock, workers, factories, signed_in)
