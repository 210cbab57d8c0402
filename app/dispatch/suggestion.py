"""What a language model may suggest, and its words before any fact is put into them (reference/dispatch.md 17.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.dispatch import language
from app.dispatch.names import FIRST_NAMES
from app.dispatch.normalize import dictionary
from app.dispatch.wording import PLAIN, tidy

PLACEHOLDER = re.compile(r"\{\{\s?((?:slot|price):[A-Za-z0-9_]{1,60}|business|owner|address|name|fee|eta)\s?\}\}")
BLANK = "X"
"""What stands for a placeholder while the words around it are read."""
TELLING = 5
"""Words that tell in which language a text is."""
CAPITALS = frozenset(
    {BLANK, "I", "I'm", "I'll", "I'd", "I've", "ZIP", "YES", "NO", "OK", "SI", "AC", "HVAC", "EV", "TV"}
)
WORD = re.compile(r"[A-Za-zÄÖÑÜäöñüàèéìòù']+")
STARTS = re.compile(r"(?:^|[.?!:\n])[\s¿¡\"'(]*$")
COUNTS = "an?|one|two|three|four|five|ten|fifteen|twenty|thirty|sixty|few|couple of|half an|una?|dos|tres|media"
LISTS = {
    "amount": (
        "dollars?", "bucks", "usd", "cents?", "half (?:price|off)", "cheap\\w*", "on the house", "no (?:charge|cost)",
        "waive\\w*", "dolares", "pesos?", "gratis", "barat[oa]s?", "sin costo", "mitad de precio",
    ),
    "time": (
        "noon", "midnight", "o'?clock", "this (?:morning|afternoon|evening|week)", "next (?:week|month)", "right away",
        "immediately", "asap", "shortly", "soon", f"(?:{COUNTS}) (?:minut\\w+|hours?|horas?|days?|dias?)",
        "lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo", "hoy", "ma[nñ]ana", "mediodia",
        "medianoche", "esta (?:noche|tarde|semana)", "pronto", "enseguida",
    ),
    "promise": (
        "(?:will|'ll|going to) (?:be (?:there|over|with you)|come|arrive|send|dispatch|call|fix|repair|pay|cover)",
        "promise\\w*", "certified", "reservad\\w+", "confirmad\\w+", "garanti\\w+", "en camino", "descuentos?",
        "reembols\\w+", "licenciad\\w+", "asegurad\\w+", "promet\\w+", "iremos", "llegaremos", "enviaremos",
    ),
    "act": (
        "cancel+ed", "reschedul\\w+", "dispatched", "alerted", "notified", "transferred", "unsubscribed", "opted",
        "removed", "sent", "sending", "passed (?:it|this|that)", "reserved", "scheduled", "confirming", "see you",
        "cancelad\\w+", "avisad\\w+", "enviad\\w+", "programad\\w+",
        "(?:reply|text|send|say|responda|envie|mande) (?:stop|cancel|end|quit|unsubscribe|revoke|optout)",
    ),
    "human": (
        f"(?:i'?m|i am|this is|it'?s|soy|habla|me llamo) {BLANK}", "(?:real|actual|live) (?:person|human)",
        "as a (?:human|person|technician|plumber|electrician)", "me llamo", "soy (?:una? )?(?:human\\w|persona)",
    ),
    "claim": (
        "we (?:do|serve|service|cover|offer|accept|take|specialize)", "we(?:'re| are) (?:open|closed|the best|family)",
    ),
    "advice": (
        "tighten", "loosen", "plunge\\w*", "pour", "unclog", "apague", "cierre", "abra", "desconecte", "reinicie",
    ),
    "prompt": ("placeholders?", "customer_text", "slot_id", "job_type", "instruccion\\w*"),
}  # fmt: skip
"""What no words of a model may speak of, besides what guard.py refuses in every text."""
PATTERNS = {name: rf"\b(?:{'|'.join(words)})\b" for name, words in LISTS.items()}
PATTERNS |= {"number": r"\d", "link": r"\w\.[A-Za-z]|@|\bdot com\b"}
FORBIDDEN = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in PATTERNS.items()}


@dataclass(frozen=True)
class Suggestion:
    """What a language model thinks of a turn: ids and words around placeholders, never a fact and never an act."""

    job_types: tuple[str, ...] = ()
    urgency_level: str | None = None
    intent: str | None = None
    name: str | None = None
    reply: str | None = None
    slots: tuple[str, ...] = ()
    """The offers that the words speak of, by the ids of the question: s1, s2."""
    confirmed_slot: str | None = None
    price: str | None = None
    """The job whose price the words speak of."""
    words_for: str | None = None
    """The template in whose place the words were asked for."""


def placeholders(text: str) -> tuple[str, ...]:
    """What a text wants filled in, in its order: `slot:s1`, `business`."""
    return tuple(PLACEHOLDER.findall(text))


def skeleton(text: str) -> str:
    """The model's own words, a blank for each placeholder; braces that are left over stay and are refused."""
    return PLACEHOLDER.sub(BLANK, text).translate(PLAIN)


def render(text: str, facts: Mapping[str, str]) -> str:
    """Put our facts into the placeholders; raises KeyError when one has no value."""
    return tidy(PLACEHOLDER.sub(lambda found: _value(facts, found[1]), text))


def _value(facts: Mapping[str, str], name: str) -> str:
    if not facts.get(name):
        raise KeyError(name)
    return facts[name]


def faults(words: str, spoken: str) -> tuple[str, ...]:
    """Why words that a model chose freely may not be sent, beyond what holds for every text; `spoken` is en or es."""
    found = [name for name, pattern in FORBIDDEN.items() if pattern.search(words)]
    if _has_foreign_name(words):
        found.append("name")
    if len(WORD.findall(words)) >= TELLING and language.detect(words.replace(BLANK, " ")) != spoken:
        found.append("language")
    return tuple(found)


def _has_foreign_name(words: str) -> bool:
    """A capital within a sentence is a name, and names come from us; a first name at its start is one too."""
    for found in WORD.finditer(words):
        word = found[0].strip("'")
        if not word[:1].isupper() or word in CAPITALS:
            continue
        is_start = STARTS.search(words[: found.start()])
        if not is_start or (word.lower() in FIRST_NAMES and word.lower() not in dictionary()):
            return True
    return False
