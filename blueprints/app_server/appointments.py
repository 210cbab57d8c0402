"""app-server: the visits, booked, moved and called off by hand, and the free time around them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app import audit, booking, conversations, leads, listing, tenants
from app.booking import Plan
from app.calendars import mirror, pushes
from app.clock import now
from app.conversations import Conversation
from app.errors import Forbidden, Invalid
from app.extensions import db
from app.scheduling import appointments, availability, holds, technicians
from app.scheduling.appointments import Appointment, AppointmentStatus
from app.scheduling.types import Busy, FreeRange
from app.tenants import Tenant, VersionConflict
from app.users import Role, User
from blueprints import guards
from blueprints.app_server import bp
from blueprints.paging import listed
from blueprints.reading import query, read, version_wanted
from blueprints.repeating import once_at_most
from blueprints.schemas.app_server import Appointments, BookAppointment, CancelAppointment, ChangeAppointment
from blueprints.shapes import cents, dollars, moment

LONGEST = timedelta(days=92)


class RangeTooLong(Invalid):
    code = "RANGE_TOO_LONG"


@bp.get("/appointments")
def list_appointments() -> ResponseReturnValue:
    """The calendar between two moments, in order."""
    wanted = query(Appointments)
    if wanted.until - wanted.since > LONGEST:
        raise RangeTooLong("Ask for 92 days at most.")
    rows = listing.appointments(
        guards.current_tenant_id(),
        wanted.since,
        wanted.until,
        status=wanted.status,
        technician_id=wanted.technician_id,
        customer_id=wanted.customer_id,
    )
    return jsonify(
        listed(rows, wanted, by=Appointment.start_at, key=Appointment.id, shape=appointment_json, rising=True)
    )


@bp.get("/appointments/<uuid:appointment_id>")
def show_appointment(appointment_id: UUID) -> ResponseReturnValue:
    """One visit, and by when somebody must be there."""
    found = appointments.of(guards.current_tenant_id(), appointment_id)
    told = {"latest_safe_arrival": moment(found.window_end_at), "history": history_json(found)}
    return jsonify(appointment=appointment_json(found), **told)


@bp.post("/appointments")
@guards.also_for("appointments")
@once_at_most
def book_appointment() -> ResponseReturnValue:
    """Book a visit, or keep time free."""
    body, user = read(BookAppointment), guards.require(Role.operator)
    _may_force(user, force=body.force)
    tenant = guards.current_tenant()
    hold = holds.of(tenant.id, body.hold_id) if body.hold_id else None
    if hold is not None and (former := appointments.of_hold(hold)) is not None:
        return jsonify(appointment=appointment_json(former)), 201
    if hold is not None:
        holds.use_up(hold)
        body = body.model_copy(update={"technician_id": hold.technician_id})
    booked = _block(tenant, body) if body.kind == "block" else _book(tenant, body)
    audit.record("appointment.book", str(booked.id), actor=guards.actor(), tenant_id=tenant.id)
    db.session.commit()
    return jsonify(appointment=appointment_json(booked)), 201


def _block(tenant: Tenant, body: BookAppointment) -> Appointment:
    return booking.block(tenant, _plan(body, body.duration_minutes or 60), title=body.title, made_by=guards.actor())


def _book(tenant: Tenant, body: BookAppointment) -> Appointment:
    lead = leads.of(tenant.id, body.lead_id) if body.lead_id else None
    thread = _thread(tenant, body, lead)
    estimate = booking.estimate_of(tenant.id, body.job_type or "")
    low, high = cents(body.price_min), cents(body.price_max)
    booked = booking.book(
        tenant,
        _plan(body, body.duration_minutes or estimate.minutes),
        phone=body.customer_phone or "",
        name=body.customer_name,
        estimate=estimate,
        thread=thread,
        prices=(low, high) if low is not None and high is not None else None,
        booking_type=body.booking_type,
        made_by=guards.actor(),
    )
    if lead is not None:
        booking.link(booked, lead)
    if body.notify_customer:
        booking.tell_customer(booked)
    return booked


def _thread(tenant: Tenant, body: BookAppointment, lead: leads.Lead | None) -> Conversation | None:
    thread_id = body.conversation_id or (lead.conversation_id if lead else None)
    if thread_id is not None:
        return conversations.of(tenant.id, thread_id)
    return conversations.latest_with(tenant.id, body.customer_phone or "")


def _plan(body: BookAppointment, minutes: int) -> Plan:
    return Plan(body.start, minutes, body.technician_id, body.place(), body.slot_type, body.force)


def _may_force(user: User, *, force: bool) -> None:
    if force and not user.may(Role.owner):
        raise Forbidden("Only the owner may book beyond hours and limits.")


@bp.patch("/appointments/<uuid:appointment_id>")
def change_appointment(appointment_id: UUID) -> ResponseReturnValue:
    """Move a visit, or say how far it is."""
    body, user = read(ChangeAppointment), guards.require(Role.operator)
    _may_force(user, force=body.force)
    found = appointments.of(user.tenant_id, appointment_id)
    if (wanted := version_wanted()) is not None and wanted != found.version:
        raise VersionConflict("This visit was changed in the meantime. Look again.")
    before = appointment_json(found)
    if body.moves:
        _move(found, body)
    if body.status is not None:
        booking.step(found, AppointmentStatus(body.status))
    if body.notes is not None:
        found.notes = body.notes
    _audit("appointment.update", found, before)
    db.session.commit()
    return jsonify(appointment=appointment_json(found))


def _move(found: Appointment, body: ChangeAppointment) -> None:
    minutes = body.duration_minutes or round((found.end_at - found.start_at).total_seconds() / 60)
    whose = body.technician_id or found.technician_id
    plan = Plan(body.start or found.start_at, minutes, whose, {}, found.slot_type, body.force)  # type: ignore[arg-type]
    booking.move(guards.current_tenant(), found, plan)
    if body.notify_customer:
        booking.tell_customer(found, is_moved=True)


@bp.post("/appointments/<uuid:appointment_id>/cancel")
def cancel_appointment(appointment_id: UUID) -> ResponseReturnValue:
    """Call a visit off; its time is free at once."""
    body, user = read(CancelAppointment), guards.require(Role.operator)
    found = appointments.of(user.tenant_id, appointment_id)
    before = appointment_json(found)
    hours = guards.current_tenant().settings.operational_limits.cancellation_window_hours
    is_late = now() > found.start_at - timedelta(hours=hours)
    if found.status != AppointmentStatus.cancelled:
        booking.call_off(found, body.reason, notify=body.notify_customer)
        found.notes = "\n".join(filter(None, (found.notes, body.notes)))
        _audit("appointment.cancel", found, before)
    db.session.commit()
    return jsonify(
        appointment=appointment_json(found),
        calendar_event_deleted=pushes.is_gone(found.id),
        within_cancellation_window=is_late,
    )


def _audit(action: str, found: Appointment, before: dict[str, Any]) -> None:
    after = appointment_json(found)
    changed = [name for name in after if after[name] != before[name] and name != "address"]
    audit.record(
        action, str(found.id), actor=guards.actor(), tenant_id=found.tenant_id,
        before={name: before[name] for name in changed}, after={name: after[name] for name in changed},
    )  # fmt: skip


@bp.get("/availability/cached/<uuid:tenant_id>")
@guards.also_for("availability")
def show_availability(tenant_id: UUID) -> ResponseReturnValue:
    """The free time of everybody up to the horizon; worked out now, as fresh as the linked calendars are."""
    guards.same_tenant(tenant_id)
    tenant, at = guards.current_tenant(), now()
    terms, fresh = tenants.terms(tenant), mirror.freshness(tenant.id)
    people = technicians.active(tenant.id)
    start, end = technicians.horizon(at, terms.horizon_days)
    busy = appointments.busy(tenant.id, start, end)
    free = availability.free_ranges(terms, [person.plain() for person in people], busy, at, terms.horizon_days)
    visits = [one for one in appointments.between(tenant.id, start, end) if one.status in appointments.OCCUPYING]
    days: dict[str, int] = {}
    for visit in visits:
        if visit.kind == appointments.Kind.booking:
            day = visit.start_at.astimezone(tenant.zone).date().isoformat()
            days[day] = days.get(day, 0) + 1
    return jsonify(
        tenant_id=str(tenant.id),
        version=round(at.timestamp() * 1000),
        generated_at=moment(at),
        stale=fresh.is_stale,
        synced_at=moment(fresh.synced_at),
        horizon_end=(at.astimezone(tenant.zone).date() + timedelta(days=terms.horizon_days)).isoformat(),
        technicians=[technician_json(person, tenant) for person in people],
        free_ranges=[range_json(one) for one in free],
        busy=[busy_json(visit) for visit in visits] + [hold_json(one) for one in busy if one.kind == "hold"],
        jobs_per_day=days,
    )


def technician_json(person: technicians.Technician, tenant: Tenant) -> dict[str, Any]:
    user_id = str(person.user_id) if person.user_id else None
    return {"technician_id": str(person.id), "user_id": user_id, "name": person.name, "timezone": tenant.timezone}


def range_json(one: FreeRange) -> dict[str, Any]:
    return {"technician_id": one.technician_id, "start": moment(one.start), "end": moment(one.end), "kind": one.kind}


def busy_json(visit: Appointment) -> dict[str, Any]:
    return {
        "event_id": str(visit.id),
        "technician_id": str(visit.technician_id),
        "start_time": moment(visit.start_at),
        "end_time": moment(visit.end_at),
        "booking_type": "blocked" if visit.kind != appointments.Kind.booking else visit.booking_type,
        "location_latitude": visit.address.get("latitude"),
        "location_longitude": visit.address.get("longitude"),
        "job_type": visit.job_types[0] if visit.job_types else "",
    }


def hold_json(one: Busy) -> dict[str, Any]:
    return {
        "event_id": f"hold:{one.owner}",
        "technician_id": one.technician_id,
        "start_time": moment(one.start),
        "end_time": moment(one.end),
        "booking_type": "tentative",
        "location_latitude": None,
        "location_longitude": None,
        "job_type": "",
    }


def appointment_json(visit: Appointment) -> dict[str, Any]:
    lead = db.session.scalar(select(leads.Lead.id).where(leads.Lead.appointment_id == visit.id).limit(1))
    zone = db.session.scalar(select(Tenant.timezone).where(Tenant.id == visit.tenant_id))
    return {
        "id": str(visit.id),
        "kind": visit.kind,
        "status": visit.status,
        "booking_type": visit.booking_type,
        "slot_type": visit.slot_type,
        "technician_id": str(visit.technician_id),
        "customer_id": str(visit.customer_id) if visit.customer_id else None,
        "lead_id": str(lead) if lead else None,
        "conversation_id": str(visit.conversation_id) if visit.conversation_id else None,
        "job_number": visit.job_number,
        "job_type": visit.job_types[0] if visit.job_types else None,
        "title": visit.title,
        "start": moment(visit.start_at),
        "end": moment(visit.end_at),
        "arrival_window_start": moment(visit.window_start_at),
        "arrival_window_end": moment(visit.window_end_at),
        "timezone": zone,
        "address": visit.address,
        "price_min": dollars(visit.price_low_cents),
        "price_max": dollars(visit.price_high_cents),
        "multiplier": visit.multiplier,
        "cancel_reason": visit.cancel_reason,
        "notes": visit.notes,
        "sync_state": pushes.state_of(visit.id),
        "version": visit.version,
    }


def history_json(visit: Appointment) -> list[dict[str, Any]]:
    """What was done to the visit by hand, from the audit."""
    rows = select(audit.Audit).where(
        audit.Audit.tenant_id == visit.tenant_id,
        audit.Audit.target == str(visit.id),
        audit.Audit.action.startswith("appointment."),
    )
    entries = db.session.scalars(rows.order_by(audit.Audit.at, audit.Audit.id))
    return [{"at": moment(one.at), "action": one.action, "actor": one.actor, "after": one.after} for one in entries]
