"""What notification-service takes."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from app.notifications.words import Category, Channel
from blueprints.schemas import Body, Data, Flag, Moment, Page, Query


class StreamTicket(Body):
    event_types: list[str] = Field(default=[], max_length=40)


class Notices(Page):
    unread: Flag = None


class Whose(Query):
    user_id: UUID | None = None


Address = Annotated[str, StringConstraints(max_length=500, pattern=r"^(/|/[^/\\\s]\S*|https://[^/\s]\S*)$")]
"""A path of ours, or a page elsewhere."""


class NotificationData(Body):
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
    body: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
    category: Category
    urgency: Literal["low", "medium", "high"] = "medium"
    action_url: (
        Annotated[str, StringConstraints(max_length=500, pattern=r"^(/|/[^/\\\s]\S*|https://[^/\s]\S*)$")] | None
    ) = None
    data: Data = {}


class DeliveryOptions(Body):
    respect_quiet_hours: bool | None = None
    retry_on_failure: bool | None = None
    max_retries: int = Field(default=3, ge=0, le=10)
    schedule_for: Moment | None = None


class Send(Body):
    tenant_id: UUID
    user_id: UUID
    notification: NotificationData
    channels: list[Channel] = Field(max_length=10)
    delivery_options: DeliveryOptions = DeliveryOptions()
    dedupe_key: str | None = Field(default=None, min_length=1, max_length=255)
    ttl_minutes: int | None = Field(default=None, ge=1, le=10_080)


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
