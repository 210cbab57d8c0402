"""What is still missing, and asking for it once (behaviour.md 4.1, 4.4)."""

from __future__ import annotations

from app.dispatch import wording
from app.dispatch.policy import memory
from app.dispatch.policy.frame import Draft, Turn

LOW_CONFIDENCE = 0.5
EXAMPLES = {
    "plumbing": '"kitchen sink leaks"',
    "electrical": '"half the outlets are dead"',
    "hvac": '"AC blows warm"',
    "locksmith": '"locked out"',
    "garage_door": '"door won\'t close"',
}


def missing(turn: Turn) -> Draft | None:
    """The next question, or None when times can be offered; too many questions end with a person."""
    state = turn.state
    needs_job = not state.jobs or state.job_confidence < LOW_CONFIDENCE
    if not needs_job:
        assume_place(turn)
    needs_place = not turn.has_place
    if needs_place and turn.said.address.is_vague:
        turn.flag("needs_geocoding")
    may_ask = state.questions < turn.context.max_questions
    if needs_place and not may_ask and (state.questions > turn.context.max_questions or not moved_on(turn)):
        return handover(turn)
    if needs_place:
        return essential(turn, place_question(turn, needs_job=needs_job))
    if needs_job and may_ask:
        return essential(turn, Draft(job_template(turn), {"example": example(turn)}, asks="job"))
    return area_question(turn) or wanted(turn)


def assume_place(turn: Turn) -> None:
    """Offer a known customer times at the address of last time, named so that he can put it right (SC17)."""
    known = turn.context.customer.addresses
    if turn.has_place or not known or turn.said.address.is_vague or "address_assumed" in turn.state.flags:
        return
    turn.flag("address_assumed")
    memory.same_address(turn)
    turn.forget_estimates()
    if turn.area.result == "in":
        turn.note("address_again", address=known[0])
        return
    turn.state.street = turn.state.postal_code = turn.state.city = None
    turn.forget_estimates()


def moved_on(turn: Turn) -> bool:
    """Whether this text brought something that was missing."""
    return bool(turn.said.jobs.types or not turn.said.address.is_empty)


def essential(turn: Turn, draft: Draft) -> Draft:
    """Count a question for what must be known."""
    turn.state.questions += 1
    draft.stage, draft.follow_up = draft.stage or "collecting_info", "vague"
    return draft


def handover(turn: Turn) -> Draft:
    """Two questions did not help: a person goes on (behaviour.md 4.8)."""
    turn.act("alert_owner")
    return Draft("hand_over", acts=("handoff",), outcome="handoff", stage="escalated", reason="too_many_questions")


def place_question(turn: Turn, *, needs_job: bool) -> Draft:
    """Ask for the address, with the problem in the same question when that is missing too."""
    state = turn.state
    if state.asks_of.get("address", 0) and turn.said.wants("dont_know"):
        return Draft("address_help", asks="address")
    known = turn.context.customer.addresses
    if known and "address_offered" not in state.flags and not needs_job:
        turn.flag("address_offered")
        return Draft("confirm_address", {"address": known[0]}, asks="address")
    if needs_job and (state.jobs or state.questions):
        return Draft("ask_issue_detail_address", {"example": detail_example(turn)}, asks="address")
    if needs_job:
        return Draft("ask_issue_address", {"example": example(turn)}, asks="job")
    return Draft("ask_address_number" if turn.said.address.is_vague else "ask_address", asks="address")


def job_template(turn: Turn) -> str:
    """A first question is open, a second one asks for detail."""
    return "ask_issue_detail" if turn.state.questions or turn.state.jobs else "ask_issue"


def example(turn: Turn) -> str:
    return EXAMPLES.get(turn.context.trade, EXAMPLES["plumbing"])


def detail_example(turn: Turn) -> str:
    return '"under the kitchen sink"' if turn.context.trade == "plumbing" else example(turn)


def area_question(turn: Turn) -> Draft | None:
    """The ZIP, when the area is in doubt; without it the centroid and "we will confirm the address"."""
    state = turn.state
    if turn.area.result != "ask":
        return None
    turn.flag("needs_geocoding")
    if state.street and not state.postal_code and not state.asks_of.get("zip"):
        return essential(turn, Draft("ask_zip", asks="zip"))
    if not state.street and state.asks_of.get("address", 0) < turn.context.max_questions:
        return essential(turn, Draft("ask_address_number", asks="address"))
    return None


def wanted(turn: Turn) -> Draft | None:
    """What the tenant wants to know before times are offered, though a visit can be booked without it."""
    state, wishes = turn.state, turn.context.asks_for
    if turn.is_emergency or state.pending_act:
        return None
    if "name" in wishes and not state.name and state.asks_of.get("name", 0) < 1:
        return Draft("ask_name", asks="name", stage="collecting_info", follow_up="vague")
    is_open = turn.wish.is_open and not state.asap and not state.flexible
    if "when" in wishes and is_open and state.urgency == "normal" and state.asks_of.get("when", 0) < 1:
        state.price_told = True
        values = {"price": wording.price_text(*turn.base_price), "job": turn.job_name}
        template = "ask_when_visit" if turn.is_diagnostic else "ask_when_price"
        return Draft(template, values, asks="when", stage="collecting_info", follow_up="vague")
    return None
