"""Workers say which shot of which order they are at: several may be at one order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("worker", sa.Column("render_id", sa.String(), nullable=True))
    op.add_column("worker", sa.Column("shot_id", sa.String(), nullable=True))
