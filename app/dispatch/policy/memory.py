"""What a text adds to the frame: facts are sticky, corrections win, urgency never falls."""

from __future__ import annotations

import re
from dataclasses import replace

from app.dispatch import jobs as job_words
from app.dispatch.addresses.shapes import SURE_SUFFIX
from app.dispatch.policy.frame import Turn
from app.dispatch.types import State

SHORT, TEXTS_TO_SWITCH = 4, 2
"""Shorter answers tell no language; so many texts in English end a talk in Spanish."""


def remember(turn: Turn) -> None:
    """Take up everything that a text says before anything is asked."""
    language(turn)
    place(turn)
    jobs(turn)
    times(turn)
    said, state = turn.said, turn.state
    if said.name and (state.name is None or state.asked == "name" or " " in said.name or " " not in state.name):
        state.name = said.name
    state.phone = said.phone or state.phone
    if state.name is None and turn.context.customer.name:
        state.name = turn.context.customer.name
    is_lost = said.intent == "unclear" and not said.is_yes and not said.is_no
    state.unclear = state.unclear + 1 if is_lost else 0
    turn.forget_estimates()


def language(turn: Turn) -> None:
    """Follow the customer into Spanish at once, and back only after two texts in English."""
    state, is_short = turn.state, len(turn.said.plain.split()) < SHORT
    if turn.said.language == "es" and "es" in turn.context.languages:
        state.language, state.spanish_texts, state.english_texts = "es", state.spanish_texts + 1, 0
    elif state.language == "es" and not is_short:
        state.english_texts += 1
        if state.english_texts >= TEXTS_TO_SWITCH:
            state.language, state.spanish_texts = "en", 0


def place(turn: Turn) -> None:
    """Address parts that came in pieces are kept together; a new street starts a new address."""
    state, found = turn.state, turn.said.address
    if found.street and (state.street is None or found.confidence >= CORRECTS or state.asked == "address"):
        if state.street and name_of(state.street) != name_of(found.street):
            state.unit = None
        state.street = found.street
    elif state.street and found.street is None:
        state.street = completed(state.street, turn.said.plain)
    state.unit = found.unit or state.unit
    state.city = found.city or state.city
    state.region = found.state or state.region
    state.postal_code = found.postal_code or state.postal_code
    is_same = SAME_PLACE.search(turn.said.plain) or (turn.said.is_yes and "address_offered" in state.flags)
    if not turn.has_place and is_same:
        same_address(turn)


CORRECTS = 0.6


def completed(street: str, plain: str) -> str:
    """A street that was told without its suffix, once that follows: "1900 Pioneer", "that's Pioneer Pkwy"."""
    number, _, name = street.partition(" ")
    found = re.search(rf"\b({re.escape(name.lower())} (?:{SURE_SUFFIX}))\b", plain) if name else None
    return f"{number} {found[1].title()}" if found else street


def name_of(street: str) -> str:
    """The street without its number."""
    return street.lower().partition(" ")[2]


SAME_PLACE = re.compile(r"\b(?:same (?:place|address|house|location|spot|home)|misma (?:direccion|casa))\b")


def same_address(turn: Turn) -> None:
    """The address of last time, confirmed by a yes."""
    known = turn.context.customer.addresses
    if known:
        take_address(turn, known[0])


def take_address(turn: Turn, line: str) -> None:
    """Take up an address that we know in one line: street, city, ZIP."""
    parts = [part.strip() for part in line.split(",")]
    turn.state.street = parts[0] or None
    digits = "".join(line.split()[-1:])
    if digits[:5].isdigit() and len(digits) >= 5:
        turn.state.postal_code = digits[:5]
    if len(parts) > 2:
        turn.state.city = parts[1]


def jobs(turn: Turn) -> None:
    """Another job is added; a surer word about the same one replaces a vague one."""
    state, found = turn.state, turn.said.jobs
    if not found.types:
        return
    sure = [job for job in found.types if not job.startswith("general_")]
    known = [job for job in state.jobs if not job.startswith("general_")]
    replaces = is_detail(turn) or is_next_job(turn) or is_corrected(turn)
    if not sure and known:
        return
    if not known or replaces:
        state.jobs = list(found.types)
        state.job_confidence = found.confidence
    else:
        state.jobs = known + [job for job in sure if job not in known and not job_words.is_same_work(job, known)]
        state.job_confidence = max(state.job_confidence, found.confidence)
    state.wants_install = found.wants_install or state.wants_install
    state.job_words = state.job_words or found.words


def is_detail(turn: Turn) -> bool:
    """Whether a job word answers our question about the problem rather than adding a second job."""
    state = turn.state
    return state.asked == "job" and state.job_confidence < turn.context.job_confidence_threshold


CORRECTS_JOB = re.compile(
    r"\b(?:actually|i mean|i meant|turns out|turned out|misspoke|my mistake|correction|my bad|not (?:the|my|a)|wasnt "
    r"(?:the|my)|"
    r"isnt (?:the|my)|instead of|rather than|en realidad|perdon|me equivoque)\b"
)
ADDS_JOB = re.compile(
    r"\b(?:also|too|as well|plus|another|second|in addition|besides|while (?:you|youre|hes|theyre)|y (?:el|la|"
    r"tambien)|tambien|both|"
    r"and (?:the|my|a|we|i|can|could|also|maybe))\b"
)


def is_corrected(turn: Turn) -> bool:
    """Whether a text takes the job in hand back for another one: "actually it's the outlet that is dead"."""
    plain = turn.said.plain
    return bool(CORRECTS_JOB.search(plain)) and not ADDS_JOB.search(plain) and turn.names_other_work


def is_next_job(turn: Turn) -> bool:
    """Whether the job in hand has its visit already, so that another one is a matter of its own."""
    return turn.has_visit_for_job and turn.names_other_work


def times(turn: Turn) -> None:
    """A new wish replaces the old one; refused times add up."""
    state, found = turn.state, turn.said.times
    if turn.said.intent == "hours_question" or state.pending_act == "which_visit":
        return
    if found.picked and not turn.said.is_no and turn.said.intent != "price_question":
        return
    if turn.said.intent == "price_question" and turn.table and turn.is_emergency:
        turn.flag("asked_tomorrow")
        return
    if found.windows:
        state.wishes = list(found.windows)
        state.asap = found.asap
    state.asap = state.asap or found.asap
    state.flexible = found.flexible or state.flexible
    for item in found.exclude:
        if item not in state.exclude:
            state.exclude.append(item)
    if found.windows:
        dates = {window.get("date") for window in found.windows}
        state.exclude = [item for item in state.exclude if item not in dates]


def begin_again(turn: Turn) -> None:
    """A text after the end: the person and the place stay, the request is new; after a silence it is the old one."""
    old, was_silent = turn.state, turn.state.outcome == "abandoned"
    if (turn.names_other_work and not was_silent) or (old.outcome == "booked" and not turn.visits):
        old = replace(old, jobs=[], job_confidence=0.0, wants_install=False, price_told=False)
    turn.state = State(
        language=old.language,
        spanish_texts=old.spanish_texts,
        street=old.street,
        unit=old.unit,
        city=old.city,
        region=old.region,
        postal_code=old.postal_code,
        name=old.name,
        phone=old.phone,
        urgency=old.urgency,
        urgency_confidence=old.urgency_confidence,
        hazards=old.hazards,
        is_safe=old.is_safe,
        said=old.said,
        jobs=old.jobs,
        job_confidence=old.job_confidence,
        wants_install=old.wants_install,
        price_told=old.price_told,
        bot_turns=0,
        valve_told=old.valve_told,
        safety_asked=old.safety_asked,
        outcome=old.outcome,
        lead=old.lead,
        flags=old.flags,
        escalation_level=old.escalation_level,
        objections=old.objections,
        asks_of=old.asks_of,
        stage="collecting_info",
    )
    if was_silent:
        go_on(turn.state, old, today=f"{turn.now:%Y-%m-%d}")


def go_on(state: State, old: State, *, today: str) -> None:
    """What a customer wanted who fell silent, without the days that are over."""
    state.wishes = [window for window in old.wishes if (window.get("date") or today) >= today]
    state.exclude, state.asap, state.flexible = list(old.exclude), old.asap, old.flexible
    state.lapsed_slots = list(old.lapsed_slots)
    state.pending_act, state.pending_appointment = old.pending_act, old.pending_appointment
