"""A film of what a studio really has: takes as a worker leaves them, pictures for shots without one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from framepack.errors import ImageRejected
from framepack.media.video import probe
from projects.composing.compose import compose
from projects.composing.gathering import gather
from projects.composing.orders import FilmOrder
from projects.database.opening import session_for
from projects.database.tables import Take
from projects.errors import NotFound
from projects.films.laying_out import Material, lay_out
from projects.films.stitching import TakeLost
from projects.films.timeline import StillSource, TakeSource, Timeline
from projects.frames.material import Sources
from projects.settings import StudioSettings
from projects.storage.places import picture_path, take_path
from projects.storyboard.reading import project_with_shots
from projects.takes.staleness import frames_asked
from tests.support.rendering import SIDE
from tests.support.studio_at_work import StudioAtWork


@pytest.fixture
def work(studio: StudioSettings, monkeypatch: pytest.MonkeyPatch) -> StudioAtWork:
    monkeypatch.setattr("projects.queue.progress.WRITES_A_SECOND", 1000)
    return StudioAtWork(studio)


def laid_out(work: StudioAtWork, *, stills: bool = False) -> Timeline:
    with session_for(work.database) as session:
        project, shots = project_with_shots(session=session, project_id=work.project.id)
        project.film = {"stills": stills}
        chosen = [session.get(Take, shot.chosen_draft_id or "") for shot in shots]
        takes = {take.shot_id: take for take in chosen if take}
        material = Material(project, tuple(shots), takes, frames_asked(project, shots, "draft"), (SIDE, SIDE), 30)
        return lay_out(material)


def gathered(work: StudioAtWork, timeline: Timeline) -> Sources:
    with session_for(work.database) as session:
        return gather(session=session, settings=work.settings, timeline=timeline)


def test_a_film_of_rendered_shots_is_taken_over_and_one_without_is_a_still(work: StudioAtWork, tmp_path: Path) -> None:
    work.render(work.shots[0], work.shots[1])
    timeline = laid_out(work, stills=True)
    assert [type(clip.source) for clip in timeline.clips] == [TakeSource, TakeSource, StillSource]
    out = tmp_path / "film.mp4"
    made = compose(
        timeline=timeline,
        sources=gathered(work, timeline),
        order=FilmOrder(),
        out=out,
        pieces=work.settings.pieces_dir,
    )
    assert probe(out).frames == timeline.frames == made.frames
    assert made.encoded_frames == timeline.clips[2].frames


def test_a_take_whose_file_is_gone_is_put_together_again_or_said_to_be_lost(work: StudioAtWork) -> None:
    work.render(*work.shots)
    timeline = laid_out(work)
    first = timeline.clips[0].source
    assert isinstance(first, TakeSource)
    path = take_path(work.settings, first.take_id)
    path.unlink()
    assert gathered(work, timeline).takes[first.take_id][0][0].is_file()
    path.unlink()
    for folder in work.settings.sections_dir.glob("[0-9a-f][0-9a-f]/*/frames.mp4"):
        folder.unlink()
    with pytest.raises(TakeLost):
        gathered(work, timeline)


def test_what_is_not_there_is_named(work: StudioAtWork) -> None:
    timeline = laid_out(work, stills=True)
    still = timeline.clips[0].source
    assert isinstance(still, StillSource)
    picture_path(work.settings, still.media_id).unlink()
    with pytest.raises(ImageRejected, match=r"teal\.png"):
        gathered(work, timeline)
    other = replace(timeline.clips[0], source=TakeSource("none", 1, timeline.rate, SIDE, SIDE))
    with pytest.raises(NotFound):
        gathered(work, replace(timeline, clips=(other,)))
