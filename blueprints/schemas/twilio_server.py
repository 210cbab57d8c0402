"""What the conversation part of twilio-server takes."""

from typing import Literal

from pydantic import Field

from app.calls import CallStatus
from app.consent import ContactRule
from app.conversations import Mode, Status
from blueprints.schemas import Body, Flag, Moment, Page, Phone


class Calls(Page):
    since: Moment | None = Field(default=None, alias="from")
    until: Moment | None = Field(default=None, alias="to")
    status: CallStatus | None = None
    texted: Flag = None
    q: str | None = Field(default=None, max_length=200)


class Conversations(Page):
    status: Status | None = None
    mode: Mode | None = None
    state: Literal["open", "done"] | None = None
    unread: Flag = None
    q: str | None = Field(default=None, max_length=200)


class TakeOver(Body):
    reason: str = Field(default="", max_length=200)


class Close(Body):
    outcome: Literal["resolved", "handled_by_human", "quote_provided"] = "handled_by_human"
    outcome_reason: Literal["out_of_area", "wrong_trade", "not_reachable", "declined", "spam"] | None = None


class ChangeConversation(Body):
    state: Literal["open", "done"] | None = None
    read: bool | None = None
    note: str | None = Field(default=None, min_length=1, max_length=2000)
    language: Literal["en", "es"] | None = None
    hold_ai_until: Moment | None = None


class OptOut(Body):
    customer_phone: Phone
    source: Literal["phone_request", "email_request", "in_person"]
    note: str = Field(min_length=1, max_length=500)


class AddRule(Body):
    phone: Phone
    rule: ContactRule
    label: str = Field(default="", max_length=100)
