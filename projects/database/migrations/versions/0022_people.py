"""Who brought a picture, sound or video, in a studio whose people see only what is theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mediaowner",
        sa.Column("media_id", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("media_id", "owner", name=op.f("pk_mediaowner")),
    )
    op.create_index(op.f("ix_project_owner"), "project", ["owner"])
