"""billing-service: plans, the subscription of a business, and what it has used (interfaces.md, billing-service)."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from app import subscriptions, usage
from app.clock import now
from app.errors import NotFound
from app.extensions import db
from app.numbers import Number, NumberStatus
from app.plans import OVERAGE_CENTS, PLANS, TRIAL_DAYS
from app.subscriptions import Subscription
from app.tenants import Tenant
from app.usage import METERS, UsageEvent
from app.users import User
from blueprints import guards
from blueprints.reading import query
from blueprints.schemas.billing_service import Month
from blueprints.shapes import moment

bp = Blueprint("billing_service", __name__)

OVERAGE = {"sms_segment_cents": OVERAGE_CENTS["sms_segments"], "ai_turn_cents": OVERAGE_CENTS["ai_turns"]}


@bp.get("/plans")
@guards.public
def list_plans() -> ResponseReturnValue:
    """What is sold."""
    return jsonify(items=[asdict(plan) for plan in PLANS.values()], overage=OVERAGE, trial_days=TRIAL_DAYS)


@bp.get("/subscriptions/<uuid:tenant_id>")
@guards.also_for("subscriptions")
def show_subscription(tenant_id: UUID) -> ResponseReturnValue:
    """What the business bought, and how much of it is used; from our own rows."""
    guards.same_tenant(tenant_id)
    found = subscriptions.of(tenant_id)
    if found is None:
        raise NotFound("This business has no subscription.")
    return jsonify(subscription_json(found))


@bp.get("/usage/summary")
def show_usage() -> ResponseReturnValue:
    """What was used in a month, by meter and day."""
    tenant = guards.current_tenant()
    period = query(Month).period or f"{now().astimezone(tenant.zone):%Y-%m}"
    found = subscriptions.of(tenant.id)
    meters = [meter_json(tenant, found, period, meter) for meter in METERS.values()]
    told = {"period": period, "meters": meters}
    if request.accept_mimetypes.best_match(["application/json", "text/csv"]) == "text/csv":
        return Response(_csv(meters), mimetype="text/csv")
    start, end = _month(tenant, period)
    return jsonify(told | usage.oddities(tenant.id, start, end))


def _csv(meters: list[dict[str, Any]]) -> str:
    lines = [f"{one['meter']},{day['date']},{day['quantity']}" for one in meters for day in one["by_day"]]
    return "\r\n".join(["meter,date,quantity", *lines]) + "\r\n"


def _month(tenant: Tenant, period: str) -> tuple[datetime, datetime]:
    start = datetime.fromisoformat(f"{period}-01").replace(tzinfo=tenant.zone)
    return start, (start + timedelta(days=32)).replace(day=1)


def subscription_json(found: Subscription) -> dict[str, Any]:
    plan, at = PLANS[found.plan], now()
    limits = {"sms_segments": plan.sms_segments, "ai_turns": plan.ai_turns}
    used = {meter: usage.used(found, meter) for meter in limits}
    numbers = select(func.count()).where(Number.tenant_id == found.tenant_id, Number.status == NumberStatus.active)
    users = select(func.count()).where(User.tenant_id == found.tenant_id, User.is_active)
    return {
        "plan": found.plan,
        "status": found.status,
        "usage_limits": limits | {"phone_numbers": plan.phone_numbers, "users": plan.users},
        "current_usage": used | {"phone_numbers": db.session.scalar(numbers), "users": db.session.scalar(users)},
        "access": found.access_at(at),
        "period_start": moment(found.period_started_at),
        "period_end": moment(found.period_ends_at),
        "overage": OVERAGE,
        "spend_cap_cents": found.spend_cap_cents,
        "overage_spend_cents": usage.overage_cents(found),
        "trial_end": moment(found.trial_ends_at),
        "cancel_at": moment(found.ended_at),
        "next_billing_date": found.period_ends_at.date().isoformat() if found.period_ends_at else None,
        "grace_until": moment(found.past_due_since + subscriptions.GRACE if found.past_due_since else None),
        "as_of": moment(at),
    }


def meter_json(tenant: Tenant, found: Subscription | None, period: str, meter: str) -> dict[str, Any]:
    start, end = _month(tenant, period)
    kind = next(kind for kind, name in METERS.items() if name == meter)
    day = func.to_char(func.timezone(tenant.timezone, UsageEvent.occurred_at), "YYYY-MM-DD")
    rows = select(day, func.sum(UsageEvent.quantity)).where(
        UsageEvent.tenant_id == tenant.id,
        UsageEvent.event_type == kind,
        UsageEvent.occurred_at >= start,
        UsageEvent.occurred_at < end,
    )
    found_days = db.session.execute(rows.group_by(day).order_by(day))
    by_day = [{"date": date, "quantity": int(count)} for date, count in found_days]
    used = sum(one["quantity"] for one in by_day)
    included = getattr(PLANS[found.plan], meter) if found is not None else 0
    over = max(0, used - included)
    return {
        "meter": meter, "used": used, "included": included, "overage": over,
        "overage_cents": over * OVERAGE_CENTS[meter], "by_day": by_day,
    }  # fmt: skip


from blueprints.billing_service import metering  # noqa: E402 - it hangs its views on the blueprint

__all__ = ["bp", "metering"]
