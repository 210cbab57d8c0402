"""Home: what needs the contractor, the four numbers, one trend, and a line about the machine."""

from flask import g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.desk import machine, needs, numbers
from app.tenants import Tenant
from blueprints.web_ui import bp

SPANS = ("today", "week")


@bp.get("/")
def start() -> ResponseReturnValue:
    """Lead to the first page."""
    return redirect(url_for("web_ui.home"))


@bp.get("/home")
def home() -> ResponseReturnValue:
    """Show the first page."""
    tenant = g.user.tenant
    return render_template(
        "home.html",
        found=needs.of(tenant),
        numbers=_numbers(tenant),
        days=numbers.trend(tenant),
        machine=machine.of(tenant),
    )


@bp.get("/fragments/needs")
def needs_fragment() -> ResponseReturnValue:
    """Show what needs the contractor now."""
    return render_template("fragments/needs.html", found=needs.of(g.user.tenant))


@bp.get("/fragments/numbers")
def numbers_fragment() -> ResponseReturnValue:
    """Show the four numbers as they are now."""
    tenant = g.user.tenant
    return render_template("fragments/numbers.html", numbers=_numbers(tenant), machine=machine.of(tenant))


def _numbers(tenant: Tenant) -> dict[str, numbers.Numbers]:
    spans = {name: numbers.span(tenant, name) for name in SPANS}
    return {name: numbers.of(tenant, during) for name, during in spans.items() if during is not None}
