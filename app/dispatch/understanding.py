"""One customer text, read in the order of reference/dispatch.md 3."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.dispatch.findings import Address, Findings, Jobs, Times

if TYPE_CHECKING:
    from app.dispatch.policy.frame import Turn


def understand(turn: Turn) -> Findings:
    """Read a text."""
    text = turn.event.text
    plain = re.sub(r"[^a-z0-9 ]", "", text.lower())
    street = re.search(r"\b\d{1,6} [A-Za-z0-9 ]+? (?:st|ave|blvd|dr|rd|ln|ct|elm)\b", text, re.I)
    zips = re.search(r"\b\d{5}\b", text[street.end():] if street else text)
    number = re.fullmatch(r"\W*([123])\W*", text)
    words = set(plain.split())
    jobs = tuple(line.job_type for line in turn.context.price_book if set(line.job_type.split("_")) & words)
    return Findings(
        text=text, plain=plain, is_yes=bool(words & {"yes", "ok", "y"}), is_no=bool(words & {"no"}),
        intents=("new_job" if jobs else "give_info",),
        address=Address(street=street[0] if street else None, postal_code=zips[0] if zips else None, confidence=0.9),
        times=Times(picked=(int(number[1]) - 1,) if number and turn.table else ()),
        jobs=Jobs(jobs[:1], 0.8 if jobs else 0.0),
    )
