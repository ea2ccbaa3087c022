"""Orders that wait in an order of their own, and how long the stages of renders took."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("place", sa.Float(), nullable=False, server_default="0"),
        sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("handed_over", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("runs", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("forecast", sa.JSON(), nullable=True),
        sa.Column("seconds_spent", sa.Float(), nullable=False, server_default="0"),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("render", column)
    op.add_column("worker", sa.Column("hardware", sa.String(), nullable=False, server_default=sa.text("''")))
    op.add_column("worker", sa.Column("memory_bytes", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("worker", sa.Column("arithmetic", sa.Float(), nullable=False, server_default="0"))
    op.create_table(
        "speed",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hardware", sa.String(), nullable=False),
        sa.Column("checkpoint", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("setting", sa.String(), nullable=False),
        sa.Column("work", sa.Float(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_speed"),
    )
    op.create_index("ix_speed_hardware", "speed", ["hardware", "checkpoint", "stage"])
    op.create_table(
        "queuestate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_queuestate"),
    )
