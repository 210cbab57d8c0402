"""How a text speaks of a visit that exists: whether it means one, which, and which other day (behaviour.md 4.6)."""

from __future__ import annotations

import datetime as dt
import re

from app.dispatch.policy.frame import Turn
from app.dispatch.types import Json, OwnAppointment

ASKS_FOR_A_TIME = frozenset({"availability_question", "hours_question", "service_question", "give_info", "new_job"})
COUNTS = {"a": 1, "one": 1, "un": 1, "una": 1, "the next": 1, "another": 1, "two": 2, "dos": 2, "a couple": 2}
BY_DAYS = re.compile(
    r"\b(?P<count>a couple|another|one|two|three|un|una|dos|tres|a|\d) (?:of )?(?P<unit>days?|weeks?|dias?|semanas?)\b"
    r"(?P<after>(?: \w+){0,2})"
)
NEXT_DAY = re.compile(r"\b(?:the )?(?:next|following) day\b|\bthe day after(?! tomorrow)|\bel dia siguiente\b")
DAY_BEFORE = re.compile(r"\b(?:the )?day before\b|\bel dia antes\b")
SOONER = re.compile(r"\b(?:up|forward|earlier|sooner|before|antes)\b")
OTHERWISE = re.compile(r"\b(?:instead|earlier|later|sooner|another|different|other|rather|en vez|mejor|otr[ao])\b")
KEEP = re.compile(
    r"\b(?:never ?mind|keep (?:it|my|the)|leave (?:it|my|the)|forget (?:it|about)|stay with|"
    r"as (?:it is|planned|scheduled)|dejel[ao]|asi esta bien)\b"
)


def is_meant(turn: Turn) -> bool:
    """A visit stands for the job in hand, no other job is named, and a time is asked for that is not the visit's."""
    said = turn.said
    if turn.table or not turn.visits or turn.names_other_work or is_another(turn) or said.intent not in ASKS_FOR_A_TIME:
        return False
    if not turn.has_visit_for_job or not (said.times.windows or said.times.exclude):
        return False
    return bool(OTHERWISE.search(said.plain)) or not any(is_as_planned(turn, visit) for visit in turn.visits)


ANOTHER = re.compile(
    r"\b(?:another|a second|2nd|one more|separate|additional|different) (?:\w+ )?(?:house|home|place|property|unit|"
    r"apartment|bathroom|"
    r"rental|building|address|location|job|issue|problem|thing|toilet|sink|drain|faucet|leak|outlet|switch|light|fan|"
    r"lock|door|key|spring|"
    r"opener|ac|furnace|heater|\w*room)\b|\bother (?:house|home|place|property|unit|apartment|rental|building|"
    r"address|location)\b|"
    r"\botr[oa] (?:casa|propiedad|problema|trabajo|bano|puerta|direccion)\b"
)
BESIDE = re.compile(
    r"\b(?:also|too|as well|plus|on top of|in addition|besides|while (?:you|youre|hes|theyre|yall)|tambien|ademas)\b"
)


def is_another(turn: Turn) -> bool:
    """Whether a visit of its own is wanted beside the one that stands: other work, one more of a kind, or elsewhere."""
    said, street = turn.said, turn.said.address.street
    named = [job for job in said.jobs.types if not job.startswith("general_")]
    is_more = bool(ANOTHER.search(said.plain))
    if not turn.visits or not (named or is_more) or said.intent in {"cancel_appointment", "complaint"}:
        return False
    known = [visit.address.lower() for visit in turn.visits]
    is_elsewhere = street is not None and not any(street.lower() in address for address in known)
    is_other = any(not is_booked(turn, job) for job in named)
    return is_elsewhere or is_more or (is_other and bool(BESIDE.search(said.plain)))


def is_booked(turn: Turn, job: str) -> bool:
    """Whether a visit stands for a job."""
    return any(job in (visit.job_type, *visit.job_types) for visit in turn.visits)


def second_visit(turn: Turn) -> None:
    """Go on with the new visit alone: what has its visit already is no job of this one, unless it is elsewhere."""
    turn.flag("second_visit")
    state = turn.state
    if turn.said.address.street is None and not ANOTHER.search(turn.said.plain):
        state.jobs = [job for job in state.jobs if not is_booked(turn, job)] or state.jobs
    others = [window for window in state.wishes if not any(is_old_time(turn, visit, window) for visit in turn.visits)]
    state.wishes = others or state.wishes
    turn.forget_estimates()


def is_as_planned(turn: Turn, visit: OwnAppointment) -> bool:
    """Whether the time that is spoken of is the time of the visit."""
    start, times = visit.window_start.astimezone(turn.now.tzinfo), turn.said.times
    if f"{start:%Y-%m-%d}" in times.exclude:
        return False
    at = f"{start:%H:%M}"
    return any(
        window.get("date") in {None, f"{start:%Y-%m-%d}"}
        and (window.get("start") or at) <= at
        and (at == window.get("start") or at < (window.get("end") or "24"))
        and (not window.get("is_point") or window["start"] == at)
        for window in times.windows
    )


def wishes(turn: Turn, visit: OwnAppointment) -> list[Json]:
    """The days and hours that a visit is wished for; "back a day" counts from the day of the visit."""
    windows = [window for window in turn.said.times.windows if not is_old_time(turn, visit, window)]
    date = relative_date(turn, visit)
    if windows or date is None:
        return windows
    return [{"date": f"{date:%Y-%m-%d}", "start": None, "end": None, "is_point": False, "approximate": False}]


def is_old_time(turn: Turn, visit: OwnAppointment, window: Json) -> bool:
    """Such as "my Wednesday visit" beside the day that is wished: it names what is to be moved."""
    start = visit.window_start.astimezone(turn.now.tzinfo)
    return len(turn.said.times.windows) > 1 and window.get("date") == f"{start:%Y-%m-%d}" and not window.get("start")


def relative_date(turn: Turn, visit: OwnAppointment) -> dt.date | None:
    """The day that "back a day", "a week later" or "the day before" means for a visit."""
    start, plain = visit.window_start.astimezone(turn.now.tzinfo).date(), turn.said.plain
    if NEXT_DAY.search(plain):
        return start + dt.timedelta(days=1)
    if DAY_BEFORE.search(plain):
        return start - dt.timedelta(days=1)
    found = BY_DAYS.search(plain)
    if found is None:
        return None
    word = found["count"]
    days = (int(word) if word.isdigit() else COUNTS.get(word, 3)) * (7 if found["unit"][0] in "ws" else 1)
    before = plain[: found.start()].split()[-3:]
    is_sooner = SOONER.search(" ".join(before)) or SOONER.search(found["after"])
    return start + dt.timedelta(days=-days if is_sooner else days)


def named(turn: Turn) -> list[OwnAppointment]:
    """The visits on a day that the text names."""
    times = turn.said.times
    dates = {window.get("date") for window in times.windows} | set(times.exclude)
    return [visit for visit in turn.visits if f"{visit.window_start.astimezone(turn.now.tzinfo):%Y-%m-%d}" in dates]


def is_kept(turn: Turn) -> bool:
    """Whether the visit is to stay where it is after all."""
    return bool(KEEP.search(turn.said.plain)) or turn.said.wants("not_needed")
