"""twilio-server: calls, conversations and consent; what Twilio reports comes in by twilio_server.py."""

from flask import Blueprint

bp = Blueprint("twilio_conversations", __name__)

from blueprints.twilio_conversations import (  # noqa: E402 - the modules hang their views on the blueprint above
    calls,
    consent,
    threads,
)

__all__ = ["bp", "calls", "consent", "threads"]
