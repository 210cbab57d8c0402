"""Numbers in English words, as dictation leaves them."""

from __future__ import annotations

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
FROM_TEN = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS_FROM_TWENTY = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")

UNITS = {word: number for number, word in enumerate(DIGITS)}
TEENS = {word: number for number, word in enumerate(FROM_TEN, 10)}
TENS = {word: number * 10 for number, word in enumerate(TENS_FROM_TWENTY, 2)}
