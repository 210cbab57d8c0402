"""How the panel says things: phones, times in the business's own zone, money, states and reasons in plain words."""

import enum
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import url_for
from markupsafe import Markup, escape

from app import phones
from app.clock import now
from app.messages import sending
from app.tenants import Tenant

NOTHING = Markup('<span class="none">-</span>')
RED = {
    "failed", "undelivered", "unknown", "escalated", "error", "rejected", "suspended", "unpaid", "no_show", "emergency",
    "incomplete_expired", "exhausted", "closed",
}  # fmt: skip
AMBER = {
    "received", "queued", "sending", "retrying", "waiting", "waiting_customer", "owner_window", "past_due", "pending",
    "open", "urgent", "draft", "provisioning", "purchased_unconfigured", "paused", "incomplete", "ringing", "screening",
    "missed", "blocked", "opted_out", "discarded", "releasing", "closing", "new",
}  # fmt: skip
BLUE = {"ai_active", "accepted", "sent", "submitted", "trialing", "qualified", "in_progress", "relayed", "answered"}
GREEN = {
    "handled", "delivered", "active", "approved", "completed", "confirmed", "done", "human_active", "acknowledged",
    "appointment_scheduled", "passed",
}  # fmt: skip
WHY_NOT_SENT = {
    "opted_out": "The customer asked for no more texts. Nothing may be sent to them.",
    "contact_rule": "The business put this number on its no-text list.",
    "not_textable": "This number cannot receive texts (a landline, or the carrier could not reach it).",
    "registration": "The carriers have not approved texting for this business, or stopped it.",
    "paused": "Support paused texting for this business.",
    "access": "The plan of this business does not allow texts now.",
    "quota": "The texts of the plan are used up.",
    "too_late": "It could not leave in time and would have made no sense later.",
    "quiet_hours": "It was outside the hours in which the business starts conversations.",
    "rate_limit": "Too many automatic texts went to this customer in a short time.",
    "stale": "The conversation moved on while it was being written.",
    "appointment_gone": "The visit it speaks of was cancelled.",
    "taken_over": "A person took the conversation over before it left.",
}
HOLDERS = {
    "waiting_customer": "Waiting for the customer.",
    "owner_window": "The contractor may answer first; then the assistant does.",
    "ai_active": "The assistant answers.",
    "human_active": "A person of the business answers.",
    "escalated": "It needs a person now, and nobody has taken it yet.",
}


def local(moment: datetime, tenant: Tenant | None) -> datetime:
    """The moment on the clocks of that business, or in UTC."""
    return moment.astimezone(tenant.zone if tenant else UTC)


def when(moment: datetime | None, tenant: Tenant | None = None) -> Markup:
    """`Sep 15, 10:00:03 AM PDT`, with the year when it is another one."""
    if moment is None:
        return NOTHING
    there = local(moment, tenant)
    year = f" {there.year}" if there.year != now().year else ""
    text = f"{there:%b} {there.day}{year}, {there:%I:%M:%S %p %Z}".replace(", 0", ", ")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(moment.isoformat(), ago(moment), text)


def window(start: datetime, end: datetime, tenant: Tenant | None = None) -> str:
    """`Tue, Sep 15, 2:00-4:00 PM`, the promised arrival of a visit, or `..., 2:00 PM`."""
    there, until = local(start, tenant), local(end, tenant)
    first, last = (f"{one:%I:%M %p}".lstrip("0") for one in (there, until))
    if first == last:
        return f"{there:%a, %b} {there.day}, {first}"
    shorter = first[:-3] if first[-2:] == last[-2:] else first
    return f"{there:%a, %b} {there.day}, {shorter}-{last}"


def ago(moment: datetime) -> str:
    """`3 min ago`, or `in 2 h`."""
    seconds = (now() - moment).total_seconds()
    return f"{span(seconds)} ago" if seconds >= 0 else f"in {span(-seconds)}"


def span(seconds: float) -> str:
    """A length of time in one unit."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 1 or seconds == 0 else f"{seconds * 1000:.0f} ms"


def money(cents: int | None) -> str | Markup:
    """`$150` or `$49.50`."""
    if cents is None:
        return NOTHING
    return f"${cents / 100:,.0f}" if cents % 100 == 0 else f"${cents / 100:,.2f}"


def price(low: int | None, high: int | None) -> str | Markup:
    """`$150-$200`."""
    if low is None or high is None or low == high:
        return money(low if low is not None else high)
    return f"{money(low)}-{money(high)}"


def phone(e164: str | None) -> str | Markup:
    """The whole number, as people write it."""
    return phones.shown(e164) if e164 else NOTHING


def hidden_phone(e164: str | None) -> str | Markup:
    """`(213) ***-**42`: enough to recognise a number that one knows already (experience.md 3.15)."""
    if not e164:
        return NOTHING
    shown = phones.shown(e164)
    return f"{shown[:6]}***-**{shown[-2:]}".replace(" ", "\u00a0") if shown.startswith("(") else phones.masked(e164)


def plain(word: str | None) -> str:
    """`waiting_customer` as `waiting customer`."""
    return word.replace("_", " ") if word else ""


def chip(word: enum.StrEnum | str | None) -> Markup:
    """A state as a coloured word."""
    if word is None or word == "":
        return NOTHING
    colours = {"red": RED, "amber": AMBER, "blue": BLUE, "green": GREEN}
    colour = next((name for name, words in colours.items() if str(word) in words), "grey")
    return Markup('<span class="chip chip-{}">{}</span>').format(colour, plain(str(word)))


def yes_no(fact: bool) -> str:
    return "yes" if fact else "no"


def pretty(value: Any) -> Markup:
    """A JSON value as it is, indented."""
    if value in (None, {}, []):
        return NOTHING
    return Markup("<pre>{}</pre>").format(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def key(row_id: UUID | None) -> Markup:
    """An id of ours that one click selects."""
    return Markup('<code class="key">{}</code>').format(row_id) if row_id else NOTHING


def short(row_id: UUID) -> str:
    """The end of an id: its beginning is the time and alike for neighbours."""
    return f"…{str(row_id)[-8:]}"


def link(endpoint: str, row_id: UUID | None, text: Any) -> Markup:
    """A link to the page of one row."""
    if row_id is None:
        return NOTHING
    return Markup('<a href="{}">{}</a>').format(url_for(f"admin_{endpoint}.details_view", id=row_id), text)


def cell(value: Any) -> Any:
    """Any value for people."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return yes_no(value)
    if isinstance(value, enum.StrEnum):
        return chip(value)
    if isinstance(value, datetime):
        return when(value)
    if isinstance(value, (Mapping, list)):
        return pretty(value)
    return key(value) if isinstance(value, UUID) else escape(value)


def why_not_sent(reason: str) -> str:
    """A reason of the gate as a sentence."""
    return WHY_NOT_SENT.get(reason, f"It was discarded: {plain(reason)}.")


def carrier_error(code: int | None) -> str:
    """An error number of the carrier with what is known about it."""
    return sending.WHY.get(
        code or 0, f"The carrier could not deliver it (error {code})." if code else "The carrier gave no reason."
    )


def defused(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
