"""words that support can change

Revision ID: 0013
Revises: 0012

A variant of a template belongs to one business, to a trade or to everybody. A business reads its own and the common
ones; the common ones are written by the support team alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

IS_STAFF = "(SELECT current_setting('app.scope', true)) = 'staff'"
IS_SYSTEM = "(SELECT current_setting('app.scope', true)) = 'system'"
MINE = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"


def upgrade() -> None:
    op.create_table(
        "wording",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=True),
        sa.Column("trade", sa.String(length=32), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("tenant_id IS NULL OR trade IS NULL", name=op.f("ck_wording_one_scope")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_wording_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wording")),
    )
    op.create_index("ix_wording_tenant_id", "wording", ["tenant_id"], postgresql_where="is_active")
    op.execute('ALTER TABLE "wording" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "wording" FORCE ROW LEVEL SECURITY')
    owned = f"tenant_id IS NOT NULL AND ({IS_SYSTEM} OR tenant_id = {MINE})"
    op.execute(f'CREATE POLICY tenant_isolation ON "wording" USING ({IS_STAFF} OR ({owned}))')
    op.execute('CREATE POLICY common_words ON "wording" FOR SELECT USING (tenant_id IS NULL)')


def downgrade() -> None:
    op.drop_table("wording")
