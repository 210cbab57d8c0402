"""Offers whose time is not free any more are taken off the table before somebody chooses them (interfaces.md 1.9)."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from app import tenants
from app.clock import now
from app.extensions import db
from app.scheduling import appointments, availability, holds, technicians
from app.scheduling.offered import OfferedSlot, OfferStatus
from app.scheduling.types import Busy, FreeRange, RangeKind, Terms
from app.tenants import Tenant

KINDS: dict[str, set[RangeKind]] = {"regular": {"regular"}, "early_morning": {"early_morning", "regular"}}
ANY: set[RangeKind] = {"regular", "early_morning", "after_hours"}


def withdraw(tenant: Tenant, dates: set[date] | None = None) -> list[OfferedSlot]:
    """Mark open offers stale whose time was lost, on these local dates or on all; a hold on one ends with it."""
    offers = [one for one in _open(tenant) if dates is None or one.start_at.astimezone(tenant.zone).date() in dates]
    if not offers:
        return []
    terms, moment = tenants.terms(tenant), now()
    busy = appointments.busy(tenant.id, *technicians.horizon(moment, terms.horizon_days))
    gone = []
    for conversation_id in {one.conversation_id for one in offers}:
        mine = [one for one in offers if one.conversation_id == conversation_id]
        free = _free_for(conversation_id, tenant, terms, busy, moment)
        gone += [one for one in mine if not _fits(one, free, terms)]
    for one in gone:
        one.status = OfferStatus.stale
        if one.is_held:
            holds.release(one.conversation_id)
    return gone


def _open(tenant: Tenant) -> list[OfferedSlot]:
    waiting = select(OfferedSlot).where(
        OfferedSlot.tenant_id == tenant.id, OfferedSlot.status == OfferStatus.open, OfferedSlot.start_at > now()
    )
    return list(db.session.scalars(waiting.order_by(OfferedSlot.conversation_id, OfferedSlot.number)))


def _free_for(
    conversation_id: UUID, tenant: Tenant, terms: Terms, busy: Iterable[Busy], moment: datetime
) -> list[FreeRange]:
    """Free time as this conversation sees it: what is kept for itself is free."""
    people = [person.plain() for person in technicians.active(tenant.id)]
    others = [one for one in busy if one.owner != str(conversation_id)]
    return availability.free_ranges(terms, people, others, moment, terms.horizon_days)


def _fits(offer: OfferedSlot, free: Iterable[FreeRange], terms: Terms) -> bool:
    slot_type = offer.slot.get("slot_type", "regular")
    kinds = ANY if terms.overtime_allowed else KINDS.get(slot_type, ANY)
    reached = offer.start_at
    for one in free:  # in the order of their starts
        if one.technician_id == str(offer.technician_id) and one.kind in kinds and one.start <= reached < one.end:
            reached = one.end
    return reached >= offer.end_at
