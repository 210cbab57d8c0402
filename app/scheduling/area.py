"""Whether a place is served, and how far away it is, by ZIP centroids and straight lines (behaviour.md 7.1, 7.2)."""

import datetime as dt
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import zipcodes

from app.scheduling.types import AreaVerdict, Place, Terms

_EARTH_MILES = 3958.7613
SAME_ZIP_MINUTES = 10
_STEP_MINUTES = 5
_FRIDAY = 4
_MORNING_PEAK = (7 * 60, 9 * 60)
_EVENING_PEAK = (16 * 60, 18 * 60 + 30)
_ZIP = re.compile(r"\s*(\d{5})(?:[-\s]?\d{4})?\s*")
_PO_BOX = re.compile(r"\bp\.?\s*o\.?\s*box\b|\bpost office box\b", re.IGNORECASE)
# A centroid is not the door: below the first share of the radius it is surely inside, above the second surely outside.
_CENTROID_MARGIN = (0.9, 1.1)
# Somebody who has named a street is not asked for it again; what the map cannot find is confirmed by a person.
_STREET_UNKNOWN_MARGIN = (1.2, 1.2)


@dataclass(frozen=True, slots=True)
class Zip:
    """What is known of a ZIP: only `served` ones are areas with a centre, not PO boxes, buildings or the military."""

    code: str
    latitude: float | None
    longitude: float | None
    city: str
    state: str
    timezone: str
    served: bool


def warm() -> None:
    """Load the table of ZIPs, so that the first customer does not wait for it."""
    zip_of("90012")


def normalised_zip(text: str | None) -> str | None:
    """Five digits of a ZIP or ZIP+4, leading zeros kept, or None."""
    match = _ZIP.fullmatch(text or "")
    return match[1] if match else None


@lru_cache(maxsize=4096)
def zip_of(code: str) -> Zip | None:
    """The entry of a five-digit ZIP that is in use, or None."""
    entry = next((entry for entry in zipcodes.matching(code) if entry["active"]), None)
    if entry is None:
        return None
    latitude, longitude = float(entry["lat"] or 0), float(entry["long"] or 0)
    served = entry["zip_code_type"] == "STANDARD" and bool(latitude and longitude)
    return Zip(
        code=code,
        latitude=latitude if served else None,
        longitude=longitude if served else None,
        city=entry["city"],
        state=entry["state"],
        timezone=entry["timezone"],
        served=served,
    )


def haversine_miles(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """The straight line between two points in miles."""
    one, two = math.radians(latitude), math.radians(other_latitude)
    half_lat, half_long = (two - one) / 2, math.radians(other_longitude - longitude) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(one) * math.cos(two) * math.sin(half_long) ** 2
    return 2 * _EARTH_MILES * math.asin(min(1.0, math.sqrt(chord)))


def point_of(place: Place | None) -> tuple[float, float] | None:
    """Latitude and longitude of a place, by its ZIP when it has no others."""
    if place is None:
        return None
    if place.latitude is not None and place.longitude is not None:
        return place.latitude, place.longitude
    entry = zip_of(code) if (code := normalised_zip(place.postal_code)) else None
    if entry is None or entry.latitude is None or entry.longitude is None:
        return None
    return entry.latitude, entry.longitude


def straight_miles(origin: Place | None, target: Place | None) -> float | None:
    """The straight line between two places in miles, None when one of them is unknown."""
    one, two = point_of(origin), point_of(target)
    return None if one is None or two is None else haversine_miles(*one, *two)


def travel_miles(origin: Place | None, target: Place | None, terms: Terms) -> float | None:
    """Miles on the road, estimated from the straight line."""
    straight = straight_miles(origin, target)
    return None if straight is None else straight * terms.travel_road_factor


def travel_minutes(
    origin: Place | None, target: Place | None, terms: Terms, departs_at: dt.datetime | None = None
) -> int | None:
    """Minutes on the road up to the next five, slower in the rush hours; None when a place is unknown."""
    if origin is None or target is None:
        return None
    if are_same_zip(origin, target):
        return SAME_ZIP_MINUTES
    miles = travel_miles(origin, target, terms)
    if miles is None:
        return None
    return minutes_for(miles, terms, peak=departs_at is not None and is_peak(departs_at, terms.timezone))


def minutes_for(road_miles: float, terms: Terms, *, peak: bool) -> int:
    """Minutes for a distance on the road, up to the next five."""
    factor = terms.travel_peak_factor if peak else 1.0
    exact = terms.travel_fixed_minutes + road_miles / terms.travel_mph * 60 * factor
    return math.ceil(exact / _STEP_MINUTES - 1e-9) * _STEP_MINUTES


def is_peak(departs_at: dt.datetime, timezone: str) -> bool:
    """Whether a departure falls into the rush hours of a working day."""
    local = departs_at.astimezone(ZoneInfo(timezone))
    return is_peak_minute(local.weekday(), local.hour * 60 + local.minute)


def is_peak_minute(weekday: int, minute: int) -> bool:
    """The same for a weekday (Monday 0) and minutes since midnight."""
    in_peak = _MORNING_PEAK[0] <= minute < _MORNING_PEAK[1] or _EVENING_PEAK[0] <= minute < _EVENING_PEAK[1]
    return in_peak and weekday <= _FRIDAY


def broken_limits(miles: float | None, minutes: int | None, terms: Terms) -> tuple[str, ...]:
    """The codes of the travel limits that a journey exceeds."""
    codes = []
    if minutes is not None and minutes > terms.max_travel_minutes:
        codes.append("TRAVEL_TIME_EXCEEDED")
    if miles is not None and miles > terms.max_travel_miles:
        codes.append("TRAVEL_DISTANCE_EXCEEDED")
    return tuple(codes)


def are_same_zip(origin: Place, target: Place) -> bool:
    """Whether two places are known by the same ZIP only, at least one of them without coordinates."""
    located = origin.latitude is not None and target.latitude is not None
    return not located and origin.postal_code is not None and origin.postal_code == target.postal_code


def check(
    terms: Terms,
    *,
    street: str | None = None,
    city: str | None = None,
    state: str | None = None,
    postal_code: str | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
    emergency: bool = False,
    origin: Place | None = None,
    departs_at: dt.datetime | None = None,
) -> AreaVerdict:
    """Whether an address is served; coordinates mean that the door is known.

    The journey is measured from `origin` (the job before), else from the base.
    """
    code = normalised_zip(postal_code)
    entry = zip_of(code) if code else None
    place = _place(code, entry, latitude, longitude)
    result: Literal["in", "out", "ask", "unreachable"] = _result(
        terms, place, entry, street=street, state=state, emergency=emergency
    )
    miles = travel_miles(origin or terms.base, place, terms)
    minutes = travel_minutes(origin or terms.base, place, terms, departs_at)
    reasons: tuple[str, ...] = {"out": ("OUT_OF_AREA",), "ask": ("INSUFFICIENT_INFORMATION",)}.get(result, ())
    if result == "in" and (reasons := broken_limits(miles, minutes, terms)):
        result = "unreachable"
    return AreaVerdict(
        result=result,
        place=place,
        distance_miles=straight_miles(terms.base, place),
        travel_miles=miles,
        travel_minutes=minutes,
        reasons=reasons,
        city=entry.city if entry else city,
        state=entry.state if entry else state,
        timezone=entry.timezone if entry else None,
    )


def _place(code: str | None, entry: Zip | None, latitude: float | None, longitude: float | None) -> Place:
    if latitude is not None and longitude is not None:
        return Place(latitude, longitude, code, "street")
    if entry is not None and entry.served:
        return Place(entry.latitude, entry.longitude, code, "zip")
    return Place(postal_code=code)


def _result(
    terms: Terms, place: Place, entry: Zip | None, *, street: str | None, state: str | None, emergency: bool
) -> Literal["in", "out", "ask"]:
    if place.postal_code in terms.zip_exclude:
        return "out"
    if place.postal_code in terms.zip_include:
        return "in"
    if place.precision == "none" or (place.precision == "zip" and _is_doubtful(street, state, entry)):
        return "ask"
    radius = terms.service_radius_miles
    if emergency and terms.emergency_radius_miles is not None:
        radius = terms.emergency_radius_miles
    distance = straight_miles(terms.base, place)
    if distance is None:
        return "ask"
    sure, possible = _margin(place, street)
    if distance <= radius * sure:
        return "in"
    return "out" if distance > radius * possible else "ask"


def _margin(place: Place, street: str | None) -> tuple[float, float]:
    if place.precision == "street":
        return 1.0, 1.0
    return _STREET_UNKNOWN_MARGIN if street and street.strip() else _CENTROID_MARGIN


def _is_doubtful(street: str | None, state: str | None, entry: Zip | None) -> bool:
    """Whether a ZIP alone does not say where the door is: a PO box, or a state that contradicts it."""
    if street and _PO_BOX.search(street):
        return True
    code = (state or "").strip().upper()
    return entry is not None and len(code) == len(entry.state) and code != entry.state
