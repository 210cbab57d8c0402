"""The tenant's answers to common questions, used word for word (behaviour.md 13, `extra_facts`)."""

from __future__ import annotations

import re

from app.dispatch.normalize import unaccented

MOST = 160
TOPICS = tuple(
    frozenset(line.split())
    for line in """
license licensed licence insured insurance bonded certified background liability licencia seguro asegurado
card cards credit debit check checks cash venmo zelle paypal amex visa payment payments pay tarjeta efectivo
finance financing plan plans monthly installments financia financiamiento credito
warranty guarantee guaranteed guarantees garantia
brand brands part parts make makes manufacturer marcas
permit permits inspection
spanish english espanol ingles bilingual language
years experience business founded family owned veteran reviews references
dog dogs pet pets cat cats shoe booties mask
parking park driveway gate access
""".strip().splitlines()
)
"""Words that ask about the same thing."""


def answer(question: str, known: str) -> str | None:
    """The sentences of `known` that answer a question in plain words, 160 characters at most; None when none does."""
    asked = words_of(question)
    topics = [topic for topic in TOPICS if topic & asked]
    found = [sentence for sentence in sentences(known) if any(topic & words_of(sentence) for topic in topics)]
    text = ""
    for sentence in found:
        if len(text) + len(sentence) < MOST:
            text = f"{text} {sentence}".strip()
    return text or None


def sentences(known: str) -> list[str]:
    """The single statements of a text, each as it stands."""
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+|[\n\r]+", known) if part.strip()]


def words_of(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]+", unaccented(text).lower()))
