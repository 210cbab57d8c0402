"""Made-up facts for every placeholder: what new words are tried with, and what the panel shows them filled with.

The figures are odd on purpose: an amount or a time that somebody wrote into a text is none of them.
"""

from __future__ import annotations

from collections.abc import Mapping

USUAL: Mapping[str, str] = {
    "address": "4417 Larkspur Ln, 90046",
    "business": "Larkspur & Daughters",
    "choices": "1 or 2",
    "comma_name": " Dana",
    "confirm_when": "at 7:10 PM the day before",
    "emergency_line": "Emergency line: (213) 555-0187. ",
    "example": '"kitchen sink leaks"',
    "hours": "Mon-Fri 7:20 AM-5:40 PM",
    "job": "faucet repair",
    "job_name": "faucet repair",
    "job_number": "NMC-7F3K2",
    "limits": "over 53 minutes of travel",
    "link": "https://nmc.example/v/3kQ9xT2mVw",
    "minutes": "47",
    "note": "All work: 90 days, parts excluded.",
    "offer": "Larkspur & Daughters can come tomorrow 9:20-11:20 AM, $137-$264. Reply YES to book.",
    "open": "7:20 AM",
    "options": "1) tomorrow 9:20-11:20 AM, $137-$264 2) tomorrow 1:20-3:20 PM, $137-$264",
    "phone": "(213) 555-0187",
    "place": "93555",
    "policy": "Visits cancelled late cost $37.",
    "price": "$137-$264",
    "radius": "26",
    "rate": "evening emergency rate",
    "referral": "Try Mesa Home Services.",
    "slot": "tomorrow 9:20-11:20 AM",
    "times": "2.25",
    "trade": "plumbing",
    "visits": "1) tomorrow 9:20-11:20 AM; 2) Wed, Sep 30, 1:20-3:20 PM",
    "where": ", 4417 Larkspur Ln",
    "who": "Morgan",
    "window": "tomorrow 9:20-11:20 AM",
    "windows": "tomorrow 9:20-11:20 AM or tomorrow 1:20-3:20 PM",
}
SPANISH: Mapping[str, str] = {
    "choices": "1 o 2",
    "confirm_when": "a las 7:10 PM del dia anterior",
    "emergency_line": "Linea de emergencia: (213) 555-0187. ",
    "example": '"gotea el fregadero"',
    "hours": "lun-vie 7:20 AM-5:40 PM",
    "job": "reparacion de grifo",
    "limits": "mas de 53 minutos de camino",
    "offer": "Larkspur & Daughters puede ir mañana 9:20-11:20 AM, $137-$264. Responda SI para reservar.",
    "options": "1) mañana 9:20-11:20 AM, $137-$264 2) mañana 1:20-3:20 PM, $137-$264",
    "policy": "Cancelar tarde cuesta $37.",
    "rate": "tarifa de emergencia de la tarde",
    "referral": "Pruebe con Mesa Home Services.",
    "slot": "mañana 9:20-11:20 AM",
    "trade": "plomeria",
    "visits": "1) mañana 9:20-11:20 AM; 2) mie 30 sep, 1:20-3:20 PM",
    "window": "mañana 9:20-11:20 AM",
    "windows": "mañana 9:20-11:20 AM o mañana 1:20-3:20 PM",
}
LONG: Mapping[str, str] = {
    "address": "14417 North Larkspur Canyon Rd, #204, Los Angeles, 90046",
    "business": "Larkspur & Daughters Plumbing and Drains",
    "choices": "1, 2 or 3",
    "comma_name": " Maximiliana",
    "options": " ".join(f"{number}) Wed, Sep 30, 10:20 AM-12:20 PM, $1,137-$2,264" for number in (1, 2, 3)),
    "job": "water heater repair and toilet installation",
    "offer": "Larkspur & Daughters Plumbing and Drains can come Wed, Sep 30, 10:20 AM-12:20 PM, $1,137-$2,264 "
    "(evening emergency rate). Reply YES to book or tell me a better time.",
    "price": "$1,137-$2,264 (evening emergency rate)",
    "slot": "Wed, Sep 30, 10:20 AM-12:20 PM",
    "where": ", 14417 North Larkspur Canyon Rd",
    "window": "Wed, Sep 30, 10:20 AM-12:20 PM",
}
"""Values as long as they get in practice; they hold for both languages."""
OF_A_TEMPLATE: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("duration", "en"): {"hours": "2.5 hours"},
    ("duration", "es"): {"hours": "2.5 horas"},
    ("price_range", "en"): {"hours": "2.5 hours"},
    ("price_range", "es"): {"hours": "2.5 horas"},
}


def usual(template: str, language: str) -> Mapping[str, str]:
    """Everyday values."""
    spanish = SPANISH if language == "es" else {}
    return {**USUAL, **spanish, **OF_A_TEMPLATE.get((template, language), {})}


def long(template: str, language: str) -> Mapping[str, str]:
    """Values that leave the least room."""
    return {**usual(template, language), **LONG, **OF_A_TEMPLATE.get((template, language), {})}
