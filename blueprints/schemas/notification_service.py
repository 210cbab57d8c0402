"""What notification-service takes."""

from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from blueprints.schemas import Body, Flag, Page


class StreamTicket(Body):
    event_types: list[str] = Field(default=[], max_length=40)


class Notices(Page):
    unread: Flag = None


class Escalate(Body):
    tenant_id: UUID | None = None
    user_id: UUID | None = None
    conversation_id: UUID | None = None
    escalation_level: int = Field(ge=1, le=5)
    channels: list[Literal["sms", "phone_call"]] = Field(default=["sms", "phone_call"], min_length=1, max_length=2)
    summary: str = Field(default="", max_length=300)
    emergency: bool = True
    max_level: int = Field(default=5, ge=1, le=5)
    hold_calls_until_accepted: bool = False

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.max_level < self.escalation_level:
            raise ValueError("max_level is below escalation_level")
        if self.conversation_id is None and self.hold_calls_until_accepted:
            raise ValueError("without a conversation nobody accepts anything")
        return self


class Acknowledge(Body):
    action: Literal["accept", "pass_on"] = "accept"
