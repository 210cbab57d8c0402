"""Which numbers are numbers, which may be texted, and how they are shown (behaviour.md 8.5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import phones

AREAS = st.sampled_from(["213", "310", "212", "305", "416", "604", "702"])
NUMBERS = st.builds(lambda area, last: f"+1{area}55501{last:02}", AREAS, st.integers(0, 99))
SPELLINGS = [
    "{0}", "+1{1}", "1{1}", "{1}", "({2}) {3}-{4}", "{2}-{3}-{4}", "{2}.{3}.{4}", "+1 ({2}) {3} {4}", " {2} {3} {4} ",
]  # fmt: skip


@given(number=NUMBERS, spelling=st.sampled_from(SPELLINGS))
def test_every_usual_spelling_is_the_same_number(number, spelling):
    national = number[2:]
    written = spelling.format(number, national, national[:3], national[3:6], national[6:])
    assert phones.normalise(written) == number


@given(number=NUMBERS)
def test_a_shown_number_reads_back(number):
    assert phones.normalise(phones.shown(number)) == number
    assert phones.masked(number).endswith(number[-4:])
    assert number[2:8] not in phones.masked(number)


@given(number=NUMBERS)
def test_an_ordinary_number_may_be_texted(number):
    assert phones.can_be_texted(number)
    assert not phones.is_withheld(number)
    assert not phones.is_short_code(number)


@given(written=st.text(max_size=30))
def test_whatever_is_written_is_read_or_refused(written):
    try:
        read = phones.normalise(written)
    except phones.InvalidPhone:
        return
    assert phones.normalise(read) == read


@given(caller=st.text(max_size=20))
def test_no_caller_id_breaks_the_rules(caller):
    phones.can_be_texted(caller)
    if phones.is_withheld(caller):
        assert not phones.can_be_texted(caller)


@pytest.mark.parametrize("word", sorted(phones.WITHHELD_WORDS))
@pytest.mark.parametrize("dress", [str, str.upper, str.title, lambda word: f" {word} "])
def test_withheld_in_any_dress(word, dress):
    assert phones.is_withheld(dress(word))


@pytest.mark.parametrize("digits", sorted(phones.WITHHELD_DIGITS))
def test_withheld_on_a_keypad(digits):
    assert phones.is_withheld(f"+{digits}")
    assert phones.is_withheld(digits)


@pytest.mark.parametrize(
    "number", ["+18005550199", "+18885550100", "+19005550100", "+442071838750", "72345", "client:x"]
)
def test_these_never_receive_a_text(number):
    assert not phones.can_be_texted(number)
