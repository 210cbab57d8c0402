"""Every URL that we put into a text or an e-mail, or hand to a provider."""

from uuid import UUID

from flask import current_app

PUBLIC = "PUBLIC_BASE_URL"
BILLING = "/app/billing"
"""The page of the plan, where a higher one is bought."""


def public(path: str) -> str:
    """An absolute address of ours."""
    return current_app.config[PUBLIC].rstrip("/") + path


def absolute(address: str) -> str:
    """An address for a mail: a path of ours in full, any other as it is."""
    return public(address) if address.startswith("/") else address


def thread_path(conversation_id: UUID) -> str:
    """The page of a thread."""
    return f"/app/inbox/{conversation_id}"


def visit(token: str) -> str:
    """The customer's page of one visit."""
    return public(f"/a/{token}")


def acknowledge(token: str) -> str:
    """The single-use link in an alert."""
    return public(f"/k/{token}")


def text_status(token: str) -> str:
    """Where the carrier reports the delivery of one text."""
    return public(f"/webhooks/twilio/sms-status/{token}")
