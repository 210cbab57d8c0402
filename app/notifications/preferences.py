"""How a person wants to be told: the channels of each category, quiet hours, sounds (interfaces.md, preferences)."""

from collections.abc import Mapping
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, ValidationError, field_validator, model_validator

from app import settings
from app.clock import now
from app.errors import Invalid, Malformed
from app.notifications.words import Category, Channel
from app.scheduling.types import WEEKDAYS
from app.settings import Clock, Group
from app.tenants import VersionConflict
from app.users import User

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Ways(Group):
    push: bool
    sms: bool
    email: bool


class Categories(Group):
    """What is told by which channels unless the person chose otherwise."""

    missed_call: Ways = Ways(push=True, sms=True, email=False)
    new_message: Ways = Ways(push=True, sms=True, email=False)
    appointment_reminder: Ways = Ways(push=True, sms=True, email=False)
    billing_alert: Ways = Ways(push=True, sms=False, email=True)
    compliance_update: Ways = Ways(push=False, sms=False, email=True)
    system_announcement: Ways = Ways(push=False, sms=False, email=True)


class QuietHours(Group):
    enabled: bool = True
    start: Clock = "22:00"
    end: Clock = "07:00"
    weekdays: list[Weekday] = Field(default=list(WEEKDAYS), max_length=7)  # type: ignore[arg-type]
    """The days on whose evening (or morning, for hours within a day) they begin."""
    timezone: str | None = None
    """None is the zone of the business."""
    mode: Literal["defer", "digest", "drop"] = "digest"

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, zone: str | None) -> str | None:
        if zone is not None and zone not in available_timezones():
            raise ValueError("is not an IANA time zone")
        return zone

    @model_validator(mode="after")
    def _has_a_length(self) -> Self:
        if self.start == self.end:
            raise ValueError("start and end must differ")
        return self


class DailySummary(Group):
    enabled: bool = False
    time: Clock = "19:00"


class Preferences(Group):
    categories: Categories = Categories()
    quiet_hours: QuietHours = QuietHours()
    daily_summary: DailySummary = DailySummary()
    sounds: bool = True


class NoCriticalChannel(Invalid):
    code = "NO_CRITICAL_CHANNEL"


DEFAULTS = Preferences()


def of(user: User) -> Preferences:
    """A person's preferences, complete."""
    return Preferences.model_validate(settings.merge(DEFAULTS.model_dump(), _chosen(user)))


def _chosen(user: User) -> dict[str, Any]:
    return {name: user.preferences[name] for name in Preferences.model_fields if name in user.preferences}


def is_refused(user: User, category: Category, channel: Channel) -> bool:
    """Whether the person switched this channel off for this category; a default refuses nothing that was asked for."""
    return user.preferences.get("categories", {}).get(category, {}).get(channel) is False


def zone(user: User) -> ZoneInfo:
    """The zone in which the person's quiet hours are meant."""
    return ZoneInfo(of(user).quiet_hours.timezone or user.tenant.timezone)


def change(user: User, changes: Mapping[str, Any], *, version: int | None = None) -> Preferences:
    """Lay changes over a person's preferences; missing keys stay.

    Raises Malformed for unknown or wrong fields, VersionConflict, and NoCriticalChannel when an emergency would reach
    the person on no channel that works; nothing is changed then.
    """
    if version is not None and version != user.preferences_version:
        raise VersionConflict("These preferences were changed in the meantime. Look again.")
    merged = settings.merge(_chosen(user), changes)
    try:
        checked = Preferences.model_validate(settings.merge(DEFAULTS.model_dump(), merged))
    except ValidationError as error:
        told = {"validation_errors": settings.problems(error)}
        raise Malformed("Some preferences are not right.", details=told) from error
    if "missed_call" in (changes.get("categories") or {}) and not _reaches(user, checked.categories.missed_call):
        raise NoCriticalChannel("Emergencies need one channel that works: a verified phone or an e-mail address.")
    user.preferences = user.preferences | merged
    user.preferences_version += 1
    return checked


def _reaches(user: User, ways: Ways) -> bool:
    texts = ways.sms and user.verified_phone is not None and user.alerts_by_text
    return texts or (ways.email and not user.is_mail_refused_at(now()))
