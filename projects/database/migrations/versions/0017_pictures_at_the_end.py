"""Pictures at the end of shots: an end picture, or one that they are guided to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shot", sa.Column("end_media_id", sa.String(), nullable=True))
