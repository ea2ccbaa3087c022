"""Makes each film in a process of its own, so that neither films nor renders wait for each other.

See ``projects.delivery.own_process``.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable

import psutil
import sqlalchemy as sa
from sqlmodel import Session

from framepack.messages import Message
from projects.database.leases import Fenced, Job, check_held, take_up
from projects.database.opening import AWAY, session_for
from projects.database.patience import await_row, insist
from projects.database.tables import Film, Project, now
from projects.delivery.film_making import clear_away, fail_film, make_film
from projects.delivery.own_process import carry_out, run_while_wanted
from projects.failures import first_line
from projects.queue.film_orders import UNFINISHED, settled
from projects.settings import StudioSettings

# More than pages give way.
NICE = 15

_log = logging.getLogger(__name__)


class FilmMaker:
    """What a worker does with an ordered film: has a process make it, and ends that when nobody wants the film."""

    def __init__(self, *, settings: StudioSettings, database: sa.Engine) -> None:
        self._settings = settings
        self._database = database

    def make(self, film_id: str, job: Job) -> None:
        """Have a film made; returns when that is over, whatever came of it."""
        while job.is_ours():
            film = insist(self._database, lambda session: _taken_up(session, film_id, job.run))
            # Asked once more: only now does whoever has it by right find out who took it up last.
            if film is None or not job.is_ours():
                return
            try:
                self._make(film, job.run)
            except Fenced:
                _log.warning("Another worker took up the film %s.", film_id)
            else:
                return

    def _make(self, film: Film, run: str) -> None:
        """Have a film made that was taken up. Raises Fenced."""
        status = 0
        if self._is_wanted(film, run):
            arguments = [film.id, str(film.lease)]
            status = run_while_wanted(__name__, arguments, self._settings, lambda: self._is_wanted(film, run))
        if insist(self._database, lambda session: _is_settled(session, self._settings, film, run)):
            return
        if status:
            _log.warning("The process of the film %s ended with status %d.", film.id, status)
            problem = Message("film-process-died", {"status": status})
            failed = fail_film(self._database, film.id, film.lease, problem)
            if failed is not None:
                clear_away(self._settings, failed)

    def _is_wanted(self, taken_up: Film, run: str) -> bool:
        """Whether a film is still wanted, from this worker and workflow; while the database is away it is."""
        try:
            with session_for(self._database) as session:
                film = session.get(Film, taken_up.id)
                project = None if film is None else session.get(Project, film.project_id)
        except AWAY as error:
            _log.warning("The database does not answer (%s); it is asked again.", first_line(error))
            return True
        return film is not None and film.lease == taken_up.lease and _is_to_be_made(film, project, run)


def _taken_up(session: Session, film_id: str, run: str) -> Film | None:
    """The film, taken up for the workflow ``run``; None where that is not the one that makes it, or it is made."""
    film = await_row(session, Film, film_id)
    if film is None or film.status == "done" or not film.handed_over or film.workflow_id != run:
        return None
    take_up(session=session, row=film)
    return film


def _is_to_be_made(film: Film, project: Project | None, run: str) -> bool:
    # One that was put back since is another workflow's, or will be.
    ours = film.handed_over and film.workflow_id == run
    return film.status == "done" or (film.status != "cancelled" and ours and not _is_deleted(film, project))


def _is_deleted(film: Film, project: Project | None) -> bool:
    return film.deleted_at is not None or (project is not None and project.deleted_at is not None)


def _is_settled(session: Session, settings: StudioSettings, taken_up: Film, run: str) -> bool:
    """Whether a film is not wanted; nothing half of it is left then. Raises Fenced.

    What was thrown away, or whose project was, is written down as called off; what was put back is made later.
    """
    check_held(session=session, table=Film, id=taken_up.id, lease=taken_up.lease)
    film = session.get_one(Film, taken_up.id)
    project = session.get(Project, film.project_id)
    if _is_to_be_made(film, project, run):
        return False
    if film.status in UNFINISHED and _is_deleted(film, project):
        film.status, film.finished_at, film.order = "cancelled", now(), settled(film.order)
    clear_away(settings, film)
    return True


def main(film_id: str, lease: int) -> None:
    """Make a film that was taken up by ``lease``, in this process, for the worker that started it."""
    _give_way()

    def work(settings: StudioSettings, database: sa.Engine, cancelled: Callable[[], bool]) -> None:
        make_film(settings=settings, database=database, film_id=film_id, lease=lease, cancelled=cancelled)

    carry_out(work, "film", film_id)


def _give_way() -> None:
    """Have the film wait for renders and pages where they want the processor, too."""
    if sys.platform == "win32":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(NICE)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
