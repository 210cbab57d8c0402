"""the last offers of a thread

Revision ID: 0011
Revises: 0010

A customer who says yes after a silence is offered the same time again: what was offered last is read along an index.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_offered_slot_thread", "offered_slot", ["conversation_id", "created_at"])


def downgrade() -> None:
    op.drop_index("ix_offered_slot_thread", table_name="offered_slot")
