"""A conversation played to the end: events go in one after the other, the dispatcher's memory is kept between them."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from app.dispatch import Context, Event, Result, State, decide
from app.dispatch.types import Offer
from app.evaluation.desk import Desk
from app.evaluation.fixtures import Json, answer, context_of, event_of, ids_of

ContextAt = Callable[["Player", dt.datetime], Context]
"""Makes the context of a moment, with the offers that the player knows to be on the table."""
OVER = frozenset(
    {
        "abandoned", "booked", "cancelled", "emergency_dispatch", "handoff", "opted_out", "out_of_area",
        "rescheduled", "spam", "wrong_number",
    }
)  # fmt: skip
"""Outcomes after which a customer who only answers questions has nothing left to answer."""


@dataclass
class Player:
    """The dispatcher with the memory of one conversation: its state, and the offers on the table and off it."""

    context_at: ContextAt
    state: State = field(default_factory=State)
    offers: tuple[Offer, ...] = ()
    lapsed: tuple[Offer, ...] = ()
    milliseconds: list[float] = field(default_factory=list)

    def hear(self, event: Event, now: dt.datetime) -> Result:
        """What is said and done about an event; `now` is aware."""
        context = self.context_at(self, now)
        started = time.perf_counter()
        result, self.state = decide(self.state, event, context, now)
        self.milliseconds.append((time.perf_counter() - started) * 1000)
        if result.offers or not result.keeps_offers:
            is_over = result.confirmed_slot or not self.offers
            self.lapsed = () if result.offers or is_over else self.offers
            self.offers = result.offers
        return result

    def answer(self, event: Event, now: dt.datetime, free: set[str]) -> Result:
        """The same, where a booking of a time that is not free loses it and is thought about once more."""
        result = self.hear(event, now)
        if result.confirmed_slot and result.confirmed_slot not in free:
            self.offers = ()
            return self.hear(Event("booking_refused", slot_id=result.confirmed_slot), now)
        return result


@dataclass
class Turn:
    """One event and what came of it; `result` is None for an event that the dispatcher does not see."""

    event: Json
    now: dt.datetime
    free: set[str] = field(default_factory=set)
    result: Json | None = None
    full: Result | None = None
    """The result in the dispatcher's own words."""

    @property
    def reply(self) -> str | None:
        return (self.result or {}).get("reply") or None


@dataclass
class Play:
    """A script as it was played."""

    script: Json
    turns: list[Turn] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    """The memory before each turn, and the last one after it."""

    @property
    def messages(self) -> list[Turn]:
        """The turns in which the customer wrote."""
        return [turn for turn in self.turns if turn.event["type"] == "message"]

    @property
    def answered(self) -> list[Turn]:
        """The turns that the dispatcher saw."""
        return [turn for turn in self.turns if turn.result is not None]

    @property
    def replies(self) -> list[str]:
        """Everything that was said, the greeting first."""
        return [turn.reply for turn in self.turns if turn.reply]

    @property
    def last(self) -> Json:
        """The last answer."""
        return self.answered[-1].result or {}


class Stage:
    """Feeds one script of a dialogue file to the dispatcher, a minute per event; a time-out takes its own minutes."""

    def __init__(self, script: Json, fixtures: Json) -> None:
        given = script["availability"]
        self.script, self.tenant = script, fixtures["tenants"][script["tenant"]]
        self.slots = [dict(slot) for slot in (fixtures["availability_default"] if given == "default" else given)]
        self.desk = Desk.of(self.tenant, script["appointments"])
        self.now = dt.datetime.fromisoformat(script["now"]).replace(tzinfo=ZoneInfo(self.tenant["timezone"]))
        self.player = Player(self.context)
        self.play = Play(script)

    def context(self, player: Player, now: dt.datetime) -> Context:
        """What may be known at this moment of the script."""
        given = {"tenant": self.tenant, "availability": self.free, "appointments": self.desk.visits}
        lapsed = player.lapsed if self.desk.is_kept else ()
        return context_of(given, now, self.script["id"], offers=player.offers, lapsed=lapsed)

    @property
    def free(self) -> list[Json]:
        """The times that can still be had."""
        return self.desk.free(self.slots)

    def run(self) -> Play:
        """The whole script; raises whatever the dispatcher raises."""
        self.send({"type": "missed_call"})
        for step in self.script["steps"]:
            if isinstance(step, str):
                self.send({"type": "message", "text": step})
            elif "event" in step:
                self.send(step["event"])
            else:
                self.answer_questions(step["auto"])
        self.play.states.append(self.player.state)
        self.play.milliseconds = self.player.milliseconds
        return self.play

    def send(self, event: Json) -> None:
        """Let one thing happen."""
        self.now += dt.timedelta(minutes=event.get("minutes", 1) if event["type"] == "timeout" else 1)
        if event["type"] == "slot_taken":
            self.desk.gone.add(event["id"])
            self.play.turns.append(Turn(event, self.now))
            return
        free = ids_of(self.free)
        self.play.states.append(self.player.state)
        full = self.player.answer(event_of(event), self.now, free)
        self.play.turns.append(Turn(event, self.now, free, answer(full), full))
        self.desk.carry_out(full, self.slots)

    def answer_questions(self, most: int) -> None:
        """Let the customer answer up to `most` questions from the answers of the script."""
        for _ in range(most):
            last = self.play.last
            text = self.script["answers"].get(last.get("asks"))
            is_full = len(self.play.messages) >= self.script["max_turns"]
            if text is None or last.get("outcome") in OVER or is_full:
                return
            self.send({"type": "message", "text": text})


def play(script: Json, fixtures: Json) -> Play:
    """Play one script of a dialogue file."""
    return Stage(script, fixtures).run()


def transcript(played: Play) -> list[dict[str, Any]]:
    """Who said what, for people: `who` is customer, assistant or event."""
    lines: list[dict[str, Any]] = []
    for turn in played.turns:
        kind = turn.event["type"]
        if kind == "message":
            lines.append({"who": "customer", "text": turn.event["text"]})
        elif kind != "missed_call":
            lines.append({"who": "event", "text": happened(turn.event)})
        if turn.reply:
            lines.append({"who": "assistant", "text": turn.reply})
    return lines


def happened(event: Json) -> str:
    """An event of a script in words."""
    match event["type"]:
        case "missed_call":
            return "A call was missed."
        case "timeout":
            return f"Nothing was heard for {event['minutes']} minutes."
        case "human_takeover":
            return "A person took the conversation."
        case "returned_to_ai":
            return "The person gave the conversation back."
        case "slot_taken":
            return f"The time {event['id']} was taken by somebody else."
    return str(event["type"]).replace("_", " ")
