"""What the dispatcher may know in a turn, read from the rows; no lock is held while it thinks."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app import estimates, tenants, users, wordings
from app.calendars import mirror
from app.clock import now
from app.conversations import Conversation
from app.customers import Customer
from app.dispatch.own import Own
from app.dispatch.types import Context, Estimate, Offer, OwnAppointment
from app.dispatch.types import Customer as KnownCustomer
from app.extensions import db
from app.leads import Lead, LeadStatus
from app.messages import Direction, Message, MessageStatus
from app.providers import llm
from app.scheduling import appointments, area, availability, offered, technicians
from app.scheduling.types import AreaVerdict, Found, Place, Terms, Wanted
from app.tenants import Tenant

MOST_RECENT = 6
NOWHERE = AreaVerdict("ask", Place())


def light(tenant: Tenant, *, customer: Customer | None = None, seed: str = "", words: Own | None = None) -> Context:
    """Enough for a greeting in those words, or for a look at one text: no times, no prices."""
    return Context(
        wordings=words or {},
        price_book=(),
        find_slots=lambda _wanted: Found(),
        check_area=lambda **_where: NOWHERE,
        **_common(tenant, customer, seed, now()),
    )


def full(thread: Conversation) -> Context:
    """Everything for a turn of this thread; the two functions in it are pure, over what was read here."""
    tenant, moment = thread.tenant, now()
    work = _work(tenant, moment, str(thread.id))
    return Context(
        recent=_recent(thread) if work["external_model_allowed"] else (),
        offers=tuple(_offer(row) for row in offered.standing(thread.id)),
        lapsed=tuple(_offer(row) for row in offered.lapsed(thread.id)),
        appointments=tuple(own_visit(visit) for visit in appointments.upcoming(tenant.id, thread.customer_id)),
        **work,
        **_common(tenant, thread.customer, str(thread.id), moment),
    )


def imagined(tenant: Tenant, moment: datetime, *, customer: Customer | None = None, seed: str = "") -> Context:
    """Everything that a turn at that moment would know, in a conversation that does not exist: nothing is offered.

    With a customer it knows what is known of him, though not his visits. Reads only.
    """
    return Context(**_work(tenant, moment, None), **_common(tenant, customer, seed, moment))


def _work(tenant: Tenant, moment: datetime, asker: str | None) -> dict[str, Any]:
    """What can be booked at that moment, where, and at what price."""
    terms = terms_at(tenant, moment)
    people = [person.plain() for person in technicians.active(tenant.id)]
    start, end = technicians.horizon(moment, terms.horizon_days)
    taken = appointments.busy(tenant.id, start, end)
    is_stale = mirror.freshness(tenant.id).is_stale

    def find_slots(wanted: Wanted) -> Found:
        asked = Wanted(**{**wanted.__dict__, "asker": asker})
        others = [busy for busy in taken if busy.visit is None or busy.visit != wanted.moving]
        return availability.find(asked, terms, people, others, moment, stale=is_stale)

    def check_area(**where: Any) -> AreaVerdict:
        return area.check(terms, **where)

    lines = estimates.active(tenant.id)
    return {
        "price_book": tuple(_line(line) for line in lines if line.job_type != estimates.DIAGNOSTIC),
        "find_slots": find_slots,
        "check_area": check_area,
        "job_number": appointments.new_job_number(),
        "confirm_clock": spoken(tenant.settings.reminders.tentative_confirm_time),
        "calendar_stale": is_stale,
        "wordings": wordings.of(tenant),
        "external_model_allowed": tenant.settings.dispatcher.external_model_allowed and llm.is_on(),
    }


def terms_at(tenant: Tenant, moment: datetime) -> Terms:
    """The terms of a business at that moment."""
    return _without_vacation(tenants.terms(tenant), tenant, moment)


def _recent(thread: Conversation) -> tuple[tuple[str, str], ...]:
    """The last texts of the thread that were dealt with, oldest first, for a reader who has not followed it."""
    past = select(Message.direction, Message.body).where(
        Message.conversation_id == thread.id,
        Message.status.not_in((MessageStatus.received, MessageStatus.discarded)),
        Message.body != "",
    )
    rows = db.session.execute(past.order_by(Message.created_at.desc()).limit(MOST_RECENT)).all()
    return tuple(("customer" if row.direction == Direction.inbound else "business", row.body) for row in rows[::-1])


def _without_vacation(terms: Terms, tenant: Tenant, moment: datetime) -> Terms:
    """Nobody comes while the owner is on vacation; the day of his return is the first one again (SC36)."""
    owner = users.owner_of(tenant.id)
    if owner is None or not _is_on_vacation(owner, moment):
        return terms
    back = owner.presence_until.astimezone(tenant.zone).date() if owner.presence_until else None
    if terms.out_until is not None and (back is None or terms.out_until > back):
        back = terms.out_until
    return replace(terms, out_from=moment.astimezone(tenant.zone).date(), out_until=back)


def _common(tenant: Tenant, customer: Customer | None, seed: str, moment: datetime) -> dict[str, Any]:
    chosen = tenant.settings
    owner = users.owner_of(tenant.id)
    limits, emergency = chosen.operational_limits, chosen.emergency_service
    diagnostic = chosen.pricing.diagnostic
    return {
        "business_name": tenant.business_name,
        "trade": tenant.trade_type.value,
        "timezone": tenant.timezone,
        "owner_name": owner.display_name if owner else "",
        "business_phone": (owner.phone_number if owner else None) or "",
        "business_hours": chosen.business_hours.days(),
        "holidays": frozenset(holiday.date for holiday in chosen.general.holidays),
        "phone_open": tenants.is_phone_open(tenant, moment),
        "phone_opens_at": _opens_at(tenant, moment),
        "diagnostic": Estimate(
            estimates.DIAGNOSTIC,
            diagnostic.minutes,
            Decimal(diagnostic.min),
            Decimal(diagnostic.max),
            "Diagnostic visit",
        ),
        "emergencies_accepted": emergency.enabled and emergency.accept_emergencies,
        "emergency_line": emergency.emergency_line or "",
        "customer": _known(customer),
        "is_known_customer": bool(customer and customer.addresses),
        "max_questions": chosen.dispatcher.max_questions,
        "job_confidence_threshold": chosen.dispatcher.job_confidence_threshold,
        "referral_text": chosen.dispatcher.referral_text,
        "warranty_note": chosen.dispatcher.warranty_note,
        "extra_facts": chosen.dispatcher.extra_facts,
        "cancellation_policy": limits.cancellation_policy,
        "cancellation_window_hours": limits.cancellation_window_hours,
        "vacation_mode": chosen.general.vacation_mode,
        "out_of_office": tenants.is_away(tenant, moment) or _is_on_vacation(owner, moment),
        "night_ack_required": emergency.night_ack_required,
        "service_radius_miles": limits.service_radius_miles,
        "max_travel_minutes": limits.max_travel_time_minutes,
        "max_travel_miles": limits.max_travel_distance_miles,
        "languages": frozenset(chosen.general.languages),
        "ai_disclosure": chosen.texting.ai_disclosure,
        "confirm_wait_minutes": chosen.dispatcher.confirm_wait_minutes.model_dump(),
        "seed": seed,
    }


def _is_on_vacation(owner: users.User | None, moment: datetime) -> bool:
    return owner is not None and owner.presence_at(moment) == users.Presence.vacation


def _known(customer: Customer | None) -> KnownCustomer:
    if customer is None:
        return KnownCustomer()
    done = select(Lead.job_type).where(Lead.customer_id == customer.id, Lead.status == LeadStatus.completed)
    jobs = tuple(job for job in db.session.scalars(done) if job) if customer.addresses else ()
    return KnownCustomer(
        name=customer.name,
        addresses=tuple(_line_of(address) for address in customer.addresses),
        previous_jobs=jobs,
        language="es" if customer.language == "es" else None,
        notes=customer.special_instructions,
    )


def _line_of(address: dict[str, Any]) -> str:
    street = " ".join(part for part in (address.get("street_address"), address.get("unit")) if part)
    return ", ".join(part for part in (street, address.get("city"), address.get("postal_code")) if part)


def _line(line: estimates.Estimate) -> Estimate:
    return Estimate(
        job_type=line.job_type,
        minutes=line.minutes,
        low=Decimal(line.low_cents) / 100,
        high=Decimal(line.high_cents) / 100,
        description=line.description,
        requires_parts=line.requires_parts,
        urgency_multiplier=Decimal(str(line.urgency_multiplier)),
        buffer_minutes=line.buffer_minutes,
        aliases=tuple(line.aliases),
    )


def _offer(row: offered.OfferedSlot) -> Offer:
    low, high = Decimal(row.low_cents) / 100, Decimal(row.high_cents) / 100
    return Offer(row.number, row.plain(), low, high, tuple(row.job_types), held=row.is_held)


def own_visit(visit: appointments.Appointment) -> OwnAppointment:
    """A visit as the dispatcher knows it."""
    return OwnAppointment(
        id=str(visit.id),
        window_start=visit.window_start_at,
        window_end=visit.window_end_at,
        status=visit.status.value,
        job_type=visit.job_types[0] if visit.job_types else "",
        address=_line_of(visit.address),
        low=Decimal(visit.price_low_cents) / 100 if visit.price_low_cents is not None else None,
        high=Decimal(visit.price_high_cents) / 100 if visit.price_high_cents is not None else None,
        minutes=int((visit.end_at - visit.start_at) / timedelta(minutes=1)),
        job_number=visit.job_number or "",
        job_types=tuple(visit.job_types),
    )


def _opens_at(tenant: Tenant, moment: datetime) -> str:
    """When phone hours begin again, as people say it: "6 AM", "Mon 8 AM"."""
    days = tenant.settings.general.phone_hours.days()
    local = moment.astimezone(tenant.zone)
    for ahead in range(8):
        day = local + timedelta(days=ahead)
        hours = days[day.strftime("%A").lower()]
        if hours and (ahead or hours[0] > local.strftime("%H:%M")):
            return spoken(hours[0]) if ahead < 2 else f"{day:%a} {spoken(hours[0])}"
    return "business hours"


def spoken(clock: str) -> str:
    """A local clock time as people say it: "7 PM", "8:30 AM"."""
    hour, minute = int(clock[:2]), clock[3:]
    half = "AM" if hour < 12 else "PM"
    return f"{(hour - 1) % 12 + 1}{'' if minute == '00' else ':' + minute} {half}"
