"""Questions beside the matter: answered in a sentence, then the talk goes on."""

from __future__ import annotations

from app.dispatch import facts, proposals, wording
from app.dispatch.policy.frame import Turn

QUESTIONS = frozenset({"hours_question", "service_area_question", "service_question", "identity_question"})
SECOND = 2
"""The objection after which a call is offered."""
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHORT = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "es": ("lun", "mar", "mie", "jue", "vie", "sab", "dom"),
}


def answer_questions(turn: Turn) -> None:
    """Put the answers to side questions before whatever comes next."""
    said, state = turn.said, turn.state
    about_us(turn)
    about_work(turn)
    if said.intent == "refuse_info" and state.asked in {"address", "job", "zip"}:
        turn.note("why_address")
    if said.wants("price_objection"):
        objection(turn)
    elif said.wants("price_question") and not said.is_yes:
        price_answer(turn)
    if turn.event.media:
        turn.note("thanks_photo")


def about_us(turn: Turn) -> None:
    """Who writes here, when we are open, where we go, and that our rules stand."""
    said = turn.said
    plain = {"are_you_bot": "bot", "identity_question": "identity", "injection": "injection"}
    if said.intent == "injection" and said.wants("private_question"):
        turn.note("private")
    elif said.intent in plain:
        turn.note(plain[said.intent])
    if said.intent == "hours_question":
        turn.note("hours", hours=opening_hours(turn))
    if said.wants("service_area_question") and said.intent in QUESTIONS and not turn.has_place:
        turn.note("area")


def about_work(turn: Turn) -> None:
    """What comes first, what is guaranteed, how long it takes, on what terms, and whether we do that."""
    said, context = turn.said, turn.context
    has_warranty = bool(context.warranty_note) and (said.wants("warranty_question") or is_repeated_job(turn))
    if said.wants("order_question"):
        turn.note("order_of_work")
    if has_warranty:
        turn.flag("warranty_told")
        turn.note("warranty", note=context.warranty_note)
    if said.wants("duration_question") and turn.state.jobs and not turn.is_diagnostic:
        turn.note("duration", hours=wording.hours_text(proposals.total(turn.estimates)[2], turn.language))
    elif is_about_terms(turn) and not has_warranty:
        known = facts.answer(said.plain, context.extra_facts)
        if known:
            turn.note("fact", note=known)
        else:
            turn.note("ask_owner")
    elif (
        said.intent == "service_question" and said.jobs.types and not said.wants("order_question", "warranty_question")
    ):
        turn.note("service_yes")


def is_about_terms(turn: Turn) -> bool:
    """Whether a question is about the business and its terms, which only the tenant's own words can answer."""
    said = turn.said
    is_asked = said.wants("service_question") or said.intent in {"price_question", "unclear", "identity_question"}
    return is_asked and said.wants("terms_question")


def is_repeated_job(turn: Turn) -> bool:
    """Whether we did this very job for the customer before, which he has not been told about yet (SC17)."""
    done = set(turn.context.customer.previous_jobs)
    has_done = bool(turn.state.jobs) and any(line.job_type in done for line in turn.estimates)
    return has_done and "warranty_told" not in turn.state.flags


def price_answer(turn: Turn) -> None:
    """The range of the job, or of the visit when the job has no line."""
    state = turn.state
    state.price_questions += 1
    if not state.jobs:
        if state.asks_of.get("job") or turn.said.jobs.types:
            turn.note(
                "price_visit", price=wording.price_text(turn.context.diagnostic.low, turn.context.diagnostic.high)
            )
        else:
            turn.note("price_depends")
        return
    state.price_told = True
    price = wording.price_text(*turn.base_price)
    if turn.is_diagnostic:
        turn.note("price_visit", price=price)
        return
    minutes = proposals.total(turn.estimates)[2]
    name, hours = turn.job_name, wording.hours_text(minutes, turn.language)
    turn.note("price_range", job=name[:1].upper() + name[1:], job_name=name, price=price, hours=hours)


def objection(turn: Turn) -> None:
    """The list price stands; a cheaper hour may come with the next offer (behaviour.md 6)."""
    state = turn.state
    state.objections += 1
    if turn.is_emergency and (turn.table or state.asked == "price_ok"):
        return
    template = "price_firm" if state.objections != SECOND else "price_call"
    turn.note(template, price=wording.price_text(*turn.base_price))


def opening_hours(turn: Turn) -> str:
    """`Mon-Fri 8 AM-6 PM, Sat 8 AM-2 PM`."""
    runs: list[tuple[int, int, str]] = []
    for index, day in enumerate(DAYS):
        hours = turn.context.business_hours.get(day)
        if not hours:
            continue
        text = f"{spoken(hours[0])}-{spoken(hours[1])}"
        if runs and runs[-1][1] == index - 1 and runs[-1][2] == text:
            runs[-1] = (runs[-1][0], index, text)
        else:
            runs.append((index, index, text))
    names = SHORT[turn.language]
    return ", ".join(f"{names[a]}{f'-{names[b]}' if b > a else ''} {text}" for a, b, text in runs)


def spoken(clock: str) -> str:
    """`08:00` as `8 AM`."""
    hour, minute = int(clock[:2]), clock[3:5]
    return f"{hour % 12 or 12}{'' if minute == '00' else ':' + minute} {'AM' if hour % 24 < 12 else 'PM'}"
