"""A small language for phrases in plain text, compiled into regular expressions once.

`pipe* ~4 (burst|broke|gave way)`: words in order; `*` any ending; `~4` up to four words between, not over a full stop
or "but"; `(a|b c)` one of; `(a)?` may be missing; `<name>` a shared group; `^` and `$` the ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, lru_cache

from app.dispatch.wording import WORDS

BREAK = r"(?: ,)?"
GAP = rf"(?:{BREAK} (?!(?:but|however|pero)\b)[\w$%:]+){{0,MOST}}?"
FRONT = r"(?:[\w$%:]+(?: [.,])? ){0,MOST}?"
"""Words at the very start, before the first one that counts."""


@cache
def shared() -> Mapping[str, str]:
    """The shared groups by name."""
    table: Mapping[str, str] = json.loads((WORDS / "groups.json").read_text(encoding="utf-8"))
    return table


def elements(pattern: str) -> Iterator[str]:
    """Split at spaces outside parentheses."""
    depth, word = 0, ""
    for letter in pattern + " ":
        depth += (letter == "(") - (letter == ")")
        if letter == " " and depth == 0:
            if word:
                yield word
            word = ""
        else:
            word += letter


def expand(pattern: str) -> str:
    """Put the shared groups in their places; alternatives at the top become one group."""
    if "|" in re.sub(r"\([^()]*\)", "", re.sub(r"\([^()]*\)", "", pattern)):
        pattern = f"({pattern})"
    while (found := re.search(r"<(\w+)>", pattern)) is not None:
        pattern = pattern[: found.start()] + f"({shared()[found[1]]})" + pattern[found.end() :]
    return pattern


def regex_of(pattern: str) -> str:
    """The expression of one phrase."""
    parts: list[str] = []
    has_begun = False
    for element in elements(expand(pattern)):
        if element == "^":
            parts.append(r"\A(?:[.,] )*")
        elif element == "$":
            parts.append(r"(?: [.,])*\Z")
        elif element.startswith("~"):
            parts.append((GAP if has_begun else FRONT).replace("MOST", element[1:] or "3"))
        else:
            is_optional = element.endswith(")?")
            body = word_of(element[:-1] if is_optional else element)
            lead = f"{BREAK} " if has_begun else ""
            tail = "" if has_begun or not is_optional else f"{BREAK} "
            parts.append(f"(?:{lead}{body}{tail})?" if is_optional else f"{lead}{body}")
            has_begun = has_begun or not is_optional
    return rf"(?<!\S){''.join(parts)}(?!\S)"


def word_of(element: str) -> str:
    """One word or group."""
    return element.replace("(", "(?:").replace("*", r"\w*").replace("#", r"\d+(?:\.\d+)?")


@cache
def compiled(phrase: str) -> re.Pattern[str]:
    """The expression of one phrase."""
    return re.compile(regex_of(phrase))


class Phrases:
    """A list of phrases, of which only those are tried whose rarest word is in the text."""

    def __init__(self, phrases: tuple[str, ...]) -> None:
        self.phrases = phrases
        self.index: dict[str, list[int]] = {}
        for number, phrase in enumerate(phrases):
            for key in anchors(phrase) or {""}:
                self.index.setdefault(key, []).append(number)
        self.words = frozenset(self.index)

    def candidates(self, text: str) -> Iterator[str]:
        """The phrases that the text may contain, in their order."""
        numbers = {number for key in self.words & keys(text) for number in self.index[key]}
        return (self.phrases[number] for number in sorted(numbers))

    def search(self, text: str) -> re.Match[str] | None:
        """The match of the first phrase that the text contains."""
        return next((found for phrase in self.candidates(text) if (found := compiled(phrase).search(text))), None)

    def sub(self, put: Callable[[re.Match[str]], str], text: str) -> str:
        """The text with every match replaced."""
        for phrase in self.candidates(text):
            text = compiled(phrase).sub(put, text)
        return text


def anchors(phrase: str) -> frozenset[str]:
    """Words of which a text must have one; a word with `*` stands for its beginnings. Empty when none must be there."""
    best: frozenset[str] = frozenset()
    for element in elements(expand(phrase)):
        if element in "^$" or element.startswith("~") or element.endswith(")?") or "#" in element:
            continue
        words = frozenset(re.sub(r".\?$", "*", word) for word in re.findall(r"[a-z0-9.%]+[*?]?", element))
        if words and (not best or (len(words), -len(min(words, key=len))) < (len(best), -len(min(best, key=len)))):
            best = words
    return best


@lru_cache(maxsize=256)
def keys(text: str) -> frozenset[str]:
    """The words of a text and all their beginnings, as the anchors name them."""
    words = set(re.findall(r"[a-z0-9.%_]+", text))
    return frozenset(words | {f"{word[:size]}*" for word in words for size in range(1, len(word) + 1)} | {""})


def any_of(phrases: Iterable[str]) -> Phrases:
    """A list of phrases, read once by who keeps it."""
    return Phrases(tuple(phrases))
