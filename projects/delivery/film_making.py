"""Makes what was ordered of a project's film, and writes down how far it is and what came of it.

It knows the tables and the files, but neither the queue that calls it nor the process it runs in. It may be called
again after a kill: what was half made is cleared away, and pieces that were finished are found.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col

from framepack.files.manifest import beside
from framepack.messages import Message
from projects.archive.content import content_of, with_sections
from projects.archive.writing import write_archive
from projects.composing.compose import Cancelled, ComposingCancelled
from projects.composing.making import sources_of, write_from
from projects.composing.orders import FilmRefused
from projects.database.opening import AWAY, session_for
from projects.database.patience import await_row, insist
from projects.database.tables import Film, now
from projects.failures import DISK_FULL, OUT_OF_MEMORY, foreseen, message_for
from projects.messages import in_english, stored
from projects.queue.deliveries import Delivery
from projects.queue.film_orders import BEGUN, UNFINISHED, kept_timeline, settled
from projects.settings import StudioSettings
from projects.storage.finished import finish_file, size_of
from projects.storage.places import captions_path, film_path, scratch_path
from projects.timelines.media import media_of
from projects.timelines.packing import write_packed
from projects.upkeep.needed import PIECES

SECONDS_BETWEEN_WRITES = 1.0
# So often a film is begun whose making ended the worker's computer before it is given up.
MOST_BEGUN = 3
# The words of a render, and those of a film.
_OWN_WORDS = {DISK_FULL.id: "film-disk-full", OUT_OF_MEMORY.id: "film-out-of-memory"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Made:
    """What came of an order; an archive has neither frames nor a size in pixels."""

    frames: int = 0
    seconds: float = 0.0
    width: int = 0
    height: int = 0


def make_film(*, settings: StudioSettings, database: sa.Engine, film_id: str, cancelled: Cancelled) -> None:
    """Make an ordered film; what goes wrong is written down in it. One that is not wanted any more is not begun.

    Where ``cancelled`` says so it ends soon and leaves the row as it is: whoever called it off has written there, or
    another worker goes on.
    """
    film = insist(database, lambda session: _begin(session, film_id))
    if film is None:
        return
    clear_away(settings, film)
    progress = _Progress(database, film_id)
    try:
        made = _make(settings, database, film, progress, cancelled)
        finish_file(film_path(settings, film), made.frames)
    except ComposingCancelled:
        insist(database, lambda session: _forgive(session, film_id))
        return
    # The one place where whatever went wrong is put into words; the next film goes on.
    except Exception as error:
        if foreseen(error):
            _log.warning("%s", in_english(message_for(error)))
        else:
            _log.error("Unforeseen fault", exc_info=error)
        fail_film(database, film_id, _said(error))
        return
    finally:
        shutil.rmtree(scratch_path(settings, film_id), ignore_errors=True)
    if not insist(database, lambda session: _finish(session, settings, film_id, made)):
        clear_away(settings, film)


def fail_film(database: sa.Engine, film_id: str, problem: Message) -> Film | None:
    """Write down why a film is not made, and return it; None where it came to an end already."""

    def fail(session: Session) -> Film | None:
        film = session.get(Film, film_id)
        if film is None or film.status not in UNFINISHED:
            return None
        film.status, film.error, film.finished_at = "failed", stored(problem), now()
        film.order = settled(film.order)
        return film

    return insist(database, fail)


def clear_away(settings: StudioSettings, film: Film) -> None:
    """Remove what a worker that was killed has left of a film."""
    path = film_path(settings, film)
    left = [path, beside(path), captions_path(settings, film), *settings.films_dir.glob(f".{film.id}*.part")]
    for file in left:
        file.unlink(missing_ok=True)
    shutil.rmtree(scratch_path(settings, film.id), ignore_errors=True)


def _begin(session: Session, film_id: str) -> Film | None:
    film = await_row(session, Film, film_id)
    if film is None or film.status not in UNFINISHED or film.deleted_at is not None:
        return None
    begun = int(film.order.get(BEGUN, 0))
    if begun >= MOST_BEGUN:
        film.status, film.finished_at = "failed", now()
        film.error, film.order = stored(Message("film-died-too-often", {"times": begun})), settled(film.order)
        return None
    film.order = {**film.order, BEGUN: begun + 1}
    film.status, film.started_at, film.share = "working", now(), 0.0
    return film


def _forgive(session: Session, film_id: str) -> None:
    """Do not count this attempt: it ended on purpose."""
    film = session.get(Film, film_id)
    if film is not None and BEGUN in film.order:
        film.order = {**film.order, BEGUN: film.order[BEGUN] - 1}


def _finish(session: Session, settings: StudioSettings, film_id: str, made: Made) -> bool:
    """Write down that a film is there; False where nobody wants it any more."""
    film = session.get(Film, film_id)
    if film is None or film.status not in UNFINISHED:
        return False
    film.frames, film.seconds, film.width, film.height = made.frames, made.seconds, made.width, made.height
    film.status, film.share, film.size_bytes = "done", 1.0, size_of(film_path(settings, film))
    film.order, film.finished_at = settled(film.order), now()
    return True


def _make(
    settings: StudioSettings,
    database: sa.Engine,
    film: Film,
    progress: Callable[[float], None],
    cancelled: Cancelled,
) -> Made:
    delivery, out = Delivery.from_json(film.order), film_path(settings, film)

    def watch(share: float) -> None:
        if cancelled():
            raise ComposingCancelled
        progress(share)

    if delivery.format == "archive":
        with session_for(database) as session:
            content = content_of(session=session, settings=settings, project_id=film.project_id)
        write_archive(with_sections(settings=settings, content=content), out, watch)
        return Made()
    timeline = kept_timeline(film)
    if not delivery.is_film:
        with session_for(database) as session:
            media = media_of(session=session, settings=settings, timeline=timeline)
        write_packed(delivery.timeline_kind(), timeline, media, out, watch)
        return Made(timeline.frames, timeline.seconds, timeline.width, timeline.height)

    def begun(pieces: tuple[str, ...]) -> None:
        insist(database, lambda session: _keep_pieces(session, film.id, pieces))

    with session_for(database) as session:
        sources = sources_of(session=session, settings=settings, timeline=timeline)
    scratch = scratch_path(settings, film.id)
    scratch.mkdir()
    made = write_from(
        sources,
        settings=settings,
        timeline=timeline,
        order=delivery.film_order(),
        out=out,
        scratch=scratch,
        begun=begun,
        progress=progress,
        cancelled=cancelled,
    )
    return Made(made.frames, made.seconds, made.width, made.height)


def _keep_pieces(session: Session, film_id: str, pieces: tuple[str, ...]) -> None:
    """Say which pieces a film has before they are made, so that nobody takes them for needless meanwhile."""
    film = session.get(Film, film_id)
    if film is not None:
        film.order = {**film.order, PIECES: list(pieces)}


def _said(error: Exception) -> Message:
    said = message_for(error)
    if isinstance(error, FilmRefused):
        return Message("film-not-writable", {"problem": said})
    return Message(_OWN_WORDS[said.id]) if said.id in _OWN_WORDS else said


class _Progress:
    """Keeps in a film's row how much of it is done, at most once a second. What cannot be written is dropped."""

    def __init__(self, database: sa.Engine, film_id: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._film_id = film_id
        self._clock = clock
        self._written = clock()

    def __call__(self, share: float) -> None:
        if self._clock() - self._written < SECONDS_BETWEEN_WRITES:
            return
        own = (col(Film.id) == self._film_id, col(Film.status) == "working")
        try:
            with session_for(self._database) as session:
                session.connection().execute(sa.update(Film).where(*own).values(share=share))
                session.commit()
        except AWAY as error:
            _log.warning("How far the film is cannot be shown for a while: %s", error)
        self._written = self._clock()
