"""`flask seed-demo`: one demo business per trade and the support team's first log-in."""

import os

import click
from flask import Flask
from flask.cli import with_appcontext

from app import seeds, tenancy
from app.extensions import db


def init_app(web: Flask) -> None:
    """Offer the command."""
    web.cli.add_command(seed_demo)


@click.command("seed-demo")
@click.option("--owner-password", envvar="DEMO_OWNER_PASSWORD", required=True, help="of the five demo owners")
@click.option("--staff-password", envvar="DEMO_STAFF_PASSWORD", required=True, help="of support@nevermisscall.example")
@with_appcontext
def seed_demo(owner_password: str, staff_password: str) -> None:
    """Make one business per trade with prices, hours and a number; what is there already stays."""
    account_sid = os.environ.get("TWILIO_ACCOUNT_SID", "")
    if not account_sid:
        raise click.ClickException("TWILIO_ACCOUNT_SID is not set: whose are the numbers?")
    with tenancy.scope(tenancy.SYSTEM):
        for business in seeds.DEMO:
            tenant = seeds.start(business, account_sid=account_sid, password=owner_password)
            click.echo(f"{tenant.business_name}: {business.number}, {business.owner_email}")
        seeds.hire("support@nevermisscall.example", staff_password)
        db.session.commit()
