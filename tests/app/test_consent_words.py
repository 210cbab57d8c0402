"""Keywords are found in any spelling, and only where they are the whole text (behaviour.md 8.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import consent

MARKS = st.text(alphabet=" .,!?\"'-_()\n\t", max_size=4)
WORDS = st.sampled_from(sorted(consent.STOP_WORDS | consent.START_WORDS | consent.HELP_WORDS))


@given(word=WORDS, before=MARKS, after=MARKS, case=st.sampled_from([str.lower, str.upper, str.title]))
def test_case_and_punctuation_do_not_matter(word, before, after, case):
    assert consent.keyword(before + case(word) + after) == word


@given(word=WORDS, rest=st.from_regex(r"[a-z]{2,9}", fullmatch=True))
def test_a_word_in_a_sentence_is_no_keyword(word, rest):
    known = consent.STOP_WORDS | consent.START_WORDS | consent.HELP_WORDS
    sentence = f"{word} {rest}"
    assert consent.keyword(sentence) == sentence.upper()
    assert (consent.keyword(sentence) in known) == (sentence.upper() in known)


@given(body=st.text(max_size=200))
def test_it_is_the_same_when_asked_again(body):
    assert consent.keyword(consent.keyword(body)) == consent.keyword(body)


def test_no_word_means_two_things():
    assert not consent.STOP_WORDS & consent.START_WORDS
    assert not consent.STOP_WORDS & consent.HELP_WORDS
    assert consent.CARRIER_STOP_WORDS <= consent.STOP_WORDS


@pytest.mark.parametrize("word", ["YES", "1", "OK", "CANCEL my visit", "stop by"])
def test_these_are_ordinary_texts(word):
    assert consent.keyword(word) not in consent.STOP_WORDS | consent.START_WORDS | consent.HELP_WORDS
