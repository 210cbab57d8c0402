"""names that row security lets an index find

Revision ID: 0005
Revises: 0004

Under row security only leakproof operators may run before the policy, so trigram indexes are never used by the
application's role. Prefixes of generated lower-case keys are.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PARTS = (("customer", "name"), ("customer", "email"), ("tenant", "business_name"))
KEYS = (
    ("name_key", "lower(name)"),
    ("surname_key", r"lower(regexp_replace(name, '^.*\s', ''))"),
    ("email_key", "lower(email)"),
)


def upgrade() -> None:
    for table, column in PARTS:
        op.drop_index(f"ix_{table}_{column}_part", table_name=table)
    for key, expression in KEYS:
        op.add_column("customer", sa.Column(key, sa.Text(), sa.Computed(expression, persisted=True), nullable=True))
        op.create_index(
            f"ix_customer_{key}",
            "customer",
            [key],
            postgresql_ops={key: "text_pattern_ops"},
            postgresql_where=f"{key} IS NOT NULL",
        )


def downgrade() -> None:
    for key, _ in reversed(KEYS):
        op.drop_index(f"ix_customer_{key}", table_name="customer")
        op.drop_column("customer", key)
    for table, column in PARTS:
        op.create_index(
            f"ix_{table}_{column}_part",
            table,
            [column],
            postgresql_using="gin",
            postgresql_ops={column: "gin_trgm_ops"},
        )
