"""Alembic's entry point: runs migrations on the connection it is given (see ``projects.database.opening.migrate``).

Called by the ``alembic`` command, which gives none, it opens the database of the environment; a new revision is written
with ``alembic revision --autogenerate -m "what changes"`` against a database that is up to date. Revisions only go
forward: a way back would have to throw away what somebody made.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlmodel import AutoString

from projects.database.opening import make_engine
from projects.database.tables import Stored, UtcTime
from projects.settings import StudioSettings

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:  # noqa: ARG001
    """Write column types that are not SQLAlchemy's own as the plain one beneath: revisions do not follow the code."""
    if kind == "type" and isinstance(item, UtcTime):
        return "sa.DateTime(timezone=True)"
    return "sa.String()" if kind == "type" and isinstance(item, AutoString) else False


def run(connection: sa.Connection) -> None:
    """Run what Alembic was asked for. Batch mode, since SQLite cannot alter a column in place."""
    context.configure(
        connection=connection,
        target_metadata=Stored.metadata,
        render_as_batch=True,
        render_item=render_item,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with make_engine(StudioSettings.from_environment(os.environ).database_url).begin() as opened:
        run(opened)
