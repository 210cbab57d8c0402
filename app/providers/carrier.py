"""The telephone company: Twilio's client with a time limit, its errors sorted by what follows (twilio.md C)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from flask import Flask, current_app
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from config import Settings

NUMBER_IS_DEAD = {21211, 21612, 21614, 21408, 21266, 30006, 30005}
OPTED_OUT = 21610
NOT_REGISTERED = {30034, 30032, 30024}
TOO_MANY = {20429}
CONFIGURATION = {20003, 20404}


class CarrierError(Exception):
    """The carrier did not take it; `code` is its error number, 0 when there is none."""

    def __init__(self, message: str, code: int = 0, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after


class Refused(CarrierError):
    """For good: the same request would be refused again."""


class Busy(CarrierError):
    """Not now and certainly not taken: safe to send again."""


class AnswerLost(CarrierError):
    """It may have been taken: look before sending again."""


@dataclass(frozen=True)
class Accepted:
    sid: str
    status: str
    segments: int


class RoutedHttpClient(TwilioHttpClient):
    """The client's own transport, sent to other addresses when the settings name routes; it never retries."""

    def __init__(self, routes: dict[str, str], timeout: float) -> None:
        super().__init__(timeout=timeout, pool_connections=True, max_retries=None)
        self._routes = routes

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        """Send one request, to the route of its host if there are routes at all."""
        return super().request(method, self._routed(url) if self._routes else url, *args, **kwargs)

    def _routed(self, url: str) -> str:
        wanted = urlsplit(url)
        base = self._routes.get(wanted.hostname or "")
        if base is None:
            raise RuntimeError(f"no route for {wanted.hostname} in TWILIO_API_ROUTES")
        to = urlsplit(base)
        return urlunsplit((to.scheme, to.netloc, to.path.rstrip("/") + wanted.path, wanted.query, ""))


def init_app(app: Flask, settings: Settings) -> None:
    """Make the one client; `environment` is given so that TWILIO_REGION cannot reroute it."""
    routes = dict(pair.split("=", 1) for pair in settings.twilio_api_routes.split(",") if pair)
    transport = RoutedHttpClient(routes, settings.twilio_timeout_seconds)
    app.extensions["carrier"] = Client(
        settings.twilio_account_sid or "AC" + "0" * 32,
        settings.twilio_auth_token.get_secret_value() or "unset",
        http_client=transport,
        environment={"_": ""},
    )


def client() -> Client:
    """The client of this process."""
    return current_app.extensions["carrier"]


def send_text(
    *, sender: str, to: str, body: str, status_callback: str, validity_seconds: int, service_sid: str | None = None
) -> Accepted:
    """Hand one text to the carrier; raises Refused, Busy or AnswerLost."""
    fields: dict[str, Any] = {
        "to": to,
        "from_": sender,
        "body": body,
        "status_callback": status_callback,
        "validity_period": max(6, min(36_000, validity_seconds)),
    }
    if service_sid:
        fields["messaging_service_sid"] = service_sid
    try:
        message = client().messages.create(**fields)
    except (TwilioException, requests.RequestException) as error:
        raise _sorted(error) from error
    return Accepted(str(message.sid), str(message.status), int(message.num_segments or 0))


def find_text(*, to: str, sender: str, body: str, since: datetime) -> Accepted | None:
    """Look for a text that may have been taken although its answer was lost; raises CarrierError."""
    try:
        candidates = client().messages.list(to=to, date_sent_after=since, limit=50)
    except (TwilioException, requests.RequestException) as error:
        raise _sorted(error) from error
    for found in candidates:
        same_sender = found.from_ in (None, sender)
        if found.body == body and same_sender and found.direction != "inbound":
            return Accepted(str(found.sid), str(found.status), int(found.num_segments or 0))
    return None


def call(*, sender: str, to: str, url: str, status_callback: str, ring_seconds: int = 25) -> str:
    """Ring a phone and let `url` say what it hears; the call's SID."""
    try:
        placed = client().calls.create(
            to=to,
            from_=sender,
            url=url,
            status_callback=status_callback,
            status_callback_event=["completed"],
            timeout=ring_seconds,
        )
    except (TwilioException, requests.RequestException) as error:
        raise _sorted(error) from error
    return str(placed.sid)


def _sorted(error: Exception) -> CarrierError:
    if isinstance(error, TwilioRestException):
        code = int(error.code or 0)
        if error.status == 429 or code in TOO_MANY:
            return Busy(str(error.msg), code)
        if error.status >= 500:
            return AnswerLost(str(error.msg), code)
        return Refused(str(error.msg), code)
    if (
        isinstance(error, requests.ConnectionError)
        and not isinstance(error, requests.ReadTimeout)
        and _never_connected(error)
    ):
        return Busy("the carrier cannot be reached")
    return AnswerLost(type(error).__name__)


def _never_connected(error: requests.ConnectionError) -> bool:
    # Only a connection that was never made proves that nothing was taken; one that broke afterwards does not.
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectTimeout) or type(reason).__name__ in (
        "NewConnectionError",
        "ConnectTimeoutError",
        "NameResolutionError",
    )
