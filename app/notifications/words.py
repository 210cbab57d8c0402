"""The words of notices: what they are about, which way they go, how far each way has come (behaviour.md 2.10)."""

import enum


class Category(enum.StrEnum):
    missed_call = enum.auto()
    new_message = enum.auto()
    appointment_reminder = enum.auto()
    billing_alert = enum.auto()
    compliance_update = enum.auto()
    system_announcement = enum.auto()


class Channel(enum.StrEnum):
    push = enum.auto()
    sms = enum.auto()
    email = enum.auto()


class DeliveryStatus(enum.StrEnum):
    queued = enum.auto()
    deferred = enum.auto()
    sending = enum.auto()
    accepted = enum.auto()
    delivered = enum.auto()
    retrying = enum.auto()
    failed = enum.auto()
    unknown = enum.auto()
    suppressed = enum.auto()


QUIET = "quiet hours"
SCHEDULED = "scheduled"
THROTTLED = "one notice about a conversation in five minutes"
IF_UNSEEN = "if it has not been seen by then"
TOGETHER = "told together with others"
"""Why a delivery waits, in the words that the answer and the pages show."""
