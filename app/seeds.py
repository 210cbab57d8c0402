"""A business with all that it needs to take calls: for the demo, for development and for tests."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app import estimates, users
from app.clock import now
from app.extensions import db
from app.numbers import Number
from app.registrations import Registration, RegistrationStatus
from app.scheduling.area import zip_of
from app.scheduling.technicians import Technician
from app.subscriptions import Subscription, SubscriptionStatus
from app.tenants import Tenant, Trade
from app.users import Presence, Role, Staff, User


@dataclass(frozen=True)
class Business:
    """What is said about a business when it starts."""

    name: str
    trade: Trade
    number: str
    owner_email: str
    owner_phone: str
    owner_name: str = "Owner"
    postal_code: str = "90012"
    street_address: str = "200 N Spring St"
    timezone: str = "America/Los_Angeles"
    point: tuple[float, float] | None = (34.0522, -118.2437)
    technicians: tuple[str, ...] = ("Owner",)
    settings: dict[str, Any] = field(default_factory=dict)
    plan: str = "professional"
    presence: Presence = Presence.available


DEMO = (
    Business("Prime Plumbing", Trade.plumbing, "+12135550100", "owner@prime-plumbing.example", "+12135550199"),
    Business("ElectriPro", Trade.electrical, "+12135550101", "owner@electripro.example", "+12135550198"),
    Business("CoolTech HVAC", Trade.hvac, "+12135550102", "owner@cooltech.example", "+12135550197"),
    Business("SecureLock Services", Trade.locksmith, "+12135550103", "owner@securelock.example", "+12135550196"),
    Business(
        "Eastside Garage Doors", Trade.garage_door, "+12135550104", "owner@eastside-doors.example", "+12135550195"
    ),
)


def start(business: Business, *, account_sid: str, password_hash: str) -> Tenant:
    """Set a business up, complete; one of the same number that is there already is left as it is."""
    existing = db.session.scalar(select(Number).where(Number.e164 == business.number))
    if existing is not None:
        return existing.tenant
    where = zip_of(business.postal_code)
    tenant = Tenant(
        slug=re.sub(r"[^a-z0-9]+", "-", business.name.lower()).strip("-"),
        business_name=business.name,
        email=business.owner_email,
        trade_type=business.trade,
        timezone=business.timezone,
        street_address=business.street_address,
        city=where.city if where else "",
        state=where.state if where else "",
        postal_code=business.postal_code,
        latitude=business.point[0] if business.point else None,
        longitude=business.point[1] if business.point else None,
        setting_changes=business.settings,
        onboarding_completed=True,
    )
    db.session.add(tenant)
    db.session.flush()
    owner = _people(tenant, business, password_hash)
    _rights(tenant, business, account_sid)
    estimates.add_defaults(tenant)
    for name in business.technicians:
        person = Technician(
            tenant_id=tenant.id, name=name, user_id=owner.id if name == business.technicians[0] else None
        )
        db.session.add(person)
        db.session.flush()
    return tenant


def _people(tenant: Tenant, business: Business, password_hash: str) -> User:
    owner = User(
        tenant_id=tenant.id,
        email=business.owner_email,
        password_hash=password_hash,
        display_name=business.owner_name,
        role=Role.owner,
        phone_number=business.owner_phone,
        phone_verified_at=now(),
        email_verified_at=now(),
        presence=business.presence,
        on_call_order=1,
    )
    db.session.add(owner)
    db.session.flush()
    return owner


def _rights(tenant: Tenant, business: Business, account_sid: str) -> None:
    moment = now()
    db.session.add_all(
        [
            Number(tenant_id=tenant.id, e164=business.number, account_sid=account_sid, sid=None),
            Registration(
                tenant_id=tenant.id, status=RegistrationStatus.approved, submitted_at=moment, decided_at=moment
            ),
            Subscription(
                tenant_id=tenant.id,
                plan=business.plan,
                status=SubscriptionStatus.active,
                period_started_at=moment,
                period_ends_at=moment + timedelta(days=30),
            ),
        ]
    )


def hire(email: str, password: str, name: str = "Support") -> Staff:
    """Give somebody of the support team access to the panel; one who has it keeps it."""
    person = db.session.scalar(select(Staff).where(Staff.email == email))
    if person is None:
        person = Staff(email=email, password_hash=users.hash_password(password), display_name=name)
        db.session.add(person)
        db.session.flush()
    return person
