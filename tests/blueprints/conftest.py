"""Callers of the service interfaces: with a token, with a key, or as the page of a browser."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from webtest import TestApp

from app import services
from tests.factories import F1, PASSWORD, Factories


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
