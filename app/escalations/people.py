"""Who is told about an alert, in which order, and when a phone may ring (behaviour.md 2.11)."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import select

from app import numbers, tenants
from app.clock import now
from app.escalations import Escalation
from app.escalations.planning import Person
from app.extensions import db
from app.tenants import Tenant
from app.users import Presence, User

DAY = timedelta(days=1)


def on_call(tenant: Tenant, first: User) -> list[User]:
    """The others who are on call: in the order of the settings if these name anybody, else in that of the people."""
    everybody = select(User).where(User.tenant_id == tenant.id, User.is_active)
    active = {user.id: user for user in db.session.scalars(everybody)}
    if named := tenant.settings.escalation.on_call:
        by_name = {str(user.id): user for user in active.values()} | {user.email: user for user in active.values()}
        listed: Sequence[User] = [by_name[name] for name in dict.fromkeys(named) if name in by_name]
    else:
        listed = sorted(
            (user for user in active.values() if user.on_call_order is not None),
            key=lambda user: (user.on_call_order, user.created_at),
        )
    return [user for user in listed if user.id != first.id]


def reach(user: User, *, may_ring: bool = True) -> Person:
    """How a person can be reached: never on a number of ours, on vacation not by phone (scenario SC36)."""
    moment, phone = now(), user.verified_phone
    is_his = phone is not None and user.is_active and not numbers.is_ours(phone)
    is_away = user.presence_at(moment) == Presence.vacation
    return Person(
        user.id,
        can_be_called=is_his and may_ring and user.alerts_by_voice and not is_away,
        can_be_texted=is_his and user.alerts_by_text,
    )


def rings_ever(tenant: Tenant, moment: datetime) -> bool:
    """Whether there is an hour at which somebody takes calls."""
    return tenants.is_phone_open(tenant, moment) or tenants.phone_opens_at(tenant, moment) is not None


def rings_from(escalation: Escalation, tenant: Tenant, moment: datetime) -> datetime | None:
    """When phones may ring, `moment` if they may then; None as long as the customer has not accepted.

    Nobody is woken for an offer that may be refused, nor outside phone hours; life safety never waits.
    """
    if escalation.is_life_safety:
        return moment
    if escalation.waits_for_acceptance and not escalation.is_accepted:
        return None
    is_spared_at_night = not escalation.is_accepted and escalation.conversation_id is not None
    for _ in range(3):  # the night ends, the phone hours begin, and that may be at night again
        if is_spared_at_night and is_night(tenant, moment):
            moment = _night_ends(tenant, moment)
        elif not tenants.is_phone_open(tenant, moment):
            moment = tenants.phone_opens_at(tenant, moment) or moment
        else:
            break
    return moment


def is_night(tenant: Tenant, moment: datetime) -> bool:
    """Whether it is an hour at which people sleep, by the settings of the business."""
    emergency = tenant.settings.emergency_service
    clock = moment.astimezone(tenant.zone).strftime("%H:%M")
    return clock >= emergency.night_start or clock < emergency.night_end


def _night_ends(tenant: Tenant, moment: datetime) -> datetime:
    local = moment.astimezone(tenant.zone)
    end = time.fromisoformat(tenant.settings.emergency_service.night_end)
    day = local.date() if local.time() < end else (local + DAY).date()
    return datetime.combine(day, end, tenant.zone)
