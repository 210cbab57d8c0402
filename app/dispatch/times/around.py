"""What stands around an hour in a tidy text and says that it is one, or in which half of the day."""

from __future__ import annotations

import re


def listed(text: str, end: int) -> int:
    """Where a list of hours ends that begins before `end`: "11, 1 or 3"."""
    more = re.match(r"(?:,? ?(?:or|,) ?\d{1,2}(?::\d\d)?\b(?! ?[ap]m)){1,3}", text[end:])
    return end + more.end() if more else end


def chained(behind: str) -> int:
    """How long a further range is that follows at once: "8-10 or 2-4 thursday"."""
    more = re.match(
        r"(?:,? ?(?:or|and|,|/) ?(?:maybe |even )?\d{1,2}(?::\d\d)? ?(?:-|to) ?\d{1,2}(?::\d\d)?\b)+", behind
    )
    return more.end() if more else 0


CHAINED = re.compile(r",? ?(?:or|,)? ?(?:maybe |at |even )?")
"""Between the hours of a list: "3 or 4", "11, 1 or 3"."""


ASKED = re.compile(
    r"\b(?:(?:can|could|would) (?:you|u|we|yall|they|he|someone|somebody)(?: guys)? (?:do|make|come|make it|be here)|"
    r"how about|"
    r"what about|lets do|make it)(?: like| around| about| at)? $"
)
ENDS = re.compile(r" ?(?:$|[.,;!?]|instead|please|pls|then|or\b|if\b|on\b|today|tomorrow|\w+day)")
"""An hour that is asked for, and nothing that is counted: "can you do 4?"."""


def works(text: str, end: int) -> bool:
    """Whether "works", "is fine" and the like follow."""
    return bool(
        re.match(
            r"(?:\s?(?:or|and) \d{1,2}(?::\d\d)?(?:am|pm)?)?\s?(?:works?|would work|is (?:fine|good|ok|great|"
            r"perfect)|sounds good|is better|would be|ok\b|good\b|please)",
            text[end:],
        )
    )


def beside(start: int, end: int, anchors: list[tuple[int, int]], text: str) -> bool:
    """Whether a day stands right before or after."""
    for first, last in anchors:
        between = text[last:start] if last <= start else text[end:first]
        if re.fullmatch(r"[ ,]*(?:at|on|around|about|like|maybe|for|the|say|by|between|from|is|works|,| )*", between):
            return True
    return False


def hint_after(text: str, end: int) -> str | None:
    """The half of the day that follows: "7 in the evening", "9 tomorrow morning"."""
    match = re.match(
        r"[ ,]*(?:oclock )?(?:today |tomorrow |on \w+day |\w+day )?(?:in the |at |this )?(morning|afternoon|evening|"
        r"night|tonight)",
        text[end:],
    )
    if not match:
        return None
    return "am" if match[1] == "morning" else "pm"


def hint_before(text: str, start: int) -> str | None:
    """The half of the day that came before: "tonight at 8", "afternoon around 2"."""
    match = re.search(
        r"(morning|afternoon|evening|night|tonight)(?: \w+)?(?: at| around| about| like| by)? $", text[:start]
    )
    if not match:
        return None
    return "am" if match[1] == "morning" else "pm"
