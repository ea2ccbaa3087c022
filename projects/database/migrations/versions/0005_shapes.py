"""A project's shape, how pictures are fitted to it, and the aspect its size comes from, which outlasts the model."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from framepack.checkpoints.table import CHECKPOINTS, nearest_bucket

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("project", sa.Column("shape", sa.String(), nullable=False, server_default="picture"))
    op.add_column("project", sa.Column("fit", sa.String(), nullable=False, server_default="fill"))
    op.add_column("project", sa.Column("aspect_height", sa.Integer(), nullable=True))
    op.add_column("project", sa.Column("aspect_width", sa.Integer(), nullable=True))
    names = ("id", "checkpoint", "height", "width", "aspect_height", "aspect_width")
    project = sa.table("project", *map(sa.column, names))
    connection = op.get_bind()
    for row in connection.execute(sa.select(project).where(project.c.height.is_not(None))).all():
        height, width = _aspect(connection, row)
        changed = project.update().where(project.c.id == row.id)
        connection.execute(changed.values(aspect_height=height, aspect_width=width))


def _aspect(connection: sa.Connection, project: sa.Row[tuple[object, ...]]) -> tuple[int, int]:
    """That of the first picture which gives the size that the project has; where there is none, of the size itself."""
    size = (project.height, project.width)
    shot = sa.table("shot", *map(sa.column, ("project_id", "position", "media_id", "deleted_at")))
    media = sa.table("media", *map(sa.column, ("id", "height", "width")))
    pictures = (
        sa.select(media.c.height, media.c.width)
        .join_from(shot, media, shot.c.media_id == media.c.id)
        .where(shot.c.project_id == project.id, shot.c.deleted_at.is_(None))
        .order_by(shot.c.position)
    )
    if project.checkpoint in CHECKPOINTS:
        buckets = CHECKPOINTS[project.checkpoint].buckets
        for picture in connection.execute(pictures).all():
            if nearest_bucket(picture.height, picture.width, buckets) == size:
                return picture.height, picture.width
    return size
