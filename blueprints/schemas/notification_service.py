"""What notification-service takes."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from blueprints.schemas import Body, Flag, Page


class StreamTicket(Body):
    event_types: list[str] = Field(default=[], max_length=40)


class Notices(Page):
    unread: Flag = None


class Escalate(Body):
    tenant_id: UUID | None = None
    user_id: UUID | None = None
    conversation_id: UUID
    escalation_level: int = Field(ge=1, le=5)
    channels: list[Literal["sms", "phone_call"]] = Field(default=["sms", "phone_call"], min_length=1, max_length=2)
    summary: str = Field(default="", max_length=300)
    hold_calls_until_accepted: bool = False


class Acknowledge(Body):
    action: Literal["accept", "pass_on"] = "accept"
