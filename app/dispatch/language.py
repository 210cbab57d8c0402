"""English or Spanish, per text (reference/dispatch.md 6)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from app.dispatch.normalize import dictionary, unaccented

SURE = 0.7
SPANISH = frozenset(
    [
        "hola",
        "buenos",
        "buenas",
        "dias",
        "tardes",
        "noches",
        "el",
        "la",
        "los",
        "las",
        "un",
        "una",
        "de",
        "del",
        "que",
        "es",
        "en",
        "por",
        "para",
        "con",
        "no",
        "si",
        "mi",
        "su",
        "se",
        "me",
        "te",
        "lo",
        "le",
        "al",
        "y",
        "o",
        "pero",
        "como",
        "donde",
        "cuando",
        "cuanto",
        "cuanta",
        "cuesta",
        "necesito",
        "necesitamos",
        "quiero",
        "quisiera",
        "puede",
        "pueden",
        "podria",
        "tengo",
        "tenemos",
        "hay",
        "esta",
        "estan",
        "estoy",
        "esto",
        "esa",
        "ese",
        "fuga",
        "agua",
        "cocina",
        "bano",
        "casa",
        "puerta",
        "llave",
        "llaves",
        "cerradura",
        "luz",
        "electricidad",
        "enchufe",
        "humo",
        "fuego",
        "gas",
        "huele",
        "olor",
        "tuberia",
        "tubo",
        "fregadero",
        "inodoro",
        "drenaje",
        "tapado",
        "tapo",
        "tapada",
        "calentador",
        "aire",
        "calefaccion",
        "roto",
        "rota",
        "rompio",
        "ayuda",
        "urgente",
        "emergencia",
        "manana",
        "hoy",
        "tarde",
        "noche",
        "lunes",
        "martes",
        "miercoles",
        "jueves",
        "viernes",
        "sabado",
        "domingo",
        "gracias",
        "favor",
        "senor",
        "senora",
        "calle",
        "numero",
        "nombre",
        "direccion",
        "cita",
        "cochera",
        "garaje",
        "cierra",
        "abre",
        "funciona",
        "sirve",
        "sale",
        "saliendo",
        "adentro",
        "afuera",
        "carro",
        "coche",
        "hijo",
        "hija",
        "nino",
        "nina",
        "bebe",
        "encerrado",
        "chispas",
        "precio",
        "vale",
        "bueno",
        "claro",
        "dale",
        "perfecto",
        "tambien",
        "ahora",
        "ya",
        "muy",
        "mas",
        "porque",
        "alguien",
        "techo",
        "piso",
        "pared",
        "esposa",
        "esposo",
        "abuela",
        "nada",
        "todo",
        "todos",
        "primera",
        "segunda",
    ]
)
SHARED = frozenset(
    [
        "no",
        "me",
        "a",
        "o",
        "y",
        "en",
        "la",
        "el",
        "de",
        "se",
        "le",
        "al",
        "un",
        "es",
        "con",
        "si",
        "te",
        "del",
        "son",
        "has",
        "he",
        "las",
        "los",
        "lo",
        "mi",
        "su",
        "gas",
        "once",
        "sin",
        "van",
        "sale",
        "pan",
        "come",
        "once",
        "piso",
        "mas",
    ]
)


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
    if len(spanish) >= 3 and telling and len(spanish) > len(english):
        return "es"
    if len(telling) >= 2 and len(telling) >= len(english):
        return "es"
    if not telling or len(words) < 2:
        return "es" if telling and not english else "en"
    if len(english) > 2 * len(spanish):
        return "en"
    return "es" if detector()(text) > SURE else "en"
