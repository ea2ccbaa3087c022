"""Takes, films and pictures are numbered anew each time that a worker takes them up, orders may begin again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("take", "film", "pictureorder"):
        op.add_column(table, sa.Column("lease", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("render", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    # Nobody expects what failed under an earlier version, maybe long ago, to begin again by itself.
    op.execute("UPDATE render SET tries = 3 WHERE status = 'failed'")
