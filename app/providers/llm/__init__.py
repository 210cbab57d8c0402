"""The language model as a second opinion: asked within a deadline, behind a breaker, and never more than it is worth.

Nothing here raises on account of the model: whatever happens, there is an `Opinion` that says what came of asking.
The libraries are loaded at the first question (app/providers/llm/client.py), and in no process that asks none.
"""

import asyncio
import logging
import os
import threading
import time
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field

from flask import current_app

from app.dispatch import Suggestion
from app.dispatch.types import Json
from app.providers.llm import allowance, breaker
from app.providers.llm.outcomes import Outcome
from config import Settings

__all__ = ["Asking", "Opinion", "Outcome", "ask", "fault", "is_on", "judge", "status", "warm"]

log = logging.getLogger(__name__)

PROVIDERS = ("openai", "openai_compatible", "anthropic")
GRACE = 0.25
"""Seconds after which a question that did not end at its deadline is let go of."""


@dataclass(frozen=True)
class Opinion:
    """What came of asking: a suggestion, or why there is none; `detail` is an error's kind and repeats nothing."""

    outcome: Outcome
    suggestion: Suggestion | None = None
    milliseconds: float = 0.0
    detail: str = ""
    retry_after: float | None = None


@dataclass
class Asking:
    """A question on its way, or one that was not asked."""

    opinion: Opinion | None = None
    future: "Future[Opinion] | None" = None
    until: float = 0.0
    """On the monotonic clock: when nobody waits any longer."""
    started: float = field(default_factory=time.monotonic)

    @property
    def is_over(self) -> bool:
        """Whether the answer is there, or too late."""
        return self.future is None or self.future.done() or time.monotonic() >= self.until

    def result(self) -> Opinion:
        """The opinion, waited for until the deadline and no longer; the breaker hears of it once."""
        if self.opinion is None:
            self.opinion = self._waited_for()
            breaker.record(_settings(), self.opinion.outcome, self.opinion.retry_after)
            if self.opinion.outcome in (Outcome.answered, Outcome.misconfigured):
                allowance.note_configuration(_settings(), is_right=self.opinion.outcome == Outcome.answered)
        return self.opinion

    def give_up(self) -> None:
        """Nobody needs the answer any more; what becomes of it is not counted."""
        if self.future is not None and self.opinion is None:
            self.future.cancel()
            self.opinion = Opinion(Outcome.given_up, milliseconds=self._milliseconds)

    def _waited_for(self) -> Opinion:
        if self.future is None:
            return Opinion(Outcome.off)
        try:
            return self.future.result(max(0.0, self.until - time.monotonic()))
        except (TimeoutError, CancelledError):
            # The deadlines inside failed to hold, or the loop is stuck: the customer does not wait for that.
            self.future.cancel()
            return Opinion(Outcome.timed_out, milliseconds=self._milliseconds, detail="let go of")
        except Exception as error:
            log.exception("the model could not be asked")
            return Opinion(Outcome.failed, milliseconds=self._milliseconds, detail=type(error).__name__)

    @property
    def _milliseconds(self) -> float:
        return (time.monotonic() - self.started) * 1000


def ask(question: Json, *, business: str) -> Asking:
    """Send a question on its way, if there is a model, the breaker is closed and the business has some left today."""
    settings = _settings()
    if fault(settings) is not None:
        return Asking(Opinion(Outcome.off))
    if not breaker.admits(settings):
        return Asking(Opinion(Outcome.breaker_open))
    refusal = allowance.take(settings, business)
    if refusal is not None:
        return Asking(Opinion(refusal))
    future = asyncio.run_coroutine_threadsafe(_answer(settings, question), _loop())
    return Asking(future=future, until=time.monotonic() + settings.llm_deadline_s + GRACE)


async def _answer(settings: Settings, question: Json) -> Opinion:
    from app.providers.llm import client  # noqa: PLC0415 - the libraries cost a second and 75 MB

    started = time.perf_counter()
    answer = await client.answer(settings, question)
    return Opinion(**{**answer, "milliseconds": (time.perf_counter() - started) * 1000})


def judge(opinion: Opinion, *, is_bad: bool) -> None:
    """Tell the breaker what the guard made of an answer: five bad ones in a row open it."""
    if opinion.outcome == Outcome.answered:
        breaker.judge(_settings(), is_bad=is_bad)


def is_on() -> bool:
    """Whether there is a model that could be asked."""
    return fault(_settings()) is None


def fault(settings: Settings) -> str | None:
    """Why no model can be asked with these settings; None when one can."""
    if settings.llm_provider == "none":
        return "off"
    missing = {
        "LLM_PROVIDER is not known": settings.llm_provider not in PROVIDERS,
        "LLM_MODEL is not set": not settings.llm_model,
        "LLM_BASE_URL is not set": settings.llm_provider == "openai_compatible" and not settings.llm_base_url,
        "LLM_API_KEY is not set": settings.llm_provider != "openai_compatible"
        and not settings.llm_api_key.get_secret_value(),
    }
    return next((why for why, is_so in missing.items() if is_so), None)


def status() -> tuple[str, str]:
    """How the model is doing - off, misconfigured, breaker open, healthy - and a sentence about it."""
    settings = _settings()
    wrong = fault(settings)
    if wrong == "off":
        return "off", "There is no language model: the rules answer alone."
    name = f"{settings.llm_model} ({settings.llm_provider})"
    if wrong is not None:
        return "misconfigured", f"{wrong}: the rules answer alone."
    if not allowance.can_count():
        return "off", "Redis is away and questions cannot be counted: the rules answer alone meanwhile."
    if allowance.is_misconfigured(settings):
        return "misconfigured", f"{name} refuses our requests or our key: the rules answer alone."
    if not breaker.is_closed(settings):
        return "breaker open", f"{name} failed several times and is left alone for a while: the rules answer."
    return "healthy", f"{name} is asked when the rules are unsure, for businesses that allow it."


def warm() -> None:
    """Load the libraries in a process that will ask, before it forks; nothing when there is no model."""
    if is_on():
        from app.providers.llm import client  # noqa: PLC0415

        client.warm(_settings())


def _settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


class _Line:
    """The thread whose event loop carries the questions of this process."""

    def __init__(self) -> None:
        self.pid, self.loop = os.getpid(), asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, name="llm", daemon=True).start()


_line: _Line | None = None
_lock = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    """The loop of this process; a forked one has none of its parent's threads."""
    global _line  # noqa: PLW0603 - one per process
    with _lock:
        if _line is None or _line.pid != os.getpid():
            _line = _Line()
        return _line.loop
