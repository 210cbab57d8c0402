"""What holds for every text: no invented price or time, short plain words, no error, no falling urgency."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import pricing
from app.dispatch import hazards, normalize, wording
from app.dispatch.types import LEVELS
from tests.app.dispatch.house import Talk, at, estimates

DATA = Path(__file__).parent / "data"
LINES = [
    json.loads(line)["text"]
    for name in ("danger", "intents", "times", "facts")
    for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
]
TEXTS = st.one_of(
    st.sampled_from(LINES),
    st.text(max_size=80),
    st.tuples(st.sampled_from(LINES), st.sampled_from(LINES)).map(" ".join),
    st.sampled_from(["1", "2", "yes", "no", "STOP", "start", "$20 cash", "3 AM Sunday", "456 Oak Ave 90210", "?", ""]),
)
AMOUNT = re.compile(r"\$(\d[\d,]*)")
CLOCK = re.compile(r"(?<![\d$:-])(\d{1,2})(?::(\d\d))? ?([AP])M\b")
TRAP = re.compile(r"\b(?:reply|text|send|say) (?:cancel|end|quit|unsubscribe|revoke)\b", re.IGNORECASE)
RATES = [Decimal(rate) for rate in ("1", "1.5", "1.75", "2", "2.25", "2.75", "3.25")]
slow = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def allowed_amounts(talk: Talk, jobs: list[str]) -> set[int]:
    """Ends of the lines, and of the jobs in hand together, at every rate."""
    book = {line.job_type: line for line in estimates(talk.trade)}
    sums = [(line.low, line.high) for line in book.values()] + [(Decimal(150), Decimal(200))]
    mine = [book[job] for job in jobs if job in book]
    sums.append((sum(line.low for line in mine), sum(line.high for line in mine)))
    return {end for low, high in sums for rate in RATES for end in pricing.price(Decimal(low), Decimal(high), rate)}


@slow
@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_no_talk_breaks_a_promise_of_the_product(texts):
    talk = Talk(now=at(15, 10))
    level = "normal"
    offered: set[str] = set()
    for text in texts:
        result = talk.text(text)
        offered |= set(result.proposed)
        reply = result.reply or ""
        assert set(reply) <= wording.GSM7
        assert len(reply) <= 320
        assert not TRAP.search(reply)
        prices = {int(amount.replace(",", "")) for amount in AMOUNT.findall(reply)}
        assert prices <= allowed_amounts(talk, result.extracted["price_book_jobs"])
        assert LEVELS[result.urgency_level] >= LEVELS[level]
        level = result.urgency_level
        assert result.confirmed_slot is None or result.confirmed_slot in offered
        says_booked = bool(re.search(r"\bbooked:|\bbooked for\b|^confirmed", reply, re.IGNORECASE))
        assert not says_booked or any(act.startswith("book:") for act in result.acts)
        assert_times_are_known(talk, reply)
    assert len(set(talk.said)) == len(talk.said)


def assert_times_are_known(talk: Talk, reply: str) -> None:
    """Every clock time belongs to an offer of this talk, to the opening hours, or says when a visit is confirmed."""
    zone = talk.now.tzinfo
    edges = {
        f"{moment.astimezone(zone):%H:%M}"
        for one in talk.history
        for moment in (one.slot.window_start, one.slot.window_end)
    }
    edges |= {"08:00", "18:00", "14:00", "19:00"}
    for hour, minute, half in CLOCK.findall(reply):
        said = f"{int(hour) % 12 + (12 if half == 'P' else 0):02d}:{minute or '00'}"
        assert said in edges, (said, reply)


@slow
@given(st.text(max_size=300))
def test_any_text_is_read_without_an_error(text):
    hazards.assess(normalize.plain(text))


@slow
@given(st.sampled_from(LINES))
def test_more_words_of_courtesy_do_not_hide_a_danger(text):
    alone = hazards.assess(normalize.plain(text)).level
    polite = hazards.assess(normalize.plain(f"Hi there. {text}. Thank you.")).level
    assert LEVELS[polite] >= LEVELS[alone]
