"""What a customer said of herself is not in a case: replaced everywhere, the same by the same, and nothing else is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.evaluation.standins import Known, StandIns

DANA = Known(
    ["Dana Reed", "Will Baker"], ["1420 W Sunset Blvd", "5 Elm St"], "Prime Plumbing", "Mike Rossi", "plumbing"
)

REPLACED = (
    ("Hi this is dana reed", "Hi this is carol finch"),
    ("DANA here. 1420 is the number", "CAROL here. 4127 is the number"),
    ("at 1420 W Sunset Blvd, 90026", "at 4127 W Alder Blvd, 90026"),
    ("tell Dana's husband", "tell Carol's husband"),
    ("the gate code is 4411", "the gate code is 0000"),
    ("is this prime plumbing?", "is this harbor plumbing?"),
    ("ask Mike Rossi", "ask Alex"),
    ("call (310) 555-0142 or 310.555.0142", "call 512-555-0101 or 512-555-0101"),
    ("+13105550142", "+15125550101"),
    ("dana.reed@gmail.com", "customer1@example.com"),
    ("card 4242 4242 4242 4242", "card 4111 1111 1111 1111"),
    ("ssn 123-45-6789", "ssn 078-05-1120"),
    ("come to 5 Elm St at 5 pm", "come to 4 Juniper St at 5 pm"),
)
LEFT = (
    "Will you come at 5 pm?",
    "before sunset please",
    "that is $1420, too much",
    "between 14:20 and 15:00",
    "90026",
    "option 1 or 2",
    "on 9/15 at 10-11",
)


@pytest.mark.parametrize(("text", "expected"), REPLACED)
def test_what_is_known_is_replaced_in_the_shape_in_which_it_was_written(text, expected):
    assert StandIns(DANA).text(text) == expected


@pytest.mark.parametrize("text", LEFT)
def test_everyday_words_times_and_amounts_stay(text):
    assert StandIns(DANA).text(text) == text


def test_two_numbers_and_two_addresses_stay_two():
    text = StandIns(DANA).text("310-555-0142, no, 310-555-0177; ann@a.com and bob@b.org; again 310-555-0177")
    assert text == "512-555-0101, no, 512-555-0102; customer1@example.com and customer2@example.com; again 512-555-0102"


def test_a_second_time_changes_nothing():
    once = StandIns(DANA)
    texts = [once.text(text) for text, _ in REPLACED]
    again = StandIns(DANA)
    assert [again.text(text) for text in texts] == texts


def test_keys_that_are_no_words_of_people_stay_and_others_are_replaced_through_the_tree():
    given_ = {"id": "Dana", "steps": ["dana", {"event": {"type": "timeout", "minutes": 15}}], "trade": "Reed"}
    expected = {"id": "Dana", "steps": ["carol", {"event": {"type": "timeout", "minutes": 15}}], "trade": "Reed"}
    assert StandIns(DANA).values(given_) == expected


NAMES = st.from_regex(r"[A-Z][a-z]{3,8}", fullmatch=True).map(lambda name: f"{name}qx")
FRAMES = st.sampled_from(
    (
        "hi this is {name} at {number} {street} Rd 90026",
        "{name}, {number} {street} rd",
        "its {name}. {number} {street} Road!",
    )
)


@given(person=st.tuples(NAMES, NAMES), number=st.integers(100, 99999), street=NAMES, frame=FRAMES, low=st.booleans())
def test_nobodys_name_or_address_stays(person, number, street, frame, low):
    first, last = person
    text = frame.format(name=f"{first} {last}", number=number, street=street)
    text = text.lower() if low else text
    made = StandIns(Known([f"{first} {last}"], [f"{number} {street} Rd"])).text(text)
    words = set(re.findall(r"\w+", made.lower()))
    assert words & {first.lower(), last.lower(), street.lower(), str(number)} == set()
    assert "90026" in made or "90026" not in text


@given(st.text(max_size=80))
def test_any_text_can_be_read(text):
    assert isinstance(StandIns(DANA).text(text), str)
