"""Conversations that became cases: played again every night, so that what worked once keeps working.

A case is of the platform, not of a business: no tenant sees one, it needs none to be played, and it holds no customer's
personal data (standins.py). Decision: docs/decisions/0020.
"""

import enum
import time
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app import tasks
from app.clock import now
from app.errors import Invalid
from app.evaluation import judging, playing, singles
from app.extensions import db, uuid7

Json = dict[str, Any]
MOST_MISSES = 40


class CaseKind(enum.StrEnum):
    dialogue = enum.auto()
    turn = enum.auto()


class EvalCase(db.Model):
    """One case: a dialogue file with a single dialogue, or a row of single texts, and how it went last."""

    __tablename__ = "eval_case"
    __table_args__ = (Index("ix_eval_case_due", "run_at", postgresql_where="is_active"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[CaseKind]
    title: Mapped[str]
    trade: Mapped[str]
    content: Mapped[dict] = mapped_column(JSONB)
    note: Mapped[str] = mapped_column(default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    made_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    passed: Mapped[bool | None]
    """How the last run went; None before the first."""
    misses: Mapped[list] = mapped_column(JSONB, default=list)
    milliseconds: Mapped[float | None]
    run_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    """When it failed after it had passed; None while it passes, and while it never has."""

    def __str__(self) -> str:
        return self.title


class BrokenCase(Invalid):
    code = "BROKEN_CASE"


def misses_of(kind: CaseKind | str, content: Json) -> list[str]:
    """Play a case with the dispatcher of today: what was missed, in sentences."""
    if kind == CaseKind.turn:
        return singles.judge(content)
    missed: list[str] = []
    for script in content["dialogues"]:
        wanted = [{"c": name} for name in content["always"]] + script["final"]
        missed += judging.judge(playing.play(script, content), wanted)
    return missed


def run(case: EvalCase, at: datetime) -> bool:
    """Play a case and write down how it went; True when it passed. One that raises has failed."""
    started = time.perf_counter()
    try:
        missed = misses_of(case.kind, case.content)
    except Exception as error:  # noqa: BLE001 - whatever the dispatcher raises is a result of the case
        missed = [f"The dispatcher failed: {type(error).__name__}."]
    case.milliseconds = round((time.perf_counter() - started) * 1000, 2)
    _record(case, missed, at)
    return not missed


def _record(case: EvalCase, missed: list[str], at: datetime) -> None:
    """The result; support is asked once when a case that passed fails, and no more when it passes again."""
    had_passed = case.passed
    case.passed, case.misses, case.run_at = not missed, missed[:MOST_MISSES], at
    if missed and had_passed:
        case.failing_since = at
        tasks.ask_support(_key(case, at), "eval_case", f"A test case fails: “{case.title}”. {missed[0]}")
    elif not missed and case.failing_since is not None:
        tasks.settle_support(_key(case, case.failing_since), "It passes again.")
        case.failing_since = None


def _key(case: EvalCase, since: datetime) -> str:
    return f"eval_case:{case.id}:{since.isoformat()}"
