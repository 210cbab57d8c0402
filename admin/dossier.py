"""Everything about one business on one page, and on top what is wrong, in words (experience.md 3.3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import url_for
from sqlalchemy import Select, func, select

from admin import attention, words
from app import subscriptions, usage, users
from app.audit import Audit
from app.calls import Call
from app.clock import now
from app.conversations import LIVE, Conversation, Mode
from app.estimates import Estimate
from app.extensions import db
from app.messages import Direction, Message
from app.numbers import Number, NumberStatus
from app.plans import PLANS
from app.registrations import Registration, RegistrationStatus
from app.scheduling.technicians import Technician
from app.subscriptions import Access, Subscription
from app.tasks import SupportTask, TaskState
from app.tenants import Tenant
from app.users import User

QUIET = timedelta(days=14)


@dataclass(frozen=True)
class Issue:
    """One thing that is wrong, with the page where it is mended; `is_grave` when calls or texts are lost by it."""

    text: str
    url: str | None = None
    is_grave: bool = True


def of(tenant: Tenant) -> dict[str, Any]:
    """The parts of the page."""
    subscription = subscriptions.of(tenant.id)
    numbers = _all(select(Number).where(Number.tenant_id == tenant.id).order_by(Number.created_at))
    registration = db.session.scalar(select(Registration).where(Registration.tenant_id == tenant.id))
    last_call = db.session.scalar(_of(Call, tenant).order_by(Call.started_at.desc()).limit(1))
    parts: dict[str, Any] = {
        "people": _all(_of(User, tenant).order_by(User.role.desc(), User.created_at)),
        "technicians": _all(_of(Technician, tenant).order_by(Technician.created_at)),
        "prices": db.session.scalar(_count(Estimate, tenant).where(Estimate.is_active)),
        "subscription": subscription,
        "meters": _meters(subscription),
        "access": subscription.access_at(now()) if subscription else Access.none,
        "numbers": numbers,
        "registration": registration,
        "last_call": last_call,
        "last_text": db.session.scalar(
            _of(Message, tenant).where(Message.direction == Direction.outbound).order_by(Message.id.desc()).limit(1)
        ),
        "open_threads": _all(
            _of(Conversation, tenant)
            .where(Conversation.status.in_(LIVE))
            .order_by(Conversation.last_message_at.desc())
            .limit(10)
        ),
        "tasks": _all(
            _of(SupportTask, tenant).where(SupportTask.state == TaskState.open).order_by(SupportTask.created_at)
        ),
        "history": _all(_of(Audit, tenant).order_by(Audit.at.desc(), Audit.id.desc()).limit(15)),
    }
    return parts | {"issues": list(_issues(tenant, parts))}


def _all(wanted: Select[Any]) -> list[Any]:
    return list(db.session.scalars(wanted))


def _of(table: Any, tenant: Tenant) -> Select[Any]:
    return select(table).where(table.tenant_id == tenant.id)


def _count(table: Any, tenant: Tenant) -> Select[Any]:
    return select(func.count()).select_from(table).where(table.tenant_id == tenant.id)


def _meters(subscription: Subscription | None) -> list[tuple[str, int, int]]:
    """Name, used, included of each meter."""
    if subscription is None or subscription.plan not in PLANS:
        return []
    plan = PLANS[subscription.plan]
    included = {"sms_segments": plan.sms_segments, "ai_turns": plan.ai_turns}
    return [(meter, usage.used(subscription, meter), limit) for meter, limit in included.items()]


def _issues(tenant: Tenant, parts: dict[str, Any]) -> Iterator[Issue]:
    yield from _texting_issues(tenant, parts)
    yield from _plan_issues(parts["subscription"], parts["access"])
    yield from _people_issues(tenant, parts)
    yield from _thread_issues(tenant, parts)


def _texting_issues(tenant: Tenant, parts: dict[str, Any]) -> Iterator[Issue]:
    registration = parts["registration"]
    if tenant.texting_paused_reason:
        yield Issue(f"Support paused texting: {tenant.texting_paused_reason}", "#texting")
    if registration is None:
        yield Issue("There is no registration with the carriers: no text may go out.")
    elif registration.status != RegistrationStatus.approved:
        why = f" ({registration.reason})" if registration.reason else ""
        yield Issue(f"The carriers' registration is {words.plain(registration.status)}{why}: no text may go out.")
    live = [number for number in parts["numbers"] if number.status == NumberStatus.active]
    if not live:
        url = url_for("admin_numbers.index_view", tenant=tenant.id)
        yield Issue("There is no active number: no call can come in.", url)
    elif tenant.settings.calls.call_mode == "forwarded_only" and not any(one.forwarding_verified_at for one in live):
        yield Issue("No forwarded call has ever arrived: the contractor's forwarding may not be on.")


def _plan_issues(subscription: Subscription | None, access: Access) -> Iterator[Issue]:
    if subscription is None:
        yield Issue("There is no subscription: nothing is texted.")
    elif access != Access.full:
        url = url_for("admin_subscriptions.details_view", id=subscription.id)
        yield Issue(f"The subscription is {words.plain(subscription.status)}: its access is {access}.", url)
    if usage.is_over_quota(subscription):
        yield Issue("The texts of the plan are used up: no first text goes out.")


def _people_issues(tenant: Tenant, parts: dict[str, Any]) -> Iterator[Issue]:
    owner = users.owner_of(tenant.id)
    if owner is None:
        yield Issue("There is no active owner: nobody is told of anything.")
    elif owner.verified_phone is None:
        yield Issue(f"{owner} has not verified a phone: no alert can be texted and no call put through.")
    elif not owner.alerts_by_text:
        yield Issue(f"{owner} answered an alert with STOP: alerts come by e-mail only.", is_grave=False)
    if not any(one.is_active for one in parts["technicians"]):
        yield Issue("There is nobody who can be booked.")
    if not parts["prices"]:
        yield Issue("The price book is empty: no price can be quoted.", is_grave=False)
    if not tenant.onboarding_completed:
        yield Issue("The set-up has not been completed.", is_grave=False)


def _thread_issues(tenant: Tenant, parts: dict[str, Any]) -> Iterator[Issue]:
    untaken = sum(one.mode == Mode.escalated for one in parts["open_threads"])
    if untaken:
        url = url_for("admin_conversations.index_view", tenant=tenant.id, only="untaken")
        yield Issue(f"{untaken} conversation(s) need a person now and nobody took them.", url)
    trouble = db.session.scalar(_count(Message, tenant).where(attention.texts_in_trouble()))
    if trouble:
        url = url_for("admin_messages.index_view", tenant=tenant.id, only="trouble")
        yield Issue(f"{trouble} text(s) did not arrive in the last 7 days.", url, is_grave=False)
    last_call = parts["last_call"]
    if last_call is not None and last_call.started_at < now() - QUIET:
        yield Issue(f"The last call came in {words.ago(last_call.started_at)}: forwarding may be off.", is_grave=False)
