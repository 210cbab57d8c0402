"""cases from conversations

Revision ID: 0014
Revises: 0013

A conversation can become a test case that is played every night. A case belongs to no business, and no business sees one:
only the support team and the machinery do.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SEES_ALL = "(SELECT current_setting('app.scope', true)) IN ('system', 'staff')"


def upgrade() -> None:
    op.create_table(
        "eval_case",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Enum("dialogue", "turn", name="casekind", native_enum=False, length=32), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("trade", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("misses", postgresql.JSONB(), nullable=False),
        sa.Column("milliseconds", sa.Float(), nullable=True),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eval_case")),
    )
    op.create_index("ix_eval_case_due", "eval_case", ["run_at"], postgresql_where="is_active")
    op.execute('ALTER TABLE "eval_case" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "eval_case" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY staff_only ON "eval_case" USING ({SEES_ALL})')


def downgrade() -> None:
    op.drop_table("eval_case")
