"""English or Spanish, per text (reference/dispatch.md 6)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from app.dispatch.normalize import dictionary, unaccented
from app.dispatch.wording import WORDS

SURE = 0.7
SPANISH = frozenset((WORDS / "spanish.txt").read_text(encoding="utf-8").split())
SHARED = frozenset((WORDS / "spanish_shared.txt").read_text(encoding="utf-8").split())
"""Spanish words that English texts have too."""
TURNS = re.compile(
    r"\b(?:me llamo|mi nombre es|vivo en|quien (?:es|habla)|con quien|por favor|a que hora|no (?:hay|tengo|puedo|sirve|"
    r"funciona)|ya no|esta bien|claro que|que tal|eres (?:un|una)|(?:van|llegan|vienen|cubren|sirven) (?:a|en|hasta)|"
    r"me (?:dio|puede|pueden|podria)|se me|lo antes|de la "
    r"(?:manana|tarde|noche)|(?:el|la|los|las|mi|una?) \w+(?:cion|dad|ero|era|ador|ante) )\b|^soy [a-z]"
)
"""Turns of phrase that only Spanish has."""


@cache
def detector() -> Callable[[str], float]:
    """How sure the two-language detector is that a text is Spanish; loaded by the processes that need it (42 MB)."""
    from lingua import Language, LanguageDetectorBuilder  # noqa: PLC0415

    built = LanguageDetectorBuilder.from_languages(Language.ENGLISH, Language.SPANISH).build()
    return lambda text: built.compute_language_confidence(text, Language.SPANISH)


def warm() -> None:
    """Load the detector, so that the first Spanish customer does not wait for it."""
    detector()("hola")


def detect(text: str) -> str:
    """`es` when Spanish words carry the text, else `en`; short answers are left to the conversation."""
    words = re.findall(r"[a-z]+", unaccented(text).lower())
    spanish = [word for word in words if word in SPANISH]
    telling = [word for word in spanish if word not in SHARED and word not in dictionary()]
    if not spanish:
        return "en"
    english = [word for word in words if word in dictionary() and word not in SPANISH]
    if TURNS.search(" ".join(words)) and len(english) <= len(spanish):
        return "es"
    if len(spanish) >= 3 and telling and len(spanish) > len(english):
        return "es"
    if len(telling) >= 2 and len(telling) >= len(english):
        return "es"
    if not telling or len(words) < 2:
        return "es" if telling and not english else "en"
    if len(english) > 2 * len(spanish):
        return "en"
    return "es" if detector()(text) > SURE else "en"
