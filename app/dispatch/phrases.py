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
    for element in elements(expand(pattern)):
        if element == "^":
            parts.append(r"\A(?:[.,] )*")
        elif element == "$":
            parts.append(r"(?: [.,])*\Z")
        elif element.startswith("~"):
            parts.append(GAP.replace("MOST", element[1:] or "3"))
        else:
            is_optional = element.endswith("?")
            body = word_of(element.removesuffix("?"))
            is_first = not parts or parts[-1].startswith(r"\A")
            lead = "" if is_first else f"{BREAK} "
            if is_optional and is_first:
                parts.append(f"(?:{body}{BREAK} )?")
                continue
            if parts and parts[-1].endswith(" )?") and is_only_optional(parts):
                lead = ""
            parts.append(f"(?:{lead}{body})?" if is_optional else f"{lead}{body}")
    return rf"(?<!\S){''.join(parts)}(?!\S)"


def is_only_optional(parts: list[str]) -> bool:
    """Whether nothing that must be there came before."""
    return all(part.endswith(" )?") or part.startswith(r"\A") for part in parts)


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
