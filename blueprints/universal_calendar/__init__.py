"""universal-calendar: linked calendars, the events in them, and when somebody is free (interfaces.md)."""

from flask import Blueprint

bp = Blueprint("universal_calendar", __name__)

from blueprints.universal_calendar import (  # noqa: E402 - the modules hang their views on the blueprint above
    availability,
    connections,
    entries,
    oauth,
)

__all__ = ["availability", "bp", "connections", "entries", "oauth"]
