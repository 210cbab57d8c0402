"""A call and its legs: what happened, for the API, for tests and for the page."""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.carrier.webhooks import Webhook
from sandbox.carrier.wire import API_VERSION, new_sid, now, rfc2822

FINAL = ("completed", "busy", "failed", "no-answer", "canceled")


class HungUp(Exception):
    """The person on this leg has put the receiver down."""


class CallFailed(Exception):
    """The product's document could not be had or understood, and there was no fallback."""


class Over(Exception):
    """The document ended the call; carries the final status."""

    def __init__(self, status: str = "completed") -> None:
        super().__init__(status)
        self.status = status


@dataclass
class Document:
    """A TwiML document that the product answered."""

    url: str
    xml: str


@dataclass
class Call:
    """One leg. `story` is written for people; the other lists are for tests."""

    account_sid: str
    sender: str
    to: str
    direction: str = "inbound"
    status: str = "queued"
    parent: "Call | None" = None
    number_sid: str | None = None
    callback: str | None = None
    callback_events: tuple[str, ...] = ("completed",)
    extra: dict[str, str] = field(default_factory=dict)
    sid: str = field(default_factory=lambda: new_sid("CA"))
    created_at: datetime = field(default_factory=now)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    seconds: float = 0.0
    answered_second: float | None = None
    sequence: int = 0
    hops: int = 0
    documents: list[Document] = field(default_factory=list)
    requests: list[Webhook] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    legs: list["Call"] = field(default_factory=list)
    voicemail: dict[str, Any] | None = None
    dial_status: str | None = None
    bridged: bool = False
    hangup: threading.Event = field(default_factory=threading.Event, repr=False)
    done: threading.Event = field(default_factory=threading.Event, repr=False)

    def tell(self, line: str) -> None:
        """Add a line to the story of the whole call."""
        (self.parent or self).story.append(line)

    def wait(self, seconds: float, scale: float) -> None:
        """Let time pass on the line; raises HungUp when the receiver goes down meanwhile."""
        if self.hangup.wait(seconds * scale) if scale else self.hangup.is_set():
            raise HungUp
        self.seconds += seconds

    def answer(self) -> None:
        """The line is open: time is counted from here."""
        if self.answered_second is None:
            self.answered_second, self.started_at = self.seconds, now()
        self.status = "in-progress"

    def finish(self, status: str) -> None:
        """The last status."""
        self.status, self.ended_at = status, now()
        self.done.set()

    def join(self, timeout: float = 60.0) -> "Call":
        """Wait for the end of a call that runs in the background."""
        self.done.wait(timeout)
        return self

    @property
    def duration(self) -> int:
        """Whole seconds since the call was answered."""
        return 0 if self.answered_second is None else round(self.seconds - self.answered_second)

    @property
    def paths(self) -> list[str]:
        """Paths of the product that this call asked, in order."""
        return [hook.path for hook in self.requests]

    def to_json(self) -> dict[str, Any]:
        """The call as Twilio's API shows it."""
        uri = f"/{API_VERSION}/Accounts/{self.account_sid}/Calls/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "answered_by": None,
            "api_version": API_VERSION,
            "caller_name": self.extra.get("CallerName"),
            "date_created": rfc2822(self.created_at),
            "date_updated": rfc2822(self.ended_at or self.created_at),
            "direction": self.direction,
            "duration": str(self.duration) if self.ended_at else None,
            "end_time": rfc2822(self.ended_at),
            "forwarded_from": self.extra.get("ForwardedFrom"),
            "from": self.sender,
            "from_formatted": self.sender,
            "group_sid": None,
            "parent_call_sid": self.parent.sid if self.parent else None,
            "phone_number_sid": self.number_sid,
            "price": None,
            "price_unit": "USD",
            "queue_time": "0",
            "start_time": rfc2822(self.started_at or self.created_at),
            "status": {"initiated": "queued"}.get(self.status, self.status),
            "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
            "to": self.to,
            "to_formatted": self.to,
            "trunk_sid": None,
            "uri": f"{uri}.json",
        }

    def report(self) -> dict[str, Any]:
        """The call for the page and the demo."""
        return {
            "sid": self.sid,
            "from": self.sender,
            "to": self.to,
            "direction": self.direction,
            "status": self.status,
            "is_over": self.done.is_set(),
            "duration": self.duration,
            "dial_status": self.dial_status,
            "bridged": self.bridged,
            "said": self.said,
            "story": self.story,
            "voicemail": self.voicemail,
            "requests": [{"path": hook.path, "status": hook.status} for hook in self.requests],
            "documents": [{"url": document.url, "xml": document.xml} for document in self.documents],
            "legs": [leg.report() for leg in self.legs],
        }
