"""What can come of asking a language model."""

import enum


class Outcome(enum.StrEnum):
    """How a question ended; only `answered` brings a suggestion."""

    answered = enum.auto()
    timed_out = "timed out"
    failed = enum.auto()
    """The server is in trouble, or cannot be reached."""
    limited = "rate limited"
    refused = enum.auto()
    """The model would not answer that."""
    unreadable = enum.auto()
    """What it said is not what was asked for, twice; or it was cut off."""
    misconfigured = enum.auto()
    """The key or the request was refused; the same one would be refused again."""
    breaker_open = "breaker open"
    cap_reached = "cap reached"
    uncounted = "not asked: the day's questions cannot be counted"
    off = enum.auto()
    given_up = "given up"


TROUBLE = frozenset({Outcome.timed_out, Outcome.failed, Outcome.limited})
"""What counts against the server; a refused key does not, and a refused question neither (dispatch.md 18.5)."""
