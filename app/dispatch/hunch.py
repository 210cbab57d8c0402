"""What a text sounds like where the rules are silent: linear classifiers over words, word pairs and pieces of words.

Learnt offline from texts of our own (`scripts/hunch`), shipped as numbers (`words/hunch.json`), scored here with
additions alone. What they may add and what not: `opinions` (reference/dispatch.md 8.3 and 8.4).
"""

from __future__ import annotations

import base64
import itertools
import json
import math
import re
from dataclasses import dataclass
from functools import cache, lru_cache

from app.dispatch.wording import WORDS

PIECE = 4
"""Letters of a piece of a word; pieces survive typing errors."""
TOKEN = re.compile(r"[a-z0-9$%.:]+")
NOTHING = "none"
MOST_WORDS = 3
HIDDEN = "~#"
"""Pieces of words and digits tell a reader nothing."""


@dataclass(frozen=True)
class Head:
    """One question with its classes: a row of small whole numbers for each feature, and where nothing is known."""

    classes: tuple[str, ...]
    bias: tuple[float, ...]
    scale: float
    weights: memoryview


@dataclass(frozen=True)
class Opinion:
    """The likeliest class of a question and how likely it is, 0 to 1."""

    name: str
    probability: float


@dataclass(frozen=True)
class Model:
    """What was learnt: the number and the rarity of each feature, and the heads."""

    features: dict[str, int]
    rarity: tuple[float, ...]
    heads: dict[str, Head]


def features(plain: str) -> set[str]:
    """What is looked at in a normalised text: words, neighbours, next neighbours, pieces; digits are all alike."""
    words = [
        "#" if any(letter.isdigit() for letter in word) else word
        for word in TOKEN.findall(plain)
        if word not in (".", ":")
    ]
    found = set(words)
    found |= {f"{one} {other}" for one, other in itertools.pairwise(words)}
    found |= {f"{one} * {other}" for one, other in zip(words, words[2:], strict=False)}
    for word in {word for word in words if len(word) >= PIECE}:
        edged = f"<{word}>"
        found |= {f"~{edged[at : at + PIECE]}" for at in range(len(edged) - PIECE + 1)}
    return found


@cache
def model() -> Model:
    """Read what was learnt."""
    stored = json.loads((WORDS / "hunch.json").read_text(encoding="utf-8"))
    heads = {
        name: Head(
            tuple(head["classes"]),
            tuple(head["bias"]),
            head["scale"],
            memoryview(base64.b64decode(head["weights"])).cast("b"),
        )
        for name, head in stored["heads"].items()
    }
    known = {feature: number for number, feature in enumerate(stored["features"])}
    return Model(known, tuple(rarity / 100 for rarity in stored["rarity"]), heads)


@lru_cache(maxsize=256)
def _vector(plain: str) -> tuple[tuple[int, float], ...]:
    """The known features of a text with their shares of a length of one."""
    learnt = model()
    # In one order, because sums of fractions depend on it: the same text has to be heard the same way everywhere.
    numbers = sorted(learnt.features[feature] for feature in features(plain) if feature in learnt.features)
    length = math.sqrt(sum(learnt.rarity[number] ** 2 for number in numbers)) or 1.0
    return tuple((number, learnt.rarity[number] / length) for number in numbers)


def likelihoods(head: str, plain: str) -> dict[str, float]:
    """How likely each class of a question is; together they are 1."""
    asked = model().heads[head]
    count, sums = len(asked.classes), [0.0] * len(asked.classes)
    for number, share in _vector(plain):
        row = asked.weights[number * count : (number + 1) * count]
        sums = [total + weight * share for total, weight in zip(sums, row, strict=True)]
    scores = [bias + asked.scale * total for bias, total in zip(asked.bias, sums, strict=True)]
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    whole = sum(powers)
    return {name: power / whole for name, power in zip(asked.classes, powers, strict=True)}


def hazard(plain: str) -> Opinion:
    """The likeliest life-safety class, and how likely any of them is."""
    found = likelihoods("hazard", plain)
    danger = 1 - found.pop(NOTHING)
    return Opinion(max(found, key=found.__getitem__), danger)


def best(head: str, plain: str) -> Opinion:
    """The likeliest class of `urgency`, `intent` or `job:<trade>`."""
    found = likelihoods(head, plain)
    name = max(found, key=found.__getitem__)
    return Opinion(name, found[name])


def evidence(head: str, opinion: Opinion, plain: str) -> str:
    """The opinion with the words that spoke for it most, as `hunch: gas 0.82 (rotten, by the meter)`."""
    asked, known = model().heads[head], model().features
    at, count = asked.classes.index(opinion.name), len(asked.classes)
    weighed = {
        feature: asked.weights[known[feature] * count + at] * model().rarity[known[feature]]
        for feature in features(plain)
        if feature in known and feature[0] not in HIDDEN and "*" not in feature
    }
    strongest = sorted(weighed, key=lambda feature: (-weighed[feature], feature))
    words = [feature for feature in strongest[:MOST_WORDS] if weighed[feature] > 0]
    return f"hunch: {opinion.name} {opinion.probability:.2f}" + (f" ({', '.join(words)})" if words else "")


def warm() -> None:
    """Read the numbers before a process forks, so that its children share them."""
    model()
