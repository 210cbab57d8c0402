"""app-server: who is signed in and for which business, gathered from the services that know (interfaces.md)."""

from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue

from app import numbers, subscriptions
from app.errors import ProviderTrouble
from app.tenants import Tenant
from app.users import Role
from blueprints import guards
from blueprints.app_server import bp
from blueprints.gathering import gather
from blueprints.notification_service.preferring import preferences_json
from blueprints.tenant_service import address_json, tenant_head_json, user_json


class ServiceUnavailable(ProviderTrouble):
    code = "EXTERNAL_SERVICE_UNAVAILABLE"


@bp.get("/users/profile")
def show_profile() -> ResponseReturnValue:
    """This person with the business, the preferences and the plan."""
    user, tenant = guards.require(Role.viewer), guards.current_tenant()
    told, missing = gather({
        "profile": lambda: user_json(user),
        "business": lambda: business_json(tenant),
        "preferences": lambda: preferences_json(user),
        "subscription": lambda: _subscription(tenant),
    })  # fmt: skip
    if {"profile", "business"} & set(missing):
        raise ServiceUnavailable("tenant-service does not answer.")
    return jsonify(told | {"partial": missing})


def _subscription(tenant: Tenant) -> dict[str, Any] | None:
    found = subscriptions.of(tenant.id)
    return {"plan": found.plan, "status": found.status} if found else None


def business_json(tenant: Tenant) -> dict[str, Any]:
    number = numbers.primary(tenant.id)
    return tenant_head_json(tenant) | {
        "business_address": address_json(tenant),
        "phone_number": number.e164 if number else None,
    }
