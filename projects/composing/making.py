"""Making a project's film as its timeline says: joined where nothing but takes is shown, composed where more is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlmodel import Session

from framepack.files.atomic import in_place
from framepack.messages import Message, joined
from projects.composing.compose import Cancelled, ComposedFilm, Progress, compose
from projects.composing.gathering import gather
from projects.composing.orders import FilmOrder
from projects.cutting.film_settings import FilmSettings
from projects.database.tables import Film, Pass, new_id, now
from projects.errors import StoryboardProblem
from projects.films.films import FilmPlan, film_plan_of, films_of, stitch_film
from projects.films.material import film_of
from projects.films.stitching import TakeLost
from projects.films.timeline import TakeSource, Timeline
from projects.frames.material import Sources
from projects.settings import StudioSettings
from projects.sound.mixing import mix_sound
from projects.storage.finished import finish_file, is_there, size_of
from projects.storage.places import film_path, picture_path
from projects.storyboard.media import media_in
from projects.words.captions import cues, srt
from projects.words.drawing import draw_card
from projects.words.overlays import overlays

# The settings of a film that leave its takes as they are.
_PLAIN = FilmSettings()


def make_film(
    *, session: Session, settings: StudioSettings, project_id: str, name: str | None = None, made_for: Pass = "draft"
) -> Film:
    """As ``new_film``; raises StoryboardProblem, which names it, where there is such a film already."""
    timeline = film_of(session=session, project_id=project_id, made_for=made_for)
    joins = film_plan_of(session=session, project_id=project_id, made_for=made_for)
    films = films_of(session=session, project_id=project_id)
    same = same_film(settings=settings, timeline=timeline, joins=joins, films=films)
    if same is not None:
        raise StoryboardProblem(Message("film-is-there", {"name": same.name}))
    return new_film(session=session, settings=settings, project_id=project_id, name=name, made_for=made_for)


def new_film(
    *, session: Session, settings: StudioSettings, project_id: str, name: str | None = None, made_for: Pass = "draft"
) -> Film:
    """The film of a project in a pass, as it is cut. It is in the list once its file is there.

    Raises StoryboardProblem where a shot lacks a take, or nothing of one is left, and FilmRefused.
    """
    timeline = film_of(session=session, project_id=project_id, made_for=made_for)
    if timeline.problems:
        raise StoryboardProblem(joined(timeline.problems, "sentences"))
    if is_plain(timeline, film_plan_of(session=session, project_id=project_id, made_for=made_for)):
        return stitch_film(session=session, settings=settings, project_id=project_id, name=name, made_for=made_for)
    film = Film(id=new_id(), project_id=project_id, name=(name or "").strip() or timeline.name, status="done")
    path = film_path(settings, film.id)
    made = write_film(session=session, settings=settings, timeline=timeline, order=FilmOrder(), out=path)
    finish_file(path, made.frames)
    film.frames, film.seconds, film.width, film.height = made.frames, made.seconds, made.width, made.height
    film.fps, film.made_for, film.made_from = float(timeline.rate), made_for, _made_from(timeline)
    film.parts = [clip.source.take_id for clip in timeline.clips if isinstance(clip.source, TakeSource)]
    film.order, film.size_bytes, film.finished_at = {"pieces": list(made.pieces)}, size_of(path), now()
    session.add(film)
    session.flush()
    return film


def same_film(*, settings: StudioSettings, timeline: Timeline, joins: FilmPlan, films: Sequence[Film]) -> Film | None:
    """The first of ``films`` that shows what a film of ``timeline`` would, and whose file is there.

    ``joins`` are the takes it would be joined of where nothing else is asked for.
    """
    made_from = "" if is_plain(timeline, joins) else _made_from(timeline)
    takes = [take.id for take, _ in joins.parts]
    for film in films:
        # Takes never change; how much of each is shown may, and with it how long the film is.
        as_joined = film.parts == takes and film.frames == joins.frames
        same = film.made_from == made_from and (as_joined or made_from)
        if same and film.status == "done" and is_there(film_path(settings, film.id)):
            return film
    return None


def is_plain(timeline: Timeline, joins: FilmPlan) -> bool:
    """Whether a film is nothing but ``joins``: its takes, each from its beginning, one after the other."""
    shown = [
        (clip.source.take_id, clip.count)
        for clip in timeline.clips
        if isinstance(clip.source, TakeSource) and clip.plain and clip.first == 0 and not clip.sounds
    ]
    led = any(clip.lead.kind != "cut" for clip in timeline.clips)
    sizes = {(take.width, take.height, Fraction(take.fps)) for take, _ in joins.parts}
    as_it_is = sizes <= {(timeline.width, timeline.height, timeline.rate)}
    joined_whole = len(shown) == len(timeline.clips) and shown == [(take.id, count) for take, count in joins.parts]
    return joined_whole and not led and timeline.settings == _PLAIN and as_it_is


def _made_from(timeline: Timeline) -> str:
    """A hash of all that a composed film is made from."""
    return hashlib.sha256(repr((timeline, FilmOrder())).encode("utf-8", "surrogatepass")).hexdigest()


def write_film(
    *,
    session: Session,
    settings: StudioSettings,
    timeline: Timeline,
    order: FilmOrder,
    out: Path,
    progress: Progress = lambda _: None,
    cancelled: Cancelled = lambda: False,
) -> ComposedFilm:
    """Write the film of a timeline, with its sound and words, to the file ``out``, whole or not at all.

    Raises StoryboardProblem where a take is lost, and what ``compose`` and ``mix_sound`` raise.
    """
    try:
        sources = gather(session=session, settings=settings, timeline=timeline)
    except TakeLost as lost:
        raise StoryboardProblem(lost.message) from None
    with TemporaryDirectory(dir=settings.home, prefix=".film-") as folder:
        return compose(
            timeline=timeline,
            sources=_with_words(_with_sound(sources, settings, timeline, Path(folder), progress), timeline),
            order=order,
            out=out,
            pieces=settings.pieces_dir,
            progress=progress,
            cancelled=cancelled,
        )


def write_captions(timeline: Timeline, film: Path) -> None:
    """Write the captions beside the file of a film, as SRT under its name, where they are wanted as a file."""
    if timeline.settings.captions == "file":
        with in_place(film.with_suffix(".srt")) as aside:
            aside.write_text(srt(cues(timeline)), encoding="utf-8", newline="")


def _with_sound(
    sources: Sources, settings: StudioSettings, timeline: Timeline, folder: Path, progress: Callable[[float], None]
) -> Sources:
    named = {*media_in({"film": timeline.settings.model_dump()})}
    named |= {sound.media_id for clip in timeline.clips for sound in clip.sounds}
    out = folder / "sound.wav"
    files = {media_id: picture_path(settings, media_id) for media_id in named}
    # How far the sound is says nothing of the film, whose pictures take longest; it is made first and told as none.
    mixed = mix_sound(timeline, files, out, lambda _: progress(0.0))
    return sources if mixed is None else replace(sources, sound=out)


def _with_words(sources: Sources, timeline: Timeline) -> Sources:
    soft = cues(timeline) if timeline.settings.captions == "soft" else ()
    return replace(sources, draw_card=draw_card, overlays=overlays(timeline), captions=soft)
