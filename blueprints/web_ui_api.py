"""web-ui as a service: what the settings page needs in one answer, from all services (interfaces.md, web-ui)."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from pydantic import Field

from app import estimates, subscriptions
from app.clock import now
from app.errors import Malformed, NotFound, Unavailable
from app.tenants import Tenant
from app.users import Role, User
from blueprints import billing_service, guards, phone_number_service, tenant_service
from blueprints.app_server.estimates import estimate_json
from blueprints.gathering import gather
from blueprints.notification_service import preferring
from blueprints.reading import query
from blueprints.schemas import Query
from blueprints.shapes import moment

bp = Blueprint("web_ui_api", __name__)

Part = Callable[[Tenant, User], Any]


class Include(Query):
    include: str | None = Field(default=None, max_length=500)


@bp.get("/api/settings/complete")
def show_complete() -> ResponseReturnValue:
    """Everything about a business that can be set; a part that fails is null and named, the rest is shown."""
    wanted, user, tenant = _wanted(query(Include).include), guards.require(Role.viewer), guards.current_tenant()
    told, missing = gather({name: partial(PARTS[name], tenant, user) for name in wanted})
    if len(missing) == len(wanted):
        raise Unavailable("Nothing can be shown right now.", details={"retry_after": 5})
    return jsonify(told | {"partial": missing, "as_of": moment(now())})


def _wanted(include: str | None) -> list[str]:
    if include is None:
        return list(PARTS)
    names = list(dict.fromkeys(name.strip() for name in include.split(",")))
    if unknown := [name for name in names if name not in PARTS]:
        raise Malformed(f"There is no part called {unknown[0]!r}.", details={"validation_errors": [
            {"field": "include", "message": f"takes {', '.join(PARTS)}", "code": "INVALID_FORMAT"}
        ]})  # fmt: skip
    return names


@bp.put("/api/settings/<part>")
def save_part(part: str) -> ResponseReturnValue:
    """One save is one call to the service that owns the part; its answer and its errors are passed on."""
    if part == "settings":
        return tenant_service.change_settings(guards.current_tenant_id())
    if part == "notification_preferences":
        return preferring.change_preferences()
    raise NotFound(f"There is no part called {part!r} that can be saved here.")


def _subscription(tenant: Tenant, _user: User) -> dict[str, Any] | None:
    found = subscriptions.of(tenant.id)
    return billing_service.subscription_json(found) if found else None


PARTS: dict[str, Part] = {
    "profile": lambda _tenant, user: tenant_service.user_json(user),
    "tenant": lambda tenant, _user: tenant_service.tenant_json(tenant),
    "settings": lambda tenant, _user: tenant_service.settings_json(tenant),
    "job_estimates": lambda tenant, _user: [estimate_json(line) for line in estimates.active(tenant.id)],
    "notification_preferences": lambda _tenant, user: preferring.preferences_json(user),
    "subscription": _subscription,
    "phone_numbers": lambda tenant, _user: phone_number_service.numbers_json(tenant.id),
    "registration": lambda tenant, _user: phone_number_service.registration_json(tenant.id),
}
