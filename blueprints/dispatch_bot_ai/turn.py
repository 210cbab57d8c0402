"""From a request to the dispatcher: the context, and the conversation so far played through it again."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app import dispatch, second_opinion
from app.dispatch import Context, Event, Result, State
from app.dispatch.types import DIAGNOSTIC, Customer, Estimate, Offer, OwnAppointment
from app.scheduling import area, availability
from app.scheduling.types import AreaVerdict, Band, Found, Slot, Terms, Wanted
from blueprints.dispatch_bot_ai import calendar
from blueprints.schemas.dispatch_bot_ai import Address, OfferedSlot, Process

MOST_RECENT = 6
OPENER, NUDGE = "MISSED_CALL_TRIGGER", "FOLLOW_UP_TRIGGER"
BANDS: dict[str, Band] = {
    "regular": "work",
    "early_morning": "early",
    "emergency_work_hours": "work",
    "emergency_evening": "evening",
    "emergency_night": "night",
}


@dataclass(frozen=True)
class Answered:
    """A decision with what it was made from."""

    asked: Process
    terms: Terms
    context: Context
    result: Result
    state: State
    verdict: AreaVerdict


def answer(asked: Process, *, may_ask_model: bool = False) -> Answered:
    """Decide about the current message after what was said before.

    The rules give the same answer to the same request; with `may_ask_model` a language model may add to it.
    """
    terms = calendar.terms_of(asked)
    context = context_of(asked, terms)
    state, offers = _so_far(asked, context)
    if asked.offered_slots:
        offers = tuple(_offer(number, slot) for number, slot in enumerate(asked.offered_slots, start=1))
        state.offer_slots = [offer.slot.id for offer in offers]
    context = replace(context, offers=offers, external_model_allowed=may_ask_model, recent=_recent(asked))
    thought = second_opinion.begin(
        state, _event(asked), context, asked.current_time, business=f"number:{asked.called_number}"
    )
    result, after = second_opinion.finish(thought)
    return Answered(asked, terms, context, result, after, _verdict(context, after))


def _recent(asked: Process) -> tuple[tuple[str, str], ...]:
    """The last texts of the history, for a model that has not followed the talk."""
    texts = [said for said in asked.conversation_history if said.message_type == "sms"][-MOST_RECENT:]
    return tuple(("customer" if said.sender == "customer" else "business", said.message) for said in texts)


def _so_far(asked: Process, context: Context) -> tuple[State, tuple[Offer, ...]]:
    """What the dispatcher remembers of the history: each customer turn decided anew, in order."""
    state = State()
    offers: tuple[Offer, ...] = ()
    if asked.language:
        state.language = asked.language
    for at, event in _events(asked):
        result, state = dispatch.decide(state, event, replace(context, offers=offers), at)
        offers = result.offers or (offers if result.keeps_offers else ())
    return state, offers


def _events(asked: Process) -> Iterator[tuple[dt.datetime, Event]]:
    """The history as events: the opener, and the texts that were answered together."""
    burst: list[str] = []
    at = asked.current_time
    is_opened = False
    for said in asked.conversation_history:
        if said.sender == "customer" and said.message_type != "call":
            burst.append(said.message)
            at = said.timestamp
            continue
        if burst:
            yield at, Event.message("\n".join(burst))
            burst = []
        elif not is_opened and said.sender in ("ai", "system"):
            yield said.timestamp, Event("missed_call")
        is_opened = True
    if burst:
        yield at, Event.message("\n".join(burst))


def _event(asked: Process) -> Event:
    if asked.current_message == OPENER:
        return Event("missed_call")
    if asked.current_message == NUDGE:
        before = [said.timestamp for said in asked.conversation_history]
        silence = asked.current_time - max(before) if before else dt.timedelta(0)
        return Event("timeout", minutes=max(0.0, silence.total_seconds() / 60))
    return Event.message(asked.current_message)


def context_of(asked: Process, terms: Terms) -> Context:
    """Everything the dispatcher may know, from the request alone."""
    chosen = asked.business_settings
    technicians = calendar.technicians_of(asked)
    busy = calendar.busy_of(asked, terms, technicians)
    stale = asked.availability.stale

    def find_slots(wanted: Wanted) -> Found:
        return availability.find(wanted, terms, technicians, busy, asked.current_time, stale=stale)

    def check_area(**where: Any) -> AreaVerdict:
        return area.check(terms, **where)

    return Context(
        business_name=asked.business_name,
        trade=asked.trade_type,
        timezone=asked.timezone,
        price_book=tuple(_line(line) for line in asked.job_estimates),
        find_slots=find_slots,
        check_area=check_area,
        business_phone=asked.called_number,
        business_hours=terms.business_hours,
        holidays=terms.holidays,
        phone_open=is_phone_open(asked),
        diagnostic=_diagnostic(asked),
        emergencies_accepted=terms.emergencies_accepted,
        emergency_line=chosen.emergency_line,
        appointments=tuple(_visits(asked)),
        customer=_customer(asked),
        max_questions=chosen.max_questions,
        referral_text=chosen.referral_text,
        warranty_note=chosen.warranty_note,
        cancellation_policy=chosen.cancellation_policy,
        out_of_office=chosen.out_of_office or asked.user_status == "vacation",
        calendar_stale=stale,
        service_radius_miles=chosen.service_radius_miles,
        max_travel_minutes=chosen.max_travel_time_minutes,
        max_travel_miles=chosen.max_travel_distance_miles,
        is_known_customer=bool(asked.customer_history.addresses),
        seed=asked.conversation_id,
    )


def is_phone_open(asked: Process) -> bool:
    """Whether somebody takes calls at the time of the request."""
    hours = asked.phone_hours
    if hours.always_available:
        return True
    local = asked.current_time.astimezone(ZoneInfo(asked.timezone))
    today = hours.days()[f"{local:%A}".lower()]
    return today is not None and today[0] <= f"{local:%H:%M}" < today[1]


def _line(line: Any) -> Estimate:
    return Estimate(
        job_type=line.job_type,
        minutes=round(line.estimated_hours * 60),
        low=_decimal(line.estimated_cost_min),
        high=_decimal(line.estimated_cost_max),
        description=line.description,
        requires_parts=line.requires_parts,
        urgency_multiplier=_decimal(line.urgency_multiplier),
        buffer_minutes=line.buffer_minutes,
        aliases=tuple(line.aliases),
    )


def _diagnostic(asked: Process) -> Estimate:
    chosen = asked.business_settings.diagnostic
    if chosen is None:
        return DIAGNOSTIC
    return replace(DIAGNOSTIC, minutes=chosen.minutes, low=_decimal(chosen.min), high=_decimal(chosen.max))


def _customer(asked: Process) -> Customer:
    known = asked.customer_history
    return Customer(
        name=known.name,
        addresses=tuple(one if isinstance(one, str) else _one_line(one) for one in known.addresses),
        previous_jobs=tuple(job.job_type for job in known.previous_jobs),
        preferred_times=tuple(known.preferred_time_slots),
        language=asked.language if asked.language == "es" else None,
        notes=known.special_instructions,
    )


def _one_line(address: Address) -> str:
    return ", ".join(part for part in (address.street_address, address.city, address.postal_code) if part)


def _visits(asked: Process) -> Iterator[OwnAppointment]:
    for visit in asked.upcoming_appointments:
        yield OwnAppointment(
            id=visit.appointment_id,
            window_start=visit.arrival_window_start,
            window_end=visit.arrival_window_end,
            status=visit.status,
            job_type=visit.job_type,
            address=visit.address,
            low=_decimal(visit.price_min) if visit.price_min is not None else None,
            high=_decimal(visit.price_max) if visit.price_max is not None else None,
            minutes=visit.duration_minutes,
            job_number=visit.job_number,
        )


def _offer(number: int, shown: OfferedSlot) -> Offer:
    slot = Slot(
        id=shown.slot_id,
        technician_id=shown.technician_id,
        start=shown.start_time,
        end=shown.end_time,
        window_start=shown.arrival_window_start or shown.start_time,
        window_end=shown.arrival_window_end or shown.start_time,
        slot_type=shown.slot_type,
        band=BANDS[shown.slot_type],
        multiplier=_decimal(shown.multiplier_applied),
        booking_type=shown.booking_type,
        after_hours=shown.slot_type in ("emergency_evening", "emergency_night"),
        early=shown.slot_type == "early_morning",
    )
    low, high = _decimal(shown.price_min), _decimal(shown.price_max)
    return Offer(shown.number or number, slot, low, high, tuple(shown.job_types))


def _verdict(context: Context, state: State) -> AreaVerdict:
    return context.check_area(
        street=state.street,
        city=state.city,
        state=state.region,
        postal_code=state.postal_code,
        emergency=state.urgency == "emergency",
    )


def _decimal(number: float) -> Decimal:
    return Decimal(str(number)).normalize() if number != int(number) else Decimal(int(number))
