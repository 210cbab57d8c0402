"""The playground: what the dispatcher of a business would make of a text at a chosen moment; nothing is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import select

from admin import account, finding, words
from admin.account import Account
from admin.base import StaffPage
from app.clock import now
from app.dispatch.types import Offer
from app.errors import DomainError
from app.evaluation import playground
from app.evaluation.playground import CannotPlay, Imagined
from app.evaluation.playing import happened
from app.extensions import db
from app.tenants import Tenant

MOST_BUSINESSES = 500
EXAMPLES = (
    "My water heater is leaking, 1420 W Sunset Blvd 90026\ntomorrow morning please\nyes",
    "There is a strong smell of gas in the basement",
    "Buenas, se tapó el inodoro. ¿Cuánto cuesta?",
)


@dataclass(frozen=True)
class Shown:
    """A turn as the page shows it."""

    turn: Imagined
    account: Account
    happened: str
    offers: tuple[tuple[Offer, str], ...]


class PlaygroundPage(StaffPage):
    @expose("/", methods=("GET", "POST"))
    def index(self) -> ResponseReturnValue:
        """The form, and below it what came of it; the texts carry the conversation from one try to the next."""
        businesses = _businesses()
        is_try = request.method == "POST"
        asked = _asked(request.form if is_try else {}, businesses, request.args.get("tenant", ""))
        turns, trouble = _played(asked) if is_try else (None, None)
        db.session.rollback()
        return self.render(
            "panel/playground.html",
            asked=asked,
            businesses=businesses,
            examples=EXAMPLES,
            turns=turns,
            trouble=trouble,
            words=words,
            deed=account.deed,
        )


def _businesses() -> list[Any]:
    """Id, name and trade of the businesses to choose from."""
    wanted = select(Tenant.id, Tenant.business_name, Tenant.trade_type)
    return list(db.session.execute(wanted.order_by(Tenant.business_name, Tenant.id).limit(MOST_BUSINESSES)))


def _asked(given: Mapping[str, str], businesses: list[Any], linked: str) -> dict[str, Any]:
    """What the form says; at first the business that a link names, or the first one, and this moment."""
    key = finding.as_key(given.get("tenant", linked))
    if key is None and not given and businesses:
        key = businesses[0].id
    tenant = db.session.get(Tenant, key) if key else None
    moment = words.local(now(), tenant)
    return {
        "tenant": tenant,
        "texts": given.get("texts", ""),
        "date": given.get("date") or f"{moment:%Y-%m-%d}",
        "time": given.get("time") or f"{moment:%H:%M}",
        "missed_call": "texts" not in given or "missed_call" in given,
    }


def _played(asked: dict[str, Any]) -> tuple[list[Shown] | None, str | None]:
    """The turns, or what is wrong with the form."""
    try:
        tenant = asked["tenant"]
        if tenant is None:
            raise CannotPlay("Choose a business.")
        events = playground.events_of(asked["texts"])
        moment = _moment(asked, tenant)
        turns = playground.imagine(tenant, events, moment, now=now(), missed_call=asked["missed_call"])
    except DomainError as error:
        return None, str(error)
    return [_shown(turn, tenant) for turn in turns], None


def _moment(asked: dict[str, Any], tenant: Tenant) -> datetime:
    try:
        return datetime.fromisoformat(f"{asked['date']}T{asked['time']}").replace(tzinfo=tenant.zone)
    except ValueError as error:
        raise CannotPlay("Give the day as 2026-09-15 and the time as 14:30.") from error


def _shown(turn: Imagined, tenant: Tenant) -> Shown:
    told = account.of_result(turn.event, turn.result, turn.milliseconds)
    what = (
        "" if turn.event.kind == "message" else happened({"type": turn.event.kind, "minutes": int(turn.event.minutes)})
    )
    offers = tuple(
        (offer, words.window(offer.slot.window_start, offer.slot.window_end, tenant)) for offer in turn.result.offers
    )
    return Shown(turn, told, what, offers)
