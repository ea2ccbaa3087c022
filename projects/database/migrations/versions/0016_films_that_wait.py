"""Films wait in an order of their own, as renders do, and workers say how crowded their computers are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("place", sa.Float(), nullable=False, server_default="0"),
        sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("handed_over", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("runs", sa.Integer(), nullable=False, server_default="0"),
    ):
        op.add_column("film", column)
    op.add_column("worker", sa.Column("crowding", sa.Float(), nullable=False, server_default="1"))
