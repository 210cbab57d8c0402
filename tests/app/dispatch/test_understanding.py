"""What is read out of single texts; the cases are data and were written for this product."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from app.dispatch import hazards, normalize, understanding

DATA = Path(__file__).parent / "data"
NOW = dt.datetime.fromisoformat("2026-06-09T10:20")
OFFERS = tuple(dt.datetime.fromisoformat(f"2026-06-{at}") for at in ("10T10:00", "10T14:00", "11T09:00"))


def cases(name: str) -> list[dict]:
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def read(case: dict):
    return understanding.read(
        case["text"],
        trade=case.get("trade", "plumbing"),
        now=NOW,
        asked=case.get("asked"),
        offers=OFFERS[: case.get("offers", 0)],
    )


@pytest.mark.parametrize("case", cases("danger"), ids=lambda case: case["text"])
def test_danger_is_told_from_what_only_sounds_like_it(case):
    danger = hazards.assess(normalize.plain(case["text"]))
    assert danger.level == case["level"], danger.evidence
    assert bool(danger.classes) == bool(case["class"]), danger.evidence


@pytest.mark.parametrize("case", cases("intents"), ids=lambda case: case["text"])
def test_intent_and_job_are_understood(case):
    found = read(case)
    assert found.intent in case["intents"]
    if case["jobs"]:
        assert found.jobs.types[0] in case["jobs"]


@pytest.mark.parametrize("case", cases("times"), ids=lambda case: case["text"])
def test_wanted_times_are_understood(case):
    times = read(case).times
    assert [(window["date"], window["start"], window["end"]) for window in times.windows] == [
        tuple(window) for window in case["windows"]
    ]
    assert list(times.exclude) == case.get("exclude", [])
    assert list(times.picked) == case.get("picked", [])


@pytest.mark.parametrize("case", cases("facts"), ids=lambda case: case["text"])
def test_address_name_and_phone_are_found(case):
    found = read(case)
    address = found.address
    assert {
        "street": address.street,
        "unit": address.unit,
        "city": address.city,
        "state": address.state,
        "zip": address.postal_code,
        "name": found.name,
        "phone": found.phone,
    } == {key: case.get(key) for key in ("street", "unit", "city", "state", "zip", "name", "phone")}


def test_a_card_number_is_taken_out_before_anything_is_kept():
    found = read({"text": "card 4111 1111 1111 1111 and ssn 123-45-6789, yes book it", "asked": "confirm", "offers": 1})
    assert "4111" not in found.text
    assert "6789" not in found.text
    assert found.is_yes


@pytest.mark.parametrize("case", cases("answers"), ids=lambda case: case["text"])
def test_a_yes_is_taken_for_a_yes_and_nothing_else_is(case):
    found = read({**case, "asked": "confirm", "offers": 1})
    assert (found.is_yes or found.times.picked != ()) == case["yes"]
