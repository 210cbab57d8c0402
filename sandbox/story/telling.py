"""The story on the screen: who said what, after how many milliseconds, what was written, and if it is as it should."""

import textwrap
import time
from collections.abc import Callable
from typing import Any

WIDTH = 112
INDENT = 13
TICK, CROSS = "✓", "✗"


class Teller:
    """Prints the story as it happens; `failures` are the expectations that did not hold."""

    def __init__(self, say: Callable[[str], Any]) -> None:
        self.say = say
        self.began = time.perf_counter()
        self.held = 0
        self.failures: list[str] = []

    def scene(self, title: str) -> None:
        """Begin a new scene."""
        self.say(f"\n{title}")

    def happens(self, what: str) -> None:
        """Say what somebody does or says, with the seconds since the beginning."""
        self._lines(f"{time.perf_counter() - self.began:7.1f} s", what)

    def arrives(self, where: str, what: str, milliseconds: float) -> None:
        """Say what reaches somebody, and how long after what caused it."""
        self.happens(f"{where} after {milliseconds:,.0f} ms: {what}")

    def wrote(self, rows: list[str]) -> None:
        """Say which rows came of it."""
        if rows:
            self._lines("written", " · ".join(rows))

    def remarks(self, what: str) -> None:
        """Explain something."""
        self._lines("", what)

    def expect(self, holds: object, what: str, otherwise: str = "") -> bool:
        """Check one thing that the story promises; `otherwise` says what was found instead."""
        if holds:
            self.held += 1
            self._lines(TICK, what)
        else:
            self.failures.append(what)
            self._lines(CROSS, f"{what}{f' - {otherwise}' if otherwise else ''}")
        return bool(holds)

    def _lines(self, head: str, text: str) -> None:
        lines = textwrap.wrap(text, WIDTH - INDENT, break_on_hyphens=False) or [""]
        self.say(f"{head:>{INDENT - 2}}  {lines[0]}")
        for line in lines[1:]:
            self.say(f"{'':{INDENT}}{line}")


def quoted(words: str) -> str:
    """Return what somebody said, on one line."""
    return f'"{" ".join(words.split())}"'


def shown(phone: str) -> str:
    """Return an American number as people write it."""
    return f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}"


def short(key: object) -> str:
    """Return the end of an id: its beginning is the time, and alike for all of one moment."""
    return f"…{str(key)[-8:]}"
