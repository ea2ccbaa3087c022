"""No two takes of a shot, and no two shots of a project that are not deleted, have the same number."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _give_new_numbers("take", "shot_id", step=1)
    _give_new_numbers("shot", "project_id", step=10)
    with op.batch_alter_table("take") as take:
        take.create_unique_constraint(op.f("uq_take_shot_id"), ["shot_id", "number"])
    op.create_index(
        "uq_shot_project_id",
        "shot",
        ["project_id", "number"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )


def _give_new_numbers(table: str, owner: str, *, step: int) -> None:
    """The first that has a number keeps it; the later ones get the next that nobody ever had."""
    deleted: list[sa.ColumnClause[object]] = [sa.column("deleted_at")] if table == "shot" else []
    rows = sa.table(table, sa.column("id"), sa.column(owner), sa.column("number"), sa.column("created_at"), *deleted)
    connection = op.get_bind()
    known = connection.execute(sa.select(rows).order_by(rows.c.created_at, rows.c.id)).mappings().all()
    highest: dict[str, int] = {}
    for row in known:
        highest[row[owner]] = max(highest.get(row[owner], 0), row["number"])
    used: set[tuple[str, int]] = set()
    for row in known:
        if row.get("deleted_at") is not None:
            continue
        number = row["number"]
        if (row[owner], number) in used:
            number = highest[row[owner]] = (highest[row[owner]] // step + 1) * step
            connection.execute(rows.update().where(rows.c.id == row["id"]).values(number=number))
        used.add((row[owner], number))
