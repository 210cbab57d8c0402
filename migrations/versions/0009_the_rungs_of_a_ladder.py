"""the rungs of a ladder

Revision ID: 0009
Revises: 0008

Each thing to do about an alert is a row with its time and its own token, so that the clock sweeps it and a key or a
link names the person. Ladders that are open when this runs keep their link and go on with their calls.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SEES_ALL = "(SELECT current_setting('app.scope', true)) IN ('system', 'staff')"
MINE = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"
ACTIONS = ("push", "sms", "phone_call", "email", "support", "give_up")
STATES = ("planned", "done", "skipped", "cancelled")
NEW_TOKEN = "replace(gen_random_uuid()::text, '-', '')"
RUNG = "INSERT INTO rung (id, tenant_id, escalation_id, position, level, action, user_id, state, due_at, done_at, token)"
TOLD = f"""
{RUNG} SELECT gen_random_uuid(), tenant_id, id, 0, 2, 'sms', user_id, 'done', created_at, created_at, token FROM escalation
"""
CALLS = f"""
{RUNG} SELECT gen_random_uuid(), tenant_id, id, number, 3, 'phone_call', user_id, 'planned',
  next_step_at + (number - 1) * interval '2 minutes', NULL, {NEW_TOKEN}
FROM escalation, generate_series(1, 2) AS number WHERE state = 'open' AND number > calls_made
"""
ENDS = f"""
{RUNG} SELECT gen_random_uuid(), tenant_id, id, 3, 5, 'give_up', NULL, 'planned', next_step_at + interval '15 minutes',
  NULL, {NEW_TOKEN}
FROM escalation WHERE state = 'open'
"""


def upgrade() -> None:
    op.create_table(
        "rung",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("escalation_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("action", sa.Enum(*ACTIONS, name="action", native_enum=False, length=32), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("state", sa.Enum(*STATES, name="rungstate", native_enum=False, length=32), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("link_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_rung_tenant_id_tenant")),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalation.id"], name=op.f("fk_rung_escalation_id_escalation")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_rung_user_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rung")),
        sa.UniqueConstraint("token", name=op.f("uq_rung_token")),
    )
    op.create_index(op.f("ix_rung_escalation_id"), "rung", ["escalation_id"])
    op.create_index("ix_rung_due", "rung", ["due_at"], postgresql_where="state = 'planned'")
    op.create_index("ix_rung_person", "rung", ["user_id", "done_at"])
    op.execute("SELECT set_config('app.scope', 'system', true)")
    for statement in (TOLD, CALLS, ENDS):
        op.execute(statement)
    op.execute('ALTER TABLE "rung" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "rung" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY tenant_isolation ON "rung" USING ({SEES_ALL} OR tenant_id = {MINE})')
    _columns("escalation", max_level=("integer", "5"), channels=("jsonb", '\'["sms", "phone_call"]\''))
    _columns("escalation", is_life_safety=("boolean", "false"), is_accepted=("boolean", "false"))
    _columns("escalation", passed_by=("jsonb", "'[]'"))
    _columns("turn", errors=("jsonb", "'[]'"))
    _columns("app_user", alerts_by_voice=("boolean", "true"))
    op.alter_column("escalation", "conversation_id", nullable=True)
    op.drop_index("ix_escalation_due", table_name="escalation")
    for column in ("token", "calls_made", "next_step_at", "lease_until"):
        op.drop_column("escalation", column)
    _open_calls("'ringing', 'screening', 'in_progress'")


def _open_calls(states: str) -> None:
    """The calls that the clock looks after."""
    op.drop_index("ix_call_open", table_name="call")
    op.create_index("ix_call_open", "call", ["sweep_at"], postgresql_where=f"status IN ({states})")


def _columns(table: str, **columns: tuple[str, str]) -> None:
    """Add columns that are filled for the rows there are, without a default for new ones."""
    types = {"integer": sa.Integer(), "jsonb": postgresql.JSONB(), "boolean": sa.Boolean()}
    for name, (kind, value) in columns.items():
        op.add_column(table, sa.Column(name, types[kind], nullable=False, server_default=sa.text(value)))
        op.alter_column(table, name, server_default=None)


def downgrade() -> None:
    op.execute("SELECT set_config('app.scope', 'system', true)")
    op.add_column("escalation", sa.Column("token", sa.Text(), nullable=False, server_default=sa.text(NEW_TOKEN)))
    op.alter_column("escalation", "token", server_default=None)
    op.create_unique_constraint(op.f("uq_escalation_token"), "escalation", ["token"])
    op.add_column("escalation", sa.Column("calls_made", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.alter_column("escalation", "calls_made", server_default=None)
    op.add_column("escalation", sa.Column("next_step_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("escalation", sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE escalation SET next_step_at = now() WHERE state = 'open'")
    op.create_index("ix_escalation_due", "escalation", ["next_step_at"], postgresql_where="state = 'open'")
    op.drop_table("rung")
    op.execute("DELETE FROM escalation WHERE conversation_id IS NULL")
    op.alter_column("escalation", "conversation_id", nullable=False)
    for column in ("max_level", "channels", "is_life_safety", "is_accepted", "passed_by"):
        op.drop_column("escalation", column)
    op.drop_column("turn", "errors")
    op.drop_column("app_user", "alerts_by_voice")
    _open_calls("'ringing', 'screening'")
