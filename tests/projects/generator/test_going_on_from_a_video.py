"""Shots that go on from somebody's own video, made by the real worker with the draft checkpoint at its smallest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from sqlmodel import Session

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.media.joins import join_of
from framepack.media.video import probe, read_frames
from framepack.store.section_store import SectionStore
from projects.database.opening import open_database, session_for
from projects.database.tables import Media, ShotUpdate, Take
from projects.messages import in_english, read
from projects.queue.branches import change_length
from projects.queue.orders import UNFINISHED, enqueue_render
from projects.settings import StudioSettings
from projects.storage.places import picture_path, take_path
from projects.storage.videos import add_video
from projects.storyboard.projects import create_project
from projects.storyboard.shots import NewShot, add_shot, add_shots, attach_video, edit_shot
from projects.takes.staleness import ShotPlan
from projects.takes.takes import takes_of
from projects.takes.video_joins import video_join_of
from projects.takes.why import reasons_of
from projects.upkeep.needed import all_rows, needed_by
from tests.support.own_videos import moving, write_video
from tests.support.rendering import SIDE, fresh, plans_by_rows, sections_made, until, worker_process

IDENTITY = checkpoint_identity(checkpoint_named("draft"), None)
Made = TypeVar("Made")


class Studio:
    """A project whose first shot goes on from a video, and whose second continues that."""

    def __init__(self, settings: StudioSettings, folder: Path) -> None:
        self.settings, self.folder = settings, folder
        self.database = open_database(settings)
        with session_for(self.database) as session:
            project = create_project(session=session, name="after the holiday")
            new = [NewShot("It goes on.", 1.2, "cut", seed=1), NewShot("It snows.", 0.8, "continue", seed=2)]
            shots = add_shots(session=session, project_id=project.id, new=new)
            attach_video(session=session, shot_id=shots[0].id, media_id=self.video(session, "clip.mp4", 50).id)
            project.height = project.width = SIDE
            project.steps, project.cfg = 1, 1.0
            session.commit()
            self.project_id, self.shot_ids = project.id, [shot.id for shot in shots]

    def video(self, session: Session, name: str, count: int) -> Media:
        path = write_video(self.folder / name, [moving(number, 64, 96) for number in range(count)])
        return add_video(session=session, settings=self.settings, file=path, name=name).media

    def do(self, act: Callable[[Session], Made]) -> Made:
        with session_for(self.database) as session:
            made = act(session)
            session.commit()
            return made

    def plans(self) -> list[ShotPlan]:
        return self.do(lambda session: plans_by_rows(session, self.project_id, IDENTITY))

    def render(self, *shot_ids: str) -> None:
        order = self.do(
            lambda session: (
                enqueue_render(session=session, project_id=self.project_id, shot_ids=shot_ids or self.shot_ids).id
            )
        )
        until(lambda: fresh(self.database, order).status not in UNFINISHED)
        done = fresh(self.database, order)
        assert done.status == "done", in_english(read(done.error or ""))

    def take(self, place: int) -> Take:
        return self.do(lambda session: takes_of(session=session, shot_id=self.shot_ids[place])[0])


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    home = tmp_path_factory.mktemp("home")
    made = Studio(StudioSettings.from_environment({"STUDIO_HOME": str(home)}), tmp_path_factory.mktemp("videos"))
    with worker_process(made.settings):
        made.render()
        yield made
    made.database.dispose()


def test_the_take_shows_only_what_is_rendered_and_begins_where_the_video_ends(studio: Studio) -> None:
    take, store = studio.take(0), SectionStore(studio.settings.sections_dir)
    (start, shown), (section, _) = take.units
    assert (shown, take.frames, probe(take_path(studio.settings, take.id)).frames) == (0, 36, 36)
    assert probe(store.video(start)).frames == 49
    first = next(read_frames(take_path(studio.settings, take.id)))
    assert np.array_equal(first, next(read_frames(store.video(section))))


def test_the_join_is_measured_and_kept_with_the_take(studio: Studio) -> None:
    take, store = studio.take(0), SectionStore(studio.settings.sections_dir)
    seen = video_join_of(take)
    assert seen is not None
    before = list(read_frames(store.video(take.units[0][0])))
    after = list(read_frames(take_path(studio.settings, take.id)))
    measured = join_of(before[-9:], after[:4])
    assert seen.movement == pytest.approx(measured.movement, abs=0.01)
    assert seen.colour.step == pytest.approx(measured.colour.step, abs=0.01)
    assert studio.take(1).video_join is None


def test_what_was_made_is_up_to_date_and_another_video_changes_all_that_follows(studio: Studio) -> None:
    assert [plan.state for plan in studio.plans()] == ["done", "done"]
    was = studio.plans()[0].shot.video
    other = studio.do(lambda session: studio.video(session, "other.mp4", 70).id)
    studio.do(lambda session: attach_video(session=session, shot_id=studio.shot_ids[0], media_id=other))
    plans = studio.plans()
    assert [plan.state for plan in plans] == ["stale", "stale"]
    assert [reason.id for reason in reasons_of(plans)[studio.shot_ids[0]]] == ["why-video"]
    studio.do(lambda session: edit_shot(session=session, shot_id=studio.shot_ids[0], changes=ShotUpdate(video=was)))
    assert [plan.state for plan in studio.plans()] == ["done", "done"]


def test_a_longer_shot_makes_only_the_section_it_lacks(studio: Studio) -> None:
    made = len(sections_made(studio.settings))
    take = studio.take(0)
    longer = studio.do(
        lambda session: change_length(session=session, settings=studio.settings, take_id=take.id, seconds=2.0)
    )
    assert not isinstance(longer, Take)
    until(lambda: fresh(studio.database, longer.render.id).status not in UNFINISHED)
    assert len(sections_made(studio.settings)) == made + 1
    assert studio.take(0).frames == 60
    shorter = studio.do(
        lambda session: change_length(session=session, settings=studio.settings, take_id=studio.take(0).id, seconds=0.8)
    )
    assert isinstance(shorter, Take)
    assert shorter.video_join == studio.take(0).video_join is not None


def test_the_video_its_last_picture_and_its_unit_are_needed(studio: Studio) -> None:
    needed = studio.do(lambda session: needed_by(all_rows(session), None))
    video = studio.plans()[0].shot.video
    assert video is not None
    assert {video["media_id"], video["still_id"]} <= needed["pictures"]
    assert studio.take(0).units[0][0] in needed["sections"]


def test_a_video_that_is_gone_is_told_in_one_sentence(studio: Studio) -> None:
    lost = studio.do(lambda session: studio.video(session, "lost.mp4", 33).id)
    shot = studio.do(
        lambda session: (
            add_shot(session=session, project_id=studio.project_id, prompt="Lost.", seconds=0.5, start="cut").id
        )
    )
    studio.do(lambda session: attach_video(session=session, shot_id=shot, media_id=lost))
    picture_path(studio.settings, lost).unlink()
    with pytest.raises(AssertionError, match=r"The video lost\.mp4 cannot be gone on from: there is no such file"):
        studio.render(shot)
