"""A choice after the offer is gone: the same time is held and offered again, never booked silently (SC13)."""

from __future__ import annotations

from app.dispatch import proposals
from app.dispatch.policy import offering
from app.dispatch.policy.frame import Draft, Turn
from app.scheduling.types import Slot


def choice(turn: Turn) -> Draft | None:
    """Offer the chosen time alone once more, which holds it; fresh times when it is taken (behaviour.md 4.5, 7.5)."""
    wanted = chosen(turn)
    if wanted is None:
        return None
    slot = still_free(wanted, turn.found.slots)
    if slot is None:
        return offering.offer(turn, apology="slot_gone")
    return offering.draft_of(turn, proposals.offers_for([slot], turn.estimates))


def chosen(turn: Turn) -> str | None:
    """The slot that a text picks out of the offers that lapsed; None when it is not clear which."""
    lapsed, said = turn.lapsed, turn.said
    if said.is_no or said.intent == "price_question":
        return None
    picked = [lapsed[index].slot.id for index in said.times.picked if index < len(lapsed)]
    return picked[0] if len(picked) == 1 else None


def still_free(slot_id: str, slots: tuple[Slot, ...]) -> Slot | None:
    """The same start of the same technician, if it can still be had."""
    return next((slot for slot in slots if slot.id == slot_id), None)
