"""what other services ask and tell: notices, usage, holds, webhooks

Revision ID: 0010
Revises: 0009

A notice knows its thread and how stubbornly it is delivered; a meter knows which of its marks was told; time can be
kept without a conversation; and the newest version of everything that another service told is remembered.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = ("usage_reservation", "heard_version")
SEES_ALL = "(SELECT current_setting('app.scope', true)) IN ('system', 'staff')"
MINE = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"

AS_SYSTEM = "SELECT set_config('app.scope', 'system', true)"
"""Row security binds the owner of the tables as well."""


def upgrade() -> None:
    op.add_column("app_user", sa.Column("email_refused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("app_user", sa.Column("preferences_version", sa.Integer(), nullable=False, server_default="1"))
    op.alter_column("app_user", "preferences_version", server_default=None)
    op.add_column("notification", sa.Column("conversation_id", sa.UUID(), nullable=True))
    op.create_foreign_key(
        op.f("fk_notification_conversation_id_conversation"), "notification", "conversation", ["conversation_id"], ["id"]
    )
    op.create_index(
        "ix_notification_about", "notification", ["conversation_id"], postgresql_where="conversation_id IS NOT NULL"
    )
    op.add_column("notification", sa.Column("max_retries", sa.Integer(), nullable=False, server_default="3"))
    op.alter_column("notification", "max_retries", server_default=None)
    op.add_column("delivery", sa.Column("told_with_id", sa.UUID(), nullable=True))
    op.create_foreign_key(
        op.f("fk_delivery_told_with_id_delivery"), "delivery", "delivery", ["told_with_id"], ["id"]
    )
    op.create_index(op.f("ix_delivery_told_with_id"), "delivery", ["told_with_id"])
    op.add_column("delivery", sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("usage_event", sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(AS_SYSTEM)
    op.execute("UPDATE usage_event SET reported_at = occurred_at")
    op.alter_column("usage_event", "reported_at", nullable=False)
    op.add_column("usage_counter", sa.Column("told_percent", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("usage_counter", "told_percent", server_default=None)
    op.create_table(
        "usage_reservation",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_usage_reservation_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_reservation")),
    )
    op.create_index(
        "ix_usage_reservation_open", "usage_reservation", ["tenant_id", "meter"], postgresql_where="settled_at IS NULL"
    )
    op.create_table(
        "heard_version",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_heard_version_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heard_version")),
        sa.UniqueConstraint("tenant_id", "kind", "subject", name=op.f("uq_heard_version_tenant_id_kind_subject")),
    )
    op.alter_column("hold", "conversation_id", nullable=True)
    for table in TABLES:
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY tenant_isolation ON "{table}" USING ({SEES_ALL} OR tenant_id = {MINE})')


def downgrade() -> None:
    op.execute(AS_SYSTEM)
    op.execute("DELETE FROM hold WHERE conversation_id IS NULL")
    op.alter_column("hold", "conversation_id", nullable=False)
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("usage_counter", "told_percent")
    op.drop_column("usage_event", "reported_at")
    op.drop_column("delivery", "sent_at")
    op.drop_column("delivery", "told_with_id")
    op.drop_column("notification", "max_retries")
    op.drop_index("ix_notification_about", table_name="notification")
    op.drop_column("notification", "conversation_id")
    op.drop_column("app_user", "preferences_version")
    op.drop_column("app_user", "email_refused_at")
