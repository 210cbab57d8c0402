"""Twilio's REST API, host by host; `answer` is the one entrance."""

from sandbox.carrier.rest import accounts, calls, compliance, lookups, media, messages, numbers, services
from sandbox.carrier.rest.gateway import Reply, answer

__all__ = [
    "Reply", "accounts", "answer", "calls", "compliance", "lookups", "media", "messages", "numbers", "services",
]
