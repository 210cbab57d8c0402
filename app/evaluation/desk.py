"""What the house does between two turns of a played conversation: it books, moves and cancels as it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.dispatch import Result

Json = dict[str, Any]


@dataclass
class Desk:
    """The visits of one caller and the times that went to them.

    Only cases of our own (with `frozen` in their tenant) have one: in the plain format nothing follows from a booking.
    """

    is_kept: bool
    visits: list[Json] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, tenant: Json, visits: list[Json]) -> Desk:
        """The desk of one conversation."""
        return cls("frozen" in tenant, [dict(visit) for visit in visits])

    def free(self, slots: list[Json]) -> list[Json]:
        """The times that can still be had."""
        return [dict(slot) for slot in slots if slot["id"] not in self.gone]

    def carry_out(self, result: Result, slots: list[Json]) -> None:
        """Do what a result asks for, so that a talk that goes on finds its visit."""
        known = {slot["id"]: slot for slot in slots}
        for act in result.acts if self.is_kept else ():
            order, _, rest = act.partition(":")
            if order == "book" and rest in known:
                self.gone.add(rest)
                self.visits.append(_visit(known[rest], result, number=len(self.visits) + 1))
            elif order == "reschedule":
                visit_id, _, slot_id = rest.partition(":")
                self.gone.add(slot_id)
                self._move(visit_id, known.get(slot_id))
            elif order == "cancel":
                self.visits = [one for one in self.visits if one["id"] != rest]

    def _move(self, visit_id: str, slot: Json | None) -> None:
        for one in self.visits:
            if one["id"] == visit_id and slot is not None:
                one |= {key: slot[key] for key in ("start", "end")}


def _visit(slot: Json, result: Result, *, number: int) -> Json:
    facts = result.extracted
    jobs = facts.get("price_book_jobs") or []
    street = " ".join(part for part in (facts.get("address"), facts.get("unit")) if part)
    made: Json = {
        "id": f"booked{number}",
        "start": slot["start"],
        "end": slot["end"],
        "status": "confirmed",
        "job_type": jobs[0] if jobs else "",
        "job_types": jobs,
        "address": ", ".join(str(part) for part in (street, facts.get("city"), facts.get("zip")) if part),
        "job_number": result.values.get("job_number", ""),
    }
    if result.price:
        made |= {"low": str(result.price[0]), "high": str(result.price[1])}
    return made
