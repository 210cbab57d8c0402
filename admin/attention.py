"""What needs somebody: counts that link to the lists they count, counted by the very conditions of those lists."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import url_for
from redis import RedisError
from sqlalchemy import ColumnElement, exists, func, or_, select

from app.clock import now
from app.conversations import Conversation, Mode, Status
from app.escalations import Escalation, EscalationState
from app.evaluation import EvalCase
from app.events import Event, EventStatus
from app.extensions import db
from app.inbox import Webhook, WebhookStatus
from app.messages import Message, MessageStatus
from app.queue import workshop
from app.registrations import Registration, RegistrationStatus
from app.tasks import SupportTask, TaskState
from app.tenants import Tenant

RECENT = timedelta(days=7)


@dataclass(frozen=True)
class Bucket:
    """One count; None when what would be counted cannot be reached."""

    name: str
    meaning: str
    count: int | None
    url: str


def failed_webhooks() -> ColumnElement[bool]:
    return Webhook.status == WebhookStatus.failed


def failed_events() -> ColumnElement[bool]:
    return Event.status == EventStatus.failed


def texts_in_trouble() -> ColumnElement[bool]:
    trouble = (MessageStatus.failed, MessageStatus.undelivered, MessageStatus.unknown)
    return Message.status.in_(trouble) & (Message.created_at > now() - RECENT)


def untaken() -> ColumnElement[bool]:
    return (Conversation.status == Status.active) & (Conversation.mode == Mode.escalated)


def nobody_reached() -> ColumnElement[bool]:
    given_up = select(Escalation.conversation_id).where(
        Escalation.state == EscalationState.exhausted, Escalation.created_at > now() - RECENT
    )
    return Conversation.id.in_(given_up)


def open_tasks() -> ColumnElement[bool]:
    return SupportTask.state == TaskState.open


def failing_cases() -> ColumnElement[bool]:
    return EvalCase.failing_since.is_not(None)


def texting_stopped() -> ColumnElement[bool]:
    stopped = (RegistrationStatus.rejected, RegistrationStatus.suspended)
    refused = exists().where(Registration.tenant_id == Tenant.id, Registration.status.in_(stopped))
    return or_(Tenant.texting_paused_reason.is_not(None), refused)


LISTS: tuple[tuple[str, str, str, str, type[Any], Callable[[], ColumnElement[bool]]], ...] = (
    (
        "Emergencies untaken",
        "Conversations that need a person now and that nobody took.",
        "conversations",
        "untaken",
        Conversation,
        untaken,
    ),
    (
        "Nobody reached",
        "The alarm rang to its end in the last 7 days and nobody answered it.",
        "conversations",
        "unreached",
        Conversation,
        nobody_reached,
    ),
    (
        "Texts in trouble",
        "Failed, undelivered or with a lost answer in the last 7 days.",
        "messages",
        "trouble",
        Message,
        texts_in_trouble,
    ),
    (
        "Texting stopped",
        "Businesses that support paused, or that the carriers refuse.",
        "tenants",
        "stopped",
        Tenant,
        texting_stopped,
    ),
    ("Failed webhooks", "Tried six times; each can be replayed.", "webhooks", "failed", Webhook, failed_webhooks),
    (
        "Failed events",
        "Facts whose consequences did not happen; each can be relayed again.",
        "events",
        "failed",
        Event,
        failed_events,
    ),
    (
        "Failing cases",
        "Test cases that had passed and fail now.",
        "cases",
        "failing",
        EvalCase,
        failing_cases,
    ),
    ("Support tasks", "Open tasks for the support team.", "tasks", "open", SupportTask, open_tasks),
)
"""Name, meaning, list, its segment, table, condition."""


def buckets() -> list[Bucket]:
    """Every count, zeros too."""
    found = [
        Bucket(name, meaning, _count(table, condition()), url_for(f"admin_{path}.index_view", only=only))
        for name, meaning, path, only, table, condition in LISTS
    ]
    return [
        *found,
        Bucket("Failed jobs", "Jobs that raised and wait for a person.", _failed_jobs(), url_for("admin_jobs.index")),
    ]


def _count(table: type[Any], condition: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(table).where(condition)) or 0


def _failed_jobs() -> int | None:
    try:
        return workshop.count_failures()
    except RedisError:
        return None
