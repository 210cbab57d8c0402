"""Who called: one row per business and phone, with what is known of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Computed, ForeignKey, Index, UniqueConstraint, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app import bulk
from app.clock import now
from app.extensions import db, uuid7


class Customer(db.Model):
    __tablename__ = "customer"
    __table_args__ = (
        UniqueConstraint("tenant_id", "phone"),
        *(
            Index(
                f"ix_customer_{key}",
                key,
                postgresql_ops={key: "text_pattern_ops"},
                postgresql_where=f"{key} IS NOT NULL",
            )
            for key in ("name_key", "surname_key", "email_key")
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    phone: Mapped[str] = mapped_column(index=True)
    name: Mapped[str | None] = mapped_column(index=True)
    email: Mapped[str | None]
    addresses: Mapped[list] = mapped_column(JSONB, default=list)
    language: Mapped[str] = mapped_column(default="en")
    line_type: Mapped[str] = mapped_column(default="unknown")
    not_textable_reason: Mapped[str | None]
    """Landline, unreachable: learnt from Lookup or from a carrier's refusal; never texted again."""
    special_instructions: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    version: Mapped[int] = mapped_column(default=1)

    # Row security lets only leakproof operators use an index: prefixes (`^@`) are, ILIKE and trigrams are not.
    name_key: Mapped[str | None] = mapped_column(Computed("lower(name)", persisted=True), deferred=True)
    surname_key: Mapped[str | None] = mapped_column(
        Computed(r"lower(regexp_replace(name, '^.*\s', ''))", persisted=True), deferred=True
    )
    email_key: Mapped[str | None] = mapped_column(Computed("lower(email)", persisted=True), deferred=True)

    def __str__(self) -> str:
        return self.name or self.phone


def of(tenant_id: UUID, phone: str) -> Customer:
    """The customer with that phone, made known if new."""
    ensure([(tenant_id, phone)])
    found = db.session.scalar(select(Customer).where(Customer.tenant_id == tenant_id, Customer.phone == phone))
    assert found is not None  # noqa: S101 - the row was ensured in this transaction
    return found


def ensure(wanted: list[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
    """Make customers known, many at once; the ids by (tenant, phone)."""
    if not wanted:
        return {}
    rows = [
        {
            "id": uuid7(),
            "tenant_id": tenant_id,
            "phone": phone,
            "addresses": [],
            "language": "en",
            "line_type": "unknown",
            "special_instructions": "",
            "created_at": now(),
            "version": 1,
        }
        for tenant_id, phone in sorted(set(wanted), key=str)
    ]
    bulk.insert(Customer, rows, skip_existing=True)
    found = select(Customer.tenant_id, Customer.phone, Customer.id).where(
        Customer.tenant_id.in_({tenant_id for tenant_id, _ in wanted}),
        bulk.one_of(Customer.phone, {phone for _, phone in wanted}),
    )
    return {(tenant_id, phone): customer_id for tenant_id, phone, customer_id in db.session.execute(found)}


def learn(
    customer: Customer, *, name: str | None = None, address: dict[str, Any] | None = None, language: str = ""
) -> None:
    """Keep what a conversation told about a customer; what is known is not overwritten by nothing."""
    if name and name != customer.name:
        customer.name = name[:200]
    if language and language != customer.language:
        customer.language = language
    if address and address.get("street_address") and address not in customer.addresses:
        customer.addresses = [address, *customer.addresses][:10]


def mark_not_textable(tenant_id: UUID, phone: str, reason: str) -> None:
    """Remember that texts do not reach this number."""
    customer = of(tenant_id, phone)
    customer.not_textable_reason = reason
    if reason == "landline":
        customer.line_type = "landline"


def called(start: str) -> ColumnElement[bool]:
    """Customers whose name, last name or e-mail address begins with that, in any capitals."""
    keys = (Customer.name_key, Customer.surname_key, Customer.email_key)
    return or_(*(key.op("^@", is_comparison=True)(start.strip().lower()) for key in keys))
