"""Telephone numbers: reading them, showing them, and knowing which can receive a text (behaviour.md 8.5)."""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from app.errors import Malformed

REGIONS = ("US", "CA")
WITHHELD_WORDS = {"", "anonymous", "unknown", "restricted", "private", "unavailable", "blocked"}
WITHHELD_DIGITS = {"266696687", "86282452253", "8656696", "2562533", "7378742833", "7748283"}
"""ANONYMOUS, UNAVAILABLE, UNKNOWN, BLOCKED, RESTRICTED and PRIVATE, spelt on a keypad."""
NEVER_TEXTED = {PhoneNumberType.TOLL_FREE, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST}


class InvalidPhone(Malformed):
    code = "INVALID_FORMAT"


def normalise(written: str) -> str:
    """E.164 of a US or Canadian number in any usual spelling; raises InvalidPhone."""
    try:
        number = phonenumbers.parse(written, "US")
    except NumberParseException as error:
        raise InvalidPhone(f"{written!r} is not a phone number.") from error
    if not phonenumbers.is_possible_number(number):
        raise InvalidPhone(f"{written!r} is not a phone number.")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def is_withheld(caller: str) -> bool:
    """Whether the caller id says that there is none."""
    written = caller.strip().lower()
    digits = re.sub(r"\D", "", written)
    return written in WITHHELD_WORDS or digits in WITHHELD_DIGITS or written.startswith(("client:", "sip:"))


def is_short_code(sender: str) -> bool:
    """Whether a sender is a short code or a word rather than a telephone number."""
    digits = sender.lstrip("+")
    return not digits.isdigit() or len(digits) <= 6


def can_be_texted(caller: str) -> bool:
    """Whether a number is valid in the US or Canada and of a kind that receives texts."""
    try:
        number = phonenumbers.parse(caller, None)
    except NumberParseException:
        return False
    if number.country_code != 1 or not _is_assigned(number):
        return False
    return phonenumbers.number_type(number) not in NEVER_TEXTED


def _is_assigned(number: phonenumbers.PhoneNumber) -> bool:
    # 555-01xx is reserved for examples; it is valid as far as its area code is.
    national = str(number.national_number)
    if re.fullmatch(r"\d{3}55501\d{2}", national):
        return phonenumbers.region_code_for_country_code(1) == "US"
    return phonenumbers.is_valid_number(number) and phonenumbers.region_code_for_number(number) in REGIONS


def shown(e164: str) -> str:
    """`(213) 555-0142` for people; whatever is no number of ours as it is."""
    match = re.fullmatch(r"\+1(\d{3})(\d{3})(\d{4})", e164)
    return f"({match[1]}) {match[2]}-{match[3]}" if match else e164


def masked(e164: str) -> str:
    """The last four digits only, for logs."""
    return f"…{e164[-4:]}"


def neighbours(one: str, other: str) -> bool:
    """Whether two numbers share area code and exchange, as robocallers like to pretend."""
    return one[:8] == other[:8]
