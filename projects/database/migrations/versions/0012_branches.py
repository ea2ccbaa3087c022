"""Other takes by seed or from a moment of a take on, orders that stop after a section, and shots that are directed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("render", sa.Column("variants", sa.JSON(none_as_null=True), nullable=True))
    orders = sa.table(
        "render",
        sa.column("id", sa.String),
        sa.column("seeds", sa.JSON(none_as_null=True)),
        sa.column("variants", sa.JSON(none_as_null=True)),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(orders.c.id, orders.c.seeds)).all():
        if row.seeds is not None:
            variants = {shot_id: [{"seed": seed} for seed in seeds] for shot_id, seeds in row.seeds.items()}
            connection.execute(orders.update().where(orders.c.id == row.id).values(variants=variants))
    op.drop_column("render", "seeds")
    op.add_column("render", sa.Column("direction", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("render", sa.Column("stopping", sa.Boolean(), nullable=False, server_default=sa.false()))
