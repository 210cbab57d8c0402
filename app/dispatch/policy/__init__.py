"""The order in which an event is dealt with (reference/dispatch.md 13), one act out of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

from app.dispatch import guard, understanding
from app.dispatch.findings import Findings
from app.dispatch.policy import advice, asking, compose, danger, endings, late, memory, offering, silence, visits
from app.dispatch.policy.frame import CLOSED, Draft, Turn
from app.dispatch.suggestion import Suggestion
from app.dispatch.types import Context, Event, Result, State

MOST_UNCLEAR = 3
MOST_TURNS = 12

Step = Callable[[Turn], Draft | None]


def turn(
    state: State, event: Event, context: Context, now: dt.datetime, *, suggestion: Suggestion | None = None
) -> tuple[Result, State]:
    """Deal with one event; the given state is left as it is."""
    this = Turn(state.copied(), event, context, now.astimezone(ZoneInfo(context.timezone)))
    if context.customer.language and state.stage == "initial" and not state.bot_turns:
        this.state.language = context.customer.language
    this.suggestion = suggestion
    this.step = event.kind
    draft = EVENTS[event.kind](this)
    result, after = compose.answer(this, draft)
    if context.external_model_allowed and suggestion is None:
        result = replace(result, question=advice.question(this, draft, result, asked=state.asked))
    return result, after


def greet(this: Turn) -> Draft:
    """The first text after a missed call."""
    state, context = this.state, this.context
    if state.is_opted_out or state.is_human:
        return Draft()
    is_known = bool(context.is_known_customer and context.customer.addresses)
    template = "greeting_known" if is_known else "greeting"
    if not is_open(this):
        template += "_after_hours"
    first = (context.customer.name or "").split(" ")[0]
    if is_known:
        this.flag("address_offered")
    return Draft(template, {"comma_name": f" {first}" if first else ""}, asks="job", stage="initial", follow_up="vague")


def is_open(this: Turn) -> bool:
    """Whether the business is open at this moment."""
    day = this.context.business_hours.get(f"{this.now:%A}".lower())
    if not this.context.business_hours:
        return True
    if this.now.date() in this.context.holidays or not day:
        return False
    return day[0] <= f"{this.now:%H:%M}" < day[1]


def hear(this: Turn) -> Draft:
    """One or several customer texts, read as one."""
    this.said = advised(this, understanding.understand(this))
    if this.state.is_opted_out:
        return opted_out(this)
    if this.state.outcome in CLOSED:
        memory.begin_again(this)
    this.state.moving = None
    memory.remember(this)
    danger.notice(this)
    this.state.nudges = 0
    if this.state.is_human:
        return Draft()
    for step in STEPS:
        draft = step(this)
        if draft is not None:
            this.step = step.__name__
            return draft
    this.step = offering.offer.__name__
    return offering.offer(this)


def advised(this: Turn, found: Findings) -> Findings:
    """The findings with what counts of the model's suggestion."""
    if this.suggestion is None:
        return found
    trade, texts = this.context.trade, [words for who, words in this.context.recent if who == "customer"]
    merged = guard.merge(found, this.suggestion, trade, texts)
    this.verdicts += guard.doubts(found, this.suggestion, trade, texts)
    this.is_advised = merged != found
    return merged


def opted_out(this: Turn) -> Draft:
    """Silence until START."""
    if not this.said.wants("opt_in"):
        return Draft(outcome="opted_out")
    this.state.is_opted_out = False
    this.state.outcome = "open"
    return Draft("opted_in", asks="job", acts=("opt_in",), outcome="open", stage="collecting_info")


def lost(this: Turn) -> Draft:
    """The slot was taken between the offer and the booking: apologise, offer anew (behaviour.md 9, slot_gone)."""
    this.state.outcome, this.state.stage = "open", "confirming"
    this.state.offer_slots = []
    if this.state.moving:
        return visits.go_on_after_loss(this)
    return offering.offer(this, apology="slot_gone")


def taken_over(this: Turn) -> Draft:
    """A person has the thread: silence from here on."""
    this.state.is_human = True
    return Draft(clears_offers=True)


def given_back(this: Turn) -> Draft:
    """The thread is ours again; the caller sends the unanswered texts as a message."""
    this.state.is_human = False
    if this.state.outcome in {"handoff", "escalated"}:
        this.state.outcome, this.state.stage = "open", "collecting_info"
    return Draft()


EVENTS: dict[str, Callable[[Turn], Draft]] = {
    "missed_call": greet,
    "message": hear,
    "timeout": silence.heard_nothing,
    "booking_refused": lost,
    "human_takeover": taken_over,
    "returned_to_ai": given_back,
}


def too_unclear(this: Turn) -> Draft | None:
    """Nothing understood three times, or a talk without an end: a person (dispatch.md 13)."""
    state = this.state
    if state.unclear >= MOST_UNCLEAR or (state.bot_turns >= MOST_TURNS and not this.table):
        this.act("alert_owner")
        return Draft("hand_over", acts=("handoff",), outcome="handoff", stage="escalated", reason="unclear")
    return None


STEPS: tuple[Step, ...] = (
    endings.opt_out,
    danger.hazard_answer,
    danger.life_safety,
    endings.help_keyword,
    endings.auto_reply,
    endings.spam,
    endings.wrong_number,
    endings.after_handover,
    danger.until_safe,
    danger.away,
    endings.complaint,
    endings.ask_human,
    visits.about_visit,
    endings.not_needed,
    endings.wrong_trade,
    endings.out_of_area,
    danger.closed_with_valve,
    endings.courtesy,
    endings.defer,
    danger.safety_question,
    too_unclear,
    endings.questions,
    offering.choice,
    late.choice,
    visits.booked_already,
    endings.price_first,
    endings.unclear,
    asking.missing,
    offering.consent,
)
