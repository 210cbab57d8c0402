"""The times of the rungs, as the table of behaviour.md 2.11 has them."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.escalations.planning import Case, Person, plan

OWNER, FIRST, SECOND = (Person(UUID(int=number)) for number in (1, 2, 3))
NAMES = {OWNER.user_id: "owner", FIRST.user_id: "first", SECOND.user_id: "second", None: "-"}


def shown(case):
    """Each rung as `+minutes level action person`."""
    return [
        f"+{step.after / timedelta(minutes=1):g} {step.level} {step.action} {NAMES[step.user_id]}"
        for step in plan(case)
    ]


TWO = (FIRST, SECOND)
FROM_TWO = [
    "+0 1 push owner",
    "+0 2 sms owner",
    "+2 3 phone_call owner",
    "+4 3 phone_call owner",
    "+6 4 phone_call first",
    "+8 4 phone_call second",
    "+10 5 email -",
    "+10 5 support -",
    "+10 5 push owner",
    "+10 5 sms owner",
    "+10 5 phone_call owner",
    "+12 5 phone_call first",
    "+14 5 phone_call second",
    "+16 5 give_up -",
]


def test_an_emergency_from_level_two():
    assert shown(Case(OWNER, TWO, level=2)) == FROM_TWO


def test_an_emergency_from_level_one_texts_after_two_minutes():
    expected = [FROM_TWO[0], "+2 2 sms owner", *FROM_TWO[2:]]
    assert shown(Case(OWNER, TWO, level=1)) == expected


def test_from_level_three_the_phone_rings_at_once():
    calls = [line for line in shown(Case(OWNER, TWO, level=3)) if "phone_call" in line]
    assert calls == [
        "+0 3 phone_call owner",
        "+2 3 phone_call owner",
        "+4 4 phone_call first",
        "+6 4 phone_call second",
        "+8 5 phone_call owner",
        "+10 5 phone_call first",
        "+12 5 phone_call second",
    ]


def test_from_level_four_the_first_on_call_is_rung_at_once_as_well():
    lines = shown(Case(OWNER, TWO, level=4))
    assert lines[:4] == ["+0 1 push owner", "+0 2 sms owner", "+0 3 phone_call owner", "+0 4 phone_call first"]
    assert lines[4:6] == ["+2 3 phone_call owner", "+2 4 phone_call second"]


def test_level_five_tells_the_owners_and_support_at_once_and_once():
    lines = shown(Case(OWNER, TWO, level=5))
    assert {"+0 5 email -", "+0 5 support -"} <= set(lines)
    assert sum("email" in line or "support" in line for line in lines) == 2
    assert "+4 5 phone_call owner" in lines


def test_everybody_is_told_once_more_after_a_quarter_of_an_hour_at_the_latest():
    many = tuple(Person(UUID(int=number)) for number in range(10, 20))
    steps = plan(Case(OWNER, many, level=2))
    assert [step.after for step in steps if step.action == "support"] == [timedelta(minutes=15)]
    fourth = [step for step in steps if step.level == 4]
    assert [step.after / timedelta(minutes=1) for step in fourth] == [6, 8, 10, 12, 14]
    last = [step.user_id for step in steps if step.level == 5 and step.action == "phone_call"]
    assert last == [OWNER.user_id, *(person.user_id for person in many)]


def test_nobody_else_on_call():
    assert shown(Case(OWNER, level=2))[2:] == [
        "+2 3 phone_call owner",
        "+4 3 phone_call owner",
        "+6 5 email -",
        "+6 5 support -",
        "+6 5 push owner",
        "+6 5 sms owner",
        "+6 5 phone_call owner",
        "+15 5 give_up -",
    ]


def test_what_is_no_emergency_takes_half_hours():
    assert shown(Case(OWNER, TWO, level=1, is_emergency=False)) == [
        "+0 1 push owner",
        "+30 2 sms owner",
        "+60 3 phone_call owner",
        "+90 4 phone_call first",
        "+92 4 phone_call second",
        "+120 5 email -",
        "+120 5 support -",
        "+120 5 push owner",
        "+120 5 sms owner",
        "+120 5 phone_call owner",
        "+122 5 phone_call first",
        "+124 5 phone_call second",
        "+126 5 give_up -",
    ]


def test_the_steps_are_settings():
    lines = shown(Case(OWNER, (FIRST,), level=2, emergency_step=timedelta(minutes=3)))
    assert [line for line in lines if "phone_call" in line] == [
        "+3 3 phone_call owner",
        "+6 3 phone_call owner",
        "+9 4 phone_call first",
        "+12 5 phone_call owner",
        "+15 5 phone_call first",
    ]
    slow = shown(Case(OWNER, (FIRST,), level=2, is_emergency=False, step=timedelta(minutes=60)))
    assert slow[1:4] == ["+0 2 sms owner", "+120 3 phone_call owner", "+180 4 phone_call first"]


@pytest.mark.parametrize(
    ("most", "left"),
    [(1, FROM_TWO[:1]), (2, FROM_TWO[:2]), (3, FROM_TWO[:4]), (4, FROM_TWO[:6])],
)
def test_the_highest_level_is_respected(most, left):
    assert shown(Case(OWNER, TWO, level=min(2, most), max_level=most)) == [*left, f"+15 {most} give_up -"]


def test_without_calls_the_same_people_are_texted():
    lines = shown(Case(OWNER, TWO, level=2, channels=frozenset({"sms"})))
    assert not any("phone_call" in line for line in lines)
    assert lines[2:6] == ["+2 3 sms owner", "+4 3 sms owner", "+6 4 sms first", "+8 4 sms second"]
    assert [line for line in lines if " 5 sms" in line] == ["+10 5 sms owner", "+10 5 sms first", "+12 5 sms second"]


def test_without_texts_only_phones_ring():
    lines = shown(Case(OWNER, TWO, level=2, channels=frozenset({"phone_call"})))
    assert not any("sms" in line for line in lines)
    assert lines[:2] == ["+0 1 push owner", "+2 3 phone_call owner"]


def test_on_vacation_the_others_are_rung_in_the_owners_place():
    away = Person(OWNER.user_id, can_be_called=False)
    calls = [line for line in shown(Case(away, TWO, level=2)) if "phone_call" in line]
    assert calls[:2] == ["+2 4 phone_call first", "+4 4 phone_call second"]
    assert not any("owner" in line for line in calls)


def test_whoever_cannot_be_reached_is_left_out():
    nobody = Person(OWNER.user_id, can_be_called=False, can_be_texted=False)
    assert not Case(nobody).reaches_anybody()
    assert Case(nobody, (FIRST,)).reaches_anybody()
    assert not Case(OWNER, channels=frozenset()).reaches_anybody()
