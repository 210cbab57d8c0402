"""One customer text, read in the order of reference/dispatch.md 3."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from app.dispatch import addresses, hazards, hunch, intents, jobs, language, names, normalize, opinions, phones, times
from app.dispatch.findings import Address, Findings, Times

if TYPE_CHECKING:
    from app.dispatch.policy.frame import Turn

TRADES = ("plumbing", "electrical", "hvac", "locksmith", "garage_door")
SAMPLES = (
    "Hi, this is Ann, the heater is leaking at 12 Main St, Los Angeles 90012. Can you come tomorrow at 2 PM?",
    "There is a strong smell of gas, (213) 555-0142",
    "Hola, tengo una fuga de agua",
    "1",
)
NO_NAME = frozenset({"spam", "wrong_number", "injection", "opt_out"})


def understand(turn: Turn) -> Findings:
    """The findings of a message in its conversation."""
    state = turn.state
    table = turn.table or turn.lapsed
    zone = turn.now.tzinfo
    offers = [offer.slot.window_start.astimezone(zone).replace(tzinfo=None) for offer in table]
    return read(
        turn.event.text,
        trade=turn.context.trade,
        now=turn.now.replace(tzinfo=None),
        asked=state.asked,
        offers=offers,
        business=turn.context.business_name,
    )


def read(
    text: str,
    *,
    trade: str,
    now: dt.datetime,
    asked: str | None = None,
    offers: Sequence[dt.datetime] = (),
    business: str = "",
) -> Findings:
    """The findings of a single text; `now` and `offers` are local."""
    text = normalize.redact(text[:MOST])
    if business:
        text = text.replace(business, " ")
    plain = normalize.plain(text)
    danger = opinions.of_danger(hazards.assess(plain), plain)
    phone, phone_spans = phones.find(text)
    clean = without(text, phone_spans)
    address = addresses.find(clean, asked=asked)
    spans = (*phone_spans, *address_spans(address))
    when = times.find(text, now=now, offers=offers, asked=asked, spans=spans)
    work = opinions.of_jobs(jobs.find(plain, trade, danger=danger), plain, trade)
    if work.types:
        danger = opinions.of_level(danger, plain)
    name = names.find(text, asked=asked, spans=spans, cities=addresses.cities())
    spoken = language.detect(without(text, spans))
    seen = intents.Seen(
        asked=asked,
        offers=len(offers),
        danger=danger,
        address=address,
        jobs=work,
        times=when,
        language=spoken,
        has_facts=bool(name or phone or not address.is_empty),
    )
    heard = intents.find(plain, seen)
    if (likelier := opinions.of_intent(heard.intents[0], plain)) is not None:
        heard = replace(heard, intents=(likelier.name, *heard.intents), confidence=round(likelier.probability, 2))
    if heard.is_yes and len(offers) == 1 and not when.picked and not when.windows:
        when = replace(when, picked=(0,))
    if heard.intents[0] in NO_NAME:
        is_mixed = heard.intents[0] == "injection" and bool(work.types and address.street)
        name, when, address = (name, Times(), address) if is_mixed else (None, Times(), Address())
    return Findings(
        text=text,
        plain=plain,
        language=spoken,
        intents=heard.intents,
        intent_confidence=heard.confidence,
        danger=danger,
        address=address,
        times=when,
        jobs=work,
        name=name,
        phone=phone,
        is_yes=heard.is_yes,
        is_no=heard.is_no,
        is_safe=heard.is_safe,
        evidence=(
            *danger.evidence,
            *work.evidence,
            *(f"time: {words}" for words in when.evidence),
            *(f"{label}: {words}" for label, words in (("address", address.street), ("name", name)) if words),
            *((hunch.evidence("intent", likelier, plain),) if likelier else ()),
            f"intent: {heard.intents[0]}",
        ),
    )


MOST = 1600


def without(text: str, spans: Sequence[str]) -> str:
    """A text with some parts left out."""
    for span in spans:
        text = text.replace(span, " ") if span else text
    return text


def address_spans(address: Address) -> tuple[str, ...]:
    """The address as it stands in the text, so that its numbers are no hours and its words no names."""
    return tuple(part for part in (address.street, address.city if address.street else None) if part and len(part) > 2)


def warm() -> None:
    """Read a few texts of every trade: patterns and word lists are built at their first use, and no customer waits."""
    moment = dt.datetime(2026, 1, 1, 12)  # noqa: DTZ001 - local, as everything here
    for trade in TRADES:
        for text in SAMPLES:
            read(text, trade=trade, now=moment, offers=(moment,))
