"""Single words that speak for a job type, for texts in which no phrase names one and to settle which of several leads.

Weights from 1 (may be) to 3 (hardly anything else), by the trade's own terms; reference/dispatch.md 8.3.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache

from app.dispatch.wording import WORDS

ENOUGH = 3


@cache
def weights(trade: str) -> Mapping[str, tuple[tuple[str, str, int], ...]]:
    """Per initial letter the words of a trade: word or stem with `*`, job, weight."""
    table: Mapping[str, Mapping[str, int]] = json.loads((WORDS / "hints.json").read_text(encoding="utf-8")).get(
        trade, {}
    )
    groups: dict[str, list[tuple[str, str, int]]] = {}
    for job, words in table.items():
        for word, weight in words.items():
            groups.setdefault(word[0], []).append((word, job, weight))
    return {initial: tuple(rows) for initial, rows in groups.items()}


def scores(plain: str, trade: str) -> Mapping[str, int]:
    """How much the words of a text speak for each job type."""
    groups = weights(trade)
    found: dict[str, int] = {}
    for token in frozenset(re.findall(r"[a-z0-9]+", plain)):
        best: dict[str, int] = {}
        for word, job, weight in groups.get(token[0], ()):
            if token == word or (word[-1] == "*" and token.startswith(word[:-1])):
                best[job] = max(weight, best.get(job, 0))
        for job, weight in best.items():
            found[job] = found.get(job, 0) + weight
    return found


def guess(plain: str, trade: str) -> str | None:
    """The job that the words of a text speak for most, if they say enough."""
    found = scores(plain, trade)
    if not found:
        return None
    job = max(found, key=lambda name: (found[name], not name.startswith("general_")))
    return job if found[job] >= ENOUGH else None


def settle(plain: str, trade: str, hits: Sequence[str]) -> str:
    """Which job of several leads: the first of the rules, unless the words clearly favour another."""
    found = scores(plain, trade)
    best = max(hits, key=lambda name: found.get(name, 0))
    return best if found.get(best, 0) - found.get(hits[0], 0) >= ENOUGH else hits[0]
