"""The service interfaces over HTTP, registered from one table with the guard of each."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Flask
from flask_wtf import CSRFProtect

from app import live
from blueprints import (
    alerts,
    app_server,
    billing_service,
    dispatch_bot_ai,
    errors,
    event_stream,
    guards,
    health,
    limits,
    notification_service,
    openapi,
    phone_number_service,
    service_webhooks,
    sessions,
    signing,
    tenant_service,
    twilio_conversations,
    twilio_server,
    universal_calendar,
    web_ui,
    web_ui_api,
)

csrf = CSRFProtect()


@dataclass(frozen=True)
class Interface:
    """One blueprint, who may call it, and whether browsers post to it."""

    blueprint: Blueprint
    guard: Callable[[], None]
    is_for_browsers: bool = True


def open_to_all() -> None:
    """Anybody may call; each view of such a blueprint decides for itself."""


INTERFACES = (
    Interface(health.bp, open_to_all),
    Interface(openapi.bp, open_to_all),
    Interface(web_ui.public_bp, open_to_all),
    Interface(web_ui.bp, guards.page),
    Interface(web_ui_api.bp, guards.interface("web-ui"), is_for_browsers=False),
    Interface(twilio_server.bp, guards.twilio, is_for_browsers=False),
    Interface(service_webhooks.bp, signing.admit, is_for_browsers=False),
    Interface(twilio_conversations.bp, guards.interface("twilio-server"), is_for_browsers=False),
    Interface(app_server.bp, guards.interface("app-server"), is_for_browsers=False),
    Interface(billing_service.bp, guards.interface("billing-service"), is_for_browsers=False),
    Interface(phone_number_service.bp, guards.interface("phone-number-service"), is_for_browsers=False),
    Interface(universal_calendar.bp, guards.interface("universal-calendar"), is_for_browsers=False),
    Interface(tenant_service.bp, guards.interface("tenant-service"), is_for_browsers=False),
    Interface(notification_service.bp, guards.interface("notification-service"), is_for_browsers=False),
    Interface(dispatch_bot_ai.bp, dispatch_bot_ai.admit, is_for_browsers=False),
    Interface(alerts.links_bp, alerts.by_token),
    Interface(alerts.calls_bp, guards.twilio, is_for_browsers=False),
)


STREAM = (INTERFACES[0], Interface(event_stream.bp, event_stream.admit))
"""What the process of the event stream serves."""

for _interface in dict.fromkeys((*INTERFACES, *STREAM)):
    # Once: a blueprint that several applications use keeps its guard.
    _interface.blueprint.before_request(_interface.guard)


def init_app(web: Flask) -> None:
    """Register every interface."""
    csrf.init_app(web)
    sessions.init_app(web)
    errors.init_app(web)
    limits.init_app(web)
    for interface in INTERFACES:
        web.register_blueprint(interface.blueprint)
        if not interface.is_for_browsers:
            csrf.exempt(interface.blueprint)


def init_stream_app(stream: Flask) -> None:
    """Register what the process of the event stream serves."""
    sessions.init_app(stream)
    errors.init_app(stream)
    limits.init_app(stream)
    live.init_app(stream)
    event_stream.init_app(stream)
    for interface in STREAM:
        stream.register_blueprint(interface.blueprint)
