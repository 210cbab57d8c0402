"""The first regular time for what a talk is about, at the list price: offered when nobody could be reached."""

from __future__ import annotations

from app.dispatch import pricebook, proposals
from app.dispatch.types import Context, Offer, State
from app.scheduling.types import Wanted


def first_regular(state: State, context: Context) -> Offer | None:
    """That time as an offer; None before the job and the place are known, or while people may be in danger."""
    has_place = bool(state.street and (state.postal_code or state.city))
    if not state.jobs or not has_place or (state.hazards and not state.is_safe):
        return None
    where = {"street": state.street, "city": state.city, "state": state.region, "postal_code": state.postal_code}
    area = context.check_area(**where, emergency=False)
    if area.result != "in":
        return None
    lines = [context.diagnostic]
    if state.job_confidence >= context.job_confidence_threshold:
        lines = pricebook.lines_for(state.jobs, context, wants_install=state.wants_install)
    found = context.find_slots(
        Wanted(
            duration_minutes=sum(line.minutes for line in lines),
            buffer_minutes=max(line.buffer_minutes for line in lines),
            requires_parts=any(line.requires_parts for line in lines),
            place=area.place,
            asker=context.seed or None,
        )
    )
    first = next((slot for slot in found.slots if slot.slot_type == "regular"), None)
    return proposals.offers_for([first], lines)[0] if first is not None else None
