"""Short cuts: texts that end a talk, need a person, or only a courtesy."""

from __future__ import annotations

import re

from app.dispatch import wording
from app.dispatch.policy import danger as dangers
from app.dispatch.policy import offering, side
from app.dispatch.policy.frame import CLOSED, Draft, Turn

CARRIER_WORDS = frozenset(
    {"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"}
)


def opt_out(turn: Turn) -> Draft | None:
    """Honour it at once; the carrier confirms its own keywords (behaviour.md 8.2)."""
    if turn.said.wants("opt_in") and not turn.said.wants("opt_out"):
        return Draft("opted_in", asks="job") if turn.state.outcome == "open" and not turn.state.jobs else None
    if not turn.said.wants("opt_out"):
        return None
    turn.state.is_opted_out = True
    is_carriers = " ".join(turn.said.plain.replace(".", " ").split()) in CARRIER_WORDS
    acts = ("opt_out", "alert_owner") if turn.visits else ("opt_out",)
    return Draft(
        None if is_carriers else "optout_confirm",
        acts=acts,
        outcome="opted_out",
        stage="complete",
        clears_offers=True,
    )


def help_keyword(turn: Turn) -> Draft | None:
    """HELP or INFO alone."""
    if turn.said.intent != "help_keyword":
        return None
    template = "help" if turn.context.business_phone else "help_here"
    return Draft(template, asks=turn.state.asked if turn.table else None, stage=turn.state.stage)


def auto_reply(turn: Turn) -> Draft | None:
    """A phone that answers by itself gets no answer."""
    return Draft(stage=turn.state.stage) if turn.said.intent == "auto_reply" else None


def spam(turn: Turn) -> Draft | None:
    """No lead, no reply."""
    state = turn.state
    if turn.said.intent != "spam" and not (state.outcome == "spam" and not is_request(turn)):
        return None
    state.lead, state.jobs, state.job_confidence = False, [], 0.0
    return Draft(outcome="spam", stage="complete", clears_offers=True)


def is_request(turn: Turn) -> bool:
    """Whether a text brings a matter of ours after all: a job, a place, a danger."""
    said = turn.said
    return bool(said.jobs.types or said.address.street) or said.danger.level != "normal"


def wrong_number(turn: Turn) -> Draft | None:
    if turn.said.intent != "wrong_number":
        return None
    turn.state.lead = False
    return Draft("wrong_number_bye", outcome="wrong_number", stage="complete", clears_offers=True)


def after_handover(turn: Turn) -> Draft | None:
    """A person has it: what comes now is passed on; a new danger was answered before."""
    state = turn.state
    if state.outcome == "emergency_dispatch":
        if turn.said.wants("thanks_bye", "confirm_yes") or turn.said.is_yes:
            return Draft(outcome=state.outcome, stage="escalated") if state.bot_turns > MOST_AFTER else again(turn)
        return again(turn)
    if state.outcome != "handoff":
        return None
    if turn.said.wants("complaint"):
        return Draft("hand_over_sorry", acts=("handoff",), outcome="handoff", stage="escalated", reason="complaint")
    if turn.said.wants("thanks_bye") and not turn.said.jobs.types:
        return Draft(outcome="handoff", stage="escalated")
    return Draft("hand_over", acts=("handoff",), outcome="handoff", stage="escalated", reason="handed_over")


MOST_AFTER = 10


def again(turn: Turn) -> Draft:
    return Draft("dispatched_again", outcome="emergency_dispatch", stage="escalated")


def complaint(turn: Turn) -> Draft | None:
    """An apology and a person, never a promise of money."""
    if turn.said.intent != "complaint":
        return None
    turn.act("escalate", "alert_owner")
    return Draft("hand_over_sorry", acts=("handoff",), outcome="handoff", stage="escalated", reason="complaint")


def ask_human(turn: Turn) -> Draft | None:
    if turn.said.intent not in {"ask_human", "crisis"}:
        return None
    turn.act("alert_owner")
    return Draft("hand_over", acts=("handoff",), outcome="handoff", stage="escalated", reason="asked_for_person")


def not_needed(turn: Turn) -> Draft | None:
    if turn.said.intent != "not_needed":
        return None
    return Draft("not_needed_bye", outcome="not_needed", stage="complete", clears_offers=True)


def wrong_trade(turn: Turn) -> Draft | None:
    """A job of another trade is declined plainly, without a price (SC14)."""
    state, jobs = turn.state, turn.said.jobs
    if jobs.other_trade and not state.jobs:
        turn.flag("out_of_scope")
    if "out_of_scope" not in state.flags or state.jobs or turn.is_emergency:
        return None
    if not jobs.other_trade and (turn.said.is_yes or turn.said.wants("thanks_bye", "decline_no")):
        return Draft(outcome="out_of_scope", stage="rejected")  # "ok, thanks anyway"
    turn.errors.append("WRONG_TRADE")
    return Draft("wrong_trade", outcome="out_of_scope", stage="rejected", clears_offers=True)


def out_of_area(turn: Turn) -> Draft | None:
    """Too far for the area, or for the way (behaviour.md 7.1, 7.2)."""
    if not turn.has_place:
        return None
    verdict, state = turn.area, turn.state
    if verdict.result in {"in", "ask"}:
        state.flags = [flag for flag in state.flags if flag not in {"out_of_area", "not_reachable"}]
        return None
    place = state.postal_code or (state.city or "").title() or state.street or ""
    if verdict.result == "out":
        turn.flag("out_of_area")
        turn.errors.append("OUT_OF_AREA")
        return Draft("out_of_area", {"place": place}, outcome="out_of_area", stage="rejected", clears_offers=True)
    turn.flag("not_reachable")
    turn.errors += list(verdict.reasons)
    return Draft(
        "not_reachable",
        {"place": place, "limits": limits(turn)},
        outcome="not_reachable",
        stage="rejected",
        clears_offers=True,
    )


def limits(turn: Turn) -> str:
    """The broken limits of the way."""
    reasons, context = turn.area.reasons, turn.context
    parts = []
    if "TRAVEL_TIME_EXCEEDED" in reasons:
        parts.append(f"over {context.max_travel_minutes} minutes of travel")
    if "TRAVEL_DISTANCE_EXCEEDED" in reasons:
        parts.append(f"over {context.max_travel_miles:g} miles by road")
    return " and ".join(parts) or "beyond our travel limits"


def courtesy(turn: Turn) -> Draft | None:
    """Thanks with nothing open."""
    said, state = turn.said, turn.state
    if said.intent != "thanks_bye" or said.is_no:
        return None
    if state.outcome in CLOSED:
        return Draft(outcome=state.outcome, stage="complete")
    if turn.table or state.asked:
        return (
            None
            if said.is_yes or said.times.picked
            else Draft("thanks", outcome="deferred", stage="complete", clears_offers=True)
        )
    return Draft("thanks", stage=state.stage)


def defer(turn: Turn) -> Draft | None:
    """Not now, perhaps later; an "ok" before "let me think" is no yes."""
    said = turn.said
    is_thinking = said.intent == "defer" or (said.intent == "confirm_yes" and said.wants("defer"))
    is_leaving = said.intent in {"price_objection", "decline_no"} and bool(LEAVES.search(said.plain))
    if (is_thinking and not said.times.picked) or is_leaving or (said.intent == "decline_no" and wants_nothing(turn)):
        outcome = "deferred"
        return Draft("deferred", outcome=outcome, stage="complete", clears_offers=True)
    return None


LEAVES = re.compile(
    r"\b(?:(?:ill|i will|going to|have to|think ill|well) pass|not interested|forget (?:it|about it)|no deal|(?:look|"
    r"shop) (?:elsewhere|around)|"
    r"go(?:ing)? with (?:someone|somebody|another|the other)|keep looking|call (?:someone|somebody) else)\b"
)


def wants_nothing(turn: Turn) -> bool:
    return turn.said.wants("refuse_visit")


def questions(turn: Turn) -> Draft | None:
    """Side questions, the valve and a missing emergency service go before what follows."""
    dangers.valve(turn)
    dangers.not_accepted(turn)
    side.answer_questions(turn)
    return None


def price_first(turn: Turn) -> Draft | None:
    """A price question before the address: the range and the first times together (SC28)."""
    said, state = turn.said, turn.state
    if (
        turn.context.asks_for
        or turn.has_place
        or not state.jobs
        or not said.wants("price_question")
        or turn.is_emergency
    ):
        return None
    draft = offering.offer(turn)
    if not draft.offers:
        return draft
    windows = f" {wording.DAY_WORDS[turn.language]['or']} ".join(turn.slot_window(one) for one in draft.offers[-2:])
    return Draft(
        "openings",
        {"windows": windows},
        asks="address",
        offers=draft.offers,
        stage="confirming",
        follow_up="other",
    )


def unclear(turn: Turn) -> Draft | None:
    """Something that nobody can read: one short question, not an error."""
    said, state = turn.said, turn.state
    if said.intent != "unclear" or said.is_yes or said.is_no:
        return None
    if turn.table:
        return (
            offering.ask_which(turn, turn.table)
            if len(turn.table) > 1
            else Draft(
                "confirm_again",
                {"window": turn.slot_window(turn.table[0])},
                asks="confirm",
                stage="confirming",
                follow_up="other",
            )
        )
    if not said.plain.strip() and not turn.event.media:
        turn.note("unclear")
    if state.unclear > 1:
        turn.note("unclear")
    return None
