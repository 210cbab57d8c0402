"""Whether and when each channel of a notice is used: the order of decision of behaviour.md 2.10."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from app import watching
from app.notifications import preferences
from app.notifications.words import IF_UNSEEN, QUIET, SCHEDULED, THROTTLED, Category, Channel, DeliveryStatus
from app.scheduling.types import WEEKDAYS
from app.users import User

HIGH = "high"
CRITICAL = (Category.missed_call, Category.billing_alert, Category.compliance_update)
"""With high urgency: an emergency, access that is lost, a registration that was stopped."""
EXPIRES = {HIGH: timedelta(minutes=10)}
DEFAULT_EXPIRY = timedelta(hours=24)
UNSEEN_FOR = timedelta(minutes=2)


@dataclass(frozen=True)
class Wish:
    """What a caller asks for besides the words."""

    category: Category
    urgency: str = "medium"
    respects_quiet_hours: bool | None = None
    """False counts only with high urgency; left open, high urgency passes them (behaviour.md 8.3)."""
    schedule_for: datetime | None = None
    ttl_minutes: int | None = None
    is_answer: bool = False
    """The person asked for it himself just now: no preference stands in the way."""

    @property
    def is_critical(self) -> bool:
        return self.urgency == HIGH and self.category in CRITICAL

    @property
    def keeps_quiet(self) -> bool:
        return not self.is_critical and (self.urgency != HIGH or self.respects_quiet_hours is True)


@dataclass(frozen=True)
class Step:
    """What becomes of one channel."""

    channel: Channel
    status: DeliveryStatus
    due_at: datetime
    expires_at: datetime
    why: str | None = None


def steps(
    user: User, channels: Sequence[Channel], wish: Wish, at: datetime, *, free_at: Callable[[Channel], datetime | None]
) -> list[Step]:
    """The plan for each channel in turn; `free_at` says until when a channel is throttled."""
    planned: list[Step] = []
    for channel in channels:
        is_second = any(step.status != DeliveryStatus.suppressed for step in planned)
        planned.append(_step(user, channel, wish, at, free_at=free_at, is_second=is_second))
    return planned


def _step(
    user: User,
    channel: Channel,
    wish: Wish,
    at: datetime,
    *,
    free_at: Callable[[Channel], datetime | None],
    is_second: bool,
) -> Step:
    due = wish.schedule_for or at
    why = SCHEDULED if wish.schedule_for else None
    if refusal := _refusal(user, channel, wish, due):
        return _made(channel, DeliveryStatus.suppressed, due, refusal, wish)
    if wish.keeps_quiet and channel != Channel.email and (opens := quiet_until(user, due)):
        if preferences.of(user).quiet_hours.mode == "drop":
            return _made(channel, DeliveryStatus.suppressed, due, QUIET, wish)
        due, why = opens, QUIET
    if not wish.is_critical and (free := free_at(channel)) is not None and free > due:
        due, why = free, THROTTLED
    if wish.category == Category.new_message and is_second and wish.urgency != HIGH and why is None:
        due, why = due + UNSEEN_FOR, IF_UNSEEN
    return _made(channel, DeliveryStatus.deferred if why else DeliveryStatus.queued, due, why, wish)


def _made(channel: Channel, status: DeliveryStatus, due: datetime, why: str | None, wish: Wish) -> Step:
    life = timedelta(minutes=wish.ttl_minutes) if wish.ttl_minutes else EXPIRES.get(wish.urgency, DEFAULT_EXPIRY)
    return Step(channel, status, due, due + life, why)


def _refusal(user: User, channel: Channel, wish: Wish, at: datetime) -> str | None:
    """Why a channel is not used at all; a phone that said STOP gets no text, however critical (channels.md 3)."""
    if channel == Channel.sms and not user.alerts_by_text:
        return "alert texts are switched off"
    if not (wish.is_critical or wish.is_answer) and preferences.is_refused(user, wish.category, channel):
        return "switched off in the preferences"
    if channel == Channel.sms and not user.verified_phone:
        return "phone not verified"
    if channel == Channel.email and user.is_mail_refused_at(at):
        return "bounced address"
    if channel == Channel.push and not watching.is_watching(user.id):
        return "no device is registered for push, and no page is open"
    return None


def quiet_until(user: User, moment: datetime) -> datetime | None:
    """When the person's quiet hours end, if they are on at that moment; None otherwise."""
    quiet = preferences.of(user).quiet_hours
    if not quiet.enabled:
        return None
    zone = preferences.zone(user)
    local = moment.astimezone(zone)
    clock = local.strftime("%H:%M")
    is_overnight = quiet.start > quiet.end
    began_yesterday = is_overnight and clock < quiet.end
    is_quiet = clock >= quiet.start or began_yesterday if is_overnight else quiet.start <= clock < quiet.end
    evening = local.date() - timedelta(days=began_yesterday)
    if not is_quiet or WEEKDAYS[evening.weekday()] not in quiet.weekdays:
        return None
    ends_on = evening + timedelta(days=is_overnight)
    return datetime.combine(ends_on, time.fromisoformat(quiet.end), zone)
