"""What one text was found to say: the answer of the understanding modules, before any policy."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.dispatch.types import Json


@dataclass(frozen=True)
class Address:
    """Parts of an address as they were written; `confidence` below .6 asks for a confirmation."""

    street: str | None = None
    unit: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    confidence: float = 0.0
    is_po_box: bool = False
    is_vague: bool = False
    """A place was described (a corner, a mall) but no number."""

    @property
    def is_empty(self) -> bool:
        return not (self.street or self.unit or self.city or self.postal_code)


@dataclass(frozen=True)
class Danger:
    """Hazards and urgency of one text."""

    level: str = "normal"
    confidence: float = 0.8
    classes: tuple[str, ...] = ()
    """Life-safety classes, the most lethal first."""
    asks_safety: bool = False
    is_capped: bool = False
    """The customer says that it can wait."""
    is_water: bool = False
    """Water runs and nothing electrical is mentioned."""
    is_claimed: bool = False
    """The customer calls it an emergency without saying of what."""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Times:
    """Wanted windows `{date, start, end, is_point, approximate}` (local, None for what is open) and refused times."""

    windows: tuple[Json, ...] = ()
    exclude: tuple[str, ...] = ()
    asap: bool = False
    flexible: bool = False
    ambiguous: bool = False
    picked: tuple[int, ...] = ()
    """Positions of the offers that were chosen, from 0."""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Jobs:
    """Job types of the trade, the surest first; `other_trade` names the trade that a text belongs to instead."""

    types: tuple[str, ...] = ()
    confidence: float = 0.0
    wants_install: bool = False
    words: str = ""
    other_trade: str | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Findings:
    """Everything that one text says."""

    text: str = ""
    plain: str = ""
    language: str = "en"
    intents: tuple[str, ...] = ("unclear",)
    intent_confidence: float = 0.4
    danger: Danger = field(default_factory=Danger)
    address: Address = field(default_factory=Address)
    times: Times = field(default_factory=Times)
    jobs: Jobs = field(default_factory=Jobs)
    name: str | None = None
    phone: str | None = None
    is_yes: bool = False
    is_no: bool = False
    is_safe: bool = False
    evidence: tuple[str, ...] = ()

    @property
    def intent(self) -> str:
        return self.intents[0]

    def wants(self, *intents: str) -> bool:
        return any(intent in self.intents for intent in intents)
