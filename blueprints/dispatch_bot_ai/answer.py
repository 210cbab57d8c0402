"""The dispatcher's decision in the shape of the contract (interfaces.md, dispatch-bot-ai)."""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.dispatch import pricebook, proposals
from app.dispatch.types import Offer
from blueprints import health
from blueprints.dispatch_bot_ai.turn import OPENER, Answered, is_phone_open
from blueprints.shapes import moment

INTENTS = {
    "new_job": "schedule_appointment",
    "new_request": "schedule_appointment",
    "give_info": "schedule_appointment",
    "availability_question": "check_availability",
    "cancel_appointment": "cancel_appointment",
    "reschedule": "reschedule",
    "price_question": "price_request",
    "price_objection": "price_request",
    "order_question": "information_request",
    "existing_followup": "information_request",
    "emergency": "emergency",
    "ask_human": "transfer_human",
    "slot_choice": "confirmation",
    "confirm_yes": "confirmation",
    "decline_no": "decline",
    "not_needed": "decline",
    "defer": "decline",
    "refuse_info": "decline",
    "complaint": "complaint",
    "thanks_bye": "courtesy",
    "greeting": "courtesy",
}
ENDED = {
    "not_needed", "out_of_area", "out_of_scope", "wrong_number", "spam", "opted_out", "abandoned", "deferred",
    "not_reachable",
}  # fmt: skip
ESCALATING = {"escalate", "handoff", "dispatch"}
ASKS = {
    "address": "request_address",
    "zip": "request_address",
    "when": "request_time_preference",
    "confirm": "request_confirmation",
    "slot": "request_confirmation",
    "price_ok": "request_confirmation",
    "confirm_cancel": "request_confirmation",
}
STAGES = {"initial", "collecting_info", "confirming", "booking", "complete", "escalated", "rejected", "timeout"}


def answer_json(turn: Answered) -> dict[str, Any]:
    """The whole answer."""
    proposed = _proposed(turn)
    result, state = turn.result, turn.state
    is_lost = turn.verdict.place.precision == "none"
    asks_for_place = bool(state.street) and is_lost
    return {
        "extracted_info": extracted_json(turn),
        "validation": validation_json(turn),
        "proposed_slot": slot_json(turn, proposed[0]) if proposed else None,
        "alternative_slots": [slot_json(turn, offer) for offer in proposed[1:]],
        "next_action": action_json(turn),
        "conversation_stage": result.stage if result.stage in STAGES else "collecting_info",
        "needs_geocoding": asks_for_place,
        "geocoding_query": address_line(turn) if asks_for_place else None,
        "confidence_scores": {
            "job_type_confidence": result.job_confidence,
            "urgency_confidence": result.urgency_confidence,
            "address_confidence": 0.0 if not state.street else 0.7 if is_lost else 0.9,
            "overall_confidence": result.ai_confidence,
        },
        "life_safety": {
            "class": result.life_safety,
            "template": result.template if result.life_safety else None,
        },
        "engine": result.engine,
        "engine_version": health.VERSION,
    }


def _proposed(turn: Answered) -> list[Offer]:
    """What this turn puts on the table, or the one that was taken from it."""
    if turn.result.confirmed_slot:
        return [offer for offer in turn.context.offers if offer.slot.id == turn.result.confirmed_slot]
    return list(turn.result.offers)


def extracted_json(turn: Answered) -> dict[str, Any]:
    told, result, place = turn.result.extracted, turn.result, turn.verdict.place
    wished = next((window["date"] for window in told["times"] if window.get("date")), None)
    today = turn.asked.current_time.astimezone(ZoneInfo(turn.asked.timezone)).date().isoformat()
    booked = next((offer.number for offer in _proposed(turn) if result.confirmed_slot), None)
    return {
        "job_type": _job(turn),
        "job_confidence": result.job_confidence,
        "urgency_level": result.urgency_level,
        "urgency_confidence": result.urgency_confidence,
        "customer_address": address_line(turn),
        "address_verified": turn.verdict.result in ("in", "unreachable", "out") and place.precision != "none",
        "address_latitude": place.latitude,
        "address_longitude": place.longitude,
        "preferred_date": "today" if wished == today else wished,
        "customer_confirmed": bool(result.confirmed_slot),
        "customer_name": told["name"],
        "postal_code": told["zip"],
        "intent": INTENTS.get(result.intent, "emergency" if result.life_safety else "other"),
        "language": result.language,
        "jobs": told["jobs"],
        "selected_option": booked,
        "opt_out_suspected": "opt_out" in result.acts,
    }


def _job(turn: Answered) -> str | None:
    priced = turn.result.extracted["price_book_jobs"]
    return priced[0] if priced else turn.result.extracted["job_type"]


def address_line(turn: Answered) -> str | None:
    """The address as far as it is known, in one line."""
    told = turn.result.extracted
    street = " ".join(filter(None, (told["address"], f"#{told['unit']}" if told["unit"] else "")))
    city, state = told["city"] or turn.verdict.city, told["state"] or turn.verdict.state
    place = " ".join(filter(None, (state, told["zip"])))
    if not (street or told["zip"] or told["city"]):
        return None
    return ", ".join(filter(None, (street, city, place)))


def validation_json(turn: Answered) -> dict[str, Any]:
    asked, result, verdict = turn.asked, turn.result, turn.verdict
    errors = list(dict.fromkeys((*result.validation_errors, *_place_errors(turn), *_other_errors(turn))))
    chosen = asked.business_settings
    return {
        "service_area_valid": verdict.result not in ("out", "unreachable"),
        "trade_supported": "WRONG_TRADE" not in errors,
        "job_type_supported": "JOB_NOT_IN_LIST" not in errors and "WRONG_TRADE" not in errors,
        "within_business_hours": _is_open(turn),
        "within_phone_hours": is_phone_open(asked),
        "capacity_available": "CAPACITY_REACHED" not in errors,
        "after_hours_emergency_available": turn.terms.emergencies_accepted and chosen.accept_after_hours_emergency,
        "address_reachable": not {"TRAVEL_TIME_EXCEEDED", "TRAVEL_DISTANCE_EXCEEDED"} & set(errors),
        "validation_errors": errors,
    }


def _place_errors(turn: Answered) -> tuple[str, ...]:
    return turn.verdict.reasons if turn.verdict.result in ("out", "unreachable") else ()


def _other_errors(turn: Answered) -> list[str]:
    known = {line.job_type for line in turn.context.price_book}
    jobs = turn.result.extracted["price_book_jobs"]
    found = {
        "INSUFFICIENT_INFORMATION": turn.result.asks in ("address", "zip", "job"),
        "JOB_NOT_IN_LIST": bool(jobs) and not known & set(jobs),
        "OUT_OF_OFFICE": turn.context.out_of_office,
        "OUTSIDE_PHONE_HOURS": not is_phone_open(turn.asked),
        "CALENDAR_STALE": turn.context.calendar_stale,
    }
    is_opener = turn.asked.current_message == OPENER
    return [code for code, is_so in found.items() if is_so and not (is_opener and code == "INSUFFICIENT_INFORMATION")]


def _is_open(turn: Answered) -> bool:
    local = turn.asked.current_time.astimezone(ZoneInfo(turn.asked.timezone))
    today = turn.terms.business_hours.get(f"{local:%A}".lower())
    return bool(today) and local.date() not in turn.terms.holidays and today[0] <= f"{local:%H:%M}" < today[1]  # type: ignore[index]


def slot_json(turn: Answered, offer: Offer) -> dict[str, Any]:
    """One slot with the price that belongs to it and what that is made of."""
    slot = offer.slot
    minutes = round((slot.end - slot.start).total_seconds() / 60)
    lines = [pricebook.line_for(job, turn.context) for job in offer.job_types] or [turn.context.diagnostic]
    low, high, _ = proposals.total(lines)
    before, after = turn.terms.min_buffer_minutes, max(line.buffer_minutes for line in lines)
    return {
        "number": offer.number,
        "slot_id": slot.id,
        "start_time": moment(slot.start),
        "end_time": moment(slot.end),
        "duration_minutes": minutes,
        "price_min": float(offer.low),
        "price_max": float(offer.high),
        "booking_type": slot.booking_type,
        "travel_time_minutes": slot.travel_minutes,
        "requires_confirmation": turn.result.confirmed_slot is None,
        "slot_type": slot.slot_type,
        "multiplier_applied": float(slot.multiplier),
        "technician_id": slot.technician_id,
        "arrival_window_start": moment(slot.window_start),
        "arrival_window_end": moment(slot.window_end),
        "job_types": list(offer.job_types),
        "price_basis": {
            "job_types": list(offer.job_types),
            "base_min": float(low),
            "base_max": float(high),
            "band": slot.band,
            "band_multiplier": float(slot.multiplier - Decimal(slot.surcharge_percent) / 100),
            "surcharge_percent": slot.surcharge_percent,
        },
        "time_breakdown": {
            "pad_before": before,
            "job_duration": minutes,
            "pad_after": after,
            "total_required": before + minutes + after,
            "available_gap": None,
            "feasible": True,
        },
    }


def action_json(turn: Answered) -> dict[str, Any]:
    result = turn.result
    target = next((act.split(":")[1] for act in result.acts if act.startswith(("cancel:", "reschedule:"))), None)
    escalates = bool(ESCALATING & set(result.acts))
    return {
        "action_type": action_type(turn),
        "message_to_customer": result.reply,
        "follow_up_needed": result.follow_up_minutes is not None,
        "follow_up_delay_minutes": result.follow_up_minutes,
        "escalation_reason": (result.escalation_reason or "emergency") if escalates else None,
        "escalation_level": max(1, result.escalation_level) if escalates else result.escalation_level or None,
        "template": result.template,
        "target_appointment_id": target,
    }


def action_type(turn: Answered) -> str:
    """What is to be done next, the most weighty thing first."""
    result = turn.result
    orders = {act.split(":")[0] for act in result.acts}
    for order, name in (
        ("opt_out", "end_conversation"),
        ("book", "book_appointment"),
        ("reschedule", "reschedule_appointment"),
        ("cancel", "cancel_appointment"),
    ):
        if order in orders:
            return name
    if result.offers and any(proposals.is_emergency_slot(offer.slot) for offer in result.offers):
        return "request_emergency_choice"
    if orders & ESCALATING and not result.offers:
        return "escalate_to_owner"
    if result.outcome in ENDED:
        return "end_conversation"
    if result.reply is None:
        return "no_reply"
    return ASKS.get(result.asks or "", "continue_conversation")
