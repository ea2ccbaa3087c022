"""A project's step cache as its kind and threshold, in the place of a threshold for one kind."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("project", sa.Column("cache", sa.String(), nullable=True))
    op.add_column("project", sa.Column("threshold", sa.Float(), nullable=True))
    names = ("teacache", "threshold")
    project = sa.table("project", sa.column("cache", sa.String()), *(sa.column(name, sa.Float()) for name in names))
    chosen = project.update().where(project.c.teacache != 0.0)
    op.get_bind().execute(chosen.values(cache="teacache", threshold=project.c.teacache))
    op.drop_column("project", "teacache")
