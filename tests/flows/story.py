"""Tells a scenario in few words: people call and text, time passes, the workers do what is due."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import time_machine
from sqlalchemy import select

from app.calls import Call
from app.conversations import Conversation, acting, human
from app.conversations import of as thread_of
from app.escalations import Escalation, EscalationState
from app.messages import Message, MessageStatus
from app.scheduling import appointments
from app.scheduling.appointments import AppointmentStatus
from app.scheduling.technicians import Technician
from app.scheduling.types import Slot
from app.seeds import Business
from app.users import User
from sandbox import carrier as network
from sandbox.carrier.calls import Call as Ring
from tests.conftest import Workers
from tests.factories import CUSTOMER, F1, Factories

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
A_STEP = dt.timedelta(seconds=1)
MOST_TURNS = 12
OTHER = "+13105550143"
THIRD = "+13105550144"


class Story:
    """One business, its customers, and the clock on the wall in Los Angeles."""

    def __init__(
        self, factories: Factories, carrier: network.Carrier, clock: time_machine.Traveller, workers: Workers
    ) -> None:
        self.factories, self.carrier, self.clock, self.workers = factories, carrier, clock, workers
        self.business: Business = F1
        self.tenant_id: UUID = UUID(int=0)

    # the stage

    def opens(self, business: Business = F1, **settings: Any) -> "Story":
        """The business of this story, with some settings changed."""
        self.business = business
        self.tenant_id = self.factories.business(business)
        if settings:
            self.factories.set(self.tenant_id, **settings)
        return self

    def at(self, clock: str, date: str = "2026-09-15") -> "Story":
        """It is that time in Los Angeles; earlier deadlines are not looked at on the way."""
        local = dt.datetime.fromisoformat(f"{date}T{clock}").replace(tzinfo=LOS_ANGELES)
        self.clock.move_to(local.astimezone(dt.UTC))
        return self

    def later(self, *, minutes: float = 0, seconds: float = 0, hours: float = 0) -> "Story":
        """Time passes and the clock sweeps once at its end."""
        self.clock.shift(dt.timedelta(minutes=minutes, seconds=seconds, hours=hours))
        self.workers.sweep()
        return self

    def until(self, clock: str, date: str = "2026-09-15") -> "Story":
        """Wait until that time, then sweep."""
        self.at(clock, date)
        self.workers.sweep()
        return self

    # what people do

    def misses(self, phone: str = CUSTOMER, caller: str = "leaves_voicemail", **traits: Any) -> Ring:
        """Somebody calls and the contractor's phone is not answered, unless the story said otherwise."""
        call = self.carrier.call(phone, self.business.number, caller, **traits)
        self.workers()
        return call

    def texts(self, body: str, phone: str = CUSTOMER, **how: Any) -> None:
        """A customer texts; what follows at once is done, nothing is waited for."""
        self.carrier.text(phone, self.business.number, body, **how)
        self.workers()

    def says(self, body: str, phone: str = CUSTOMER, **how: Any) -> str:
        """A customer texts, and the story goes on when the answer is due; the answer."""
        before = len(self.heard(phone))
        self.texts(body, phone, **how)
        self.answers(phone)
        return "\n".join(self.heard(phone)[before:])

    def answers(self, phone: str = CUSTOMER) -> None:
        """Wait until nothing of the customer is due to be answered."""
        for _ in range(MOST_TURNS):
            thread = self.thread(phone)
            if thread is None or thread.ai_due_at is None:
                return
            if thread.ai_due_at > dt.datetime.now(dt.UTC):
                self.clock.move_to(thread.ai_due_at)
            self.workers.sweep()
        raise AssertionError("the assistant never came to rest")

    @contextmanager
    def owner_acts(self, phone: str = CUSTOMER) -> Iterator[tuple[Conversation, User]]:
        """The thread under its lock and the owner, for what a page will let him do."""
        with self.factories.changing() as session:
            newest = select(Conversation.id).where(
                Conversation.customer_phone == phone, Conversation.tenant_id == self.tenant_id
            )
            thread_id = session.scalar(newest.order_by(Conversation.created_at.desc()).limit(1))
            owner = session.scalar(select(User).where(User.tenant_id == self.tenant_id, User.role == "owner"))
            yield thread_of(self.tenant_id, thread_id, lock=True), owner
        self.workers()

    def owner_replies(self, body: str, phone: str = CUSTOMER) -> None:
        """The contractor writes to the customer on the page."""
        with self.owner_acts(phone) as (thread, owner):
            human.reply(thread, owner, body)

    def owner_takes_over(self, phone: str = CUSTOMER) -> None:
        """The contractor presses "Take over"."""
        with self.owner_acts(phone) as (thread, owner):
            human.take_over(thread, owner)

    def owner_hands_back(self, phone: str = CUSTOMER) -> None:
        """The contractor gives the thread back to the assistant."""
        with self.owner_acts(phone) as (thread, owner):
            human.release(thread, owner)
        self.answers(phone)

    def owner_closes(self, phone: str = CUSTOMER) -> None:
        """The contractor says that the thread is done."""
        with self.owner_acts(phone) as (thread, _owner):
            human.finish(thread)

    def contractor_texts(self, body: str) -> str:
        """The contractor texts his own business number; what he hears back."""
        phone = self.business.owner_phone
        before = len(self.heard(phone))
        self.texts(body, phone)
        return "\n".join(self.heard(phone)[before:])

    # what was said and written

    def heard(self, phone: str = CUSTOMER) -> list[str]:
        """The texts that a phone got from us, oldest first."""
        return [text.body for text in self.carrier.texts_to(phone)]

    def alerts(self) -> list[str]:
        """The texts that the contractor got."""
        return self.heard(self.business.owner_phone)

    def rung(self, phone: str | None = None) -> list[Ring]:
        """Calls that we made to a phone ourselves, the contractor's by default."""
        wanted = phone or self.business.owner_phone
        return [call for call in self.carrier.calls if call.to == wanted and call.direction == "outbound-api"]

    def all(self, table: type, **facts: Any) -> list[Any]:
        """Rows of a table with these facts, oldest first, free of their session."""
        with self.factories.rows() as rows:
            wanted = select(table).filter_by(**facts)
            order = (
                getattr(table, "created_at", None) or getattr(table, "started_at", None) or getattr(table, "at", None)
            )
            # The clock stands still: rows of one moment are told apart by their keys, which rise.
            keys = [one for one in (order, getattr(table, "id", None)) if one is not None]
            found = list(rows.scalars(wanted.order_by(*keys)))
            rows.expunge_all()
        return found

    def one(self, table: type, **facts: Any) -> Any:
        """The only row of a table with these facts."""
        found = self.all(table, **facts)
        assert len(found) == 1, f"{len(found)} rows of {table.__name__} with {facts}"
        return found[0]

    def thread(self, phone: str = CUSTOMER) -> Conversation | None:
        """The newest conversation with a customer."""
        found = self.all(Conversation, customer_phone=phone, tenant_id=self.tenant_id)
        return found[-1] if found else None

    def call(self, phone: str = CUSTOMER) -> Call:
        """The newest call of a phone."""
        return self.all(Call, customer_phone=phone)[-1]

    def sent(self, phone: str = CUSTOMER) -> list[Message]:
        """Our rows to a customer that the carrier took, oldest first."""
        lost = (MessageStatus.discarded, MessageStatus.failed)
        return [row for row in self.all(Message, customer_phone=phone, direction="outbound") if row.status not in lost]

    def ladder(self) -> Escalation:
        """The newest escalation."""
        return self.all(Escalation)[-1]

    # the calendar

    def local(self, moment: dt.datetime) -> str:
        """A moment as the wall clock shows it: `Wed 08:00`."""
        return moment.astimezone(LOS_ANGELES).strftime("%a %H:%M")

    def block(self, visit: Any) -> str:
        """The reserved time of a visit: `Tue 15:15-17:15`."""
        return f"{self.local(visit.start_at)}-{self.local(visit.end_at)[4:]}"

    def window(self, visit: Any) -> str:
        """The promised arrival of a visit."""
        return f"{self.local(visit.window_start_at)}-{self.local(visit.window_end_at)[4:]}"

    def busy(self, start: str, end: str, date: str = "2026-09-15", **facts: Any) -> UUID:
        """Something is in the technician's calendar already."""
        first, last = (
            dt.datetime.fromisoformat(f"{date}T{clock}").replace(tzinfo=LOS_ANGELES).astimezone(dt.UTC)
            for clock in (start, end)
        )
        with self.factories.changing() as session:
            person = session.scalar(select(Technician).where(Technician.tenant_id == self.tenant_id).limit(1))
            slot = Slot(f"made:{date}:{start}", str(person.id), first, last, first, last)
            facts = {"buffer_minutes": 30, "status": AppointmentStatus.confirmed, "kind": "booking"} | facts
            return appointments.book(self.tenant_id, slot, **facts).id


__all__ = ["CUSTOMER", "OTHER", "THIRD", "EscalationState", "Story", "acting"]
