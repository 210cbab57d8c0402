"""why the dispatcher did it

Revision ID: 0012
Revises: 0011

A turn keeps the step of the policy that answered, how sure every finding was, the words that were considered with the
guard's verdicts, and what a language model suggested.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

LISTS = ("candidates", "verdicts")
OBJECTS = ("confidences", "suggestion")


def upgrade() -> None:
    op.add_column("turn", sa.Column("step", sa.Text(), nullable=True))
    for name, empty in (*((one, "[]") for one in LISTS), *((one, "{}") for one in OBJECTS)):
        column = sa.Column(name, postgresql.JSONB(), nullable=False, server_default=sa.text(f"'{empty}'::jsonb"))
        op.add_column("turn", column)
        op.alter_column("turn", name, server_default=None)


def downgrade() -> None:
    for name in (*reversed(OBJECTS), *reversed(LISTS), "step"):
        op.drop_column("turn", name)
