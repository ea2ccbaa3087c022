"""Versions, names, places, two passes and a journal of edits: what working in a storyboard needs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What both databases know; Alembic would copy the table of SQLite for it.
    op.execute("ALTER TABLE shot RENAME COLUMN chosen_take_id TO chosen_draft_id")
    _add_texts("shot", name="", dialogue="", notes="")
    _add_numbers("shot", version="1", place_x="500", place_y="500", place_zoom="1000")
    _add_optional("shot", sa.String(), "chosen_real_id", "checkpoint", "preset", "owner")
    op.add_column("shot", sa.Column("steps", sa.Integer(), nullable=True))
    op.add_column("shot", sa.Column("guidance", sa.Float(), nullable=True))

    _add_texts("project", default_start="cut", words_before="", words_after="", seed_policy="each")
    _add_numbers("project", version="1")
    op.add_column("project", sa.Column("default_seconds", sa.Float(), nullable=False, server_default="4.0"))
    op.add_column("project", sa.Column("seed", sa.BigInteger(), nullable=False, server_default="0"))
    _add_optional("project", sa.String(), "real_checkpoint", "real_preset", "owner")
    op.add_column("project", sa.Column("real_steps", sa.Integer(), nullable=True))
    op.add_column("project", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))

    _add_texts("take", made_for="draft", note="")
    op.add_column("take", sa.Column("star", sa.Boolean(), nullable=False, server_default=sa.false()))
    _add_texts("render", made_for="draft")
    op.add_column("render", sa.Column("seeds", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("film", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))

    op.create_table(
        "edit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_edit_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edit")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_edit_project_id")),
    )
    op.create_index(op.f("ix_edit_project_id"), "edit", ["project_id"])


def _add_texts(table: str, **usual: str) -> None:
    for name, value in usual.items():
        op.add_column(table, sa.Column(name, sa.String(), nullable=False, server_default=value or sa.text("''")))


def _add_numbers(table: str, **usual: str) -> None:
    for name, value in usual.items():
        op.add_column(table, sa.Column(name, sa.Integer(), nullable=False, server_default=value))


def _add_optional(table: str, kind: sa.types.TypeEngine[str], *names: str) -> None:
    for name in names:
        op.add_column(table, sa.Column(name, kind, nullable=True))
