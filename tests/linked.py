"""A contractor who links his Google calendar as a person does: over our pages, and over Google's consent page."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from webtest import TestApp

from sandbox.google import Google
from tests.blueprints.conftest import Api

ACCOUNT = "marco@prime.example"
CALLBACK = "https://nmc.example/calendar/oauth/callback"
OWN = "NeverMissCall jobs"


@dataclass
class Contractor:
    """The owner of a business with an account at Google."""

    api: Api
    browser: TestApp
    google: Google
    user_id: str

    def __getattr__(self, method: str) -> Any:
        return getattr(self.api, method)

    def start(self, status: int = 200, **changes: Any) -> Any:
        """Ask where to go to allow us in."""
        body = {"provider": "google", "user_id": self.user_id, "redirect_uri": CALLBACK} | changes
        return self.api.post("/calendar/oauth/start", json=body, status=status)

    def come_back(self, location: str, status: int = 302) -> Any:
        """Follow Google's redirect."""
        parts = urlsplit(location)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == CALLBACK
        return self.browser.get(f"{parts.path}?{parts.query}", status=status)

    def link(self, email: str = ACCOUNT, scope_level: str = "busy_and_own", **how: Any) -> str:
        """Link an account; where the browser ends."""
        location = self.google.consent(self.start(scope_level=scope_level).json["auth_url"], email, **how)
        return self.come_back(location).headers["Location"]

    def connection(self) -> dict[str, Any]:
        """The only account that is linked."""
        [found] = self.api.get("/calendar/connections").json["items"]
        return found

    def asks_for_event(self, status: int = 201, headers: dict[str, str] | None = None, **changes: Any) -> Any:
        """Ask for an event on Wednesday from nine to ten."""
        body = {"user_id": self.user_id, "title": "Visit", "start": NINE, "end": TEN} | changes
        return self.api.post("/calendar/events", json=body, status=status, headers=headers)

    def events(self) -> list[dict[str, Any]]:
        """What stands in his calendars at Google."""
        return self.google.events(ACCOUNT)


NINE, TEN = "2026-09-16T16:00:00Z", "2026-09-16T17:00:00Z"
"""Wednesday from nine to ten in Los Angeles."""


def error_of(answer: Any) -> str:
    """The code of an error."""
    return answer.json["error"]["code"]
