"""Pictures that shots are made towards: their verbs and reasons, and in storyboard files, archives and stories."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import Session

from framepack.media.pictures import picture_hash
from framepack.messages import Message
from framepack.shots.request import CENTRED
from framepack.store.section_store import SectionStore
from projects.archive.content import content_of, with_sections
from projects.archive.opening import open_archive
from projects.archive.writing import write_archive
from projects.commands.outputs import inputs_of
from projects.database.tables import Project, ProjectUpdate, Shot, ShotUpdate, Take
from projects.errors import NotFound, StoryboardFileProblem, StoryboardProblem
from projects.films.stitching import conform_take
from projects.interchange.file_projects import project_for_file
from projects.interchange.file_reading import read_storyboard
from projects.settings import StudioSettings
from projects.storage.places import picture_path, take_path
from projects.stories.reading import own_story
from projects.stories.retelling import retell
from projects.storyboard.ends import attach_end, close_loop, detach_end
from projects.storyboard.journal import journaled, undo
from projects.storyboard.projects import edit_project
from projects.storyboard.reading import shots_of
from projects.storyboard.shots import add_shot, edit_shot
from projects.takes.again import use_settings_of
from projects.takes.staleness import ShotPlan
from projects.takes.takes import finish_take, record_take
from projects.takes.why import reasons_of
from projects.upkeep.needed import all_rows, needed_by
from tests.projects.archive.conftest import elsewhere as elsewhere
from tests.support.plain_pictures import png
from tests.support.rendering import SIDE, PaintingRoom, plans_by_rows

FILE = """
title = "Ebb and flow"
steps = 6

[[shot]]
image = "low.png"
end_image = "潮.png"
prompt = "The water comes."
seconds = 2.4

[[shot]]
prompt = "Night falls."
seconds = 1
start = "continue"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "low.png").write_bytes(png(SIDE, SIDE))
    (tmp_path / "潮.png").write_bytes(png(SIDE, SIDE, "navy"))
    (tmp_path / "notes.png").write_text("no picture")
    return tmp_path


def written(folder: Path, text: str = FILE) -> Path:
    path = folder / "beach.toml"
    path.write_text(text, encoding="utf-8")
    return path


def made(session: Session, studio: StudioSettings, path: Path) -> Project:
    studio.make_folders()
    return project_for_file(session=session, settings=studio, file=read_storyboard(path))


def painted(session: Session, studio: StudioSettings, path: Path) -> Project:
    """As ``made``, at the size that is painted."""
    project = made(session, studio, path)
    project.height = project.width = SIDE
    session.flush()
    return project


def plans(session: Session, project: Project) -> list[ShotPlan]:
    return plans_by_rows(session, project.id, "weights")


def first_of(session: Session, project: Project) -> Shot:
    return shots_of(session=session, project_id=project.id)[0]


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


# --- storyboard files -------------------------------------------------------------------------------------------------


def test_a_file_names_an_end_picture_and_finds_its_project_again(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    project = made(session, studio, written(folder))
    first, second = shots_of(session=session, project_id=project.id)
    assert first.end_media_id == picture_hash(folder / "潮.png")
    assert second.end_media_id is None
    (plan, _) = plans(session, project)
    assert plan.planned is not None
    assert plan.planned.request.end == first.end_media_id
    picture_path(studio, first.end_media_id).unlink()
    assert made(session, studio, written(folder)).id == project.id
    assert picture_path(studio, first.end_media_id).is_file()
    assert made(session, studio, written(folder, FILE.replace('end_image = "潮.png"\n', ""))).id != project.id


def test_an_end_picture_is_no_output_of_its_own_film(folder: Path) -> None:
    path = written(folder)
    named = {where: id for id, where in inputs_of(read_storyboard(path), path)}
    assert named[folder / "潮.png"] == "replaces-picture"


@pytest.mark.parametrize("name", ["notes.png", "lost.png"])
def test_an_end_picture_that_is_none_is_named_with_its_shot(folder: Path, name: str) -> None:
    with pytest.raises(StoryboardFileProblem) as caught:
        read_storyboard(written(folder, FILE.replace("潮.png", name)))
    assert str(caught.value).startswith("beach.toml, shot 1: ")
    assert name in str(caught.value)


# --- verbs, and what they change --------------------------------------------------------------------------------------


def test_another_end_makes_the_take_out_of_date_and_says_why(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    project = painted(session, studio, written(folder))
    take = rendered(session, studio, project)[0]
    assert [plan.state for plan in plans(session, project)] == ["done", "done"]
    shot = first_of(session, project)
    end = shot.end_media_id
    detach_end(session=session, shot_id=shot.id)
    without = plans(session, project)
    assert [plan.state for plan in without] == ["stale", "stale"]
    assert reasons_of(without)[shot.id] == (Message("why-end"),)
    # What comes before the guide is made already.
    assert without[0].planned is not None
    assert without[0].planned.sections[0] == take.units[1][0]
    use_settings_of(session=session, take_id=take.id)
    assert first_of(session, project).end_media_id == end
    assert [plan.state for plan in plans(session, project)] == ["done", "done"]


def test_a_loop_ends_with_the_picture_that_the_shot_starts_with_and_is_cut_as_that(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    project = made(session, studio, written(folder))
    shot = first_of(session, project)
    close_loop(session=session, shot_id=shot.id)
    changes = ProjectUpdate(name=project.name, checkpoint="original", fit="place")
    edit_project(session=session, project_id=project.id, changes=changes)
    edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(place_x=0, place_zoom=1500))
    planned = plans(session, project)[0].planned
    assert planned is not None
    assert (planned.request.end, planned.request.end_placement) == (shot.media_id, (0, 500, 1500))
    attach_end(session=session, shot_id=shot.id, media_id=picture_hash(folder / "潮.png"))
    planned = plans(session, project)[0].planned
    assert planned is not None
    assert planned.request.end_placement == CENTRED
    bare = add_shot(session=session, project_id=project.id, prompt="Nothing yet.", seconds=1.0, start="cut")
    with pytest.raises(StoryboardProblem, match="has no picture of its own to end with"):
        close_loop(session=session, shot_id=bare.id)


def test_an_end_is_undone_and_only_a_picture_can_be_one(session: Session, studio: StudioSettings, folder: Path) -> None:
    project = made(session, studio, written(folder))
    shot = first_of(session, project)
    end = shot.end_media_id
    with journaled(session=session, project_id=project.id, kind="detach-end"):
        detach_end(session=session, shot_id=shot.id)
    undo(session=session, project_id=project.id)
    assert first_of(session, project).end_media_id == end
    with pytest.raises(NotFound):
        attach_end(session=session, shot_id=shot.id, media_id="0" * 64)


def test_an_end_picture_is_needed_and_so_is_that_of_a_take(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    project = painted(session, studio, written(folder))
    end = first_of(session, project).end_media_id
    assert end in needed_by(all_rows(session), None)["pictures"]
    rendered(session, studio, project)
    detach_end(session=session, shot_id=first_of(session, project).id)
    assert end in needed_by(all_rows(session), None)["pictures"]


# --- archives and stories ---------------------------------------------------------------------------------------------


def test_an_archive_carries_the_end_picture(
    session: Session, studio: StudioSettings, folder: Path, elsewhere: tuple[Session, StudioSettings]
) -> None:
    project = painted(session, studio, written(folder))
    rendered(session, studio, project)
    content = content_of(session=session, settings=studio, project_id=project.id)
    write_archive(with_sections(settings=studio, content=content), folder / "beach.zip")
    there, other = elsewhere
    opened = open_archive(session=there, settings=other, path=folder / "beach.zip")
    end = first_of(there, opened).end_media_id
    assert end == first_of(session, project).end_media_id
    assert end is not None
    assert picture_path(other, end).is_file()
    assert [plan.planned.units for plan in plans(there, opened) if plan.planned] == [
        plan.planned.units for plan in plans(session, project) if plan.planned
    ]


def test_a_take_tells_its_end_picture_and_gives_it_back_where_it_is_here(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    project = made(session, studio, written(folder))
    first = rendered(session, studio, project)[0]
    end = first.request["end"]
    story = own_story(take_path(studio, first.id))
    assert story is not None
    assert story.shots[0].pictures == (first.request["image"], end)
    again = retell(session=session, settings=studio, story=story, file="take.mp4", name="again")
    assert first_of(session, again.project).end_media_id == end
    picture_path(studio, end).unlink()
    lacks = retell(session=session, settings=studio, story=story, file="take.mp4", name="once more")
    assert first_of(session, lacks.project).end_media_id is None
    assert [remark.id for remark in lacks.remarks] == ["story-lacks-end-picture"]
