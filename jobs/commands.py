"""Where `flask` finds its commands: `flask --app jobs.commands:create_command_app db upgrade` and `... seed-demo`.

Apart from wsgi.py: what migrates would cost every process that serves eight megabytes, and pages a command a second.
"""

import os

import click
from flask import Flask
from flask.cli import with_appcontext
from flask_migrate import Migrate

from app import create_app, seeds, tenancy, users
from app.extensions import db
from config import Settings, settings


def create_command_app(chosen: Settings | None = None) -> Flask:
    """The domain with the commands and without pages."""
    app = create_app(chosen or settings())
    Migrate(app, db, render_as_batch=False)
    app.cli.add_command(seed_demo)
    return app


@click.command("seed-demo")
@click.option("--owner-password", envvar="DEMO_OWNER_PASSWORD", required=True, help="of the five demo owners")
@click.option("--staff-password", envvar="DEMO_STAFF_PASSWORD", required=True, help="of support@nevermisscall.example")
@with_appcontext
def seed_demo(owner_password: str, staff_password: str) -> None:
    """Make one business per trade with prices, hours and a number; what is there already stays."""
    account_sid = os.environ.get("TWILIO_ACCOUNT_SID", "")
    if not account_sid:
        raise click.ClickException("TWILIO_ACCOUNT_SID is not set: whose are the numbers?")
    hashed = users.hash_password(owner_password)  # once: a hash is made to take long
    with tenancy.scope(tenancy.SYSTEM):
        for business in seeds.DEMO:
            tenant = seeds.start(business, account_sid=account_sid, password_hash=hashed)
            click.echo(f"{tenant.business_name}: {business.number}, {business.owner_email}")
        seeds.hire("support@nevermisscall.example", staff_password)
        db.session.commit()
