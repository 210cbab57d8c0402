"""Customer texts made plain: abbreviations, typos and private digits; what the phrases are matched against."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache

from rapidfuzz.distance import OSA

from app.dispatch.wording import WORDS

CARD = re.compile(r"(?<![\d+])(?:\d[ -]?){12,18}\d(?!\d)")
SSN = re.compile(r"(?<!\d)\d{3}[- ]\d{2}[- ]\d{4}(?!\d)")
LONG_WORD = 8
SHORTEST_REPAIRED = 4
YES_SIGNS = "👍👌✅🙌💯☑✔🆗"
NO_SIGNS = "👎❌🚫"


def redact(text: str) -> str:
    """Take card numbers (with a right check digit) and social security numbers out of a text."""
    text = SSN.sub("[removed]", text)
    return CARD.sub(lambda found: "[removed]" if is_card(found[0]) else found[0], text)


def is_card(digits: str) -> bool:
    """The Luhn check over 13 to 19 digits."""
    numbers = [int(letter) for letter in digits if letter.isdigit()]
    doubled = [number * 2 - 9 * (number > 4) for number in numbers[-2::-2]]
    return (sum(numbers[-1::-2]) + sum(doubled)) % 10 == 0


def unaccented(text: str) -> str:
    """Without accents, curly quotes and long dashes."""
    text = text.translate(QUOTES)
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


QUOTES = str.maketrans(
    {
        "\u2019": "'",
        "\u2018": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2013": "-",
        "\u2014": " - ",
        "\u2026": " . ",
        "\u02bc": "'",
    }
)


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Lower-case words with single spaces, `.` between sentences and `,` between clauses."""
    for sign in YES_SIGNS:
        text = text.replace(sign, " thumbsup ")
    for sign in NO_SIGNS:
        text = text.replace(sign, " thumbsdown ")
    text = unaccented(text).lower()
    text = re.sub(r"(?<=\w)'(?=\w)", "", text).replace("'", " ")
    text = re.sub(r"\$\s?(\d[\d,]*)(?:\.\d\d)?", lambda found: f"{found[1].replace(',', '')} dollars", text)
    text = re.sub(r"\ba ?/ ?c\b", "ac", text)
    text = re.sub(r"\bhow(?:s|z)? ?m(?:uch|utch|ch|uc)\b", "how much", text)
    text = re.sub(r"\bw/o\b", "without", text)
    text = re.sub(r"\bw/ ?", "with ", text)
    text = re.sub(r"(?<=\d)\.(?=\d)", "_", text)
    text = re.sub(r"[.!?;\n\r]+(?:\s|$|(?=[a-z]))", " . ", text)
    text = re.sub(r"[,()\[\]]|\s-+\s|:(?=\s)", " , ", text)
    text = re.sub(r"&", " and ", text)
    text = re.sub(r"[^a-z0-9$.,_%:]+", " ", text).replace("_", ".")
    text = re.sub(r"(?<![\d ])[.:]|[.:](?![\d ]|$)", " ", text)
    return LACKS.sub("no ", SOMEBODY_IS.sub(r"\1 is", " ".join(words_of(text.split()))))


SOMEBODY_IS = re.compile(
    r"\b((?:some|any|every|no)(?:one|body))s(?= (?:\w+ing|at|in|inside|outside|on|under|behind|been|here|there|"
    r"locked|stuck|"
    r"hurt|trapped|not|still|unconscious|down)\b)"
)
"""As in "someone's at the door"."""
LACKS = re.compile(
    r"\b(?:(?:dont|doesnt|do not|does not|didnt|havent) (?:have|got|get) (?:any )?|(?:have|has|got|getting|theres|"
    r"there is) (?:absolutely )?no |"
    r"there isnt any |not getting any |havent had (?:any )?|lost all |zero )(?=(?:hot water|water|heat|heating|ac|"
    r"power|electricity|cold air|air conditioning|cooling)\b)"
)


def words_of(tokens: list[str]) -> list[str]:
    """Abbreviations written out and typos repaired."""
    words: list[str] = []
    for token in tokens:
        word = abbreviations().get(token)
        words += word.split() if word else [repaired(squeezed(token))]
    return words


def squeezed(token: str) -> str:
    """`soooo` and `heeelp` with their letters once or twice, whichever is a word."""
    if not re.search(r"([a-z])\1\1", token):
        return token
    once, twice = re.sub(r"([a-z])\1{2,}", r"\1", token), re.sub(r"([a-z])\1{2,}", r"\1\1", token)
    return twice if twice in english() and once not in vocabulary() else once


@lru_cache(maxsize=8192)
def repaired(token: str) -> str:
    """A misspelt word of the trade; English words and short tokens stay as they are."""
    if len(token) < SHORTEST_REPAIRED or not token.isalpha() or token in english() or token in vocabulary():
        return token
    most = 1 if len(token) < LONG_WORD else 2
    best: list[str] = []
    least = most
    for word in vocabulary_by_initial().get(token[0], ()):
        if abs(len(word) - len(token)) > least:
            continue
        distance = OSA.distance(token, word, score_cutoff=least)
        if distance < least or (distance == least and not best):
            best, least = [word], distance
        elif distance == least:
            best.append(word)
    return best[0] if best else token


@cache
def dictionary() -> frozenset[str]:
    """Everyday English words."""
    return frozenset((WORDS / "english.txt").read_text(encoding="utf-8").split())


@cache
def english() -> frozenset[str]:
    """Words that are never corrected."""
    return dictionary() | keep_words()


@cache
def tables() -> Mapping[str, object]:
    table: Mapping[str, object] = json.loads((WORDS / "plain.json").read_text(encoding="utf-8"))
    return table


@cache
def abbreviations() -> Mapping[str, str]:
    """Short forms and what they stand for."""
    return dict(tables()["abbreviations"])  # type: ignore[call-overload]


@cache
def keep_words() -> frozenset[str]:
    """Words outside the English list that are right as they are: Spanish, chat, names of streets."""
    return frozenset(str(tables()["keep"]).split())


@cache
def vocabulary() -> frozenset[str]:
    """The words of the trades: what a misspelling is repaired to."""
    return frozenset(str(tables()["vocabulary"]).split())


@cache
def vocabulary_by_initial() -> Mapping[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for word in sorted(vocabulary()):
        groups.setdefault(word[0], []).append(word)
    return {letter: tuple(words) for letter, words in groups.items()}
