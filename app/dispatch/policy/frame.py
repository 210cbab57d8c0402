"""One turn in the making: the frame as it is known, the price and the times that follow, and the answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from app.dispatch import pricebook, proposals, wording
from app.dispatch.findings import Findings
from app.dispatch.suggestion import Suggestion
from app.dispatch.types import LEVELS, Context, Estimate, Event, Offer, OwnAppointment, State
from app.scheduling.types import AreaVerdict, Found, Urgency, Wanted

CLOSED = frozenset(
    {
        "booked",
        "rescheduled",
        "cancelled",
        "not_needed",
        "out_of_area",
        "out_of_scope",
        "wrong_number",
        "spam",
        "not_reachable",
        "opted_out",
        "abandoned",
        "deferred",
        "callback",
    }
)
"""Outcomes after which a new request starts a new talk."""


@dataclass
class Draft:
    """One answer before it is put into words."""

    template: str | None = None
    values: dict[str, str] = field(default_factory=dict)
    asks: str | None = None
    acts: tuple[str, ...] = ()
    offers: list[Offer] = field(default_factory=list)
    clears_offers: bool = False
    confirmed: Offer | None = None
    booking_kind: str | None = None
    outcome: str | None = None
    stage: str | None = None
    follow_up: str | None = None
    """Which wait applies: same_day, after_hours, other or vague."""
    reason: str | None = None
    parts: tuple[Draft, ...] = ()
    """Sentences to say before this one."""


@dataclass
class Turn:
    """What the rules look at while they decide."""

    state: State
    event: Event
    context: Context
    now: dt.datetime
    said: Findings = field(default_factory=Findings)
    suggestion: Suggestion | None = None
    before: list[Draft] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    new_hazards: tuple[str, ...] = ()
    escalation: int = 0
    reason: str | None = None
    step: str | None = None
    """Which step of the policy answered."""
    candidates: list[str] = field(default_factory=list)
    """The words that were considered, by template and variant."""
    verdicts: list[str] = field(default_factory=list)
    """What the guard said against something that was considered."""
    is_advised: bool = False
    """Whether something of the model's suggestion counts in this turn."""

    @property
    def language(self) -> str:
        return self.state.language

    @property
    def is_emergency(self) -> bool:
        return self.state.urgency == "emergency"

    @property
    def address(self) -> str:
        """The address as it is told to the customer."""
        state = self.state
        unit = f"#{state.unit}" if state.unit else ""
        city = state.city.title() if state.city else None
        return ", ".join(part for part in (state.street, unit, city, state.postal_code) if part)

    @property
    def who(self) -> str:
        return self.context.owner_name or {"en": "the team", "es": "el equipo"}[self.language]

    @cached_property
    def estimates(self) -> list[Estimate]:
        """The price book lines of the jobs in hand; the diagnostic visit when nothing is sure enough."""
        state = self.state
        if state.job_confidence < self.context.job_confidence_threshold:
            return [self.context.diagnostic]
        return pricebook.lines_for(state.jobs, self.context, wants_install=state.wants_install)

    @property
    def is_diagnostic(self) -> bool:
        return [line.job_type for line in self.estimates] == [self.context.diagnostic.job_type]

    @property
    def job_name(self) -> str:
        """The jobs in hand as they are read."""
        joiner = f" {wording.DAY_WORDS[self.language]['and']} "
        names = [pricebook.spoken(line, self.context.trade, self.language) for line in self.estimates]
        return joiner.join(names)

    @property
    def base_price(self) -> tuple[Decimal, Decimal]:
        low, high, _ = proposals.total(self.estimates)
        return proposals.priced(low, high)

    @cached_property
    def area(self) -> AreaVerdict:
        """Whether the place as it is known now is served."""
        state = self.state
        return self.context.check_area(
            street=state.street,
            city=state.city,
            state=state.region,
            postal_code=state.postal_code,
            emergency=self.is_emergency,
        )

    @property
    def urgency(self) -> Urgency:
        return self.state.urgency  # type: ignore[return-value]

    @property
    def has_place(self) -> bool:
        return bool(self.state.street or self.state.postal_code or self.state.city)

    @cached_property
    def found(self) -> Found:
        """The free times for the jobs in hand."""
        return self.search(sum(line.minutes for line in self.estimates))

    def search(self, minutes: int, *, urgency: Urgency | None = None, moving: str | None = None) -> Found:
        """The free times for a job of some length; the time of a visit that is `moving` is free for it."""
        lines = self.estimates
        return self.context.find_slots(
            Wanted(
                duration_minutes=minutes,
                urgency=urgency or self.urgency,
                buffer_minutes=max(line.buffer_minutes for line in lines),
                requires_parts=any(line.requires_parts for line in lines),
                urgency_multiplier=max(line.urgency_multiplier for line in lines),
                place=self.area.place if self.has_place else None,
                asker=self.context.seed or None,
                moving=moving,
            )
        )

    @property
    def wish(self) -> proposals.Wish:
        state = self.state
        return proposals.Wish(tuple(state.wishes), tuple(state.exclude), state.asap)

    @property
    def table(self) -> list[Offer]:
        """The offers on the table that this conversation knows of."""
        known = set(self.state.offer_slots)
        return [offer for offer in self.context.offers if offer.slot.id in known]

    @property
    def lapsed(self) -> list[Offer]:
        """Offers that went off the table because nothing was heard; none while others are on it."""
        known = {*self.state.lapsed_slots, *self.state.offer_slots}
        return [] if self.table else [offer for offer in self.context.lapsed if offer.slot.id in known]

    @property
    def visits(self) -> list[OwnAppointment]:
        """The caller's own visits that are still to come."""
        return [
            visit for visit in self.context.appointments if visit.status in UPCOMING and visit.window_end > self.now
        ]

    @property
    def visit_to_move(self) -> OwnAppointment | None:
        """The visit that another time is being looked for."""
        if self.state.pending_act != "reschedule":
            return None
        return next((visit for visit in self.visits if visit.id == self.state.pending_appointment), None)

    @property
    def has_visit_for_job(self) -> bool:
        """Whether what is to be done is what an upcoming visit is for already."""
        if not self.visits:
            return False
        booked = {job for visit in self.visits for job in (*visit.job_types, visit.job_type)}
        return not self.state.jobs or {line.job_type for line in self.estimates} <= booked

    @property
    def names_other_work(self) -> bool:
        """Whether this text names a job that is not in hand."""
        jobs = [job for job in self.said.jobs.types if not job.startswith("general_")]
        return any(job not in self.state.jobs for job in jobs)

    def window(self, start: dt.datetime, end: dt.datetime) -> str:
        return wording.window_text(start, end, self.now, zone=self.context.timezone, language=self.language)

    def slot_window(self, offer: Offer) -> str:
        return wording.slot_text(offer.slot, self.now, zone=self.context.timezone, language=self.language)

    def note(self, template: str, **values: str) -> None:
        """Say a sentence before the answer."""
        self.before.append(Draft(template, values=dict(values)))

    def act(self, *acts: str) -> None:
        self.acts += [act for act in acts if act not in self.acts]

    def flag(self, flag: str) -> None:
        if flag not in self.state.flags:
            self.state.flags.append(flag)

    def raise_urgency(self, level: str, confidence: float) -> bool:
        """Raise the sticky maximum; whether it rose."""
        state = self.state
        if LEVELS[level] <= LEVELS[state.urgency]:
            if level == state.urgency:
                state.urgency_confidence = max(state.urgency_confidence, confidence)
            return False
        state.urgency, state.urgency_confidence = level, confidence
        return True

    def forget_estimates(self) -> None:
        """Look the prices and times up anew after the jobs or the place changed."""
        for name in ("estimates", "area", "found"):
            self.__dict__.pop(name, None)

    def common_values(self) -> Mapping[str, str]:
        context = self.context
        return {
            "business": context.business_name,
            "trade": TRADES[self.language].get(context.trade, context.trade.replace("_", " ")),
            "phone": context.business_phone,
            "referral": context.referral_text,
            "radius": f"{context.service_radius_miles:g}",
            "who": self.who,
            "address": self.address,
            "more": "",
        }


UPCOMING = frozenset({"confirmed", "pending", "tentative", "requested", "in_progress"})
TRADES = {
    "en": {
        "plumbing": "plumbing",
        "electrical": "electrical work",
        "hvac": "heating and air conditioning",
        "locksmith": "locksmith work",
        "garage_door": "garage doors",
    },
    "es": {
        "plumbing": "plomeria",
        "electrical": "trabajos electricos",
        "hvac": "calefaccion y aire acondicionado",
        "locksmith": "cerrajeria",
        "garage_door": "puertas de garaje",
    },
}
