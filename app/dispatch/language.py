"""English or Spanish, per text (reference/dispatch.md 6)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache

from app.dispatch.addresses.places import cities
from app.dispatch.names import FIRST_NAMES
from app.dispatch.normalize import dictionary, unaccented
from app.dispatch.wording import WORDS

SURE = 0.7
SPANISH = frozenset((WORDS / "spanish.txt").read_text(encoding="utf-8").split())
SHARED = frozenset((WORDS / "spanish_shared.txt").read_text(encoding="utf-8").split())
"""Spanish words that English texts have too."""
TURNS = re.compile(
    r"\b(?:me llamo|mi nombre es|vivo en|quien (?:es|habla)|con quien|por favor|a que hora|a las|no (?:hay|tengo|"
    r"puedo|sirve|"
    r"funciona)|ya no|esta bien|claro que|que tal|eres (?:un|una)|(?:van|llegan|vienen|cubren|sirven) (?:a|en|hasta)|"
    r"me (?:dio|puede|pueden|podria|urge)|yo (?:les?|te|no|me|se|soy|creo)|se me|lo antes|de la "
    r"(?:manana|tarde|noche)|(?:el|la|los|las|mi|una?) \w+(?:cion|dad|ero|era|ador|ante) )\b|^soy [a-z]"
)
"""Turns of phrase that only Spanish has."""
JOINED = re.compile(
    r"[a-z]{2,}(?:[aei]r|[aei]n|ando|iendo|[ae])(?:me|te|se|nos|l[oae]s?|mel[oa]s?|sel[oa]s?|nosl[oa]s?)|"
    r"[a-z]{3,}(?:amos|emos|imos|aron|ieron|aban|abamos|aremos|cion|ciones|ando|iendo)"
)
"""Verbs with their pronoun, and endings that English does not have: "mandelo", "llamenme", "llegaron"."""
PLACE = re.compile(r"\b(?:a|en|hasta|de) ((?:[a-z]+ ){0,2}[a-z]+)$")


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
    words = placeless(re.findall(r"[a-z]+", unaccented(text).lower()))
    spanish = [word for word in words if word in SPANISH or is_joined(word)]
    telling = [word for word in spanish if word not in SHARED and word not in dictionary()]
    if not spanish:
        return "en"
    english = [word for word in words if word in dictionary() and word not in SPANISH]
    if TURNS.search(" ".join(words)) and len(english) <= len(spanish):
        return "es"
    if len(spanish) >= 3 and telling and len(spanish) > len(english):
        return "es"
    if telling and len(spanish) == len(words):
        return "es"
    if len(telling) >= 2 and len(telling) >= len(english):
        return "es"
    if not telling or len(words) < 2:
        return "es" if telling and not english else "en"
    if len(english) > 2 * len(spanish):
        return "en"
    return "es" if detector()(text) > SURE else "en"


def placeless(words: list[str]) -> list[str]:
    """Without the city at the end: of "van a Round Rock" only two words tell the language."""
    found = PLACE.search(" ".join(words))
    if found and found[1] in cities():
        return words[: -len(found[1].split())]
    return words


@lru_cache(maxsize=4096)
def is_joined(word: str) -> bool:
    """Whether a word has the ending of a Spanish verb, and is no English word, first name or city."""
    return (
        bool(JOINED.fullmatch(word)) and word not in dictionary() and word not in FIRST_NAMES and word not in cities()
    )
