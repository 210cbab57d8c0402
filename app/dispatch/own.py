"""Words that stand in place of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Variant:
    """Words for a template, with the id under which a turn remembers them."""

    id: str
    text: str


Own = Mapping[str, Mapping[str, Sequence[Variant]]]
"""Variants that were written in place of ours, by language and template, the closest to the tenant first."""
