"""The one database engine of this process and the settings it follows. No Streamlit: the file routes use it too."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator

import sqlalchemy as sa
from sqlmodel import Session

from projects.database.opening import open_database, session_for
from projects.settings import StudioSettings


def settings() -> StudioSettings:
    """Where this studio keeps things, as the environment says."""
    return StudioSettings.from_environment(os.environ)


@functools.cache
def _engine(of: StudioSettings) -> sa.Engine:
    return open_database(of)


@contextlib.contextmanager
def session() -> Iterator[Session]:
    """A session for one page run, one click or one file. It commits nothing by itself."""
    with session_for(_engine(settings())) as opened:
        yield opened
