"""What goes into the dispatcher and what comes out of it: state, event, context and result.

Instants are aware, local clock times are `HH:MM` in the tenant's zone, money is whole dollars as `Decimal`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from typing import Any, Literal

from app.dispatch.own import Own
from app.scheduling.types import AreaVerdict, DayHours, Found, Slot, Wanted

STATE_VERSION = 1

Json = dict[str, Any]
EventKind = Literal["missed_call", "message", "timeout", "booking_refused", "human_takeover", "returned_to_ai"]
Language = Literal["en", "es"]
LEVELS = {"normal": 0, "urgent": 1, "emergency": 2}


@dataclass(frozen=True)
class Estimate:
    """One line of the price book: how long a job takes and what it costs at the regular rate."""

    job_type: str
    minutes: int
    low: Decimal
    high: Decimal
    description: str = ""
    requires_parts: bool = False
    urgency_multiplier: Decimal = Decimal(1)
    buffer_minutes: int = 30
    aliases: tuple[str, ...] = ()


DIAGNOSTIC = Estimate("diagnostic_visit", 60, Decimal(150), Decimal(200), "Diagnostic visit")


@dataclass(frozen=True)
class Offer:
    """A numbered offer: a slot and the price that was told with it."""

    number: int
    slot: Slot
    low: Decimal
    high: Decimal
    job_types: tuple[str, ...] = ()
    held: bool = False


@dataclass(frozen=True)
class OwnAppointment:
    """A visit of this very caller; `low` and `high` are its agreed price."""

    id: str
    window_start: dt.datetime
    window_end: dt.datetime
    status: str = "confirmed"
    job_type: str = ""
    address: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    minutes: int = 60
    job_number: str = ""
    job_types: tuple[str, ...] = ()


@dataclass(frozen=True)
class Customer:
    """What is known about the caller; `notes` may guide the contractor but is never told to anybody."""

    name: str | None = None
    addresses: tuple[str, ...] = ()
    previous_jobs: tuple[str, ...] = ()
    preferred_times: tuple[str, ...] = ()
    language: Language | None = None
    notes: str = ""


@dataclass(frozen=True)
class Dispatch:
    """Sending somebody now without a booked slot: the rate that the customer has to accept first."""

    multiplier: Decimal
    band: Literal["work", "early", "evening", "night"] = "work"


@dataclass(frozen=True)
class Context:
    """Everything the dispatcher may know in a turn; nothing about other customers."""

    business_name: str
    trade: str
    timezone: str
    price_book: tuple[Estimate, ...]
    find_slots: Callable[[Wanted], Found]
    check_area: Callable[..., AreaVerdict]
    """Called with the keywords street, city, state, postal_code and emergency."""

    owner_name: str = ""
    business_phone: str = ""
    business_hours: Mapping[str, DayHours] = field(default_factory=dict)
    holidays: frozenset[dt.date] = frozenset()
    phone_open: bool = True
    phone_opens_at: str = ""
    """When phone hours begin again, as it is to be read: "6 AM"."""
    diagnostic: Estimate = DIAGNOSTIC
    emergencies_accepted: bool = True
    emergency_line: str = ""
    immediate: Dispatch | None = None
    offers: tuple[Offer, ...] = ()
    lapsed: tuple[Offer, ...] = ()
    """The last offers that were taken off the table without a choice: silence, or an hour, was the answer."""
    appointments: tuple[OwnAppointment, ...] = ()
    customer: Customer = field(default_factory=Customer)
    job_number: str = ""
    max_questions: int = 2
    job_confidence_threshold: float = 0.75
    referral_text: str = ""
    warranty_note: str = ""
    extra_facts: str = ""
    cancellation_policy: str = ""
    cancellation_window_hours: int = 24
    vacation_mode: Literal["book_after_return", "take_message"] = "take_message"
    out_of_office: bool = False
    calendar_stale: bool = False
    night_ack_required: bool = True
    confirm_clock: str = "7 PM"
    """At what hour of the day before a tentative visit is confirmed."""
    wordings: Own = field(default_factory=dict)
    service_radius_miles: float = 25
    max_travel_minutes: int = 60
    max_travel_miles: float = 25
    languages: frozenset[str] = frozenset({"en", "es"})
    ai_disclosure: bool = True
    is_known_customer: bool = False
    external_model_allowed: bool = False
    recent: tuple[tuple[str, str], ...] = ()
    """The last few texts before this event, oldest first, as (customer or business, text)."""
    confirm_wait_minutes: Mapping[str, int] = field(
        default_factory=lambda: {"same_day": 3, "after_hours": 2, "other": 5, "vague": 10}
    )
    seed: str = ""
    """The conversation's id: it chooses among variants of wording."""
    asks_for: frozenset[str] = frozenset()
    """What is asked for before times are offered although a visit can be booked without it: name, when."""


@dataclass(frozen=True)
class Event:
    """What happened: a call was missed, a text came, nothing came for `minutes`, or a slot was lost."""

    kind: EventKind
    text: str = ""
    media: int = 0
    minutes: float = 0
    slot_id: str = ""

    @staticmethod
    def message(text: str, media: int = 0) -> Event:
        return Event("message", text=text, media=media)


@dataclass
class State:
    """What one conversation remembers between events; stored as JSON by the caller."""

    version: int = STATE_VERSION
    stage: str = "initial"
    language: str = "en"
    spanish_texts: int = 0
    english_texts: int = 0
    # the frame
    jobs: list[str] = field(default_factory=list)
    job_confidence: float = 0.0
    job_words: str = ""
    wants_install: bool = False
    street: str | None = None
    unit: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    name: str | None = None
    phone: str | None = None
    wishes: list[Json] = field(default_factory=list)
    exclude: list[str] = field(default_factory=list)
    asap: bool = False
    flexible: bool = False
    # urgency and safety
    urgency: str = "normal"
    urgency_confidence: float = 0.8
    hazards: list[str] = field(default_factory=list)
    is_safe: bool = False
    valve_told: bool = False
    safety_asked: bool = False
    emergency_consent: bool | None = None
    # the talk
    asked: str | None = None
    offer_slots: list[str] = field(default_factory=list)
    lapsed_slots: list[str] = field(default_factory=list)
    price_told: bool = False
    premium_refused: bool = False
    objections: int = 0
    price_questions: int = 0
    questions: int = 0
    asks_of: dict[str, int] = field(default_factory=dict)
    unclear: int = 0
    low_confidence: int = 0
    bot_turns: int = 0
    nudges: int = 0
    said: list[str] = field(default_factory=list)
    pending_appointment: str | None = None
    pending_act: str | None = None
    moving: str | None = None
    """The visit that the last answer moved: if its new time turns out to be taken, the move goes on."""
    flags: list[str] = field(default_factory=list)
    outcome: str = "open"
    lead: bool = True
    is_opted_out: bool = False
    is_human: bool = False
    escalation_level: int = 0

    def to_json(self) -> Json:
        """The state as plain JSON values."""
        return asdict(self)

    def copied(self) -> State:
        """A state of its own to change; what its lists hold is never changed in place, but wishes are dictionaries."""
        mine: Json = {name: list(value) if isinstance(value, list) else value for name, value in vars(self).items()}
        return State(**mine | {"wishes": [dict(wish) for wish in self.wishes], "asks_of": dict(self.asks_of)})

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> State:
        """The state that was stored; an unknown version starts afresh instead of failing."""
        if not stored or stored.get("version") != STATE_VERSION:
            return cls()
        known = {part.name for part in fields(cls)}
        return cls(**{key: value for key, value in stored.items() if key in known})


@dataclass(frozen=True)
class Result:
    """What is to be said and done now; `acts` are carried out by the caller in their order.

    Acts: `book:<slot>`, `reschedule:<appointment>:<slot>`, `cancel:<appointment>`, `escalate`, `alert_owner`,
    `dispatch`, `handoff`, `opt_out`, `opt_in`. A booking act comes with the confirmation as `reply`: book first,
    send it in the same transaction, or come back with the event `booking_refused`.
    """

    reply: str | None = None
    template: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    asks: str | None = None
    acts: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()
    """Newly proposed, in place of all older ones; empty leaves the offers on the table as they are."""
    keeps_offers: bool = True
    """False when nothing is on the table any more, so that holds can be given back."""
    proposed: tuple[str, ...] = ()
    confirmed_slot: str | None = None
    booking_kind: Literal["confirmed", "tentative", "requested", "reaching_technician"] | None = None
    price: tuple[Decimal, Decimal] | None = None
    """The price of the booking that `acts` asks for."""
    urgency_level: str = "normal"
    urgency_confidence: float = 0.8
    life_safety: str | None = None
    life_safety_text: str | None = None
    intent: str = "unclear"
    extracted: Json = field(default_factory=dict)
    estimated_value_min: Decimal | None = None
    estimated_value_max: Decimal | None = None
    job_confidence: float = 0.0
    ai_confidence: float = 0.0
    outcome: str = "open"
    stage: str = "initial"
    escalation_level: int = 0
    escalation_reason: str | None = None
    language: str = "en"
    lead: bool = True
    flags: tuple[str, ...] = ()
    validation_errors: tuple[str, ...] = ()
    follow_up_minutes: int | None = None
    question: Json | None = None
    evidence: tuple[str, ...] = ()
    step: str | None = None
    """Which step of the policy answered."""
    confidences: Mapping[str, float] = field(default_factory=dict)
    candidates: tuple[str, ...] = ()
    """The wordings considered, in order; `verdicts` names those that the guard refused and why."""
    verdicts: tuple[str, ...] = ()
    engine: Literal["rules", "llm"] = "rules"
