"""Bring the database to the newest migration, put the demo's data in, and tell the sandbox carrier its numbers.

`python -m scripts.prepare`, with the settings of the product and CARRIER_URL in the environment: one start of the
application for all three. Run again it only tells the carrier, which keeps nothing over a restart.
"""

import json
import os
import sys
from urllib.request import ProxyHandler, Request, build_opener

from flask_migrate import upgrade
from sqlalchemy import select

from app import tenancy
from app.extensions import db
from app.links import public
from app.numbers import Number, NumberStatus
from jobs.commands import create_command_app

WEBHOOKS = {
    "voice_url": "/webhooks/twilio/call",
    "voice_fallback_url": "/webhooks/twilio/voice-fallback",
    "status_callback": "/webhooks/twilio/call/ended",
    "sms_url": "/webhooks/twilio/sms",
    "sms_fallback_url": "/webhooks/twilio/sms-fallback",
}


def main() -> int:
    """Do all three."""
    app = create_command_app()
    with app.app_context():
        upgrade()
    seeding = app.test_cli_runner().invoke(args=["seed-demo"], catch_exceptions=False)
    print(seeding.output)
    if seeding.exit_code == 0:
        with app.app_context(), tenancy.scope(tenancy.SYSTEM):
            introduce_numbers(os.environ["CARRIER_URL"])
    return seeding.exit_code


def introduce_numbers(carrier_url: str) -> None:
    """Tell the carrier which numbers are bought and where their calls and texts go."""
    direct = build_opener(ProxyHandler({}))
    for number in db.session.scalars(select(Number).where(Number.status == NumberStatus.active)):
        settings = {
            "phone": number.e164,
            "account_sid": number.account_sid,
            "service_sid": number.messaging_service_sid,
        }
        urls = {name: public(path) for name, path in WEBHOOKS.items()}
        body = json.dumps(settings | urls).encode()
        asked = Request(f"{carrier_url}/sandbox/numbers", body, {"Content-Type": "application/json"})  # noqa: S310 - ours
        direct.open(asked, timeout=10).close()


if __name__ == "__main__":
    sys.exit(main())
