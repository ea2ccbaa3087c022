"""Videos that shots go on from, in storyboard files, archives and stories."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import Session, select

from framepack.shots.past import end_of_video
from framepack.store.section_store import SectionStore
from projects.archive.content import content_of, with_sections
from projects.archive.opening import open_archive
from projects.archive.writing import write_archive
from projects.commands.outputs import inputs_of
from projects.database.tables import Media, Project, Take
from projects.errors import StoryboardFileProblem
from projects.films.stitching import conform_take
from projects.interchange.file_projects import project_for_file
from projects.interchange.file_reading import read_storyboard
from projects.settings import StudioSettings
from projects.storage.places import picture_path, take_path
from projects.stories.checking import check_shot, planned_again
from projects.stories.reading import own_story
from projects.stories.retelling import retell
from projects.storyboard.reading import shots_of
from projects.takes.staleness import ShotPlan
from projects.takes.takes import finish_take, record_take
from tests.projects.archive.conftest import elsewhere as elsewhere
from tests.support.own_videos import moving, write_video
from tests.support.rendering import SIDE, PaintingRoom, plans_by_rows

FILE = """
title = "After the holiday"
steps = 6

[[shot]]
video = "夏天.mp4"
prompt = "It goes on."
seconds = 1.2

[[shot]]
prompt = "Night falls."
seconds = 1
start = "continue"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_video(tmp_path / "夏天.mp4", [moving(number) for number in range(40)])
    (tmp_path / "notes.mp4").write_text("no video")
    return tmp_path


def written(folder: Path, text: str = FILE) -> Path:
    path = folder / "beach.toml"
    path.write_text(text, encoding="utf-8")
    return path


def made(session: Session, studio: StudioSettings, path: Path) -> Project:
    studio.make_folders()
    return project_for_file(session=session, settings=studio, file=read_storyboard(path))


def plans(session: Session, project: Project) -> list[ShotPlan]:
    return plans_by_rows(session, project.id, "weights")


def keys(session: Session, project: Project) -> list[tuple[tuple[str, int], ...]]:
    return [plan.planned.units for plan in plans(session, project) if plan.planned]


def rendered(session: Session, studio: StudioSettings, project: Project) -> list[Take]:
    """A take of every shot, as a worker would leave it, but for what is painted."""
    room, store, takes = PaintingRoom(), SectionStore(studio.sections_dir), []
    room.prepare = lambda *_: None  # type: ignore[method-assign]
    for plan in plans(session, project):
        assert plan.planned is not None
        list(room.render(plan.chain, len(plan.chain) - 1, {}, store))
        take = record_take(session=session, shot_id=plan.shot.id, planned=plan.planned)
        conform_take(settings=studio, take=take)
        takes.append(finish_take(session=session, take_id=take.id, seconds_spent=1.0))
    return takes


# --- storyboard files


def test_a_file_names_a_video_and_finds_its_project_again(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    project = made(session, studio, written(folder))
    first, second = shots_of(session=session, project_id=project.id)
    (plan, _) = plans(session, project)
    assert first.video is not None
    assert plan.planned is not None
    assert plan.planned.request.past == end_of_video(first.video["media_id"], 39)
    assert (second.video, project.aspect_width, project.aspect_height) == (None, 128, 72)
    picture_path(studio, first.video["media_id"]).unlink()
    assert made(session, studio, written(folder)).id == project.id
    assert picture_path(studio, first.video["media_id"]).is_file()
    write_video(folder / "夏天.mp4", [moving(number) for number in range(50)])
    assert made(session, studio, written(folder)).id != project.id


def test_a_video_is_no_output_of_its_own_film(folder: Path) -> None:
    path = written(folder)
    named = {where: id for id, where in inputs_of(read_storyboard(path), path)}
    assert named[folder / "夏天.mp4"] == "replaces-video"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("夏天.mp4", "notes.mp4"), "shot 1: The video notes.mp4 cannot be gone on from: it is not a video"),
        (("夏天.mp4", "lost.mp4"), "shot 1: The video lost.mp4 cannot be gone on from: there is no such file"),
        (('start = "continue"', 'start = "continue"\nvideo = "夏天.mp4"'), "shot 2: it goes on from a video"),
        (("steps = 6", 'model = "original"'), "shot 1: 'original' works backwards and cannot go on from a video"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_shot(folder: Path, change: tuple[str, str], sentence: str) -> None:
    with pytest.raises(StoryboardFileProblem) as caught:
        read_storyboard(written(folder, FILE.replace(*change)))
    assert str(caught.value).startswith(f"beach.toml, {sentence}")


# --- archives and stories


def test_an_archive_carries_the_video_its_picture_and_the_unit_made_of_it(
    session: Session, studio: StudioSettings, folder: Path, elsewhere: tuple[Session, StudioSettings]
) -> None:
    project = made(session, studio, written(folder))
    project.height = project.width = SIDE  # as painted
    takes = rendered(session, studio, project)
    takes[0].video_join = {"colour": 0.5, "usual_colour": 0.25, "movement": 1.5, "usual_movement": 2.0}
    session.flush()
    content = content_of(session=session, settings=studio, project_id=project.id)
    write_archive(with_sections(settings=studio, content=content), folder / "beach.zip")
    there, other = elsewhere
    opened = open_archive(session=there, settings=other, path=folder / "beach.zip")
    assert keys(there, opened) == keys(session, project)
    assert keys(there, opened)[0][0][1] == 0
    assert SectionStore(other.sections_dir).is_whole(keys(there, opened)[0][0][0])
    kept = {one.id: one.model_dump() for one in session.exec(select(Media)).all()}
    assert {one.id: one.model_dump() for one in there.exec(select(Media)).all()} == kept
    assert all(picture_path(other, id).is_file() for id in kept)
    assert [take.video_join for take in there.exec(select(Take)).all()].count(takes[0].video_join) == 1


def test_a_take_tells_what_it_went_on_from_and_gives_the_shot_back(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    project = made(session, studio, written(folder))
    first = rendered(session, studio, project)[0]
    story = own_story(take_path(studio, first.id))
    assert story is not None
    (told,) = story.shots
    assert told.request.past is not None
    assert told.pictures == (told.request.past.video,)
    assert check_shot(studio, told).whole
    assert not isinstance(planned_again([told]), tuple) or planned_again([told])[0].units[0] == first.units[0]
    again = retell(session=session, settings=studio, story=story, file="take.mp4", name="again")
    assert again.lacking == ()
    assert [key for key, _ in keys(session, again.project)[0]] == [key for key, _ in first.units]


def test_a_video_that_is_not_here_is_named(session: Session, studio: StudioSettings, folder: Path) -> None:
    project = made(session, studio, written(folder))
    first = rendered(session, studio, project)[0]
    story = own_story(take_path(studio, first.id))
    assert story is not None
    video = first.request["past"]["video"]
    picture_path(studio, video).unlink()
    (lacking,) = retell(session=session, settings=studio, story=story, file="take.mp4", name="again").lacking
    assert (lacking.message.id, lacking.picture) == ("story-lacks-video", video)
    assert lacking.with_first_frame.id == "story-first-frame-for-video"
    assert check_shot(studio, story.shots[0]).lacking == (video,)
