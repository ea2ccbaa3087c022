"""The one database engine of this process, the settings it follows, and whose eyes its sessions have."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator

import sqlalchemy as sa
from sqlmodel import Session

from pages.session.reader import reader
from projects.database.faults import database_unusable
from projects.database.opening import open_database, session_for
from projects.database.viewers import viewing
from projects.settings import StudioSettings


def settings() -> StudioSettings:
    """Where this studio keeps things, as the environment says."""
    return StudioSettings.from_environment(os.environ)


def for_keeper() -> bool:
    """Whether it is the keeper for whom a page is drawn. Raises StudioError where its session has ended."""
    return reader(settings()) is None


@functools.cache
def _engine(of: StudioSettings) -> sa.Engine:
    return open_database(of)


@contextlib.contextmanager
def session() -> Iterator[Session]:
    """A session for one page run, one click or one file, with the eyes of whom it is for. It commits nothing by itself.

    Raises DatabaseUnusable where the database cannot be used, and opens it anew the next time; and StudioError where
    the session of a page has ended.
    """
    used = settings()
    try:
        with viewing(reader(used)), session_for(_engine(used)) as opened:
            yield opened
    except sa.exc.DBAPIError as error:
        unusable = database_unusable(used, error)
        if unusable is None:
            raise
        _engine(used).dispose()
        _engine.cache_clear()
        raise unusable from error
