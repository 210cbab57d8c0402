"""billing-service: what other services used, and whether they may use more (interfaces.md, billing-service)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import g, jsonify
from flask.typing import ResponseReturnValue

from app import quota, subscriptions, usage
from app.clock import now
from app.errors import Conflict, DomainError, Invalid, Malformed, NotFound
from app.extensions import db, uuid7
from app.usage import METERS, WITHOUT_ID, Entry, Fact, UsageType
from app.users import Role
from blueprints import guards
from blueprints.billing_service import bp
from blueprints.reading import read, read_each
from blueprints.repeating import once
from blueprints.schemas.billing_service import CheckUsage, ReportUsage, SpendCap

MOST = 100
OLDEST, NEWEST = timedelta(days=35), timedelta(minutes=5)


class UsageEventConflict(Conflict):
    code = "USAGE_EVENT_CONFLICT"


class UnknownEventType(Invalid):
    code = "UNKNOWN_EVENT_TYPE"


class OccurredAtOutOfRange(Invalid):
    code = "OCCURRED_AT_OUT_OF_RANGE"


@bp.post("/usage/events")
@guards.only_for("usage")
def report_usage() -> ResponseReturnValue:
    """Enter what was used into the ledger, each event once; one that is wrong leaves the others alone."""
    items, is_single = read_each(ReportUsage, most=MOST)
    results = [_enter_single(items[0])] if is_single else [_enter_or_reject(item) for item in items]
    db.session.commit()
    return jsonify(results=results)


def _enter_single(item: ReportUsage | Malformed) -> dict[str, Any]:
    if isinstance(item, Malformed):
        raise item
    told = _enter(item)
    if told["status"] == "conflict":
        raise UsageEventConflict("This event was reported with other facts.", details={"usage_id": told["usage_id"]})
    return told


def _enter_or_reject(item: ReportUsage | Malformed) -> dict[str, Any]:
    try:
        if isinstance(item, Malformed):
            raise item
        return _enter(item)
    except DomainError as error:
        event_id = item.event_id if isinstance(item, ReportUsage) else None
        told = {"code": error.name, "message": str(error), "details": error.details}
        return {"event_id": event_id, "status": "rejected", "usage_id": None, "error": told}


def _enter(item: ReportUsage) -> dict[str, Any]:
    guards.same_tenant(item.tenant_id)
    event_type = _event_type(item.event_type)
    if item.occurred_at is not None and not now() - OLDEST <= item.occurred_at <= now() + NEWEST:
        raise OccurredAtOutOfRange("An event is at most 35 days old and not of the future.")
    event_id, source = item.event_id or f"{WITHOUT_ID}{uuid7()}", _source()
    fact = Fact(source, event_id, event_type, _segments(item, event_type), item.metadata, item.occurred_at)
    entry: Entry = usage.enter(item.tenant_id, fact)
    if entry.status == "accepted" and (meter := METERS.get(event_type)):
        quota.settle(item.tenant_id, source, meter, fact.quantity, _reservation(item.metadata))
    return {"event_id": event_id, "status": entry.status, "usage_id": str(entry.usage_id)}


def _event_type(name: str) -> UsageType:
    try:
        return UsageType(name)
    except ValueError as error:
        raise UnknownEventType(f"There is no usage event called {name}.") from error


def _segments(item: ReportUsage, event_type: UsageType) -> int:
    """A text counts its segments: the parent document reports it with quantity 1 and the segments beside it."""
    told = item.metadata.get("segments")
    is_text = event_type == UsageType.sms_sent and item.quantity == 1
    return told if is_text and type(told) is int and 1 <= told <= MOST else item.quantity


def _reservation(metadata: dict[str, Any]) -> UUID | None:
    try:
        return UUID(str(metadata.get("reservation_id")))
    except ValueError:
        return None


def _source() -> str:
    return str(g.service_key.name)


@bp.post("/usage/check")
@guards.only_for("usage")
@once
def check_usage() -> ResponseReturnValue:
    """Whether so much may be used; what is allowed is kept for ten minutes."""
    body = read(CheckUsage)
    guards.same_tenant(body.tenant_id)
    told = quota.check(body.tenant_id, _source(), body.meter, body.quantity, body.kind)
    db.session.commit()
    reservation = str(told.reservation_id) if told.reservation_id else None
    return jsonify(allowed=told.allowed, reason=told.reason, remaining=told.remaining, reservation_id=reservation)


@bp.put("/billing/spend-cap")
def change_spend_cap() -> ResponseReturnValue:
    """Say how much may be spent beyond the plan in a period."""
    body, user = read(SpendCap), guards.require(Role.owner)
    found = subscriptions.of(user.tenant_id)
    if found is None:
        raise NotFound("This business has no subscription.")
    usage.change_cap(found, body.spend_cap_cents, actor=guards.actor())
    db.session.commit()
    return jsonify(spend_cap_cents=found.spend_cap_cents)
