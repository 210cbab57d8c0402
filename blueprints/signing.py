"""The guard of webhooks between services: the body under a secret that both sides know (interfaces.md 1.9)."""

import hashlib
import hmac

from flask import current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from app import tenancy
from app.clock import now
from blueprints.guards import SignatureInvalid
from blueprints.reading import MAX_JSON
from config import Settings

HEADER = "X-NMC-Signature"
TOLERANCE_SECONDS = 300


def admit() -> None:
    """Let in what another service signed within five minutes of now; anything else leaves no row."""
    tenancy.enter(tenancy.SYSTEM)
    if (request.content_length or 0) > MAX_JSON:
        raise RequestEntityTooLarge
    at, signatures = _parts(request.headers.get(HEADER, ""))
    if not at.isascii() or not at.isdigit() or abs(now().timestamp() - int(at)) > TOLERANCE_SECONDS:
        raise SignatureInvalid("The signature is missing, or too old or too new.")
    signed = at.encode() + b"." + request.get_data()
    wanted = [hmac.new(secret, signed, hashlib.sha256).hexdigest().encode() for secret in _secrets()]
    if not any(hmac.compare_digest(one, given.encode()) for one in wanted for given in signatures):
        raise SignatureInvalid("The signature does not belong to this request.")


def _parts(header: str) -> tuple[str, list[str]]:
    """The time and the signatures of `t=<unix>,v1=<hex>`; more than one while the sender rotates its secret."""
    pairs = [part.strip().partition("=") for part in header[:1000].split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    return times[0][:12] if len(times) == 1 else "", [value for name, _, value in pairs if name == "v1"]


def _secrets() -> list[bytes]:
    settings: Settings = current_app.extensions["settings"]
    known = (settings.webhook_secret, settings.webhook_previous_secret)
    return [secret.get_secret_value().encode() for secret in known if secret.get_secret_value()]
