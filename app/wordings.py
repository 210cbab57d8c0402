"""Words that support wrote in place of ours, per business, trade and language; which of them a text is made of."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.dispatch import outgoing, variants, wording
from app.dispatch.outgoing import Fault
from app.dispatch.own import Own, Variant
from app.dispatch.policy.frame import TRADES
from app.errors import Invalid
from app.extensions import db, uuid7
from app.tenants import Tenant, Trade

LANGUAGES = ("en", "es")
MOST_CHARACTERS = 500


class Wording(db.Model):
    """One variant of a template: of one business, of a trade, or of everybody."""

    __tablename__ = "wording"
    __table_args__ = (
        CheckConstraint("tenant_id IS NULL OR trade IS NULL", name="one_scope"),
        Index("ix_wording_tenant_id", "tenant_id", postgresql_where="is_active"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID | None] = mapped_column(ForeignKey("tenant.id"))
    trade: Mapped[Trade | None]
    language: Mapped[str]
    template: Mapped[str]
    text: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    changed_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    def __str__(self) -> str:
        return f"{self.template} ({self.language})"


class FaultyWording(Invalid):
    """New words claim what no row says, or lack what a customer has to know; `faults` says what."""

    code = "WORDING_FAULTY"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"These words may not be sent: {', '.join(map(str, faults))}.")
        self.faults = tuple(faults)


def check(row: Wording, tenant: Tenant | None, *, owner: str = "") -> None:
    """Hold the words of a row against the guard that every text passes; raises FaultyWording."""
    name = tenant.business_name if tenant else ""
    if faults := variants.review(row.text, template=row.template, language=row.language, business=name, owner=owner):
        raise FaultyWording(faults)


def of(tenant: Tenant) -> Own:
    """What is said for a business in place of our own words, read from the rows as they are now."""
    return of_many([tenant])[tenant.id]


def of_many(tenants: Iterable[Tenant]) -> Mapping[UUID, Own]:
    """The same for several businesses, with one statement.

    The business's own words come first, its greeting from the settings after the rows; then its trade's, then those
    for everybody, each in the order in which they were written.
    """
    businesses = list(tenants)
    rows = list(
        db.session.execute(
            select(Wording.id, Wording.tenant_id, Wording.trade, Wording.language, Wording.template, Wording.text)
            .where(
                Wording.is_active,
                or_(Wording.tenant_id.is_(None), Wording.tenant_id.in_([one.id for one in businesses])),
            )
            .order_by(Wording.tenant_id.is_(None), Wording.trade.is_(None), Wording.id)
        )
    )
    return {tenant.id: _of(tenant, rows) for tenant in businesses}


def _of(tenant: Tenant, rows: Iterable[Any]) -> Own:
    found: dict[str, dict[str, list[Variant]]] = {language: {} for language in LANGUAGES}
    common = []
    for row in rows:
        if row.tenant_id == tenant.id:
            _put(found, row)
        elif row.tenant_id is None and row.trade in (None, tenant.trade_type):
            common.append(row)
    for template, words in _greetings(tenant).items():
        said = Variant(f"own:{template}#settings", variants.complete_greeting(words))
        found["en"].setdefault(template, []).append(said)
    for row in common:
        _put(found, row)
    return found


def _put(found: dict[str, dict[str, list[Variant]]], row: Any) -> None:
    said = Variant(f"own:{row.template}#{row.id}", row.text)
    found.setdefault(row.language, {}).setdefault(row.template, []).append(said)


def _greetings(tenant: Tenant) -> dict[str, str]:
    """The greetings that the contractor set himself."""
    texting = tenant.settings.texting
    set_ = {"greeting": texting.greeting_template, "greeting_after_hours": texting.greeting_after_hours}
    return {template: words for template, words in set_.items() if words}


def say(tenant: Tenant, template: str, values: Mapping[str, str], *, language: str, deeds: Iterable[str] = ()) -> str:
    """A text that leaves without a turn, such as a reminder, worded as support wants it and guarded like any other.

    `deeds` names the rows that it is bound to (outgoing.Facts).
    """
    language = language if language in LANGUAGES else "en"
    trade = TRADES[language].get(tenant.trade_type, tenant.trade_type.replace("_", " "))
    filled = {"business": tenant.business_name, "trade": trade, **values}
    facts = outgoing.of_values(filled, language=language, deeds=deeds)
    told = wording.say(
        wording.variants_of(template, language, of(tenant)),
        filled,
        language=language,
        faults=variants.guard(template, facts),
    )
    return told.text or wording.fill(wording.ours(template, language)[0].text, filled)
