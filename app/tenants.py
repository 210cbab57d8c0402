"""The businesses: who they are, where they work, what they have set."""

import enum
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app import settings
from app.clock import now
from app.errors import Conflict
from app.extensions import db, uuid7
from app.scheduling.types import Place, Terms


class Trade(enum.StrEnum):
    plumbing = enum.auto()
    electrical = enum.auto()
    hvac = enum.auto()
    locksmith = enum.auto()
    garage_door = enum.auto()


class TenantStatus(enum.StrEnum):
    active = enum.auto()
    closing = enum.auto()
    closed = enum.auto()


class Tenant(db.Model):
    __tablename__ = "tenant"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    slug: Mapped[str] = mapped_column(unique=True)
    business_name: Mapped[str]
    email: Mapped[str]
    trade_type: Mapped[Trade]
    timezone: Mapped[str]
    street_address: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="")
    postal_code: Mapped[str] = mapped_column(default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    status: Mapped[TenantStatus] = mapped_column(default=TenantStatus.active)
    texting_paused_reason: Mapped[str | None]
    """Set by support: nothing is texted for this tenant while it stands."""
    setting_changes: Mapped[dict] = mapped_column(JSONB, default=dict)
    settings_version: Mapped[int] = mapped_column(default=1)
    onboarding_completed: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)

    def __str__(self) -> str:
        return self.business_name

    @property
    def settings(self) -> settings.TenantSettings:
        """Everything the tenant can set, with the defaults of its trade."""
        return settings.complete(self.trade_type, self.setting_changes)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class VersionConflict(Conflict):
    code = "VERSION_CONFLICT"


class TextingUnchanged(Conflict):
    code = "TEXTING_UNCHANGED"


def by_id(tenant_id: UUID) -> Tenant | None:
    """The tenant of that id, as far as this transaction may see it."""
    return db.session.get(Tenant, tenant_id)


def change_settings(
    tenant: Tenant, changes: Mapping[str, Any], *, version: int | None = None
) -> settings.TenantSettings:
    """Lay changes over a tenant's settings; missing keys stay.

    Raises Malformed for unknown or wrong fields and VersionConflict when `version` is not the stored one; nothing is
    changed then.
    """
    if version is not None and version != tenant.settings_version:
        raise VersionConflict("These settings were changed in the meantime. Look again.")
    merged = settings.merge(tenant.setting_changes, changes)
    checked = settings.complete(tenant.trade_type, merged)
    tenant.setting_changes = merged
    tenant.settings_version += 1
    return checked


def pause_texting(tenant: Tenant, reason: str) -> None:
    """Text nothing more for a business until support lets it again; raises TextingUnchanged when paused."""
    if tenant.texting_paused_reason:
        raise TextingUnchanged("Texting is paused already.")
    tenant.texting_paused_reason = reason[:200]


def resume_texting(tenant: Tenant) -> str:
    """Let a business text again, and return why it was paused; raises TextingUnchanged when it is not."""
    if not tenant.texting_paused_reason:
        raise TextingUnchanged("Texting is not paused.")
    former, tenant.texting_paused_reason = tenant.texting_paused_reason, None
    return former


def is_open(tenant: Tenant, at: datetime) -> bool:
    """Whether the business is open at that moment, by its hours and holidays."""
    return _within(tenant.settings.business_hours, tenant, at)


def is_phone_open(tenant: Tenant, at: datetime) -> bool:
    """Whether somebody takes calls at that moment."""
    hours = tenant.settings.general.phone_hours
    return hours.always_available or _within(hours, tenant, at)


def phone_opens_at(tenant: Tenant, at: datetime) -> datetime | None:
    """When somebody takes calls again, at most a week ahead; None if nobody ever does."""
    days = tenant.settings.general.phone_hours.days()
    local = at.astimezone(tenant.zone)
    for ahead in range(8):
        day = (local + timedelta(days=ahead)).date()
        hours = days[day.strftime("%A").lower()]
        opening = datetime.combine(day, time.fromisoformat(hours[0]), tenant.zone) if hours else None
        if opening is not None and opening > at:
            return opening
    return None


def is_away(tenant: Tenant, at: datetime) -> bool:
    """Whether the whole business is out of office."""
    out = tenant.settings.general.out_of_office
    since, until = _on_our_clock(out.since, tenant), _on_our_clock(out.until, tenant)
    return out.enabled and (since is None or since <= at) and (until is None or at < until)


def _on_our_clock(at: datetime | None, tenant: Tenant) -> datetime | None:
    """A moment that was given without a zone is one of the tenant's own."""
    return at.replace(tzinfo=tenant.zone) if at is not None and at.tzinfo is None else at


def _within(week: settings.Week, tenant: Tenant, at: datetime) -> bool:
    local = at.astimezone(tenant.zone)
    if any(holiday.date == local.date() for holiday in tenant.settings.general.holidays):
        return False
    today = week.days()[local.strftime("%A").lower()]
    return today is not None and today[0] <= local.strftime("%H:%M") < today[1]


def terms(tenant: Tenant) -> Terms:
    """The settings that decide when somebody can come and at what rate, for the pure scheduling functions."""
    chosen = tenant.settings
    emergency, limits, prices = chosen.emergency_service, chosen.operational_limits, chosen.pricing
    out = chosen.general.out_of_office
    return Terms(
        timezone=tenant.timezone,
        business_hours=chosen.business_hours.days(),
        base=Place(tenant.latitude, tenant.longitude, tenant.postal_code or None, "street"),
        holidays=frozenset(holiday.date for holiday in chosen.general.holidays),
        out_from=(_local_day(out.since, tenant) or date.min) if out.enabled else None,
        out_until=_local_day(out.until, tenant) if out.enabled else None,
        lead_minutes=limits.lead_time_minutes.model_dump(),
        horizon_days=limits.booking_horizon_days,
        min_buffer_minutes=limits.min_buffer_between_jobs,
        max_jobs_per_day=limits.max_jobs_per_day,
        overtime_allowed=limits.overtime_allowed,
        same_day_parts=limits.same_day_parts,
        arrival_window_minutes=limits.arrival_window_minutes,
        emergency_arrival_window_minutes=limits.emergency_arrival_window_minutes,
        next_day_booking=limits.next_day_booking,
        emergencies_accepted=emergency.enabled and emergency.accept_emergencies,
        after_hours_enabled=emergency.after_hours_enabled,
        max_after_hours_jobs_per_day=emergency.max_after_hours_jobs_per_day,
        evening_start=emergency.evening_start,
        night_start=emergency.night_start,
        night_end=emergency.night_end,
        cutoff_time=emergency.cutoff_time,
        early_enabled=prices.early_morning_enabled,
        early_start=prices.early_morning_start,
        early_end=prices.early_morning_end,
        early_multiplier=_decimal(prices.early_morning_multiplier),
        work_multiplier=_decimal(emergency.work_hours_emergency_multiplier),
        evening_multiplier=_decimal(emergency.evening_emergency_multiplier),
        night_multiplier=_decimal(emergency.night_emergency_multiplier),
        after_hours_multiplier=(
            _decimal(emergency.after_hours_emergency_multiplier) if emergency.after_hours_emergency_multiplier else None
        ),
        surcharge_percent=emergency.weekend_holiday_surcharge_percent,
        service_radius_miles=limits.service_radius_miles,
        emergency_radius_miles=emergency.emergency_radius_miles,
        zip_include=frozenset(limits.zip_include),
        zip_exclude=frozenset(limits.zip_exclude),
        max_travel_minutes=limits.max_travel_time_minutes,
        max_travel_miles=limits.max_travel_distance_miles,
        travel_fixed_minutes=limits.travel.fixed,
        travel_road_factor=limits.travel.road_factor,
        travel_mph=limits.travel.mph,
        travel_peak_factor=limits.travel.peak_factor,
    )


def _decimal(number: float) -> Decimal:
    return Decimal(str(number))


def _local_day(at: datetime | None, tenant: Tenant) -> date | None:
    moment = _on_our_clock(at, tenant)
    return moment.astimezone(tenant.zone).date() if moment else None


def everyone() -> list[Tenant]:
    """All businesses, by name."""
    return list(db.session.scalars(select(Tenant).order_by(Tenant.business_name)))
