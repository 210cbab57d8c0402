"""Small things of Twilio's wire format: SIDs, dates, error bodies, text segments."""

import re
import secrets
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

import smsutil

API_VERSION = "2010-04-01"
API_HOST = "api.twilio.com"
E164 = re.compile(r"^\+[1-9]\d{6,14}$")
MESSAGES = {
    20003: "Authentication Error - invalid username",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    21211: "Invalid 'To' Phone Number",
    21212: "Invalid 'From' Phone Number",
    21266: "'To' and 'From' number cannot be the same",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
    21421: "PhoneNumber is not a valid phone number",
    21422: "PhoneNumber is not available",
    21452: "No phone numbers found in area code",
    21602: "Message body is required",
    21606: "The 'From' phone number provided is not a valid message-capable phone number for your account",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "This 'From' number has exceeded the maximum number of queued messages",
    21612: "Message cannot be sent with the current combination of 'To' and/or 'From' parameters",
    21614: "'To' number is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit",
    21701: "The Messaging Service does not exist",
    21703: "The Messaging Service does not have a phone number available to send a message",
    21710: "Phone Number or Short Code is already in the Messaging Service",
    21712: "Phone Number or Short Code is already associated with another Messaging Service",
}


class Refused(Exception):
    """The API refuses a request: HTTP status, Twilio's error code and a sentence."""

    def __init__(self, status: int, code: int, message: str | None = None) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code
        self.body = error_body(status, code, message)


def error_body(status: int, code: int, message: str | None = None) -> dict[str, Any]:
    """Twilio's error document."""
    return {
        "code": code,
        "message": message or MESSAGES.get(code, "The request could not be served"),
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


def new_sid(prefix: str) -> str:
    """A fresh SID: two letters and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


def now() -> datetime:
    """This moment, aware, UTC, whole seconds as Twilio tells it."""
    return datetime.now(UTC).replace(microsecond=0)


def rfc2822(moment: datetime | None) -> str | None:
    """The date form of api.twilio.com."""
    return format_datetime(moment) if moment else None


def iso(moment: datetime | None) -> str | None:
    """The date form of the other hosts."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


@lru_cache(maxsize=4096)
def segments(body: str) -> int:
    """How many parts a text is billed as."""
    return max(1, len(smsutil.split(body).parts))


@lru_cache(maxsize=1024)
def snake(name: str) -> str:
    """`VoiceFallbackUrl` as `voice_fallback_url`; `A2PProfileBundleSid` as `a2p_profile_bundle_sid`."""
    return re.sub(r"(?<=[a-z])([A-Z])|(?<=[A-Z0-9])([A-Z])(?=[a-z])", r"_\1\2", name).lower()


def as_bool(value: str) -> bool:
    """A form's idea of a boolean."""
    return value.lower() == "true"
