"""Why did this text (not) go out? From the webhook to the gate, the carrier and the phone (experience.md 3.14)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from sqlalchemy import select

from admin import account, words
from admin.account import Account
from admin.calls import webhooks_of
from app import phones
from app.calls import Call
from app.conversations import Turn
from app.extensions import db
from app.inbox import Webhook
from app.messages import Direction, Message, MessageStatus, Sender
from app.messages.reports import Report
from app.tenants import Tenant
from app.users import User

WRITERS = {
    Sender.ai: "The assistant",
    Sender.system: "The system",
    Sender.human: "A person",
    Sender.customer: "The customer",
}
SAME_MOMENT = timedelta(seconds=2)


@dataclass(frozen=True)
class Step:
    """One thing that happened on the way of a text; `state` is good, bad or open."""

    title: str
    sentence: str
    at: datetime | None = None
    url: str | None = None
    state: str = "good"
    account: Account | None = None


def business(message: Message) -> Tenant | None:
    return db.session.get(Tenant, message.tenant_id)


def verdict(message: Message) -> tuple[str, str]:
    """The answer in one sentence, and whether it is good, bad or open."""
    if message.direction == Direction.inbound:
        return {
            MessageStatus.received: ("It came in and nobody has answered it yet.", "open"),
            MessageStatus.answered: ("It came in and was answered.", "good"),
        }.get(message.status, ("It came in and needed no answer.", "good"))
    match message.status:
        case MessageStatus.discarded:
            return f"It did not go out. {words.why_not_sent(message.discard_reason or '')}", "bad"
        case MessageStatus.failed | MessageStatus.undelivered:
            return f"It did not arrive. {words.carrier_error(message.error_code)}", "bad"
        case MessageStatus.unknown:
            return (
                "The carrier's answer was lost. It is looked for at the carrier before it would be sent again.",
                "bad",
            )
        case MessageStatus.delivered:
            return "It went out and the carrier says that it was delivered.", "good"
        case MessageStatus.sent | MessageStatus.accepted:
            return "It went out. The carrier has it and has not said yet that it was delivered.", "open"
        case MessageStatus.canceled:
            return "The carrier took it back before it was sent.", "bad"
    return "It has not gone out yet: it waits in the outbox.", "open"


def steps(message: Message) -> list[Step]:
    """Everything on its way, in order."""
    if message.direction == Direction.inbound:
        return [*_came_in(message), *_was_answered(message)]
    return [*_cause(message), _written(message), *_gate(message), *_carrier(message), *_reports(message)]


def _cause(message: Message) -> list[Step]:
    found = []
    if message.call_id and (call := db.session.get(Call, message.call_id)) is not None:
        found += [_webhook(webhook) for webhook in webhooks_of(call)]
        url = url_for("admin_calls.details_view", id=call.id)
        sentence = f"The call of {phones.shown(call.customer_phone)} was decided: {call.text_reason or 'not yet'}."
        found.append(Step("Call decided", sentence, call.decided_at, url))
    if message.answers_message_id and (heard := db.session.get(Message, message.answers_message_id)) is not None:
        url = url_for("admin_messages.details_view", id=heard.id)
        found.append(Step("Customer's text", "The customer wrote, and this text answers it.", heard.created_at, url))
    found += [
        _webhook(webhook)
        for webhook in _of_request(message.request_id)
        if not any(step.url == _page(webhook) for step in found)
    ]
    if (turn := _turn(message)) is not None:
        found.append(_told(turn))
    return found


def _told(turn: Turn) -> Step:
    told = account.of(turn)
    return Step("Dispatcher's turn", told.headline, turn.at, account=told)


def _webhook(webhook: Webhook) -> Step:
    waited = (
        f", handled after {words.span((webhook.handled_at - webhook.received_at).total_seconds())}"
        if webhook.handled_at
        else ""
    )
    sentence = f"{webhook.kind} came in and is {webhook.status}{waited}."
    return Step(
        "Webhook", sentence, webhook.received_at, _page(webhook), "bad" if webhook.status == "failed" else "good"
    )


def _page(webhook: Webhook) -> str:
    return url_for("admin_webhooks.details_view", id=webhook.id)


def _of_request(request_id: str | None) -> list[Webhook]:
    if request_id is None:
        return []
    wanted = select(Webhook).where(Webhook.request_id == request_id).order_by(Webhook.received_at).limit(10)
    return list(db.session.scalars(wanted))


def _turn(message: Message) -> Turn | None:
    if message.sender != Sender.ai or message.conversation_id is None or message.call_id is not None:
        return None
    wanted = select(Turn).where(
        Turn.conversation_id == message.conversation_id,
        Turn.at.between(message.created_at - SAME_MOMENT, message.created_at + SAME_MOMENT),
    )
    if message.answers_message_id:
        wanted = wanted.where(Turn.message_id == message.answers_message_id)
    return db.session.scalar(wanted.order_by(Turn.at.desc()).limit(1))


def _written(message: Message) -> Step:
    writer = WRITERS[message.sender]
    if message.user_id and (user := db.session.get(User, message.user_id)) is not None:
        writer = str(user)
    purpose = f" as a {words.plain(message.purpose)}" if message.purpose else ""
    template = f", from the template “{words.plain(message.template)}”" if message.template else ""
    request = f" Request {message.request_id}." if message.request_id else ""
    return Step("Written", f"{writer} wrote it{purpose}{template}.{request}", message.created_at)


def _gate(message: Message) -> list[Step]:
    if message.discard_reason:
        return [Step("Gate", f"Refused: {words.why_not_sent(message.discard_reason)}", None, state="bad")]
    if message.attempts == 0:
        return [Step("Gate", f"Not asked yet; due {words.ago(message.due_at)}.", message.due_at, state="open")]
    asked = (message.policy or {}).get("at")
    return [Step("Gate", "Passed: consent, registration, plan, hours and the state of the thread.", _time(asked))]


def _time(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _carrier(message: Message) -> list[Step]:
    if message.attempts == 0 or message.discard_reason:
        return []
    tries = "once" if message.attempts == 1 else f"{message.attempts} times"
    if message.accepted_at is not None:
        sentence = f"Handed over {tries}; the carrier took it as {message.provider_sid}, {message.segments} segment(s)."
        return [Step("Carrier", sentence, message.accepted_at)]
    if message.status == MessageStatus.failed:
        return [
            Step(
                "Carrier", f"Handed over {tries}; refused. {words.carrier_error(message.error_code)}", None, state="bad"
            )
        ]
    lost = message.status == MessageStatus.unknown
    sentence = "its answer was lost" if lost else "no answer yet"
    return [
        Step(
            "Carrier",
            f"Handed over {tries}; {sentence}. Next look {words.ago(message.due_at)}.",
            None,
            state="bad" if lost else "open",
        )
    ]


def _reports(message: Message) -> list[Step]:
    if not message.token:
        return []
    reports = db.session.scalars(select(Report).where(Report.token == message.token).order_by(Report.at, Report.id))
    return [_report(one) for one in reports]


def _report(report: Report) -> Step:
    error = f" (error {report.error_code}): {words.carrier_error(report.error_code)}" if report.error_code else ""
    state = "bad" if report.status in ("failed", "undelivered") else "good"
    return Step("Carrier reports", f"{report.status}{error}", report.at, state=state)


def _came_in(message: Message) -> list[Step]:
    wanted = select(Webhook).where(Webhook.kind == "twilio.sms", Webhook.event_id == message.provider_sid)
    webhooks = [_webhook(webhook) for webhook in db.session.scalars(wanted)]
    return [*webhooks, Step("Kept", "The text was stored with its thread.", message.created_at)]


def _was_answered(message: Message) -> list[Step]:
    turns = db.session.scalars(
        select(Turn).where(Turn.conversation_id == message.conversation_id, Turn.message_id == message.id)
    )
    found = [_told(turn) for turn in turns]
    answers = select(Message).where(
        Message.conversation_id == message.conversation_id, Message.answers_message_id == message.id
    )
    for answer in db.session.scalars(answers.order_by(Message.created_at)):
        url = url_for("admin_messages.details_view", id=answer.id)
        sentence, state = verdict(answer)
        found.append(Step("Answer", sentence, answer.created_at, url, state))
    return found
