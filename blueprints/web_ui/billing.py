"""What the business bought, how much of it is used, and the cap on what lies beyond it."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import subscriptions, usage
from app.errors import Malformed, NotFound
from app.extensions import db
from app.plans import OVERAGE_CENTS, PLANS
from app.subscriptions import Subscription
from app.users import Role
from blueprints import guards
from blueprints.web_ui import answers, bp

WORDS = {"sms_segments": "Texts", "ai_turns": "Answers of the assistant"}
HIGHEST_CAP = 1_000_000


@dataclass(frozen=True)
class Meter:
    """One bar of the page; what is used may be more than what is included."""

    word: str
    used: int
    included: int
    overage_cents: int


@bp.get("/billing")
def billing() -> ResponseReturnValue:
    """Show the plan with its meters."""
    guards.require(Role.owner)
    found = subscriptions.of(g.user.tenant_id)
    return render_template("billing.html", subscription=found, plan=found and PLANS[found.plan], meters=_meters(found))


def _meters(found: Subscription | None) -> list[Meter]:
    if found is None:
        return []
    return [
        Meter(word, usage.used(found, meter), getattr(PLANS[found.plan], meter), OVERAGE_CENTS[meter])
        for meter, word in WORDS.items()
    ]


@bp.post("/billing/spend-cap")
def change_spend_cap() -> ResponseReturnValue:
    """Change what may be spent beyond the plan in a period; an empty field takes the cap away."""
    user = guards.require(Role.owner)
    found = subscriptions.of(user.tenant_id)
    if found is None:
        raise NotFound("This business has no subscription.")
    usage.change_cap(found, _cents(request.form.get("dollars", "")), actor=guards.actor())
    db.session.commit()
    return answers.done("Saved.", url_for("web_ui.billing"))


def _cents(dollars: str) -> int | None:
    written = dollars.strip().removeprefix("$").replace(",", "")
    if not written:
        return None
    try:
        cents = Decimal(written) * 100
    except InvalidOperation as error:
        raise Malformed("Write an amount in dollars, like 50.") from error
    if not cents.is_finite() or cents != cents.to_integral_value() or not 0 <= cents <= HIGHEST_CAP:
        raise Malformed("The cap is between $0 and $10,000.")
    return int(cents)
