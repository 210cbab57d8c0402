"""The stage of the story: one business, its owner's telephone, and four people who have never called before."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.carrier.calls import Call
from sandbox.carrier.records import Message
from sandbox.embedded import DATABASE
from sandbox.processes import SandboxError
from sandbox.runner import House
from sandbox.story.telling import Teller, quoted, short, shown
from sandbox.story.watching import Ledger, Listener, Row, Visitor, until

BUSINESS = "Prime Plumbing"
AREA_CODES = ("310", "424", "818", "323", "626", "562", "747")
"""Not the business's own: a caller with the same first digits may look like a robot."""
FOR_STORIES = range(99)
OURS = ("call", "conversation", "message", "customer", "opt_out")
DESCRIBED_BY = {
    "call": ("status", "missed_reason", "text_code"),
    "conversation": ("status", "mode"),
    "message": ("direction", "purpose", "status"),
    "offered_slot": ("number",),
    "appointment": ("job_number", "status", "slot_type"),
    "lead": ("status", "job_type"),
    "opt_out": ("source", "words"),
    "escalation": ("state", "level", "acknowledged_via"),
    "task": ("kind",),
    "delivery": ("channel", "status"),
    "app_user": ("presence",),
}


@dataclass(frozen=True)
class Person:
    """Somebody with a telephone."""

    name: str
    phone: str

    def __str__(self) -> str:
        return self.name


class Stage:
    """What the scenes act on and look at."""

    def __init__(self, house: House, teller: Teller) -> None:
        self.house, self.teller, self.carrier = house, teller, house.carrier
        self.ledger = Ledger(house.servers.admin_url, DATABASE)
        tenant = self.ledger.row("tenant", business_name=BUSINESS)
        if tenant is None:
            raise SandboxError(f"{BUSINESS} is not in the database. Begin afresh: make clean, then make demo")
        self.tenant: Row = tenant
        self.zone = ZoneInfo(tenant["timezone"])
        self.number = str(self._its("number", status="active")["e164"])
        owner = self._its("app_user", role="owner")
        self.owner = Person("the owner", owner["phone_number"])
        self.email = str(owner["email"])
        self.visitor = Visitor(house.web_url)
        self.listener: Listener | None = None
        self.told_before: set[str] = set()

    def close(self) -> None:
        """Look no more."""
        self.ledger.close()

    def _its(self, table: str, **facts: Any) -> Row:
        row = self.ledger.row(table, tenant_id=self.tenant["id"], **facts)
        if row is None:
            raise SandboxError(f"{BUSINESS} has no row in {table}. Begin afresh: make clean, then make demo")
        return row

    def cast(self, names: Sequence[str]) -> list[Person]:
        """Give each name a telephone number that the business has never heard of."""
        known = {
            row[name]
            for table in OURS
            for row in self.its(table)
            for name in ("customer_phone", "phone")
            if name in row
        }
        free = [f"+1{code}55501{n:02d}" for code in AREA_CODES for n in FOR_STORIES]
        free = [phone for phone in free if phone not in known]
        if len(free) < len(names):
            raise SandboxError("Every telephone number of the story has called before. Begin afresh: make clean")
        first = secrets.randbelow(len(free))
        return [Person(name, free[(first + n * 7) % len(free)]) for n, name in enumerate(names)]

    # what people do

    def listen(self) -> None:
        """Open the owner's page: sign in and hear the live events."""
        trouble = self.visitor.sign_in(self.email, self.house.credentials["DEMO_OWNER_PASSWORD"])
        if trouble is None:
            self.listener = Listener(self.visitor, self.house.stream_url, self.tenant["id"])
            self.listener.is_open.wait(10)
            trouble = self.listener.trouble
        said = f"{self.email} has signed in on the pages and an open page hears the live events"
        self.teller.expect(trouble is None and self.listener and self.listener.is_open.is_set(), said, trouble or "")

    def rings(self, person: Person, handset: str, what_happens: str) -> tuple[Call, float]:
        """Somebody calls and is not put through; the call, and the moment when the owner's telephone fell silent."""
        self.carrier.handset(self.owner.phone, handset)
        self.teller.happens(f"{person} rings {BUSINESS} from {shown(person.phone)}; {what_happens}")
        call = self.carrier.call(person.phone, self.number, "hangs_up_at_beep", background=True)
        until(lambda: call.dial_status or call.done.is_set())
        return call, time.perf_counter()

    def texts(self, person: Person, words: str) -> float:
        """Somebody texts the business; the moment when he did."""
        self.teller.happens(f"{person}: {quoted(words)}")
        sent = time.perf_counter()
        self.carrier.text(person.phone, self.number, words)
        return sent

    def hears(self, person: Person, since: float, before: int, patience_seconds: float = 25.0) -> Message | None:
        """Wait for the next text to somebody and tell it; `before` is how many he had."""
        until(lambda: len(self.carrier.texts_to(person.phone)) > before, patience_seconds)
        milliseconds = (time.perf_counter() - since) * 1000
        fresh = self.carrier.texts_to(person.phone)[before:]
        for text in fresh:
            words = quoted(text.body)
            is_known, self.told_before = words in self.told_before, self.told_before | {words}
            self.teller.arrives(f"to {person}", f"{words[:52]}... (as before)" if is_known else words, milliseconds)
        return fresh[-1] if fresh else None

    def count(self, person: Person) -> int:
        """How many texts somebody has had."""
        return len(self.carrier.texts_to(person.phone))

    def asks(self, person: Person, words: str) -> Message | None:
        """Somebody texts and waits for the answer."""
        before = self.count(person)
        return self.hears(person, self.texts(person, words), before)

    def told(self, words_with: str, before: int, since: float, patience_seconds: float = 25.0) -> Message | None:
        """Wait for a text to the owner with these words in it, and tell it."""

        def look() -> Message | None:
            fresh = self.carrier.texts_to(self.owner.phone)[before:]
            return next((text for text in fresh if words_with in text.body), None)

        text = until(look, patience_seconds)
        if text is not None:
            milliseconds = (time.perf_counter() - since) * 1000
            self.teller.arrives(f"text to {self.owner}", quoted(text.body), milliseconds)
        return text

    # what was written

    def its(self, table: str, **facts: Any) -> list[Row]:
        """Return the business's rows of a table."""
        return self.ledger.rows(table, tenant_id=self.tenant["id"], **facts)

    def call_row(self, call: Call) -> Row:
        """Return the decided row of a call; an empty one when it was never decided."""
        return until(lambda: next(iter(self.its("call", call_sid=call.sid, status="missed")), {}))

    def thread(self, person: Person) -> Row:
        """Return somebody's newest conversation, or nothing in it."""
        return next(reversed(self.its("conversation", customer_phone=person.phone)), {})

    def offers(self, person: Person) -> list[Row]:
        """Return the times that are on somebody's table now, by number."""
        thread = self.thread(person)
        found = self.its("offered_slot", conversation_id=thread["id"], status="open") if thread else []
        return sorted(found, key=lambda row: row["number"])

    def wrote(self, *tables: str, **facts: Any) -> None:
        """Say which rows with these facts there are."""
        self.teller.wrote([described(table, row) for table in tables for row in self.its(table, **facts)])

    def local(self, moment: datetime) -> datetime:
        """Return a moment on the clock of the business."""
        return moment.astimezone(self.zone)


def described(table: str, row: Row) -> str:
    """Return one row in a few words."""
    facts = [str(row[name]) for name in DESCRIBED_BY.get(table, ()) if row.get(name) is not None]
    return " ".join([table, short(row["id"]), *facts])
