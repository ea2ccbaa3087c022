"""Writing the film of a timeline: joined where nothing but takes is shown, composed where more is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlmodel import Session

from framepack.files.atomic import in_place
from framepack.media.video import join
from framepack.messages import Message
from projects.composing.compose import (
    Begun,
    Cancelled,
    ComposedFilm,
    ComposingCancelled,
    Progress,
    compose,
)
from projects.composing.enlarging import enlarger_for
from projects.composing.gathering import gather
from projects.composing.orders import FilmOrder, check_output
from projects.database.tables import Film, Shot
from projects.errors import StoryboardProblem
from projects.films.stitching import TakeLost
from projects.films.timeline import TakeSource, Timeline
from projects.frames.material import Parts, Sources
from projects.settings import StudioSettings
from projects.sound.mixing import mix_sound
from projects.storage.places import film_path
from projects.storage.shared import is_kept, picture_file
from projects.storyboard.media import media_in
from projects.words.captions import cues, srt
from projects.words.drawing import draw_card
from projects.words.overlays import overlays


def write_film(
    *,
    session: Session,
    settings: StudioSettings,
    timeline: Timeline,
    order: FilmOrder,
    out: Path,
    progress: Progress = lambda _: None,
) -> ComposedFilm:
    """Write the film of a timeline, with its sound and words, to the file ``out``, whole or not at all.

    Raises what ``sources_of`` and ``write_from`` raise.
    """
    sources = sources_of(session=session, settings=settings, timeline=timeline)
    with TemporaryDirectory(dir=settings.home, prefix=".film-") as scratch:
        return write_from(
            sources,
            settings=settings,
            timeline=timeline,
            order=order,
            out=out,
            scratch=Path(scratch),
            progress=progress,
        )


def sources_of(*, session: Session, settings: StudioSettings, timeline: Timeline) -> Sources:
    """The takes and pictures that a film is written from. Raises StoryboardProblem where a take is lost, and as
    ``gather``."""
    try:
        return gather(session=session, settings=settings, timeline=timeline)
    except TakeLost as lost:
        shot = session.get_one(Shot, lost.take.shot_id)
        raise StoryboardProblem(Message("shot-take-lost", {"shot": shot.label})) from None


def write_from(
    sources: Sources,
    *,
    settings: StudioSettings,
    timeline: Timeline,
    order: FilmOrder,
    out: Path,
    scratch: Path,
    begun: Begun = lambda _: None,
    progress: Progress = lambda _: None,
    cancelled: Cancelled = lambda: False,
) -> ComposedFilm:
    """Write the film of a timeline from its ``sources`` to the file ``out``, whole or not at all, and its captions
    beside it where they are wanted as a file.

    ``scratch`` is an empty folder for what is needed meanwhile; the rest is as for ``compose``. Raises what
    ``compose``, ``mix_sound`` and ``enlarger_for`` raise.
    """
    if is_joined(timeline, order):
        check_output(order, out, [("replaces-source", path) for path in sources.files], timeline.rate)
        made = _join(timeline, sources, out)
    else:
        heard = _with_sound(sources, settings, timeline, scratch, progress, cancelled)
        whole = replace(_with_words(heard, timeline), enlarger=enlarger_for(settings, timeline))
        made = compose(
            timeline=timeline,
            sources=whole,
            order=order,
            out=out,
            pieces=settings.pieces_dir,
            begun=begun,
            progress=progress,
            cancelled=cancelled,
        )
    if timeline.settings.captions == "file":
        with in_place(out.with_suffix(".srt")) as aside:
            aside.write_text(srt(cues(timeline)), encoding="utf-8", newline="")
    return made


def is_joined(timeline: Timeline, order: FilmOrder) -> bool:
    """Whether a film is put together from its takes as they are, so that it takes a moment."""
    return timeline.is_plain and order.copies


def made_from(timeline: Timeline, order: FilmOrder) -> str:
    """A hash of all that a film is made from: films that have it in common are the same."""
    return hashlib.sha256(repr(_essence(timeline, order)).encode("utf-8", "surrogatepass")).hexdigest()


def same_film(*, settings: StudioSettings, timeline: Timeline, order: FilmOrder, films: Sequence[Film]) -> Film | None:
    """The first of ``films`` that shows what a film of ``timeline`` would: its file is there, or it is being made."""
    wanted = made_from(timeline, order)
    for film in films:
        # Of films made before this was kept it is known which takes they show, and how much of all of them.
        early = is_joined(timeline, order) and not film.made_from and film.frames == timeline.frames
        if film.made_from != wanted and not (early and film.parts == list(timeline.takes)):
            continue
        if film.status in ("queued", "working") or (
            film.status == "done" and is_kept(settings, film_path(settings, film))
        ):
            return film
    return None


def _essence(timeline: Timeline, order: FilmOrder) -> object:
    captions = timeline.settings.captions
    if is_joined(timeline, order):
        shown = [(take, clip.count) for take, clip in zip(timeline.takes, timeline.clips, strict=True)]
        # Films made before they could tell what made them are the same as those that do.
        untold = () if timeline.settings.story else ("untold",)
        return shown, cues(timeline) if captions == "file" else (), *untold
    # Not what is said of shots, and neither seen nor heard in the film.
    clips = tuple(
        replace(clip, label="", name="", prompt="", notes="", dialogue="" if captions == "none" else clip.dialogue)
        for clip in timeline.clips
    )
    return replace(timeline, clips=clips, problems=(), warnings=()), order


def _join(timeline: Timeline, sources: Sources, out: Path) -> ComposedFilm:
    parts: list[tuple[Path, int]] = []
    for clip in timeline.clips:
        assert isinstance(clip.source, TakeSource)
        parts += _first(sources.takes[clip.source.take_id], clip.count)
    frames = join(parts, out, sources.comment)
    return ComposedFilm(frames, float(frames / timeline.rate), timeline.width, timeline.height, 0, frames)


def _first(parts: Parts, frames: int) -> list[tuple[Path, int]]:
    """The files, and how many frames of each, that are the first ``frames`` of a take."""
    found = []
    for path, count in parts:
        if frames > 0:
            found.append((path, min(count, frames)))
        frames -= count
    return found


def _with_sound(
    sources: Sources,
    settings: StudioSettings,
    timeline: Timeline,
    scratch: Path,
    progress: Progress,
    cancelled: Cancelled,
) -> Sources:
    named = {*media_in({"film": timeline.settings.model_dump()})}
    named |= {sound.media_id for clip in timeline.clips for sound in clip.sounds}
    out = scratch / "sound.wav"
    files = {media_id: picture_file(settings, media_id) for media_id in named}

    def watch(share: float) -> None:  # noqa: ARG001
        if cancelled():
            raise ComposingCancelled
        # How far the sound is says nothing of the film, whose pictures take longest; it is made first, told as none.
        progress(0.0)

    return sources if mix_sound(timeline, files, out, watch) is None else replace(sources, sound=out)


def _with_words(sources: Sources, timeline: Timeline) -> Sources:
    soft = cues(timeline) if timeline.settings.captions == "soft" else ()
    return replace(sources, draw_card=draw_card, overlays=overlays(timeline), captions=soft)
