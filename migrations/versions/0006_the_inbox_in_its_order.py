"""the inbox in its order

Revision ID: 0006
Revises: 0005

Thirty rows from any place of the list are read along an index, and the day's numbers count only the texts of that day.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_conversation_inbox", table_name="conversation")
    op.create_index("ix_conversation_inbox", "conversation", ["tenant_id", "last_message_at", "id"])
    op.create_index(
        "ix_message_heard", "message", ["tenant_id", "created_at"], postgresql_where="direction = 'inbound'"
    )


def downgrade() -> None:
    op.drop_index("ix_message_heard", table_name="message")
    op.drop_index("ix_conversation_inbox", table_name="conversation")
    op.create_index("ix_conversation_inbox", "conversation", ["tenant_id", "is_done", "last_message_at"])
