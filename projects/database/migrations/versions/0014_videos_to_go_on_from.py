"""Videos that shots go on from: what is known of their files, which shots do, and what their joins are like."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("media", sa.Column("last_frame", sa.Integer(), nullable=True))
    op.add_column("media", sa.Column("still_id", sa.String(), nullable=True))
    op.add_column("shot", sa.Column("video", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("take", sa.Column("video_join", sa.JSON(none_as_null=True), nullable=True))
