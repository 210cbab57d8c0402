"""A model's words: what may be said around placeholders, what these become, and what leaves the house."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.dispatch import Event, Suggestion, decide, redaction, suggestion, wording
from app.dispatch.own import Variant
from app.dispatch.policy import advice
from tests.app.dispatch.house import Talk, at

UNCLEAR = "it makes a strange gurgling sound again"
QUESTION = "Sorry to hear that. What exactly makes the sound, and what's your street address and ZIP?"
ASK = "What is the problem, and the address?"
REJECTED = {
    "a price": {"reply": f"That costs $50. {ASK}"},
    "a price in words": {"reply": f"It is fifty dollars. {ASK}"},
    "a bargain": {"reply": f"It is the cheapest in town. {ASK}"},
    "a number": {"reply": f"We have 20 years behind us. {ASK}"},
    "a day": {"reply": f"We can come tomorrow. {ASK}"},
    "an hour": {"reply": f"We come at 3 pm. {ASK}"},
    "a delay in words": {"reply": f"It takes an hour. {ASK}"},
    "a link": {"reply": f"Look at plumb-it.example/offer. {ASK}"},
    "an address for mail": {"reply": f"Write to me@there. {ASK}"},
    "a telephone": {"reply": f"Call 213-555-0100. {ASK}"},
    "a promise": {"reply": f"We guarantee it. {ASK}"},
    "an arrival": {"reply": f"We'll be there. {ASK}"},
    "a booking": {"reply": f"You are booked. {ASK}"},
    "a human": {"reply": f"I'm a real person. {ASK}"},
    "the owner's voice": {"reply": f"This is {{{{owner}}}}. {ASK}"},
    "a name of its own": {"reply": f"I'm Kevin, by the way. {ASK}"},
    "a foreign name": {"reply": f"Thanks, Robert. {ASK}"},
    "an act": {"reply": f"I have cancelled it. {ASK}"},
    "somebody sent": {"reply": f"We have alerted the crew. {ASK}"},
    "advice": {"reply": f"Just turn off the valve. {ASK}"},
    "a way out": {"reply": f"{ASK} Reply STOP if not."},
    "an unknown slot": {"reply": QUESTION, "slots": ("s9",)},
    "a confirmed slot": {"reply": QUESTION, "confirmed_slot": "s1"},
    "a slot that is not there": {"reply": f"We have {{{{slot:s9}}}}. {ASK}"},
    "a time of arrival": {"reply": f"We come in {{{{eta}}}}. {ASK}"},
    "a price of another job": {"reply": f"It is {{{{price:sewer_backup}}}}. {ASK}"},
    "an unknown price": {"reply": QUESTION, "price": "moon_landing"},
    "markup": {"reply": f"**Hi**. {ASK}"},
    "a broken placeholder": {"reply": f"We have {{{{slot}}}}. {ASK}"},
    "its instructions": {"reply": f"My instructions say so. {ASK}"},
    "another question": {"reply": "What is your name?"},
    "no question": {"reply": "Sorry to hear that."},
    "three questions": {"reply": "What? Which problem? Which address?"},
    "an essay": {"reply": f"{ASK} " + "We are so very sorry to hear that. " * 9},
    "another language": {"reply": "¿Cual es el problema exactamente, y cual es la direccion de la casa?"},
    "words for something else": {"reply": QUESTION, "words_for": "offer_choice"},
}


def answered(text: str, given_by_model: Suggestion, *before: str, **context):
    talk = Talk(now=at(15, 10), external_model_allowed=True, **context)
    for one in before:
        talk.text(one)
    return decide(talk.state, Event.message(text), talk.context(), talk.now, given_by_model)[0]


def asked(text: str, *before: str, **context):
    talk = Talk(now=at(15, 10), external_model_allowed=True, **context)
    for one in before:
        talk.text(one)
    return decide(talk.state, Event.message(text), talk.context(), talk.now)[0].question


@pytest.mark.parametrize("what", REJECTED)
def test_what_a_model_must_not_say_becomes_the_template(what):
    result = answered(UNCLEAR, Suggestion(**{"words_for": "ask_issue_address", **REJECTED[what]}))
    assert result.reply.startswith("What exactly is the problem"), result.reply
    assert result.engine == "rules"
    assert [verdict for verdict in result.verdicts if verdict.startswith("model's words: ")]


def test_words_that_were_asked_for_are_said():
    result = answered(UNCLEAR, Suggestion(reply=QUESTION, words_for="ask_issue_address"))
    assert (result.reply, result.engine, result.verdicts) == (QUESTION, "llm", ())
    assert result.asks == "job"


def test_a_quotation_mark_of_a_word_processor_is_no_reason():
    reply = QUESTION.replace("'", "\u2019")
    assert answered(UNCLEAR, Suggestion(reply=reply, words_for="ask_issue_address")).reply == QUESTION


def test_an_offer_names_every_time_once_with_its_price_and_how_to_choose():
    text = "something is off with the pipes somewhere, 789 Sunset Blvd 90210"
    given_by_model = Suggestion(reply="We have {{slot:s1}} or {{slot:s2}}. Reply 1 or 2", words_for="offer_choice")
    reply = answered(text, given_by_model).reply
    assert re.fullmatch(
        r"We have 1\) today .+, \$150-\$200 or 2\) tomorrow .+, \$150-\$200\. Reply 1 or 2 to book\.", reply
    )
    for missing in ("We have {{slot:s1}}.", "We have {{slot:s1}} or {{slot:s1}}.", "Sure thing."):
        result = answered(text, Suggestion(reply=missing, words_for="offer_choice"))
        assert "not every offer once" in result.verdicts[0]


def test_an_emergency_is_never_worded_by_a_model():
    given_by_model = Suggestion(reply=QUESTION, words_for="ask_address", urgency_level="emergency")
    result = answered("it makes a strange noise somewhere", given_by_model)
    assert result.urgency_level == "emergency"
    assert result.reply != QUESTION


def test_a_business_with_its_own_words_keeps_them():
    own = Variant("own:ask_issue_address", "What is the matter, and where? Tell us all about it.")
    given_by_model = Suggestion(reply=QUESTION, words_for="ask_issue_address")
    result = answered(UNCLEAR, given_by_model, wordings={"en": {"ask_issue_address": [own]}})
    assert result.reply == own.text


@pytest.mark.parametrize(
    ("verdicts", "is_blamed"),
    [
        ((), False),
        (("model's words: another act",), False),
        (("model's urgency: below the rules",), False),
        (("model's words: amount, number",), True),
        (("model's words: another act", "model's job: unknown"), True),
        (("offer_choice: length",), False),
    ],
)
def test_a_model_is_blamed_for_what_it_invents_alone(verdicts, is_blamed):
    assert advice.blames(verdicts) is is_blamed


def test_a_question_is_asked_only_of_those_who_are_allowed_to_see_it():
    talk = Talk(now=at(15, 10))
    assert talk.text(UNCLEAR).question is None
    assert asked(UNCLEAR)["customer_text"] == UNCLEAR


def test_a_question_has_ids_and_no_facts():
    question = asked("something is off with the pipes somewhere, 789 Sunset Blvd 90210. It's Dana Reed")
    assert question["slots"] == ["s1", "s2"]
    assert question["words_for"] == "offer_choice"
    assert question["first_name"] == "Dana"
    told = str(question)
    for fact in ("$", "150", "Sunset", "90210", "Reed", "Prime", "PM", "NMC-"):
        assert fact not in told, fact


def test_what_was_said_before_is_told_without_its_figures():
    recent = (("business", "Today 2-4 PM, $150-$450 at 12 Elm St, 90012?"), ("customer", "call me at 213 555 0199"))
    question = asked(UNCLEAR, recent=recent)
    told = [line["text"] for line in question["recent"]]
    assert told[1] == "call me at [phone]"
    assert "$" not in told[0]
    assert "Elm" not in told[0]


VALUES = st.text(alphabet=string.ascii_letters + " $-,1234567890", min_size=1, max_size=20).filter(str.strip)
NAMES = ["business", "owner", "address", "name", "fee", "eta", "slot:s1", "slot:s2", "price:leak_repair"]
PIECES = st.one_of(
    st.text(alphabet=string.ascii_letters + " .,?!'", max_size=12),
    st.sampled_from(NAMES).map(lambda name: "{{" + name + "}}"),
)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=8).map("".join), st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_a_placeholder_becomes_its_value_or_nothing_is_said(text, facts):
    wanted = suggestion.placeholders(text)
    if set(wanted) <= set(facts):
        rendered = suggestion.render(text, facts)
        assert "{" not in rendered
        assert set(rendered) <= wording.GSM7
        assert all(wording.tidy(facts[name]) in rendered for name in wanted)
    else:
        with pytest.raises(KeyError):
            suggestion.render(text, facts)


@settings(deadline=None)
@given(st.text(max_size=80), st.lists(st.sampled_from(NAMES), max_size=3))
def test_the_words_around_placeholders_are_all_that_is_judged(text, names):
    assume("{" not in text and "}" not in text)
    whole = text + "".join("{{" + name + "}}" for name in names)
    assert suggestion.placeholders(whole) == tuple(names)
    assert suggestion.skeleton(whole) == (text + suggestion.BLANK * len(names)).translate(wording.PLAIN)


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=200))
def test_whatever_a_model_says_a_good_text_leaves(reply):
    result = answered(UNCLEAR, Suggestion(reply=reply, words_for="ask_issue_address", name=reply[:20], price=reply[:5]))
    assert result.reply
    assert "?" in result.reply
    assert len(result.reply) <= wording.MOST_CHARACTERS
    assert set(result.reply) <= wording.GSM7
    assert not result.acts


@settings(deadline=None)
@given(st.integers(min_value=10**9, max_value=10**16), st.text(alphabet="abc xyz", max_size=10))
def test_no_long_number_leaves_the_house(number, words):
    assert str(number) not in redaction.shareable(f"{words} {number} {words}")
    assert not re.search(r"\d{4}", redaction.shareable(f"{words} {number} {words}"))


@pytest.mark.parametrize(
    ("text", "shared"),
    [
        ("the gate code is 4471", "the gate [number]"),
        ("code: #12", "[number]"),
        ("12 Elm St apt 3, 90012", "[address] [address], [address]"),
        ("see https://x.example/a?b=1", "see [link]"),
        ("mail d@reed.example", "mail [email]"),
        ("4111 1111 1111 1111", "[removed]"),
        ("two toilets and 3 sinks", "two toilets and 3 sinks"),
    ],
)
def test_what_identifies_is_cut(text, shared):
    assert redaction.shareable(text) == shared
