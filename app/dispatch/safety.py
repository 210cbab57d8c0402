"""The fixed life-safety texts, one per class; no setting changes them (reference/dispatch.md 17.1)."""

from __future__ import annotations

MOST_CHARACTERS = 260
LETHAL_FIRST = ("gas", "co", "fire", "medical", "electrical", "person_trapped", "crime", "self_harm")
TEXTS = {
    "en": {
        "gas": (
            "Get everybody out now. Use no switches, flames or phone inside. From outside call 911 and your gas "
            "utility. "
            "We've alerted our team."
        ),
        "co": "Get everybody outside into fresh air now and call 911. Do not go back in. We've alerted our team.",
        "fire": "Get everybody out now and call 911 from outside. Do not go back in. We've alerted our team.",
        "electrical": (
            "Stay away from it and from any water near it. Call 911 now if anyone is hurt or you see smoke or sparks. "
            "We've alerted our team."
        ),
        "person_trapped": "Call 911 now if anyone is trapped, locked in or hurt. We've alerted our team.",
        "medical": "Call 911 now and stay with them if it is safe. We've alerted our team.",
        "crime": "Call 911 now and get to a safe place. We've alerted our team.",
        "self_harm": (
            "You are not alone. Please call or text 988 now to talk to someone; in danger call 911. "
            "A person from our team will contact you."
        ),
    },
    "es": {
        "gas": (
            "Salgan todos ahora. No usen interruptores, llamas ni el telefono adentro. Desde afuera llame al 911 y a "
            "la "
            "compañia de gas. Ya avisamos al equipo."
        ),
        "co": "Salgan todos al aire libre ahora y llame al 911. No vuelvan a entrar. Ya avisamos al equipo.",
        "fire": "Salgan todos ahora y llame al 911 desde afuera. No vuelvan a entrar. Ya avisamos al equipo.",
        "electrical": (
            "No lo toque y alejese de eso y del agua cercana. Llame al 911 si hay heridos, humo o chispas. "
            "Ya avisamos al equipo."
        ),
        "person_trapped": "Llame al 911 ahora si alguien esta atrapado, encerrado o herido. Ya avisamos al equipo.",
        "medical": "Llame al 911 ahora y quedese con la persona si es seguro. Ya avisamos al equipo.",
        "crime": "Llame al 911 ahora y vaya a un lugar seguro. Ya avisamos al equipo.",
        "self_harm": (
            "No esta solo. Llame o escriba al 988 ahora para hablar con alguien; en peligro llame al 911. "
            "Una persona del equipo le contactara."
        ),
    },
}


def text_for(hazard: str, language: str) -> str:
    """The text of a life-safety class."""
    return TEXTS[language][hazard]


def lethal_first(hazards: set[str]) -> tuple[str, ...]:
    """Hazards in the order in which they are answered."""
    return tuple(hazard for hazard in LETHAL_FIRST if hazard in hazards)
