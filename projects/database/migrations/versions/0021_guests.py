"""Links by which others look at a project without the password, and what they note."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guestlink",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("word_hash", sa.String(), nullable=False),
        sa.Column("may_note", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_guestlink_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guestlink")),
    )
    op.create_index(op.f("ix_guestlink_project_id"), "guestlink", ["project_id"])
    op.create_index(op.f("ix_guestlink_word_hash"), "guestlink", ["word_hash"], unique=True)
    op.create_table(
        "guestnote",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("link_id", sa.String(), nullable=False),
        sa.Column("shot_id", sa.String(), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_guestnote_project_id")),
        sa.ForeignKeyConstraint(["link_id"], ["guestlink.id"], name=op.f("fk_guestnote_link_id")),
        sa.ForeignKeyConstraint(["shot_id"], ["shot.id"], name=op.f("fk_guestnote_shot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guestnote")),
    )
    op.create_index(op.f("ix_guestnote_project_id"), "guestnote", ["project_id"])
    op.create_index(op.f("ix_guestnote_shot_id"), "guestnote", ["shot_id"])
