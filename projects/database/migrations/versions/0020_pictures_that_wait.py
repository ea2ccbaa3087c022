"""Orders of pictures wait in an order of their own, as films do, and are listed in the queue until they are cleared."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("place", sa.Float(), nullable=False, server_default="0"),
        sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("handed_over", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("runs", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("pictureorder", column)
    # Nobody expects what is over, maybe since long, to stand in the queue now or to begin again by itself.
    over = "UPDATE pictureorder SET cleared_at = COALESCE(finished_at, created_at)"
    op.execute(f"{over} WHERE status NOT IN ('queued', 'working')")
    op.execute("UPDATE pictureorder SET tries = 3 WHERE status = 'failed'")
