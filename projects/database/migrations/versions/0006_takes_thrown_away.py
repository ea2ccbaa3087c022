"""When a take was thrown away, so that it can be taken back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("take", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
