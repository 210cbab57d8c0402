"""Makes what a test needs and nothing more; the facts that matter are said by the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from app import seeds, tenancy, tenants, users
from app.extensions import db
from app.seeds import DEMO, Business
from app.tenants import Tenant
from sandbox.carrier import Carrier

PASSWORD = "a-long-enough-password"
CUSTOMER = "+13105550142"
WORKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
EVERY_DAY = (*WORKDAYS, "saturday", "sunday")


def hours(start: str, end: str, days: tuple[str, ...] = WORKDAYS) -> dict[str, dict[str, str]]:
    """The same opening and closing on several days."""
    return {day: {"start": start, "end": end} for day in days}


F1 = replace(
    DEMO[0],
    settings={
        "business_hours": hours("08:00", "18:00") | hours("08:00", "14:00", ("saturday",)),
        "general": {"phone_hours": {"always_available": False} | hours("06:00", "22:00", EVERY_DAY)},
        "operational_limits": {"max_jobs_per_day": 6},
    },
)
"""Prime Plumbing of the spec's scenarios."""
F2 = replace(DEMO[1], settings={"business_hours": hours("08:00", "18:00")})
"""ElectriPro."""
F3 = replace(DEMO[2], settings={"business_hours": hours("08:00", "18:00")})
"""CoolTech HVAC."""
F4 = DEMO[3]
"""SecureLock Services."""
F5 = replace(DEMO[4], settings={"pricing": {"early_morning_enabled": False}})
"""The garage door business, without early mornings."""


class Factories:
    def __init__(self, web: Flask, carrier: Carrier, public: str, account_sid: str) -> None:
        self.web, self.carrier, self.public, self.account_sid = web, carrier, public, account_sid

    @contextmanager
    def rows(self) -> Iterator[Any]:
        """Look at the rows of everybody, in a session of its own that is thrown away."""
        with self.web.app_context(), tenancy.scope(tenancy.SYSTEM):
            yield db.session
            db.session.rollback()
            db.session.remove()

    @contextmanager
    def changing(self) -> Iterator[Any]:
        """Change rows as the system would."""
        with self.web.app_context(), tenancy.scope(tenancy.SYSTEM):
            yield db.session
            db.session.commit()
            db.session.remove()

    def business(self, business: Business = F1, **changes: Any) -> UUID:
        """A complete business whose number is on the network; its id."""
        business = replace(business, **changes)
        with self.changing():
            tenant = seeds.start(business, account_sid=self.account_sid, password_hash=users.hash_password(PASSWORD))
            tenant_id = tenant.id
        base = f"{self.public}/webhooks/twilio"
        self.carrier.add_number(
            business.number,
            voice_url=f"{base}/call",
            voice_fallback_url=f"{base}/voice-fallback",
            status_callback=f"{base}/call/ended",
            sms_url=f"{base}/sms",
            sms_fallback_url=f"{base}/sms-fallback",
        )
        return tenant_id

    def user(self, tenant_id: UUID, **facts: Any) -> UUID:
        """A further person of a business."""
        with self.changing() as session:
            user = users.User(
                tenant_id=tenant_id,
                email=facts.pop("email", f"user{facts.get('role', 'x')}@example.com"),
                password_hash=users.hash_password(PASSWORD),
                **facts,
            )
            session.add(user)
            session.flush()
            return user.id

    def set(self, tenant_id: UUID, **groups: Any) -> None:
        """Change settings of a business."""
        with self.changing() as session:
            tenants.change_settings(session.get(Tenant, tenant_id), groups)

    def owner(self, tenant_id: UUID, **facts: Any) -> None:
        """Change facts of the owner, e.g. presence."""
        with self.changing() as session:
            owner = session.scalar(select(users.User).where(users.User.tenant_id == tenant_id))
            for name, value in facts.items():
                setattr(owner, name, value)
