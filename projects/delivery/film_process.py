"""Makes each film in a process of its own, so that neither films nor renders wait for each other.

The process ends with the worker: its standard input is a pipe that nobody writes to, and that closes when a film is
called off or the worker ends, however that comes.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import sqlalchemy as sa
from sqlmodel import Session

from framepack.messages import Message
from projects.database.opening import AWAY, make_engine, session_for
from projects.database.patience import insist
from projects.database.tables import Film, Project, now
from projects.delivery.film_making import clear_away, fail_film, make_film
from projects.failures import first_line
from projects.queue.film_orders import UNFINISHED, settled
from projects.settings import CHECKOUT, StudioSettings

SECONDS_BETWEEN_LOOKS = 0.2
SECONDS_TO_HEAR = 5.0
# So long a film waits for other writers of the database before it tries again.
BUSY_SECONDS = 5.0
# More than pages give way.
NICE = 15

_log = logging.getLogger(__name__)


class FilmMaker:
    """What a worker does with an ordered film: has a process make it, and ends that when nobody wants the film."""

    def __init__(self, *, settings: StudioSettings, database: sa.Engine) -> None:
        self._settings = settings
        self._database = database

    def make(self, film_id: str) -> None:
        """Have a film made; returns when that is over, whatever came of it."""
        process = self._start(film_id)
        assert process.stdin is not None
        try:
            while process.poll() is None:
                if not self._is_wanted(film_id):
                    process.stdin.close()
                    _await(process)
                    break
                time.sleep(SECONDS_BETWEEN_LOOKS)
        finally:
            process.kill()
            process.wait()
        if not self._is_wanted(film_id):
            clear_away(self._settings, insist(self._database, lambda session: _call_off(session, film_id)))
        elif process.returncode:
            _log.warning("The process of the film %s ended with status %d.", film_id, process.returncode)
            failed = fail_film(self._database, film_id, Message("film-process-died", {"status": process.returncode}))
            if failed is not None:
                clear_away(self._settings, failed)

    def _start(self, film_id: str) -> subprocess.Popen[bytes]:
        environment = (
            os.environ
            | self._settings.engine.as_environment()
            | {"STUDIO_HOME": str(self._settings.home), "STUDIO_DATABASE_URL": self._settings.database_url}
        )
        command = [sys.executable, "-m", "projects.delivery.film_process", film_id]
        return subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdin=subprocess.PIPE)

    def _is_wanted(self, film_id: str) -> bool:
        """Whether a film is still wanted; while the database is away it is."""
        try:
            with session_for(self._database) as session:
                film = session.get(Film, film_id)
                project = film and session.get(Project, film.project_id)
        except AWAY as error:
            _log.warning("The database does not answer (%s); it is asked again.", first_line(error))
            return True
        # Its row is committed a moment after it was queued.
        if film is None:
            return True
        deleted = film.deleted_at is not None or (project is not None and project.deleted_at is not None)
        return film.status == "done" or (film.status != "cancelled" and not deleted)


def _call_off(session: Session, film_id: str) -> Film:
    """Write down of a film that was thrown away, or whose project was, that it is not made."""
    film = session.get_one(Film, film_id)
    if film.status in UNFINISHED:
        film.status, film.finished_at, film.order = "cancelled", now(), settled(film.order)
    return film


def _await(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(SECONDS_TO_HEAR)
    except subprocess.TimeoutExpired:
        _log.warning("A film that was called off does not end; it is ended.")


def main(film_id: str) -> None:
    """Make a film, in this process, for the worker that started it."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    _give_way()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the worker's matter
    settings = StudioSettings.from_environment(os.environ)
    stop = threading.Event()
    threading.Thread(target=_await_the_end, args=(stop,), name="worker", daemon=True).start()
    database = make_engine(settings.database_url, busy_seconds=BUSY_SECONDS)
    make_film(settings=settings, database=database, film_id=film_id, cancelled=stop.is_set)
    database.dispose()


def _give_way() -> None:
    """Have the film wait for renders and pages where they want the processor, too."""
    if sys.platform == "win32":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(NICE)


def _await_the_end(stop: threading.Event) -> None:
    # Not through the buffered object: the interpreter could not end while a thread waits in it.
    while os.read(sys.stdin.fileno(), 1):
        pass
    stop.set()
    time.sleep(SECONDS_TO_HEAR)
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
