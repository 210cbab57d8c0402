"""One drain per queue: woken by a bell, it does all the work of its queue until there is none, then sleeps.

`inbox` and `events` are short work in the database; `outbox` talks to the carrier; `turns` thinks; `bulk` may wait,
and keeps a few threads for the calendars.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from flask import current_app

from app import tenancy
from app.queue import Attendance, Job
from jobs import bulk as slow_work
from jobs import calendars, conversations, events, messages, notifications, webhooks

Work = Callable[[], bool]
WEBHOOKS_PER_EVENTS = 5


def inbox() -> None:
    """Webhooks, and the events that come of them."""
    _attend(Job.drain_inbox, _webhooks_first)


def _webhooks_first() -> bool:
    """A few batches of webhooks for each batch of events: a text must not wait for the pages to hear of others."""
    done = [webhooks.drain_once() for _ in range(WEBHOOKS_PER_EVENTS)]
    return events.drain_once() or any(done)


def outbox() -> None:
    """Texts to customers, several at a time."""
    senders = current_app.extensions["settings"].outbox_senders
    with ThreadPoolExecutor(senders, thread_name_prefix="carrier") as pool:
        _attend(Job.drain_outbox, lambda: messages.drain_once(pool, senders))


def turns() -> None:
    """Turns of the dispatcher."""
    _attend(Job.drain_turns, conversations.Turns().drain_once)


def bulk() -> None:
    """Alerts to the contractor, ladders, calendars, and what the clock asks for."""
    slow_work.run()
    with calendars.Hands() as hands:
        _attend(Job.drain_bulk, notifications.drain_once, notifications.climb, hands.drain_once)


def _attend(job: Job, *works: Work) -> None:
    tenancy.enter(tenancy.SYSTEM)
    post = Attendance(job)
    while True:
        done = [work() for work in works]  # each kind of work has its turn in every round
        if not any(done) and not post.goes_on():
            return
