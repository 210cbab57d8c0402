"""Opt-in and opt-out: the ledger that every text asks before it leaves (behaviour.md 8.1 and 8.2)."""

import enum
import re
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app import events
from app.clock import now
from app.errors import Conflict, NotFound
from app.extensions import db, uuid7

STOP_WORDS = {
    "STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "OPT OUT",
    "ALTO", "PARAR", "BAJA",
}  # fmt: skip
CARRIER_STOP_WORDS = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
"""The words that Twilio knows and answers by itself; after the others we confirm."""
START_WORDS = {"START", "UNSTOP", "UNSTOP ALL"}
HELP_WORDS = {"HELP", "INFO", "AYUDA"}


class OptOut(db.Model):
    """One row per business and phone that asked for silence; lifted, never deleted."""

    __tablename__ = "opt_out"
    __table_args__ = (
        Index("uq_opt_out_live", "tenant_id", "phone", unique=True, postgresql_where="lifted_at IS NULL"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    phone: Mapped[str]
    source: Mapped[str]
    """keyword, carrier, sentence, error_21610, phone_request, email_request, in_person, support"""
    words: Mapped[str | None]
    evidence: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(default=now)
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]


class Consent(db.Model):
    """What a customer agreed to and how we know; append-only, kept five years."""

    __tablename__ = "consent"
    __table_args__ = (UniqueConstraint("tenant_id", "phone", "method", "evidence"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    phone: Mapped[str]
    channel: Mapped[str] = mapped_column(default="sms")
    scope: Mapped[str] = mapped_column(default="conversational")
    method: Mapped[str]
    evidence: Mapped[str]
    script_version: Mapped[str] = mapped_column(default="1")
    at: Mapped[datetime] = mapped_column(default=now)


class ContactRule(enum.StrEnum):
    no_text = enum.auto()
    block = enum.auto()
    ring_only = enum.auto()


class Contact(db.Model):
    """A number with a rule of its own: friends, vendors, pests."""

    __tablename__ = "contact_rule"
    __table_args__ = (UniqueConstraint("tenant_id", "phone"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    phone: Mapped[str]
    rule: Mapped[ContactRule]
    label: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


def keyword(body: str) -> str:
    """The text in capitals without punctuation and doubled spaces, to compare with keywords."""
    letters = re.sub(r"[^\w\s]", "", body, flags=re.UNICODE).replace("_", "")
    return " ".join(letters.upper().split())


def opted_out_at(tenant_id: UUID, phone: str) -> datetime | None:
    """When a customer asked this business for silence, if that still stands."""
    return db.session.scalar(
        select(OptOut.at).where(OptOut.tenant_id == tenant_id, OptOut.phone == phone, OptOut.lifted_at.is_(None))
    )


def opt_out(tenant_id: UUID, phone: str, *, source: str, words: str | None = None, evidence: str | None = None) -> bool:
    """Put a customer on the ledger, in force with this transaction; False when already there."""
    row = insert(OptOut).values(
        id=uuid7(), tenant_id=tenant_id, phone=phone, source=source, words=words, evidence=evidence, at=now()
    )
    is_new = db.session.scalar(row.on_conflict_do_nothing().returning(OptOut.id)) is not None
    if is_new:
        _tell(tenant_id, phone, state="opted_out", source=source)
    return is_new


def opt_in(tenant_id: UUID, phone: str, *, by: str, evidence: str) -> bool:
    """Lift an opt-out and record the new, conversational consent; False when there was none."""
    standing = db.session.scalar(
        select(OptOut)
        .where(OptOut.tenant_id == tenant_id, OptOut.phone == phone, OptOut.lifted_at.is_(None))
        .with_for_update()
    )
    if standing is None:
        return False
    standing.lifted_at = now()
    standing.lifted_by = by
    record(tenant_id, phone, method="inbound_sms", evidence=evidence)
    _tell(tenant_id, phone, state="opted_in", source=by)
    return True


def record(tenant_id: UUID, phone: str, *, method: str, evidence: str) -> None:
    """Append one consent; the same evidence twice is one row."""
    row = insert(Consent).values(**consent_row(tenant_id, phone, method=method, evidence=evidence))
    db.session.execute(row.on_conflict_do_nothing())


def consent_row(tenant_id: UUID, phone: str, *, method: str, evidence: str) -> dict[str, object]:
    """The values of one consent row, for bulk inserts."""
    return {
        "id": uuid7(),
        "tenant_id": tenant_id,
        "phone": phone,
        "channel": "sms",
        "scope": "conversational",
        "method": method,
        "evidence": evidence,
        "script_version": "1",
        "at": now(),
    }


def rule_for(tenant_id: UUID, phone: str) -> ContactRule | None:
    """The rule that the business made for this number."""
    return db.session.scalar(select(Contact.rule).where(Contact.tenant_id == tenant_id, Contact.phone == phone))


class RuleExists(Conflict):
    code = "RULE_EXISTS"


def add_rule(tenant_id: UUID, phone: str, rule: ContactRule, label: str = "") -> Contact:
    """Treat a number in a way of its own; raises RuleExists when it has another rule already."""
    added = insert(Contact).values(
        id=uuid7(), tenant_id=tenant_id, phone=phone, rule=rule, label=label, created_at=now()
    )
    db.session.execute(added.on_conflict_do_nothing())
    standing = db.session.scalars(select(Contact).where(Contact.tenant_id == tenant_id, Contact.phone == phone)).one()
    if standing.rule != rule:
        raise RuleExists("This number has another rule already.", details={"id": str(standing.id)})
    return standing


def rule_of(tenant_id: UUID, rule_id: UUID) -> Contact:
    """A rule of that business; a stranger's id is not found."""
    found = db.session.scalar(select(Contact).where(Contact.tenant_id == tenant_id, Contact.id == rule_id))
    if found is None:
        raise NotFound("There is no such rule.")
    return found


def _tell(tenant_id: UUID, phone: str, *, state: str, source: str) -> None:
    told = {"customer_phone": phone, "state": state, "source": source, "at": now()}
    events.publish(tenant_id, "contact.consent_changed", told)
