"""Colours that are matched where a shot goes on from the one before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shot", sa.Column("match_colour", sa.Boolean(), nullable=False, server_default=sa.false()))
