"""Every night all cases are played: those whose last run is older than the last night's hour are due."""

from datetime import datetime, time, timedelta

from sqlalchemy import or_, select

from app import evaluation
from app.evaluation import EvalCase
from app.extensions import db

HOUR = time(9)
"""In UTC: between one and four in the morning where our businesses are."""
AT_ONCE = 20


def last_night(moment: datetime) -> datetime:
    """The latest hour of the night that is over."""
    tonight = datetime.combine(moment.date(), HOUR, moment.tzinfo)
    return tonight if tonight <= moment else tonight - timedelta(days=1)


def play_due(moment: datetime) -> int:
    """Play the next cases that are due, each by one process only; how many these were."""
    wanted = (
        select(EvalCase)
        .where(EvalCase.is_active, or_(EvalCase.run_at.is_(None), EvalCase.run_at < last_night(moment)))
        .order_by(EvalCase.run_at.nulls_first(), EvalCase.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    due = list(db.session.scalars(wanted))
    for case in due:
        evaluation.run(case, moment)
    return len(due)
