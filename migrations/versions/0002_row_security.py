"""each business sees its own rows only

Revision ID: 0002
Revises: 0001

The application's role has no right to bypass this. A transaction says for whom it works by `app.scope` and
`app.tenant_id` (app/tenancy.py); without them every table of a tenant looks empty.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    "app_user", "appointment", "audit", "call", "consent", "contact_rule", "conversation", "customer", "delivery",
    "escalation", "estimate", "event", "hold", "lead", "message", "note", "notification", "number", "offered_slot",
    "opt_out", "registration", "subscription", "support_task", "task", "technician", "turn", "usage_counter", "usage_event",
)  # fmt: skip
SEES_ALL = "(SELECT current_setting('app.scope', true)) IN ('system', 'staff')"
MINE = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"


def upgrade() -> None:
    for table, column in [("tenant", "id"), *((table, "tenant_id") for table in TABLES)]:
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY tenant_isolation ON "{table}" USING ({SEES_ALL} OR {column} = {MINE})')


def downgrade() -> None:
    for table in ("tenant", *TABLES):
        op.execute(f'DROP POLICY tenant_isolation ON "{table}"')
        op.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY')
