"""calendars that are linked, and the events of ours that they shall have

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = ("calendar_connection", "calendar", "oauth_state", "calendar_event", "external_event")
SEES_ALL = "(SELECT current_setting('app.scope', true)) IN ('system', 'staff')"
MINE = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"


def moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def upgrade() -> None:
    op.create_table(
        "calendar_connection",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("account_email", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("token_blob", sa.LargeBinary(), nullable=True),
        moment("token_expires_at", nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        moment("trouble_at", nullable=True),
        moment("refreshing_until", nullable=True),
        moment("synced_at", nullable=True),
        moment("created_at"),
        key("calendar_connection", "tenant_id", "tenant"),
        key("calendar_connection", "user_id", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_connection")),
        sa.UniqueConstraint(
            "tenant_id", "user_id", "provider", "account_email",
            name=op.f("uq_calendar_connection_tenant_id_user_id_provider_account_email"),
        ),
    )
    op.create_index(op.f("ix_calendar_connection_user_id"), "calendar_connection", ["user_id"])
    op.create_table(
        "calendar",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        moment("listed_at", nullable=True),
        moment("synced_at", nullable=True),
        moment("due_at", nullable=True),
        moment("leased_until", nullable=True),
        moment("created_at"),
        key("calendar", "tenant_id", "tenant"),
        key("calendar", "connection_id", "calendar_connection"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar")),
        sa.UniqueConstraint("connection_id", "external_id", name=op.f("uq_calendar_connection_id_external_id")),
    )
    op.create_index("ix_calendar_due", "calendar", ["due_at"], postgresql_where="due_at IS NOT NULL")
    op.create_table(
        "oauth_state",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("state_hash", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("verifier_blob", sa.LargeBinary(), nullable=False),
        moment("expires_at"),
        moment("used_at", nullable=True),
        moment("created_at"),
        key("oauth_state", "tenant_id", "tenant"),
        key("oauth_state", "user_id", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_state")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_oauth_state_state_hash")),
    )
    op.create_index(op.f("ix_oauth_state_tenant_id"), "oauth_state", ["tenant_id"])
    op.create_index(op.f("ix_oauth_state_expires_at"), "oauth_state", ["expires_at"])
    op.create_table(
        "calendar_event",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("calendar_id", sa.UUID(), nullable=True),
        sa.Column("appointment_id", sa.UUID(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("external_event_id", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        moment("start_at"),
        moment("end_at"),
        sa.Column("is_tentative", sa.Boolean(), nullable=False),
        sa.Column("is_wanted", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("pushed_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        moment("due_at", nullable=True),
        moment("leased_until", nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        moment("created_at"),
        key("calendar_event", "tenant_id", "tenant"),
        key("calendar_event", "user_id", "app_user"),
        key("calendar_event", "calendar_id", "calendar"),
        key("calendar_event", "appointment_id", "appointment"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_event")),
        sa.UniqueConstraint(
            "appointment_id", "generation", name=op.f("uq_calendar_event_appointment_id_generation")
        ),
    )
    op.create_index(op.f("ix_calendar_event_calendar_id"), "calendar_event", ["calendar_id"])
    op.create_index(
        "ix_calendar_event_due", "calendar_event", ["due_at"], postgresql_where="due_at IS NOT NULL"
    )
    op.create_index("ix_calendar_event_user", "calendar_event", ["user_id", "start_at"])
    op.create_table(
        "external_event",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("calendar_id", sa.UUID(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        moment("start_at"),
        moment("end_at"),
        key("external_event", "tenant_id", "tenant"),
        key("external_event", "calendar_id", "calendar"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_event")),
        sa.UniqueConstraint("calendar_id", "external_id", name=op.f("uq_external_event_calendar_id_external_id")),
    )
    op.create_index("ix_external_event_busy", "external_event", ["tenant_id", "start_at"])
    for table in TABLES:
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY tenant_isolation ON "{table}" USING ({SEES_ALL} OR tenant_id = {MINE})')


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
