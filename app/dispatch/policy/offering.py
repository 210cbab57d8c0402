"""Times and prices: proposing, reading a choice, booking, and the consent for coming at once."""

from __future__ import annotations

from collections.abc import Sequence

from app.dispatch import proposals, wording
from app.dispatch.policy.frame import Draft, Turn
from app.dispatch.types import Offer
from app.scheduling.types import Slot


def offer(turn: Turn, *, apology: str | None = None) -> Draft:
    """Propose the times that fit the wish (behaviour.md 7.5)."""
    state, found = turn.state, turn.found
    turn.errors += [code for code in found.reasons if code not in turn.errors]
    slots, is_match = proposals.choose(
        found,
        urgency=turn.urgency,
        wish=turn.wish,
        now=turn.now,
        zone=turn.context.timezone,
        wants_early=state.objections > 0 or "asked_tomorrow" in state.flags,
    )
    reason = missed_template(turn)
    if slots and not is_match and reason != "no_match":
        state.wishes, state.asap = [], False
        slots, _ = proposals.choose(
            found, urgency=turn.urgency, wish=turn.wish, now=turn.now, zone=turn.context.timezone
        )
    if not slots:
        return no_times(turn)
    draft = draft_of(turn, proposals.offers_for(slots, turn.estimates))
    if apology:
        return wrapped(apology, "options", draft)
    if not is_match:
        return wrapped(reason, "offer", draft)
    if found.full_today and not state.wishes and not turn.is_emergency:
        return wrapped("full_today", "offer", draft)
    return draft


def missed_template(turn: Turn) -> str:
    """Why the wished time cannot be had."""
    today = f"{turn.now:%Y-%m-%d}"
    wants_today = any(window.get("date") == today for window in turn.state.wishes)
    if wants_today and turn.found.full_today:
        return "full_today"
    if wants_evening(turn) and not turn.is_emergency:
        return "only_emergencies_after_hours"
    return "no_match"


def wants_evening(turn: Turn) -> bool:
    """Whether an hour outside business hours was wished for."""
    return any(
        (window.get("start") or "12") >= ("18:00" if window.get("is_point") else "17:00")
        for window in turn.state.wishes
    )


def wrapped(template: str, key: str, draft: Draft) -> Draft:
    """An offer inside another sentence."""
    draft.values = {**draft.values, "inner": draft.template or "", "slot": key}
    draft.template, draft.parts = template, ()
    return draft


def draft_of(turn: Turn, offers: list[Offer]) -> Draft:
    """The text for numbered offers; one alone asks for a YES."""
    values = {"choices": wording.choices_text(len(offers), turn.language)}
    if len(offers) == 1:
        values |= {
            "window": turn.slot_window(offers[0]),
            "price": wording.offer_price_text(offers[0], turn.language),
        }
    else:
        values["options"] = wording.options_text(offers, turn.now, zone=turn.context.timezone, language=turn.language)
    turn.state.price_told = True
    return Draft(
        "offer_one" if len(offers) == 1 else "offer_choice",
        values,
        asks="confirm" if len(offers) == 1 else "slot",
        offers=offers,
        stage="confirming",
        follow_up=wait_of(turn, offers),
    )


def wait_of(turn: Turn, offers: Sequence[Offer]) -> str:
    """Which of the waits before a nudge applies (behaviour.md 10)."""
    if any(proposals.is_emergency_slot(one.slot) and one.slot.after_hours for one in offers):
        return "after_hours"
    zone = turn.context.timezone
    today = turn.now.date()
    return "same_day" if any(proposals.local_start(one.slot, zone).date() == today for one in offers) else "other"


def no_times(turn: Turn) -> Draft:
    """Nothing is free: a person takes over."""
    turn.act("escalate") if turn.is_emergency else turn.act("alert_owner")
    return Draft(
        "hand_over_emergency" if turn.is_emergency else "no_slots",
        acts=("handoff",),
        outcome="handoff",
        stage="escalated",
        reason="no_slots",
    )


# Reading a choice


def choice(turn: Turn) -> Draft | None:
    """Book what was picked, ask which one when that is not clear (behaviour.md 4.5)."""
    table, said, state = turn.table, turn.said, turn.state
    if not table or state.pending_act == "cancel":
        return None
    if said.intent == "price_question":
        return None
    picked = [table[index] for index in said.times.picked if index < len(table)]
    if len(picked) == 1 and not said.is_no:
        return with_more(turn, picked[0]) or take(turn, picked[0])
    if len(picked) > 1:
        return ask_which(turn, picked)
    if said.is_yes and not said.times.windows and not said.times.exclude and not said.wants("price_objection"):
        return (with_more(turn, table[0]) or take(turn, table[0])) if len(table) == 1 else ask_which(turn, table)
    has_wish = bool(said.times.windows or said.times.exclude) or not said.address.is_empty
    if said.is_no and not has_wish and not said.wants("defer", "not_needed"):
        return declined(turn)
    return None


def with_more(turn: Turn, picked: Offer) -> Draft | None:
    """A yes that brings a second job: the same time for both, at the price of both, to be accepted once more."""
    if turn.state.pending_act or not turn.said.jobs.types:
        return None
    if not picked.job_types or {line.job_type for line in turn.estimates} <= set(picked.job_types):
        return None
    slot = next((one for one in turn.found.slots if one.window_start == picked.slot.window_start), None)
    if slot is None:
        return offer(turn)
    turn.note("both_jobs", job=turn.job_name)
    return draft_of(turn, proposals.offers_for([slot], turn.estimates))


def ask_which(turn: Turn, offers: Sequence[Offer]) -> Draft:
    """Several would do: one question, by number."""
    numbers = [str(one.number) for one in offers]
    joiner = wording.DAY_WORDS[turn.language]["or"]
    choices = f"{', '.join(numbers[:-1])} {joiner} {numbers[-1]}" if len(numbers) > 1 else numbers[0]
    return Draft("which_one", {"choices": choices}, asks="slot", stage="confirming", follow_up=wait_of(turn, offers))


def take(turn: Turn, picked: Offer) -> Draft:
    """Book an offer, or move a visit to it; the address first when it is missing."""
    state = turn.state
    if state.pending_act == "reschedule" and state.pending_appointment:
        return move(turn, picked)
    if not turn.has_place:
        state.pending_act, state.pending_appointment = "choose", picked.slot.id
        return Draft("ask_address", asks="address", stage="confirming")
    return book(turn, picked)


def book(turn: Turn, picked: Offer) -> Draft:
    """The act and the confirmation that is bound to its row (behaviour.md 7.6, 9)."""
    kind = kind_of(turn, picked.slot)
    template = {"confirmed": "booked", "tentative": "booked_tentative"}.get(kind, kind)
    values = {
        "window": turn.slot_window(picked),
        "price": wording.offer_price_text(picked, turn.language),
        "job_number": turn.context.job_number,
        "confirm_when": wording.DAY_WORDS[turn.language]["day_before"].format(clock=turn.context.confirm_clock),
        "address": turn.address,
    }
    turn.state.pending_act = turn.state.pending_appointment = None
    return Draft(
        template,
        values,
        acts=(f"book:{picked.slot.id}",),
        confirmed=picked,
        booking_kind=kind,
        outcome="booked",
        stage="complete",
        clears_offers=True,
    )


def kind_of(turn: Turn, slot: Slot) -> str:
    """How firm a booking is (behaviour.md 5.4, 7.6)."""
    context = turn.context
    if context.calendar_stale or "CALENDAR_STALE" in turn.found.reasons:
        return "requested"
    if slot.slot_type == "emergency_night" and context.night_ack_required:
        return "reaching_technician"
    return slot.booking_type


def move(turn: Turn, picked: Offer) -> Draft:
    """Give a visit a new time at its old price (behaviour.md 4.6)."""
    state = turn.state
    visit = next((one for one in turn.context.appointments if one.id == state.pending_appointment), None)
    values = {
        "window": turn.slot_window(picked),
        "job_number": (visit.job_number if visit else "") or turn.context.job_number,
    }
    act = f"reschedule:{state.pending_appointment}:{picked.slot.id}"
    state.moving, state.pending_act, state.pending_appointment = state.pending_appointment, None, None
    return Draft(
        "moved",
        values,
        acts=(act,),
        confirmed=picked,
        outcome="rescheduled",
        stage="complete",
        clears_offers=True,
    )


def declined(turn: Turn) -> Draft:
    """None of the offers suits: the cheaper ones after a premium, else ask for a better time."""
    state = turn.state
    if state.pending_act == "reschedule":
        return Draft("declined", asks="when", clears_offers=True)
    if turn.is_emergency and any(proposals.is_emergency_slot(one.slot) for one in turn.table):
        state.premium_refused = True
    return Draft("declined", asks="when", clears_offers=True, stage="collecting_info")


# Coming at once


def consent(turn: Turn) -> Draft | None:
    """Ask for the rate before somebody is sent, and send somebody after a yes (dispatch.md 10)."""
    state, now_rate = turn.state, turn.context.immediate
    if not turn.is_emergency or state.premium_refused or state.pending_act == "reschedule":
        return None
    if not turn.context.emergencies_accepted or now_rate is None or has_emergency_slot(turn):
        return None
    if state.asked == "price_ok" and (turn.said.is_no and not turn.said.is_yes):
        state.premium_refused, state.emergency_consent = True, False
        return None
    is_asking = turn.said.wants("price_question", "duration_question", "price_objection")
    if (
        state.asked == "price_ok"
        and not is_asking
        and (turn.said.is_yes or (turn.said.times.asap and not turn.said.is_no))
    ):
        return send(turn)
    price = wording.price_text(*turn.base_price) if turn.is_diagnostic else multiplied(turn)
    return Draft(
        "emergency_consent_visit" if turn.is_diagnostic else "emergency_consent",
        {
            "rate": rate_word(turn),
            "price": price,
            "job": turn.job_name,
            "times": f"{now_rate.multiplier.normalize():f}",
        },
        asks="price_ok",
        stage="confirming",
        follow_up="after_hours",
    )


def has_emergency_slot(turn: Turn) -> bool:
    return any(proposals.is_emergency_slot(slot) for slot in turn.found.slots)


def send(turn: Turn) -> Draft:
    """The rate was accepted: alert the contractor; nobody is said to be on the way."""
    turn.state.emergency_consent = True
    return Draft(
        "dispatched_visit" if turn.is_diagnostic else "dispatched",
        {"price": multiplied(turn), "rate": rate_word(turn), "address": turn.address or TO_YOU[turn.language]},
        acts=("dispatch",),
        outcome="emergency_dispatch",
        stage="escalated",
        clears_offers=True,
    )


def multiplied(turn: Turn) -> str:
    """The range of the jobs in hand at the rate for coming now."""
    rate = turn.context.immediate
    low, high, _ = proposals.total(turn.estimates)
    return wording.price_text(
        *proposals.priced(low, high, rate.multiplier if rate else turn.estimates[0].urgency_multiplier)
    )


def rate_word(turn: Turn) -> str:
    band = turn.context.immediate.band if turn.context.immediate else "work"
    word = f"{band} emergency rate" if band in {"evening", "night"} else "emergency rate"
    return wording.in_language(word, turn.language)


TO_YOU = {"en": "your call", "es": "su llamada"}
