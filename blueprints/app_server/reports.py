"""app-server: how the work went (interfaces.md, GET /reports/summary)."""

from datetime import timedelta
from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue

from app import reports
from app.errors import Invalid
from app.reports import Summary
from app.users import Role
from blueprints import guards
from blueprints.app_server import bp
from blueprints.reading import query
from blueprints.schemas.app_server import Days
from blueprints.shapes import dollars

LONGEST = timedelta(days=366)


class RangeTooLong(Invalid):
    code = "RANGE_TOO_LONG"


class RangeInverted(Invalid):
    code = "END_BEFORE_START"


@bp.get("/reports/summary")
def show_summary() -> ResponseReturnValue:
    """How the work went between two days, both included; every number is counted from rows."""
    wanted = query(Days)
    guards.require(Role.viewer)
    if wanted.last < wanted.first:
        raise RangeInverted("The last day is before the first.")
    if wanted.last - wanted.first >= LONGEST:
        raise RangeTooLong("Ask for 366 days at most.")
    tenant = guards.current_tenant()
    return jsonify(summary_json(reports.summary(tenant, reports.span(tenant, wanted.first, wanted.last))))


def summary_json(found: Summary) -> dict[str, Any]:
    same = ("calls", "missed", "texted", "delivered", "replied", "qualified", "booked", "completed", "ai_share")
    first = found.first_texts
    return {name: getattr(found, name) for name in same} | {
        "estimated_value": dollars(found.estimated_cents),
        "booked_value": dollars(found.booked_cents),
        "first_text_seconds": {"p50": first.p50, "p95": first.p95, "n": first.count},
        "not_texted": [{"reason": reason, "count": count} for reason, count in found.not_texted.items()],
    }
