"""The application: serves the pages and the files, prepares the database and owns the life of the local workers.

Started by ``streamlit run studio_app.py``. It knows nothing of storyboards or of how a shot is rendered.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import AsyncIterator

import psutil
import streamlit as st
from anyio import to_thread
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from framepack.errors import FramepackError
from pages.api.routes import api_routes
from pages.door.door import DOOR, Door
from pages.door.doorway import door_routes
from pages.guests.looking import guest_routes
from pages.serving.clicks import carry_out_every_click
from pages.serving.documents import document_routes
from pages.serving.files import file_routes
from pages.serving.guard import GuardHeaders, OwnOriginOnly
from pages.session.faults import tell_fault
from projects.database.opening import open_database, session_for
from projects.errors import StudioError
from projects.failures import message_for
from projects.generator.local_workers import LocalWorkers
from projects.guests.links import LOOK
from projects.interchange.file_projects import seed_example
from projects.logs.files import log_file, log_terminal
from projects.messages import in_english
from projects.settings import StudioSettings, has_pages_only

NICE = 10


_log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:  # noqa: ARG001
    """Keep the local workers alive, open the database, and put the example in where nothing ever was.

    Where that cannot be done the reason is said here and on every page, and workers try again until it can.
    """
    carry_out_every_click()
    with contextlib.ExitStack() as running:
        try:
            settings = StudioSettings.from_environment(os.environ)
            running.enter_context(log_terminal())
            running.enter_context(log_file(settings, "pages"))
            if not has_pages_only(os.environ):
                running.enter_context(LocalWorkers(settings))
            await to_thread.run_sync(prepare, settings)
        except (StudioError, FramepackError, OSError) as problem:
            _log.error("%s", in_english(message_for(problem)))
        give_way()
        yield


def prepare(settings: StudioSettings) -> None:
    """Make the folders, bring the database up to date and, on the very first start, add the example project."""
    settings.make_folders()
    engine = open_database(settings)
    with session_for(engine) as session:
        seed_example(session=session, settings=settings)
        session.commit()
    engine.dispose()


def give_way() -> None:
    """Have pages and files wait for the workers where both want the processor, wherever only this process can be told.

    On Linux it is said of a thread, and of those that it starts from now on: the threads that start workers were there
    before. Windows gives workers their own (``LocalWorkers``). Elsewhere workers would be slowed down with the pages.
    """
    if sys.platform == "linux":
        os.nice(NICE)
    elif sys.platform == "win32":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)


# Streamlit checks the names and origins for its own connection only, and lets every port of this computer in; the files
# need the same guard against a rebound host name. The first wraps the others, so that refusals are guarded too. Behind
# the door is everything, Streamlit's own connection, pages and uploads among it.
app = st.App(
    "pages/studio.py",
    routes=[*door_routes(), *document_routes(), *file_routes(), *guest_routes(), *api_routes()],
    on_script_error=tell_fault,
    middleware=[
        Middleware(GuardHeaders, forms=(DOOR, LOOK)),
        Middleware(TrustedHostMiddleware, allowed_hosts=st.get_option("server.allowedHosts") or ["*"]),
        Middleware(OwnOriginOnly, also=st.get_option("server.corsAllowedOrigins")),
        Middleware(
            Door,
            address=st.get_option("server.address"),
            names=st.get_option("server.allowedHosts") or ["*"],
            encrypted=bool(st.get_option("server.sslCertFile")),
        ),
    ],
    lifespan=lifespan,
)
