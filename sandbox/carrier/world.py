"""The network's memory: one object, one lock."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.carrier.calls import Call
from sandbox.carrier.faults import Faults
from sandbox.carrier.handsets import Handset
from sandbox.carrier.records import Account, Media, Message, Number, Recording, Service
from sandbox.carrier.webhooks import Webhooks
from sandbox.carrier.wire import Refused


@dataclass
class Complaint:
    """Something that the real network would not have accepted, or would have answered otherwise."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass
class Delivery:
    """What becomes of a text: the statuses to report, and how.

    `statuses` is the full list, else queued, sent and `final`. `early` reports before the create request is
    answered, `held` reports nothing until `Carrier.deliver` is called.
    """

    final: str = "delivered"
    error: int | None = None
    statuses: list[str] | None = None
    repeat: int = 1
    shuffled: bool = False
    early: bool = False
    held: bool = False
    seconds: float = 0.0

    def steps(self) -> list[str]:
        """The statuses in the order in which they happen."""
        if self.statuses is not None:
            return list(self.statuses)
        return ["queued", self.final] if self.final == "failed" else ["queued", "sent", self.final]


class NoSuchNumber(LookupError):
    """Nobody has bought this number here."""


class World:
    """Everything that exists; changed under `lock`."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.webhooks: Webhooks
        self.pass_on: Callable[[Call, str, str], None]
        self.faults = Faults()
        self.time_scale = 0.0
        self.address = self.storage_url = ""
        self.registers_numbers = True
        self.complaints: list[Complaint] = []
        self.accounts: dict[str, Account] = {}
        self.clear()

    def clear(self) -> None:
        """Forget all but the accounts."""
        self.numbers: dict[str, Number] = {}
        self.services: dict[str, Service] = {}
        self.messages: dict[str, Message] = {}
        self.texts: dict[str, list[Message]] = {}
        self.calls: dict[str, Call] = {}
        self.recordings: dict[str, Recording] = {}
        self.media: dict[str, Media] = {}
        self.resources: dict[str, dict] = {}
        self.blocked: set[tuple[str, str]] = set()
        self.line_types: dict[str, str] = {}
        self.handsets: dict[str, Handset] = {}
        self.deliveries: dict[str, Delivery] = {}
        self.for_sale: dict[str, int] = {}
        self.complaints.clear()
        self.faults.clear()

    def complain(self, where: str, what: str) -> None:
        """Keep a complaint for the test that looks."""
        with self.lock:
            self.complaints.append(Complaint(where, what))

    def token_of(self, account_sid: str) -> str:
        """The auth token that signs this account's webhooks."""
        return self.accounts[account_sid].token

    def number(self, phone: str) -> Number:
        """A bought number; raises NoSuchNumber."""
        if phone not in self.numbers:
            raise NoSuchNumber(phone)
        return self.numbers[phone]

    def number_by_sid(self, account_sid: str, sid: str) -> Number:
        """The account's own number; refused with 20404."""
        for number in self.numbers.values():
            if number.sid == sid and number.account_sid == account_sid:
                return number
        raise Refused(404, 20404)

    def service_numbers(self, service_sid: str) -> list[Number]:
        """The pool of a Messaging Service, in the order of joining."""
        return [number for number in self.numbers.values() if number.service_sid == service_sid]

    def handset(self, phone: str) -> Handset:
        """The telephone with this number; one that nobody picks up until told otherwise."""
        with self.lock:
            return self.handsets.setdefault(phone, Handset(phone))

    def delivery(self, phone: str) -> Delivery:
        """The delivery scenario of a recipient."""
        return self.deliveries.get(phone) or self.deliveries.get("*") or _PLAIN

    def remember(self, message: Message) -> Message:
        """File a message under its SID and under both ends."""
        with self.lock:
            self.messages[message.sid] = message
            for phone in {message.to, message.sender or ""}:
                self.texts.setdefault(phone, []).append(message)
        return message


_PLAIN = Delivery()
