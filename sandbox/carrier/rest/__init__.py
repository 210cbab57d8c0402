"""Twilio's REST API, host by host; `answer` is the one entrance."""

from sandbox.carrier.rest import accounts, calls, compliance, lookups, media, messages, numbers, services
from sandbox.carrier.rest.gateway import Incoming, Reply, answer

__all__ = [
    "Incoming",
    "Reply",
    "accounts",
    "answer",
    "calls",
    "compliance",
    "lookups",
    "media",
    "messages",
    "numbers",
    "services",
]
