"""The pattern that most products use, measured beside ours: a row by the ORM, a job per event in RQ, a fork per job.

The work of a job is the same as that of our drain: one missed call settled by the same function.
"""

import sys

import rq
from flask import Flask, Response, request
from redis import Redis
from rq import Queue
from twilio.request_validator import RequestValidator

from app import create_app, inbox, tenancy
from app.extensions import db
from app.inbox import Webhook, WebhookStatus
from config import settings
from jobs.webhooks import handle

QUEUE = "plain"
app = create_app(settings())


def create_plain_app() -> Flask:
    """A web application with the one webhook."""
    queue = Queue(QUEUE, connection=Redis.from_url(settings().redis_url), serializer="json")
    validator = RequestValidator(settings().twilio_auth_token.get_secret_value())

    @app.post("/webhooks/twilio/call/status/<call_sid>")
    def dial_ended(call_sid: str) -> Response | tuple[str, int]:
        url = settings().public_base_url + request.path
        if not validator.validate(url, request.form, request.headers.get("X-Twilio-Signature", "")):
            return "", 401
        tenancy.enter(tenancy.SYSTEM)
        # Stored as handled, so that our own drain leaves it to the job.
        webhook = Webhook(
            kind="twilio.dial",
            event_id=f"plain:{call_sid}",
            payload=request.form.to_dict(),
            status=WebhookStatus.ignored,
        )
        db.session.add(webhook)
        db.session.commit()
        queue.enqueue("tests.bench.plain.settle_one", str(webhook.id), result_ttl=0)
        return Response("<Response/>", mimetype="text/xml")

    return app


def settle_one(webhook_id: str) -> None:
    """Settle one missed call."""
    tenancy.enter(tenancy.SYSTEM)
    webhook = db.session.get(Webhook, webhook_id)
    if webhook is not None:
        handle([webhook])
        inbox.finish([webhook])
        db.session.commit()


class Worker(rq.Worker):
    """An ordinary forking worker with the application loaded."""

    def perform_job(self, *args: object, **kwargs: object) -> bool:
        """Run a job inside the application."""
        with app.app_context():
            return bool(super().perform_job(*args, **kwargs))


if __name__ == "__main__":
    connection = Redis.from_url(settings().redis_url)
    waiting = Queue(QUEUE, connection=connection, serializer="json")
    sys.exit(not Worker([waiting], connection=connection, serializer="json").work(logging_level="WARNING"))
