"""Nothing leaves that the rows do not say, whoever wrote it; a lie is replaced by words of ours."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.dispatch import decide, outgoing, safety, samples, variants, wording
from app.dispatch.own import Variant
from app.dispatch.policy import telling
from app.dispatch.types import Customer, Event, OwnAppointment, State
from tests.app.dispatch.house import Talk, at
from tests.app.dispatch.test_properties import TEXTS

OURS = [
    pytest.param(language, template, variant, id=f"{language}:{variant.id}")
    for language in ("en", "es")
    for template in wording.templates(language)
    for variant in wording.ours(template, language)
]
CLOG = "kitchen sink is clogged, 789 Sunset Blvd 90210"


def own(template: str, *texts: str, language: str = "en"):
    """Words that the tenant wrote for a template."""
    written = tuple(Variant(f"own:{template}#{number}", text) for number, text in enumerate(texts, start=7))
    return {language: {template: written}}


def talk_with(template: str, *texts: str, **context: object) -> Talk:
    return Talk(now=at(15, 10), wordings=own(template, *texts), **context)


# Our own words


@pytest.mark.parametrize(("language", "template", "variant"), OURS)
def test_each_of_our_variants_passes_with_everyday_and_with_long_values(language, template, variant):
    assert variants.review(variant.text, template=template, language=language) == ()


NAMES = st.sampled_from(["Dana", "Will", "Guillermo", "O'Neil", "Mary Ann"])
CLOCKS = st.tuples(st.integers(0, 23), st.sampled_from([0, 15, 30, 45]), st.sampled_from([0, 45, 60, 120]))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(OURS).map(lambda one: one.values),
    NAMES,
    st.tuples(CLOCKS, st.integers(1, 40)),
    st.tuples(st.integers(1, 9000), st.integers(0, 9000)),
    st.sampled_from(
        ["24/7 Drain Heroes", "Guaranteed Plumbing $99", "Will & Sons", "Free Flow Plumbing", "Booked Solid"]
    ),
)
def test_our_words_pass_with_any_facts(ours, name, when, price, business):
    language, template, variant = ours
    (hour, minute, length), days = when
    now = at(15, 10)
    start = dt.datetime.combine(now.date(), dt.time(hour, minute), now.tzinfo) + dt.timedelta(days=days)
    window = wording.window_text(
        start, start + dt.timedelta(minutes=length), now, zone="America/Los_Angeles", language=language
    )
    cost = wording.price_text(Decimal(price[0]), Decimal(price[0] + price[1]))
    values = {
        **samples.usual(template, language),
        "comma_name": f" {name}",
        "who": name,
        "business": business,
        "window": window,
        "slot": window,
        "price": cost,
        "options": f"1) {window}, {cost} 2) {window}, {cost}",
    }
    facts = outgoing.of_values(values, language=language, deeds=outgoing.EVERY_DEED)
    text = wording.fill(variant.text, values)
    assert outgoing.faults(text, template=template, facts=facts) == ()


def test_the_fixed_texts_of_life_safety_would_pass_as_well():
    for language, texts in safety.TEXTS.items():
        facts = outgoing.Facts(language)
        for text in texts.values():
            assert outgoing.faults(text, template="life_safety", facts=facts) == ()
            assert len(text) <= safety.MOST_CHARACTERS


@settings(max_examples=40, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_in_any_talk_our_own_words_pass_at_once(texts):
    talk = Talk(now=at(15, 10), warranty_note="90 days, or $50 back, guaranteed.", referral_text="Call 213-555-0100.")
    for text in texts:
        result = talk.text(text)
        assert result.escalation_reason != "guard"
        assert [one for one in result.verdicts if "length" not in one and "left out" not in one] == []
        assert list(outgoing.of_shape(result.reply)) == [] if result.reply else not result.candidates


# A tenant's words that lie

LIES = {
    "amount": "Or for $50 in cash.",
    "amount in words": "And only 20 dollars for parts.",
    "percent": "Ten percent less for seniors.",
    "free": "With a free estimate.",
    "time": "We text you at 9 AM.",
    "clock": "The door opens 10:15.",
    "day": "Or on Sunday.",
    "date": "Or Dec 24.",
    "length": "It takes 20 minutes.",
    "booked": "You are booked.",
    "confirmed": "That is confirmed.",
    "on the way": "Our man is on the way.",
    "promise": "All of it guaranteed.",
    "refund": "Or your money back.",
    "arrival": "We will be there.",
    "link": "See bit.ly/x.",
    "e-mail": "Write to me@prime.example.",
    "phone": "Call 213 555 0199.",
    "human": "I'm a real person.",
    "own name": "This is Brenda from {business}.",
    "other name": "Roberto knows the way.",
    "advice": "Shut off the breaker first.",
    "trap": "Or reply CANCEL.",
    "questions": "Well? Which? Today?",
    "unknown placeholder": "Minus {discount}.",
    "too long": "We look forward to it, as always, and so do all our people. " * 5,
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_lie_of_a_tenant_is_never_sent(lie):
    talk = talk_with("offer_choice", f"Open: {{options}}. {{choices}} to book. {lie}")
    result = talk.text(CLOG)
    assert result.template == "offer_choice"
    assert result.candidates == ("own:offer_choice#7", "offer_choice#0")
    assert [verdict.split(":")[1] for verdict in result.verdicts] == ["offer_choice#7"]
    assert result.reply.startswith("Prime Plumbing can come: 1) today")


@pytest.mark.parametrize("lack", ["Open: {options}.", "Reply {choices} to book."])
def test_words_that_leave_out_what_has_to_be_known_are_never_sent(lack):
    assert talk_with("offer_choice", lack).text(CLOG).candidates == ("own:offer_choice#7", "offer_choice#0")


def test_an_honest_variant_is_sent():
    talk = talk_with("offer_choice", "We can do {options} - just text {choices}.")
    result = talk.text(CLOG)
    assert result.reply.startswith("We can do 1) today")
    assert (result.candidates, result.verdicts) == (("own:offer_choice#7",), ())


def test_another_windows_price_or_hour_is_as_false_as_an_invented_one():
    """The figures are good somewhere in the house, but nothing here costs that or is open then."""
    for lie in (
        "{options} {choices} or 8-10 AM",
        "{options} {choices} or $150-$450",
        "{options} {choices} or tomorrow",
    ):
        assert "own:" in str(talk_with("offer_choice", lie).text(CLOG).verdicts), lie


def test_what_lies_gives_way_to_our_words_and_is_written_down():
    talk = talk_with("ask_address", "We will be there at 9 AM for $50, guaranteed. What's the address?")
    result = talk.text("my kitchen sink is clogged")
    assert result.reply == wording.ours("ask_address", "en")[0].text
    assert result.candidates == ("own:ask_address#7", "ask_address#0")
    (verdict,) = result.verdicts
    assert verdict.startswith("own:ask_address#7: ")
    assert all(word in verdict for word in ("amount ($50)", "time (at 9)", "promise (guaranteed)"))


def test_the_tenants_next_variant_comes_before_ours():
    talk = talk_with("ask_address", "Address? Guaranteed.", "Where is it, with the ZIP?")
    result = talk.text("my kitchen sink is clogged")
    assert result.reply == "Where is it, with the ZIP?"
    assert result.candidates == ("own:ask_address#7", "own:ask_address#8")


def test_a_notes_own_promise_may_be_said_but_not_anybody_elses():
    note = "90 days on labor, guaranteed, $50 back if late."
    talk = Talk(now=at(15, 10), warranty_note=note)
    assert note in talk.text("do you give a warranty? my kitchen sink is clogged").reply
    lying = Talk(now=at(15, 10), warranty_note=note, wordings=own("ask_address", "Address? $50 back if slow."))
    assert lying.text("my kitchen sink is clogged").candidates[-1] == "ask_address#0"


def test_booked_is_said_by_the_templates_of_a_booking_alone():
    facts = outgoing.Facts("en", deeds=frozenset({"book"}))
    assert outgoing.faults("You are booked.", template="booked", facts=facts) == ()
    assert outgoing.faults("You are booked.", template="thanks", facts=facts)
    assert outgoing.faults("You are booked.", template="booked", facts=outgoing.Facts("en"))
    assert outgoing.faults("It is confirmed.", template="booked_tentative", facts=facts)


def test_a_visit_that_stands_may_be_called_booked():
    start = at(16, 9)
    visit = OwnAppointment("v1", start, start + dt.timedelta(hours=2), job_type="drain_clog")
    words = own("visit_when", "You are booked for {window}.")
    result = Talk(now=at(15, 10), wordings=words, appointments=(visit,)).text("when are you coming?")
    assert result.reply == "You are booked for tomorrow 9-11 AM."


def test_what_the_customer_wrote_is_echoed_only_while_it_claims_nothing():
    facts = outgoing.Facts("en", heard=lambda: ["12 Tomorrow Ln", "9 Silver Dollar Rd", "1 Refund Guaranteed St"])
    assert outgoing.faults("At 12 Tomorrow Ln again.", template="address_again", facts=facts) == ()
    assert outgoing.faults("At 9 Silver Dollar Rd again.", template="address_again", facts=facts) == ()
    assert outgoing.faults("At 1 Refund Guaranteed St again.", template="address_again", facts=facts)


def test_with_nothing_left_to_say_a_person_goes_on_and_nothing_is_booked():
    talk = Talk(now=at(15, 10))
    offers = talk.text("kitchen sink is clogged, 456 Oak Insured Ave 90210").offers
    result = talk.text("1")
    assert offers
    assert result.reply == "I've passed this to the team; someone will contact you here or by phone."
    assert (result.acts, result.outcome, result.escalation_reason) == (("handoff",), "handoff", "guard")
    assert result.confirmed_slot is None
    assert result.candidates == ("booked#0", "hand_over#0")
    assert result.verdicts == ("booked#0: promise (Insured)",)


def test_the_first_text_always_has_the_business_the_disclosure_and_the_stop_line():
    for words in (
        "Yo, {business} here.",
        "Hi, automated assistant of {business}.",
        "Reply STOP to opt out, {business}",
    ):
        talk = talk_with("greeting", words)
        assert talk.said[0] == wording.fill(wording.ours("greeting", "en")[0].text, {"business": "Prime Plumbing"})
    words = variants.complete_greeting("Yo, {business} here. What's up?")
    assert talk_with("greeting", words).said == [
        "Yo, Prime Plumbing (automated assistant) here. What's up? Reply STOP to opt out."
    ]


def test_a_greeting_that_cannot_be_said_is_still_a_greeting():
    odd = Customer(name="Guaranteed Refunds", addresses=("789 Sunset Blvd, 90210",))
    context = replace(Talk(now=at(15, 10)).context(), customer=odd, is_known_customer=True)
    result, _ = decide(State(), Event("missed_call"), context, at(15, 10))
    assert result.template == "greeting"
    assert re.search("Prime Plumbing.+STOP", result.reply)
    assert result.outcome == "open"


def test_languages_are_apart():
    talk = talk_with("ask_address", "Where, please?")
    spanish = talk.text("hola, tengo el fregadero tapado, necesito un plomero por favor")
    assert spanish.language == "es"
    assert not any(one.startswith("own:") for one in spanish.candidates)


def test_the_plain_text_at_the_end_claims_nothing():
    for language in ("en", "es"):
        text = wording.ours(telling.SAFE.template, language)[0].text
        assert outgoing.faults(text, template="hand_over", facts=outgoing.Facts(language)) == ()
