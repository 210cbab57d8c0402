"""The dispatcher behind the adapter interface of the development data."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from app.dispatch import understanding
from app.evaluation.desk import Desk
from app.evaluation.fixtures import answer, context_of, event_of, ids_of
from app.evaluation.playing import Player

Json = dict[str, Any]


class Adapter:
    """One conversation: the dispatcher's memory is kept between the steps."""

    def __init__(self) -> None:
        self.seed = ""
        self.given: Json = {}
        self.desk: Desk | None = None
        self.player = Player(self.context)

    def reset(self, dialogue: Json, tenant: Json) -> None:
        self.__init__()  # type: ignore[misc]
        self.seed = dialogue["id"]

    def step(self, event: Json, context: Json, now: dt.datetime) -> Json:
        moment = now.replace(tzinfo=ZoneInfo(context["tenant"]["timezone"]))
        self.desk = self.desk or Desk.of(context["tenant"], context["appointments"])
        self.given = context | {"availability": self.desk.free(context["availability"])}
        if self.desk.is_kept:
            self.given["appointments"] = self.desk.visits
        result = self.player.answer(event_of(event), moment, ids_of(self.given["availability"]))
        self.desk.carry_out(result, context["availability"])
        return answer(result)

    def context(self, player: Player, now: dt.datetime) -> Any:
        lapsed = player.lapsed if "frozen" in self.given["tenant"] else ()
        return context_of(self.given, now, self.seed, offers=player.offers, lapsed=lapsed)

    def understand(self, text: str, trade: str, context: Json, now: dt.datetime) -> Json:
        offers = [dt.datetime.fromisoformat(start) for start in context.get("offers") or []]
        found = understanding.read(text, trade=trade, now=now, asked=context.get("asked"), offers=offers)
        address = found.address
        return {
            "urgency_level": found.danger.level,
            "urgency_confidence": found.danger.confidence,
            "life_safety": found.danger.classes[0] if found.danger.classes else None,
            "job_type": found.jobs.types[0] if found.jobs.types else None,
            "lang": found.language,
            "intent": found.intent,
            "address": {
                "street": address.street,
                "unit": address.unit,
                "city": address.city,
                "state": address.state,
                "zip": address.postal_code,
            },
            "name": found.name,
            "phone": found.phone,
            "times": [{key: window[key] for key in ("date", "start", "end")} for window in found.times.windows],
            "exclude": list(found.times.exclude),
            "picked": [offers[index].strftime("%Y-%m-%dT%H:%M") for index in found.times.picked],
            "asap": found.times.asap,
            "intent_confidence": found.intent_confidence,
            "job_confidence": found.jobs.confidence,
            "address_confidence": address.confidence,
            "evidence": list(found.evidence),
        }
