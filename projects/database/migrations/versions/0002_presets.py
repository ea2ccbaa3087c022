"""A project's preset, and step caches by name in the plans of renders, which may still be under way."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("project", sa.Column("preset", sa.String(), nullable=False, server_default="exact"))
    render = sa.table("render", sa.column("id", sa.String()), sa.column("plan", sa.JSON(none_as_null=True)))
    connection = op.get_bind()
    for row in connection.execute(sa.select(render).where(render.c.plan.is_not(None))).all():
        changed = render.update().where(render.c.id == row.id).values(plan=_with_named_cache(row.plan))
        connection.execute(changed)


def _with_named_cache(plan: dict[str, Any]) -> dict[str, Any]:
    """``plan`` with ``teacache`` of every shot's settings, a threshold or 0, told as a cache and its threshold."""
    for shot in (shot for chain in plan["chains"] for shot in chain):
        settings = shot["request"]["settings"]
        threshold = settings.pop("teacache", 0.0)
        settings |= {"cache": "teacache" if threshold else "none", "threshold": threshold}
    return plan
