"""reminders of a visit, and the link with which its customer changes it

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SEES_ALL = "(SELECT current_setting('app.scope', true)) IN ('system', 'staff')"
MINE = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"


def upgrade() -> None:
    op.create_table(
        "reminder",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("appointment_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("message_id", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_reminder_appointment_id_appointment")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_reminder_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint("appointment_id", "kind", "version", name=op.f("uq_reminder_appointment_id_kind_version")),
    )
    op.create_index(op.f("ix_reminder_tenant_id"), "reminder", ["tenant_id"])
    op.create_index("ix_reminder_due", "reminder", ["due_at"], postgresql_where="status = 'waiting'")
    op.execute('ALTER TABLE "reminder" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "reminder" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY tenant_isolation ON "reminder" USING ({SEES_ALL} OR tenant_id = {MINE})')
    op.add_column("appointment", sa.Column("link_token", sa.Text(), nullable=True))
    op.execute("UPDATE appointment SET link_token = replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')")
    op.alter_column("appointment", "link_token", nullable=False)
    op.create_unique_constraint(op.f("uq_appointment_link_token"), "appointment", ["link_token"])
    op.add_column("appointment", sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("appointment", "acknowledged_at")
    op.drop_constraint(op.f("uq_appointment_link_token"), "appointment", type_="unique")
    op.drop_column("appointment", "link_token")
    op.drop_table("reminder")
