"""A small language for phrases in plain text, compiled into regular expressions once.

`pipe* ~4 (burst|broke|gave way)`: words in order; `*` any ending; `~4` up to four words between, not over a full stop
or "but"; `(a|b c)` one of; `?` after a word or group: it may be missing; `<name>` a shared group; `^` and `$` the ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

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
    """Put the shared groups in their places."""
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
            is_optional, body = element.endswith("?"), word_of(element.removesuffix("?"))
            lead = f"{BREAK} " if has_begun else ""
            tail = "" if has_begun or not is_optional else f"{BREAK} "
            parts.append(f"(?:{lead}{body}{tail})?" if is_optional else f"{lead}{body}")
            has_begun = has_begun or not is_optional
    return rf"(?<!\S){''.join(parts)}(?!\S)"


def word_of(element: str) -> str:
    """One word or group."""
    return element.replace("(", "(?:").replace("*", r"\w*").replace("#", r"\d+(?:\.\d+)?")


@cache
def compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One expression for several phrases."""
    return re.compile("|".join(regex_of(pattern) for pattern in patterns))


def any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    """One expression for several phrases, from any kind of list."""
    return compiled(tuple(patterns))
