"""Who a transaction works for: PostgreSQL's row-level security reads it in every statement.

Each transaction tells the database its scope (`none`, `tenant`, `staff`, `system`) and its tenant. Without it a tenant
table looks empty, so a forgotten filter shows nothing instead of a stranger's rows (architecture.md 5).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session, SessionTransaction

from app.extensions import db


@dataclass(frozen=True)
class Scope:
    name: str = "none"
    tenant_id: UUID | None = None


NOBODY = Scope()
SYSTEM = Scope("system")
STAFF = Scope("staff")

_scope: ContextVar[Scope] = ContextVar("scope", default=NOBODY)
_SET = text("SELECT set_config('app.scope', :scope, true), set_config('app.tenant_id', :tenant, true)")


def current() -> Scope:
    """The scope that the next transaction will have."""
    return _scope.get()


def enter(scope: Scope) -> None:
    """Work within `scope` from here on, also in the transaction that is open now."""
    _scope.set(scope)
    if db.session().in_transaction():
        _tell(db.session().connection(), scope)


def enter_tenant(tenant_id: UUID) -> None:
    """Work for one tenant from here on."""
    enter(Scope("tenant", tenant_id))


@contextmanager
def scope(wanted: Scope) -> Iterator[None]:
    """Work within `wanted` for a while."""
    before = current()
    enter(wanted)
    try:
        yield
    finally:
        enter(before)


def _tell(connection: Connection, wanted: Scope) -> None:
    connection.execute(_SET, {"scope": wanted.name, "tenant": str(wanted.tenant_id or "")})


@event.listens_for(Session, "after_begin")
def _introduce(_session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    if transaction.nested:
        return
    _tell(connection, current())
