"""What one service does when another tells it something, by event or by webhook: each version once (interfaces.md 1.9).

Inside this application the services share their rows, so the news is there already when it is told; what is left to
do is what follows from it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app import conversations, estimates, heard, notifications, tasks, tenants, users
from app.conversations import Conversation, presence
from app.events import Event, consumes
from app.extensions import db
from app.notifications import Category, Channel
from app.scheduling import lost
from app.tenants import Tenant
from app.users import Presence

AFFECT_TIMES = {"business_hours", "emergency_service", "operational_limits", "general", "pricing"}
"""The groups of settings that decide when somebody can come."""


def settings_updated(tenant: Tenant, event_id: str, version: int, changed: Sequence[str]) -> bool:
    """app-server: free times are looked at anew, twilio-server is told, then the owner; False for an old version.

    A version that tenant-service has not written yet is not believed, or it would make the true ones old.
    """
    if version > tenant.settings_version:
        return False
    if not heard.is_news(tenant.id, "settings-updated", "settings", version, event_id):
        return False
    if AFFECT_TIMES & set(changed):
        _withdraw_lost(tenant)
    settings_synced(tenant, event_id, version)
    _confirm(tenant, version, changed)
    return True


def settings_synced(tenant: Tenant, event_id: str, version: int) -> bool:
    """twilio-server: the next turn works by the new settings, which it reads; deadlines that run stay."""
    if version > tenant.settings_version:
        return False
    return heard.is_news(tenant.id, "settings-sync", "settings", version, event_id)


def _confirm(tenant: Tenant, version: int, changed: Sequence[str]) -> None:
    owner = users.owner_of(tenant.id)
    if owner is None:
        return
    what = ", ".join(name.replace("_", " ") for name in sorted(changed)) or "nothing"
    notifications.tell(
        owner,
        title="Settings saved",
        body=f"Changed: {what}. Calls and texts work by the new settings from now on.",
        category=Category.system_announcement,
        channels=[Channel.email],
        urgency="low",
        dedupe_key=f"settings:{version}",
    )


def estimates_updated(tenant: Tenant, event_id: str, version: int | None, told: Sequence[Mapping[str, Any]]) -> bool:
    """twilio-server: every turn reads the price book; one that differs from what was told is a matter for support."""
    if version is not None and not heard.is_news(tenant.id, "job-estimates-updated", "price book", version, event_id):
        return False
    is_current = version is None or version == estimates.version(tenant.id)
    mine = {line.job_type: (line.low_cents, line.high_cents) for line in estimates.active(tenant.id)}
    if is_current and {one["job_type"]: (one["low_cents"], one["high_cents"]) for one in told} != mine:
        why = "The price book that app-server told differs from the one that is quoted."
        tasks.ask_support(f"price-book:{tenant.id}:{event_id}", "price_book", why, tenant.id)
    return True


def user_status_changed(
    tenant: Tenant, event_id: str, user_id: UUID, version: int, *, status: Presence, until: datetime | None
) -> bool:
    """twilio-server: somebody who is offline or on vacation is not waited for any longer."""
    user = users.of(tenant.id, user_id)
    if user is None or not heard.is_news(tenant.id, "user-status-changed", str(user_id), version, event_id):
        return False
    presence.change(user, status, until)
    return True


def availability_changed(tenant: Tenant, event_id: str, user_id: UUID, dates: Sequence[date], version: int) -> bool:
    """app-server: offers on times of these days that are lost are taken off the table."""
    kind = "availability-changed"
    news = {day for day in dates if heard.is_news(tenant.id, kind, f"{user_id}:{day}", version, event_id)}
    if news:
        _withdraw_lost(tenant, news)
    return bool(news)


def _withdraw_lost(tenant: Tenant, dates: set[date] | None = None) -> None:
    for offer in lost.withdraw(tenant, dates):
        thread = db.session.get(Conversation, offer.conversation_id)
        if thread is not None:
            conversations.note(thread, f"Offer {offer.number} was taken back: that time is not free any more.")


# The same, told by event within the application


@consumes("settings.updated")
def _settings_updated(event: Event) -> None:
    told = event.payload
    settings_updated(_tenant(event), str(event.id), told["version"], told["changed"])


@consumes("job_estimates.updated")
def _estimates_updated(event: Event) -> None:
    told = [
        {
            "job_type": one["job_type"],
            "low_cents": round(one["estimated_cost_min"] * 100),
            "high_cents": round(one["estimated_cost_max"] * 100),
        }
        for one in event.payload["estimates"]
    ]
    estimates_updated(_tenant(event), str(event.id), event.payload["version"], told)


@consumes("user.status_changed")
def _user_status_changed(event: Event) -> None:
    """The row was changed with the event and may have been changed again since: only its version is noted."""
    told = event.payload
    heard.is_news(event.tenant_id, "user-status-changed", told["user_id"], told["version"], str(event.id))


@consumes("availability.changed")
def _availability_changed(event: Event) -> None:
    told = event.payload
    days = [date.fromisoformat(day) for day in told["dates"]]
    if not days:  # no day is named: it may be any
        _withdraw_lost(_tenant(event))
    availability_changed(_tenant(event), str(event.id), UUID(told["user_id"]), days, told["version"])


def _tenant(event: Event) -> Tenant:
    tenant = tenants.by_id(event.tenant_id)
    if tenant is None:
        raise LookupError(f"no tenant {event.tenant_id}")
    return tenant
