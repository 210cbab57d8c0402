"""What the dispatcher may know, as plain JSON: a context that is kept with a case and comes back as it was.

A frozen context lies in a tenant of the dialogue format under `frozen`: the plain fields of `Context`, and the terms
that decide about the area. Free times and visits are in the format's own lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter

from app.dispatch.types import Context
from app.scheduling import area
from app.scheduling.types import AreaVerdict, Terms

Json = dict[str, Any]
SETTINGS = (
    "business_name", "trade", "timezone", "price_book", "owner_name", "business_phone", "business_hours", "holidays",
    "phone_open", "phone_opens_at", "diagnostic", "emergencies_accepted", "emergency_line", "customer", "max_questions",
    "job_confidence_threshold", "referral_text", "warranty_note", "extra_facts", "cancellation_policy",
    "cancellation_window_hours", "vacation_mode", "out_of_office", "calendar_stale", "night_ack_required",
    "confirm_clock", "templates", "wordings", "service_radius_miles", "max_travel_minutes", "max_travel_miles",
    "languages", "ai_disclosure", "is_known_customer", "confirm_wait_minutes",
)  # fmt: skip
"""The fields of a context that are kept; a name that it does not have is no harm."""
LEFT_OUT = frozenset(
    {
        "find_slots", "check_area", "offers", "lapsed", "appointments", "job_number", "immediate", "seed", "asks_for",
        "external_model_allowed", "recent",
    }
)  # fmt: skip
"""Those that are not: functions, what is of one turn, and the words of the talk."""
AREA = (
    "timezone", "business_hours", "base", "service_radius_miles", "emergency_radius_miles", "zip_include",
    "zip_exclude", "max_travel_minutes", "max_travel_miles", "travel_fixed_minutes", "travel_road_factor",
    "travel_mph", "travel_peak_factor",
)  # fmt: skip
"""What the check of an address looks at."""


KINDS = {"context": Context, "terms": Terms}


def freeze(context: Context, terms: Terms) -> Json:
    """The settings of a context as JSON values."""
    return {"context": _dumped("context", context, SETTINGS), "terms": _dumped("terms", terms, AREA)}


def thaw(kept: Json) -> dict[str, Any]:
    """The arguments of a `Context` that a frozen one stands for; fields that no longer exist are left out."""
    terms = Terms(**_loaded("terms", kept["terms"], AREA))

    def check_area(**where: Any) -> AreaVerdict:
        return area.check(terms, **where)

    return _loaded("context", kept["context"], SETTINGS) | {"check_area": check_area}


def _dumped(kind: str, value: Context | Terms, names: Sequence[str]) -> Json:
    found: Json = {}
    for name in (one for one in names if one in _adapters(kind)):
        plain = _adapters(kind)[name].dump_python(getattr(value, name), mode="json")
        found[name] = sorted(plain) if isinstance(getattr(value, name), frozenset) else plain
    return found


def _loaded(kind: str, kept: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {
        name: _adapters(kind)[name].validate_python(kept[name])
        for name in names
        if name in kept and name in _adapters(kind)
    }


@cache
def _adapters(kind: str) -> Mapping[str, TypeAdapter[Any]]:
    return {name: TypeAdapter(hint) for name, hint in get_type_hints(KINDS[kind]).items() if name not in LEFT_OUT}
