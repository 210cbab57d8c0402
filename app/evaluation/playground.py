"""A conversation that does not exist, with the real context of a business at a chosen moment; nothing is stored."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.conversations import context
from app.dispatch import Context, Event, Result
from app.dispatch.types import Offer, OwnAppointment
from app.errors import Invalid
from app.evaluation.playing import Player
from app.extensions import db
from app.tenants import Tenant

MOST_TEXTS, MOST_CHARACTERS = 12, 1600
FURTHEST = timedelta(days=366)
SILENCE = re.compile(r"\[\s*silence\s+(\d{1,5})\s*\]", re.IGNORECASE)
SEED = "playground"


class CannotPlay(Invalid):
    code = "CANNOT_PLAY"


@dataclass(frozen=True)
class Imagined:
    """One turn that was only imagined: what happened, what would be said and done, and what would be remembered."""

    event: Event
    at: datetime
    result: Result
    state: dict[str, Any]
    milliseconds: float


def imagine(
    tenant: Tenant, events: Sequence[Event], moment: datetime, *, now: datetime, missed_call: bool = True
) -> list[Imagined]:
    """Play events a minute apart from `moment` on, which is aware; raises CannotPlay.

    The transaction cannot write from here on, whatever the dispatcher or what it reads may try.
    """
    if abs(moment - now) > FURTHEST:
        raise CannotPlay("Choose a day within a year from today.")
    db.session.execute(text("SET TRANSACTION READ ONLY"))
    known = _Known(context.imagined(tenant, moment, seed=SEED))
    player = Player(known.at)
    turns = []
    for event in (Event("missed_call"), *events) if missed_call else events:
        moment += timedelta(minutes=event.minutes or 1)
        table = player.offers
        result = player.hear(event, moment)
        known.carry_out(result, table)
        turns.append(Imagined(event, moment, result, player.state.to_json(), player.milliseconds[-1]))
    return turns


def events_of(lines: str) -> list[Event]:
    """A text per line, and `[silence 20]` for twenty minutes without one; raises CannotPlay."""
    texts = [line.strip() for line in lines.splitlines() if line.strip()]
    if not texts:
        raise CannotPlay("Write at least one text of the customer.")
    if len(texts) > MOST_TEXTS:
        raise CannotPlay(f"At most {MOST_TEXTS} texts can be played; these are {len(texts)}.")
    if any(len(line) > MOST_CHARACTERS for line in texts):
        raise CannotPlay(f"A text has at most {MOST_CHARACTERS:,} characters.")
    return [_event(line) for line in texts]


def _event(line: str) -> Event:
    silence = SILENCE.fullmatch(line)
    return Event("timeout", minutes=int(silence[1])) if silence else Event.message(line)


class _Known:
    """The context of an imagined conversation, with the visits that it would have made by now."""

    def __init__(self, start: Context) -> None:
        self.start = start
        self.visits: dict[str, OwnAppointment] = {}

    def at(self, player: Player, _now: datetime) -> Context:
        """What is known when an event is heard."""
        visits = tuple(self.visits.values())
        return replace(self.start, offers=player.offers, lapsed=player.lapsed, appointments=visits)

    def carry_out(self, result: Result, table: Sequence[Offer]) -> None:
        """Remember the visits that a result makes, moves and cancels; `table` is what it could choose from."""
        chosen = next((offer for offer in table if offer.slot.id == result.confirmed_slot), None)
        for act in result.acts:
            order, _, rest = act.partition(":")
            if order == "book" and chosen:
                self._book(f"imagined{len(self.visits) + 1}", chosen)
            elif order == "reschedule" and chosen:
                self._book(rest.partition(":")[0], chosen)
            elif order == "cancel":
                self.visits.pop(rest, None)

    def _book(self, visit_id: str, chosen: Offer) -> None:
        known = self.visits.get(visit_id)
        jobs = known.job_types if known else chosen.job_types
        self.visits[visit_id] = OwnAppointment(
            id=visit_id,
            window_start=chosen.slot.window_start,
            window_end=chosen.slot.window_end,
            job_type=jobs[0] if jobs else "",
            job_types=jobs,
            low=chosen.low,
            high=chosen.high,
            minutes=int((chosen.slot.end - chosen.slot.start) / timedelta(minutes=1)),
            job_number=self.start.job_number,
        )
