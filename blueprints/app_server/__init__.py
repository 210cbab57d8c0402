"""app-server: leads, customers, the price book, visits, tasks, and whether the contractor is there (interfaces.md)."""

from flask import Blueprint

bp = Blueprint("app_server", __name__)

from blueprints.app_server import (  # noqa: E402 - the modules hang their views on the blueprint above
    appointments,
    customers,
    estimates,
    holds,
    leads,
    presence,
    profile,
    reports,
    tasks,
)

__all__ = ["appointments", "bp", "customers", "estimates", "holds", "leads", "presence", "profile", "reports", "tasks"]
