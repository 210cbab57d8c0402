"""A text comes in: consent first, then who answers (behaviour.md 3.1).

`receive` runs inside the webhook's transaction (steps 3 to 12), `hear` in a job (steps 13 to 20).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from app import consent, customers, messages, numbers, phones, registrations, subscriptions, users
from app.clock import now
from app.consent import ContactRule
from app.conversations import (
    REOPEN_WITHIN,
    Conversation,
    Mode,
    Status,
    closing,
    command,
    latest_with,
    live_row,
    live_with,
    loops,
    note,
    opting,
    tell_updated,
    urgent,
)
from app.dispatch.normalize import redact
from app.extensions import db
from app.messages import Direction, Message, MessageStatus
from app.numbers import Number
from app.queue import Job, ring
from app.scheduling import holds
from app.subscriptions import Access
from app.tenants import Tenant
from app.users import Presence

SPACE = 20_101
"""The first key of the advisory locks on (tenant, customer phone)."""
COURTESY = re.compile(
    r"^\W*((thanks?|thank you|thx|ty|ok(ay)?|k|great|perfect|got it|cool|gracias|so much|a lot)\b\W*)+$|^\W*👍\W*$",
    re.IGNORECASE,
)
TAPBACK = re.compile(r"^(Liked|Loved|Disliked|Laughed at|Emphasized|Questioned) [“\"]")
MACHINE = re.compile(
    r"(auto[- ]?(reply|response|matic)|do not reply|does not receive|not able to receive|out of (the )?office"
    r"|i'?m driving|i am driving|sent from my car|delivery (failed|failure))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Inbound:
    """One text as the carrier posts it."""

    sid: str
    sender: str
    body: str
    opt_out_type: str = ""
    media: tuple[dict[str, str], ...] = ()

    @classmethod
    def read(cls, form: Mapping[str, str]) -> "Inbound":
        count = int(form.get("NumMedia") or 0) if (form.get("NumMedia") or "0").isdigit() else 0
        media = tuple(
            {"url": form.get(f"MediaUrl{n}", ""), "type": form.get(f"MediaContentType{n}", "")}
            for n in range(min(count, 10))
        )
        body = form.get("Body", "").replace("\x00", "")
        return cls(form["MessageSid"], form.get("From", ""), body, form.get("OptOutType", "").upper(), media)


def receive(number: Number, text: Inbound) -> bool:
    """Steps 3 to 12: keep the text, honour consent; True when a job has to go on with it.

    Runs in the transaction of the webhook and talks to nobody.
    """
    if numbers.is_ours(text.sender):
        return False
    tenant = number.tenant
    if contractor := users.with_verified_phone(tenant.id, text.sender):
        command.obey(contractor, text.body, key=text.sid)
        return False
    lock(tenant.id, text.sender)
    message = messages.hear(
        tenant.id,
        business_phone=number.e164,
        customer_phone=text.sender,
        body=redact(text.body),
        provider_sid=text.sid,
        media=list(text.media),
    )
    if phones.is_short_code(text.sender) or consent.rule_for(tenant.id, text.sender) == ContactRule.block:
        message.status = MessageStatus.no_answer_needed
        return False
    return not opting.settle(number, message, text)


def lock(tenant_id: UUID, phone: str) -> None:
    """Wait for one's turn on a customer, until the end of this transaction."""
    db.session.execute(select(func.pg_advisory_xact_lock(SPACE, func.hashtext(f"{tenant_id}{phone}"))))


def hear(message: Message) -> None:
    """Steps 13 to 20 for one stored text, in the transaction of a job."""
    number = numbers.active(message.business_phone)
    if number is None or message.status != MessageStatus.received:
        return
    lock(message.tenant_id, message.customer_phone)
    thread = live_with(message.tenant_id, message.customer_phone, lock=True)
    if _needs_no_answer(message, thread):
        message.status = MessageStatus.no_answer_needed
        if thread is not None or (thread := latest_with(message.tenant_id, message.customer_phone)) is not None:
            opting.put(message, thread)
        return
    thread = thread or _reopen(number, message) or _begin(number, message)
    opting.put(message, thread)
    thread.last_customer_text_at = now()
    thread.follow_up_at = None
    holds.renew(thread.id, number.tenant.settings.pricing.hold_minutes)
    if thread.status == Status.active and (why := loops.sign(thread, message)) is not None:
        loops.freeze(thread, message, why)
        return
    level = urgent.look(thread, message)
    if thread.status == Status.blocked or not _gate_open(number, thread):
        return
    decide_who_answers(thread, level)


def _needs_no_answer(message: Message, thread: Conversation | None) -> bool:
    if consent.opted_out_at(message.tenant_id, message.customer_phone) is not None:
        return True  # the STOP came while this text waited for its job
    body = message.body.strip()
    if TAPBACK.match(body) or MACHINE.search(body):
        return True
    has_question = thread is not None and bool(thread.dispatch_state.get("asked"))
    return bool(COURTESY.match(body)) and not has_question and not message.media


def _reopen(number: Number, message: Message) -> Conversation | None:
    last = latest_with(message.tenant_id, message.customer_phone)
    if last is None or last.status not in (Status.completed, Status.abandoned):
        return None
    if last.closed_at is None or last.closed_at < now() - REOPEN_WITHIN:
        return None
    last.status, last.mode, last.closed_at = Status.active, Mode.waiting_customer, None
    last.outcome = last.outcome_reason = None
    note(last, "The customer wrote again.")
    return last


def _begin(number: Number, message: Message) -> Conversation:
    customer = customers.of(message.tenant_id, message.customer_phone)
    row = live_row(
        number.tenant,
        number.id,
        customer.id,
        customer_phone=message.customer_phone,
        business_phone=number.e164,
        language=customer.language,
        correlation_id=message.request_id,
    )
    thread = Conversation(**row)
    db.session.add(thread)
    db.session.flush()
    consent.record(message.tenant_id, message.customer_phone, method="inbound_sms", evidence=message.provider_sid or "")
    urgent.tell_created(thread, emergency=False)
    return thread


def is_gate_open(tenant: Tenant) -> bool:
    """Whether the business may text its customers: approved, not paused by support, paid."""
    is_allowed = tenant.texting_paused_reason is None and registrations.is_open(tenant.id)
    return is_allowed and subscriptions.access(tenant.id) == Access.full


def _gate_open(number: Number, thread: Conversation) -> bool:
    """Step 19: a closed gate blocks the thread and asks the contractor to call."""
    if is_gate_open(number.tenant):
        return True
    closing.block(thread, number.tenant.texting_paused_reason or "carrier approval pending or plan not active")
    return False


def decide_who_answers(thread: Conversation, level: str) -> None:
    """Step 20: a person who has the thread, the contractor within his window, or the assistant."""
    moment = now()
    chosen = thread.tenant.settings.dispatcher
    owner = users.owner_of(thread.tenant_id)
    if thread.mode in (Mode.human_active, Mode.escalated):
        urgent.tell_new_message(thread, owner)
    elif not chosen.ai_enabled:
        thread.mode, thread.needs_person = Mode.escalated, True
        thread.escalation_reason = "the assistant is switched off"
        urgent.hand_over(thread, owner)
    elif level == "emergency":
        _answer_at(thread, moment)
    elif thread.mode == Mode.owner_window:
        pass
    elif thread.mode == Mode.ai_active:
        delay = timedelta(seconds=chosen.debounce_seconds)
        _answer_at(thread, min(moment + delay, _first_waiting_since(thread, moment) + 2 * delay))
    elif owner is not None and owner.presence_at(moment) in (Presence.available, Presence.busy):
        thread.mode = Mode.owner_window
        thread.owner_window_expires_at = moment + timedelta(seconds=chosen.owner_window_seconds)
        thread.ai_due_at = thread.owner_window_expires_at
        urgent.tell_new_message(thread, owner)
    else:
        _answer_at(thread, moment + timedelta(seconds=chosen.debounce_seconds))
    tell_updated(thread)


def _first_waiting_since(thread: Conversation, moment: datetime) -> datetime:
    """When the oldest unanswered text came: a burst puts the answer off by twice the delay at most."""
    waiting = unanswered(thread.id)
    return waiting[0].created_at if waiting else moment


def _answer_at(thread: Conversation, due: datetime) -> None:
    thread.mode, thread.owner_window_expires_at = Mode.ai_active, None
    thread.ai_due_at = due
    ring(Job.drain_turns)


def unanswered(conversation_id: UUID) -> list[Message]:
    """The customer's texts that wait for an answer, oldest first."""
    waiting = select(Message).where(
        Message.conversation_id == conversation_id,
        Message.direction == Direction.inbound,
        Message.status == MessageStatus.received,
    )
    return list(db.session.scalars(waiting.order_by(Message.created_at)))
