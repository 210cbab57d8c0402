"""What the guard says against new words for a text, as sentences for the support team."""

from collections.abc import Iterable

from app.dispatch.outgoing import Fault

SENTENCES = {
    "unknown": "There is no {words} here. The placeholders that are filled stand below.",
    "empty": "There is nothing in it.",
    "length": "It is too long: with long names and windows it has {words}, and 320 is the most.",
    "questions": "It asks too much: {words}, and two are the most.",
    "letters": "The carriers' plain alphabet (GSM-7) has no {words}; one of them doubles the price of a text.",
    "amount": "“{words}” is an amount that no row knows. Prices come from {{price}} or {{options}} alone.",
    "discount": "“{words}” speaks of a discount, and nobody here may give one.",
    "time": "“{words}” is a time that no row knows. Days, hours and lengths of time come from placeholders alone.",
    "link": "“{words}” is a link or an address. Texts carry our own links alone.",
    "phone": "“{words}” is a phone number that no row knows.",
    "promise": "“{words}” is a promise that nobody made.",
    "human": "“{words}” claims a human being. The assistant never does.",
    "name": "“{words}” is a name. Only the owner's and the customer's are known, by placeholders.",
    "advice": "“{words}” is advice on handling equipment. Texts give none.",
    "opt_out": "“{words}” would make the customer send a word on which the carriers stop all texts.",
    "booked": "“{words}” may be said only by the texts of a booking, which have the visit behind them.",
    "confirmed": "“{words}” may be said only by the texts of a visit that is confirmed.",
    "moved": "“{words}” may be said only by the text of a visit that was moved.",
    "cancelled": "“{words}” may be said only by the text of a visit that was cancelled.",
    "on_the_way": "“{words}” may be said only when the technician is expected within the hour.",
}
NEEDED = {
    "STOP": "It must say STOP, so that the customer knows how to end the texts.",
    "911": "It must say 911: somebody may be in danger.",
    "automated assistant": "It must say that an automated assistant writes: customers have a right to know.",
    "asistente automatizado": "It must say that an automated assistant writes: customers have a right to know.",
}


def sentences(faults: Iterable[Fault]) -> list[str]:
    """One sentence for each fault."""
    return [_sentence(fault) for fault in faults]


def _sentence(fault: Fault) -> str:
    words = fault.words.strip()
    if fault.name == "missing" and words.startswith("{"):
        return f"{words} is missing: the customer has to know it."
    if fault.name == "missing":
        return NEEDED.get(words, f"It must tell the customer to reply {words}.")
    return SENTENCES[fault.name].format(words=words)
