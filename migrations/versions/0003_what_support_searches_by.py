"""what the support team searches and counts by

Revision ID: 0003
Revises: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PARTS = (("customer", "name"), ("customer", "email"), ("tenant", "business_name"))
NAMES = (
    ("ix_webhook_request_id", "webhook", ["request_id"]),
    ("ix_message_request_id", "message", ["request_id"]),
    ("ix_audit_request_id", "audit", ["request_id"]),
    ("ix_call_correlation_id", "call", ["correlation_id"]),
    ("ix_call_caller", "call", ["customer_phone", "started_at"]),
)
TROUBLE = (
    ("ix_webhook_failed", "webhook", "status = 'failed'"),
    ("ix_event_failed", "event", "status = 'failed'"),
    ("ix_message_trouble", "message", "status IN ('failed', 'undelivered', 'unknown')"),
)


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for table, column in PARTS:
        op.create_index(
            f"ix_{table}_{column}_part",
            table,
            [column],
            postgresql_using="gin",
            postgresql_ops={column: "gin_trgm_ops"},
        )
    for name, table, columns in NAMES:
        op.create_index(name, table, columns)
    for name, table, condition in TROUBLE:
        op.create_index(name, table, ["id"], postgresql_where=condition)


def downgrade() -> None:
    for name, table, _ in (*TROUBLE, *NAMES):
        op.drop_index(name, table_name=table)
    for table, column in PARTS:
        op.drop_index(f"ix_{table}_{column}_part", table_name=table)
