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
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session, col

from framepack.files.manifest import beside, sum_of
from framepack.messages import Message
from projects.archive.content import content_of, with_sections
from projects.archive.writing import write_archive
from projects.composing.compose import Cancelled, ComposingCancelled
from projects.composing.making import sources_of, write_from
from projects.composing.orders import FilmRefused
from projects.database.leases import Fenced, check_held
from projects.database.opening import AWAY, session_for
from projects.database.patience import insist
from projects.database.tables import Film, now
from projects.failures import DISK_FULL, OUT_OF_MEMORY, foreseen, message_for
from projects.forecast.films import note_film
from projects.logs.hiding import in_log
from projects.messages import stored
from projects.queue.deliveries import Delivery
from projects.queue.film_orders import BEGUN, UNFINISHED, WORK, kept_timeline, settled
from projects.queue.passing_faults import FILM_DISK_FULL, may_pass
from projects.settings import StudioSettings
from projects.storage.finished import put_file_in_place, size_of
from projects.storage.places import CAPTIONS_ENDING, captions_path, film_aside_path, film_path, scratch_path
from projects.storage.shared import publish_shared, publishing, share_contents
from projects.timelines.media import media_of
from projects.timelines.packing import write_packed
from projects.upkeep.needed import PIECES

SECONDS_BETWEEN_WRITES = 1.0
# So often a film is begun whose making ended the worker's computer before it is given up.
MOST_BEGUN = 3
# The words of a render, and those of a film.
_OWN_WORDS = {DISK_FULL.id: FILM_DISK_FULL, OUT_OF_MEMORY.id: "film-out-of-memory"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Made:
    """What came of an order; an archive has neither frames nor a size in pixels."""

    frames: int = 0
    seconds: float = 0.0
    width: int = 0
    height: int = 0


def make_film(*, settings: StudioSettings, database: sa.Engine, film_id: str, lease: int, cancelled: Cancelled) -> None:
    """Make an ordered film that was taken up by ``lease``; what goes wrong is written down in it.

    One that is not wanted any more is not begun. Where ``cancelled`` says so, or another worker took it up, it ends
    soon and leaves the row as it is: whoever called it off has written there, or the other goes on.
    """
    try:
        film = insist(database, lambda session: _begin(session, film_id, lease))
        if film is not None:
            _make_begun(settings, database, film, cancelled)
    except Fenced:
        _log.warning("Another worker makes the film %s.", film_id)


def _make_begun(settings: StudioSettings, database: sa.Engine, film: Film, cancelled: Cancelled) -> None:
    """Make a film that was begun. Raises Fenced."""
    clear_away(settings, film)
    aside = film_aside_path(settings, film)
    out = aside / film_path(settings, film).name
    progress = _Progress(database, film)
    begun = time.monotonic()
    try:
        aside.mkdir()
        made = _make(settings, database, film, out, progress, cancelled)
        sum_of(out)  # it is remembered, so that nobody waits for it
        seconds = time.monotonic() - begun
        publishing(
            lambda: _share_contents(settings, film, aside),
            lambda: insist(database, lambda session: _finish(session, settings, film, out, made, seconds)),
        )
    except ComposingCancelled:
        insist(database, lambda session: _forgive(session, film))
    except Fenced:
        raise
    # The one place where whatever went wrong is put into words; the next film goes on.
    except Exception as error:
        if foreseen(error):
            _log.warning("%s", in_log(message_for(error)))
        else:
            _log.error("Unforeseen fault", exc_info=error)
        fail_film(database, film.id, film.lease, _said(error))
    finally:
        for folder in (aside, scratch_path(settings, film)):
            shutil.rmtree(folder, ignore_errors=True)


def fail_film(database: sa.Engine, film_id: str, lease: int, problem: Message) -> Film | None:
    """Write down why a film is not made, and return it; None where it came to an end already. Raises Fenced."""

    def fail(session: Session) -> Film | None:
        check_held(session=session, table=Film, id=film_id, lease=lease)
        film = session.get(Film, film_id)
        if film is None or film.status not in UNFINISHED:
            return None
        film.status, film.error, film.finished_at = "failed", stored(problem), now()
        # What may pass is tried again, with what was ordered then.
        film.order = film.order if may_pass(problem) else settled(film.order)
        return film

    return insist(database, fail)


def clear_away(settings: StudioSettings, film: Film) -> None:
    """Remove what workers that were killed have left of a film; to be called by who has it in hand."""
    path = film_path(settings, film)
    for file in (path, beside(path), captions_path(settings, film)):
        file.unlink(missing_ok=True)
    for folder in (*settings.films_dir.glob(f".{film.id}*.part"), *settings.home.glob(f".film-{film.id}*")):
        if folder.is_dir():
            shutil.rmtree(folder, ignore_errors=True)
        else:  # by earlier versions
            folder.unlink(missing_ok=True)


def _begin(session: Session, film_id: str, lease: int) -> Film | None:
    check_held(session=session, table=Film, id=film_id, lease=lease)
    film = session.get_one(Film, film_id)
    if film.status not in UNFINISHED or film.deleted_at is not None:
        return None
    if film.runs and not film.handed_over:
        return None  # it was put back just now
    begun = int(film.order.get(BEGUN, 0))
    if begun >= MOST_BEGUN:
        film.status, film.finished_at = "failed", now()
        film.error, film.order = stored(Message("film-died-too-often", {"times": begun})), settled(film.order)
        return None
    film.order = {**film.order, BEGUN: begun + 1}
    film.status, film.started_at, film.share = "working", now(), 0.0
    return film


def _held(session: Session, film: Film) -> Film:
    """The film as it is now, for who has it in hand. Raises Fenced."""
    check_held(session=session, table=Film, id=film.id, lease=film.lease)
    return session.get_one(Film, film.id)


def _forgive(session: Session, begun: Film) -> None:
    """Do not count this attempt: it ended on purpose."""
    film = _held(session, begun)
    if BEGUN in film.order:
        film.order = {**film.order, BEGUN: film.order[BEGUN] - 1}


def _finish(session: Session, settings: StudioSettings, begun: Film, out: Path, made: Made, seconds: float) -> None:
    """Put a film in its place and write down that it is there, unless nobody wants it any more. Raises Fenced."""
    film = _held(session, begun)
    if film.status not in UNFINISHED:
        return
    words, path = out.with_suffix(CAPTIONS_ENDING), film_path(settings, film)
    if words.is_file():
        words.replace(captions_path(settings, film))
    if captions_path(settings, film).is_file():
        publish_shared(settings, captions_path(settings, film))
    put_file_in_place(out, path, made.frames)
    publish_shared(settings, path)
    if work := film.order.get(WORK):
        note_film(session=session, format=Delivery.from_json(film.order).format, work=work, seconds=seconds)
    film.frames, film.seconds, film.width, film.height = made.frames, made.seconds, made.width, made.height
    film.status, film.share, film.size_bytes = "done", 1.0, size_of(path)
    film.order, film.finished_at = settled(film.order), now()


def _share_contents(settings: StudioSettings, film: Film, aside: Path) -> None:
    """Bring into a shared store what is in a film's files, in ``aside`` or in their place, before anybody sees them."""
    for path in (film_path(settings, film), captions_path(settings, film)):
        for file in (aside / path.name, path):
            if file.is_file():
                share_contents(settings, path, file)


def _make(
    settings: StudioSettings,
    database: sa.Engine,
    film: Film,
    out: Path,
    progress: Callable[[float], None],
    cancelled: Cancelled,
) -> Made:
    delivery = Delivery.from_json(film.order)

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
        insist(database, lambda session: _keep_pieces(session, film, pieces))

    with session_for(database) as session:
        sources = sources_of(session=session, settings=settings, timeline=timeline)
    scratch = scratch_path(settings, film)
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


def _keep_pieces(session: Session, begun: Film, pieces: tuple[str, ...]) -> None:
    """Say which pieces a film has before they are made, so that nobody takes them for needless meanwhile."""
    film = _held(session, begun)
    film.order = {**film.order, PIECES: list(pieces)}


def _said(error: Exception) -> Message:
    said = message_for(error)
    if isinstance(error, FilmRefused):
        return Message("film-not-writable", {"problem": said})
    return Message(_OWN_WORDS[said.id]) if said.id in _OWN_WORDS else said


class _Progress:
    """Keeps in a film's row how much of it is done, at most once a second. What cannot be written is dropped."""

    def __init__(self, database: sa.Engine, film: Film, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._film = film
        self._clock = clock
        self._written = clock()

    def __call__(self, share: float) -> None:
        if self._clock() - self._written < SECONDS_BETWEEN_WRITES:
            return
        film = self._film
        own = (col(Film.id) == film.id, col(Film.lease) == film.lease, col(Film.status) == "working")
        try:
            with session_for(self._database) as session:
                session.connection().execute(sa.update(Film).where(*own).values(share=share))
                session.commit()
        except AWAY as error:
            _log.warning("How far the film is cannot be shown for a while: %s", error)
        self._written = self._clock()
