"""The application: serves the pages and the files, prepares the database and owns the life of the local workers.

Started by ``streamlit run studio_app.py``. It knows nothing of storyboards or of how a shot is rendered.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator

import streamlit as st
from anyio import to_thread
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from pages.serving.files import file_routes
from pages.serving.guard import GuardHeaders, OwnOriginOnly
from projects.database.opening import open_database, session_for
from projects.generator.local_workers import LocalWorkers
from projects.interchange.storyboard_toml import seed_example
from projects.settings import StudioSettings


@contextlib.asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:  # noqa: ARG001
    """Open the database, put the example in where nothing ever was, and keep the local workers alive meanwhile."""
    settings = StudioSettings.from_environment(os.environ)
    await to_thread.run_sync(prepare, settings)
    with LocalWorkers(settings):
        yield


def prepare(settings: StudioSettings) -> None:
    """Make the folders, bring the database up to date and, on the very first start, add the example project."""
    settings.make_folders()
    engine = open_database(settings)
    with session_for(engine) as session:
        seed_example(session=session, settings=settings)
        session.commit()
    engine.dispose()


# Streamlit checks the names and origins for its own connection only, and lets every port of this computer in; the files
# need the same guard against a rebound host name. The first wraps the others, so that refusals are guarded too.
app = st.App(
    "pages/studio.py",
    routes=file_routes(),
    middleware=[
        Middleware(GuardHeaders),
        Middleware(TrustedHostMiddleware, allowed_hosts=st.get_option("server.allowedHosts") or ["*"]),
        Middleware(OwnOriginOnly, also=st.get_option("server.corsAllowedOrigins")),
    ],
    lifespan=lifespan,
)
