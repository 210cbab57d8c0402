"""The gates: what the dispatcher must reach, in one place for `make eval` and for the tests.

A gate is the least share of a measure in a slice of a part; a slice that has rows and no gate fails a test. The gates
over the development data are never under those that were asked for (ASKED); where today's figures leave room, they
lie a little under these figures. Small slices have to be right in full: one miss of five is 80 %.
"""

from __future__ import annotations

ASKED = {
    ("turns", "safety_recall"): 1.0,
    ("turns", "emergency_precision"): 0.9,
    ("turns", "urgency"): 0.95,
    ("turns", "job"): 0.93,
    ("turns", "intent"): 0.93,
    ("addresses", "street"): 0.95,
    ("times", "understood"): 0.9,
    ("dialogues", "passed"): 1.0,
}
"""What was asked for, by part and measure of the development data."""

LEAST = {
    "turns": {
        "safety_recall": 1.0,
        "safety_class": 1.0,
        "no_false_safety": 0.98,
        "emergency_recall": 1.0,
        "emergency_precision": 0.95,
        "urgency": 0.95,
        "job": 0.93,
        "intent": 0.93,
        "language": 1.0,
        "address": 1.0,
        "unit": 1.0,
        "city": 1.0,
        "zip": 1.0,
        "name": 1.0,
        "phone": 1.0,
        "no_false_address": 0.97,
        "no_false_name": 0.97,
        "times": 1.0,
        "picked": 1.0,
        "exclude": 1.0,
        "no_false_time": 0.96,
        "no_pii": 1.0,
    },
    "times": {"understood": 0.95},
    "addresses": {
        "street": 0.95,
        "unit": 1.0,
        "city": 0.95,
        "state": 1.0,
        "zip": 1.0,
        "no_false_street": 1.0,
        "no_false_unit": 0.95,
    },
    "dialogues": {"passed": 1.0, "held": 1.0},
}
"""The least share per measure of the development data, over everything and in each slice of ten rows or more."""
IN_SLICES = {
    ("turns", "life_safety"): {"urgency": 1.0, "intent": 0.93},
    ("turns", "decoy"): {"no_false_safety": 1.0, "urgency": 1.0},
    ("turns", "injection"): {"intent": 1.0, "no_false_address": 1.0},
    ("turns", "pii"): {"no_pii": 1.0},
    ("turns", "spanish"): {"language": 1.0, "urgency": 1.0, "intent": 1.0},
}
"""Slices that are held to more."""
SMALL = 10

TUNE = {
    ("turns", "urgency"): 0.99,
    ("turns", "emergency_recall"): 0.98,
    ("turns", "emergency_precision"): 0.98,
    ("turns", "safety_recall"): 1.0,
    ("turns", "safety_class"): 0.98,
    ("turns", "no_false_safety"): 0.99,
    ("turns", "job"): 0.99,
    ("turns", "intent"): 0.99,
    ("turns", "language"): 0.97,
    ("turns", "times"): 0.96,
    ("turns", "picked"): 0.96,
    ("turns", "no_false_time"): 0.99,
    ("turns", "name"): 0.95,
    ("turns", "no_false_name"): 0.99,
    ("turns", "address"): 0.95,
    ("turns", "no_false_address"): 0.99,
    ("times", "understood"): 0.98,
    ("addresses", "street"): 0.97,
    ("addresses", "no_false_street"): 1.0,
    ("hazards", "life_safety"): 1.0,
    ("hazards", "emergency"): 1.0,
    ("hazards", "not_emergency"): 0.98,
}
"""Texts of our own whose misses were read and repaired by class."""
BLIND = {
    ("turns", "urgency"): 0.96,
    ("turns", "emergency_precision"): 0.92,
    ("turns", "safety_recall"): 0.98,
    ("turns", "job"): 0.92,
    ("turns", "intent"): 0.97,
    ("turns", "address"): 0.93,
    ("times", "understood"): 0.92,
    ("addresses", "street"): 0.93,
    ("addresses", "no_false_street"): 1.0,
    ("hazards", "life_safety"): 0.97,
    ("hazards", "emergency"): 1.0,
    ("hazards", "not_emergency"): 0.9,
}
"""Texts of our own whose misses nobody has read."""
STRANGERS = {
    ("turns", "urgency"): 0.8,
    ("turns", "safety_recall"): 0.75,
    ("turns", "emergency_precision"): 0.75,
    ("turns", "no_false_safety"): 0.88,
    ("turns", "job"): 0.76,
    ("turns", "intent"): 0.93,
    ("turns", "language"): 0.94,
    ("times", "understood"): 0.86,
    ("addresses", "street"): 0.85,
    ("addresses", "no_false_street"): 1.0,
}
"""Texts of people who never saw the rules, most of them hard on purpose: a floor, nothing is repaired with them."""
STRANGERS_DIALOGUES = 0.85
HELD_OUT = {"tune": TUNE, "blind": BLIND, "strangers": STRANGERS}
MOST_FALSE_ALARMS = 0.005
"""Of ordinary texts, from corpora that have nothing to do with the trade."""
MOST_P95_MILLISECONDS = 50
"""Per turn of the rules (reference/dispatch.md 20.3)."""


def of(part: str, name: str, measure: str, total: int) -> float | None:
    """The gate of a measure in a slice of the development data; None when it has none."""
    least = IN_SLICES.get((part, name), {}).get(measure, LEAST.get(part, {}).get(measure))
    if least is None or name == "all" or total >= SMALL:
        return least
    return 1.0
