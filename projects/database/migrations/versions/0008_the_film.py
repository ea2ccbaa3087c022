"""How a film is cut: transitions, trims, speed, sounds and words of shots, editions, and what a film was made from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("project", sa.Column("film", sa.JSON(), nullable=False, server_default="{}"))

    _add_texts(
        "shot", transition="cut", transition_at="centre", between="repeat", move="none", title="", lower_third=""
    )
    _add_numbers(
        "shot",
        transition_seconds="0.5",
        trim_start="0.0",
        trim_end="0.0",
        speed="1.0",
        hold_first="0.0",
        hold_last="0.0",
    )
    op.add_column("shot", sa.Column("reverse", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("shot", sa.Column("sounds", sa.JSON(), nullable=False, server_default="[]"))

    _add_texts("media", medium="picture")
    op.add_column("media", sa.Column("seconds", sa.Float(), nullable=True))

    time = sa.DateTime(timezone=True)
    op.create_table(
        "edition",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("shape", sa.String(), nullable=True),
        sa.Column("film", sa.JSON(), nullable=False),
        sa.Column("shots", sa.JSON(), nullable=False),
        sa.Column("order", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("created_at", time, nullable=False),
        sa.Column("updated_at", time, nullable=False),
        sa.Column("deleted_at", time, nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_edition_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
    )
    op.create_index(op.f("ix_edition_project_id"), "edition", ["project_id"])

    _add_texts("film", made_for="draft", ending=".mp4", made_from="")
    _add_numbers("film", fps="30.0", share="0.0")
    op.add_column("film", sa.Column("order", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("film", sa.Column("size_bytes", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("film", sa.Column("started_at", time, nullable=True))
    # SQLite knows no new constraints for a table that is there; a film whose edition is gone is a film all the same.
    op.add_column("film", sa.Column("edition_id", sa.String(), nullable=True))


def _add_texts(table: str, **usual: str) -> None:
    for name, value in usual.items():
        op.add_column(table, sa.Column(name, sa.String(), nullable=False, server_default=value or sa.text("''")))


def _add_numbers(table: str, **usual: str) -> None:
    for name, value in usual.items():
        op.add_column(table, sa.Column(name, sa.Float(), nullable=False, server_default=value))
