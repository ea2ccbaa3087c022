from __future__ import annotations

import pytest
from sqlmodel import Session

from framepack.errors import InvalidRequest
from projects.database.opening import open_database, session_for
from projects.database.tables import Project, ProjectUpdate, Shot, ShotUpdate, Take
from projects.errors import NotFound, StoryboardProblem
from projects.settings import StudioSettings
from projects.storyboard.choosing import choose_take
from projects.storyboard.project_settings import size_of as size_with
from projects.storyboard.projects import (
    archive_project,
    create_project,
    delete_project,
    duplicate_project,
    edit_project,
    rename_project,
    restore_project,
    unarchive_project,
)
from projects.storyboard.reading import (
    find_projects,
    get_project,
    get_shot,
    list_projects,
    project_with_shots,
    shots_of,
    wordings,
)
from projects.storyboard.several import delete_shots, duplicate_shots, restore_shots
from projects.storyboard.shots import (
    NewShot,
    add_shot,
    add_shots,
    attach_image,
    detach_image,
    edit_shot,
    renumber_shots,
)
from tests.support.at_once import at_once
from tests.support.plain_pictures import MakePicture
from tests.support.single_shots import move_to


@pytest.fixture
def project(session: Session) -> Project:
    return create_project(session=session, name="The lighthouse")


@pytest.fixture
def by_picture(session: Session) -> Project:
    """A project that leaves its shape to its first picture, as those of earlier versions do."""
    project = create_project(session=session, name="The lighthouse")
    return edit_project(session=session, project_id=project.id, changes=ProjectUpdate(shape="picture"))


def add(session: Session, project: Project, prompt: str = "", after: Shot | None = None, seed: int = 1) -> Shot:
    place = after.id if after else None
    return add_shot(session=session, project_id=project.id, prompt=prompt, after=place, seed=seed)


def prompts(session: Session, project: Project) -> list[str]:
    shots = shots_of(session=session, project_id=project.id)
    assert [shot.position for shot in shots] == list(range(len(shots)))
    return [shot.prompt for shot in shots]


# --- projects


def test_a_project_is_made_renamed_and_found_again(session: Session, project: Project) -> None:
    rename_project(session=session, project_id=project.id, name="  灯塔\u202e  by\0 night ")
    assert get_project(session=session, project_id=project.id).name == "灯塔 by night"


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "\0", "\u202e\u200f", "\u200d", "\u3164 \u2800"])
def test_a_name_that_is_none_is_refused(session: Session, project: Project, name: str) -> None:
    with pytest.raises(StoryboardProblem, match="name"):
        rename_project(session=session, project_id=project.id, name=name)
    assert project.name == "The lighthouse"


def test_the_list_of_projects_says_what_is_in_them_and_begins_with_the_last_edited(
    session: Session, project: Project, picture: MakePicture
) -> None:
    other = create_project(session=session, name="Another")
    media = picture()
    add_shot(session=session, project_id=project.id, seconds=2.5)
    add_shot(session=session, project_id=project.id, seconds=1.5, media_id=media.id)
    first, second = list_projects(session=session)
    assert (first.project.id, first.shots, first.seconds, first.picture) == (project.id, 2, 4.0, media.id)
    assert (second.project.id, second.shots, second.seconds, second.picture) == (other.id, 0, 0, None)


def test_a_deleted_project_is_out_of_sight_and_comes_back_whole(session: Session, project: Project) -> None:
    add(session, project, "a boat")
    delete_project(session=session, project_id=project.id)
    assert list_projects(session=session) == []
    with pytest.raises(NotFound):
        get_project(session=session, project_id=project.id)
    restore_project(session=session, project_id=project.id)
    assert prompts(session, project) == ["a boat"]


def test_a_copy_of_a_project_asks_for_the_same_and_is_edited_alone(
    session: Session, project: Project, picture: MakePicture
) -> None:
    media = picture()
    edit_project(session=session, project_id=project.id, changes=ProjectUpdate(steps=5))
    shot = add_shot(session=session, project_id=project.id, prompt="a boat", seconds=3, seed=7, media_id=media.id)
    gone = add(session, project, "deleted")
    delete_shots(session=session, project_id=gone.project_id, shot_ids=[gone.id])
    shot.chosen_draft_id = "a take"
    copy = duplicate_project(session=session, project_id=project.id)
    copied, (twin,) = project_with_shots(session=session, project_id=copy.id)
    assert (copied.name, copied.steps, copied.height) == ("The lighthouse (copy)", 5, project.height)
    assert (twin.prompt, twin.seconds, twin.seed, twin.media_id, twin.label) == ("a boat", 3, 7, media.id, "SH0010")
    assert twin.chosen_draft_id is None
    edit_shot(session=session, shot_id=twin.id, changes=ShotUpdate(prompt="a ship"))
    assert prompts(session, project) == ["a boat"]


def test_only_what_is_given_of_a_project_is_changed(session: Session, project: Project) -> None:
    edit_project(session=session, project_id=project.id, changes=ProjectUpdate(steps=8, cfg=1.5))
    edit_project(session=session, project_id=project.id, changes=ProjectUpdate(steps=None))
    assert (project.name, project.steps, project.cfg) == ("The lighthouse", None, 1.5)


@pytest.mark.parametrize(
    "changes",
    [
        ProjectUpdate(steps=0),
        ProjectUpdate(guidance=99.0),
        ProjectUpdate(cache="teacache", threshold=-1.0),
        ProjectUpdate(preset="best"),
        ProjectUpdate(checkpoint="sora"),
        ProjectUpdate(shape="round"),
        ProjectUpdate(shape="255x144"),
        ProjectUpdate(negative_prompt="x" * 4001),
    ],
)
def test_a_value_the_engine_cannot_take_is_refused_and_changes_nothing(
    session: Session, project: Project, changes: ProjectUpdate
) -> None:
    before = project.model_dump()
    with pytest.raises(InvalidRequest):
        edit_project(session=session, project_id=project.id, changes=changes)
    assert project.model_dump() == before


# --- shots


def test_shots_are_added_at_the_end_or_behind_another(session: Session, project: Project) -> None:
    first = add(session, project, "first")
    add(session, project, "last")
    between = add(session, project, "between", after=first)
    add(session, project, "earlier", after=first)
    assert prompts(session, project) == ["first", "earlier", "between", "last"]
    assert between.label == "SH0015"
    assert [shot.label for shot in shots_of(session=session, project_id=project.id)] == [
        "SH0010",
        "SH0012",
        "SH0015",
        "SH0020",
    ]


def test_a_shot_cannot_be_added_behind_one_of_another_project(session: Session, project: Project) -> None:
    stranger = add(session, create_project(session=session, name="Another"))
    with pytest.raises(NotFound):
        add(session, project, after=stranger)


def test_a_new_shot_gets_a_seed_of_its_own(session: Session, project: Project) -> None:
    seeds = {add_shot(session=session, project_id=project.id).seed for _ in range(4)}
    assert len(seeds) == 4
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_a_very_large_seed_is_kept_exactly(session: Session, project: Project) -> None:
    shot = add(session, project, seed=2**63 - 1)
    session.commit()
    session.refresh(shot)
    assert shot.seed == 2**63 - 1


def test_an_edit_changes_what_is_given_and_says_when(session: Session, project: Project) -> None:
    shot = add(session, project, "a boat")
    shot_before, project_before = shot.updated_at, project.updated_at
    edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(seconds=2.0, start="continue"))
    assert (shot.prompt, shot.seconds, shot.start) == ("a boat", 2.0, "continue")
    assert shot.updated_at > shot_before
    assert project.updated_at > project_before


def test_an_edit_that_changes_nothing_leaves_no_trace(session: Session, project: Project) -> None:
    shot = add(session, project, "a boat")
    before = shot.updated_at
    edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(prompt="a boat"))
    assert shot.updated_at == before
    assert wordings(session=session, shot_id=shot.id) == []


def test_a_prompt_keeps_its_earlier_wordings_the_latest_first_and_each_once(session: Session, project: Project) -> None:
    shot = add(session, project, "")
    for prompt in ("a boat", "a ship", "a boat", "一艘船"):
        edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(prompt=prompt))
    assert shot.prompt == "一艘船"
    assert [wording.prompt for wording in wordings(session=session, shot_id=shot.id)] == ["a boat", "a ship"]


@pytest.mark.parametrize(
    "changes",
    [
        ShotUpdate(seconds=0.0),
        ShotUpdate(seconds=36_000.0),
        ShotUpdate(seconds=float("nan")),
        ShotUpdate(seed=-1),
        ShotUpdate(seed=2**63),
        ShotUpdate(prompt="x" * 4001),
    ],
)
def test_a_shot_the_engine_cannot_make_is_refused_and_not_changed(
    session: Session, project: Project, changes: ShotUpdate
) -> None:
    shot = add(session, project, "a boat")
    before = shot.model_dump()
    with pytest.raises(InvalidRequest):
        edit_shot(session=session, shot_id=shot.id, changes=changes)
    assert shot.model_dump() == before


def test_a_moved_shot_keeps_its_number(session: Session, project: Project) -> None:
    first, _, last = (add(session, project, prompt) for prompt in ("a", "b", "c"))
    move_to(session, last, 0)
    assert prompts(session, project) == ["c", "a", "b"]
    assert (last.label, first.label) == ("SH0030", "SH0010")


def test_numbering_afresh_is_done_only_when_asked(session: Session, project: Project) -> None:
    shots = [add(session, project, prompt) for prompt in ("a", "b", "c")]
    move_to(session, shots[2], 0)
    renumber_shots(session=session, project_id=project.id)
    assert [shot.label for shot in shots] == ["SH0020", "SH0030", "SH0010"]


def test_a_copy_of_a_shot_stands_right_behind_it(session: Session, project: Project, picture: MakePicture) -> None:
    first = add_shot(session=session, project_id=project.id, prompt="a", seconds=2, seed=5, media_id=picture().id)
    add(session, project, "b")
    first.chosen_draft_id = "a take"
    (copy,) = duplicate_shots(session=session, project_id=first.project_id, shot_ids=[first.id])
    assert prompts(session, project) == ["a", "a", "b"]
    assert (copy.seconds, copy.seed, copy.media_id, copy.label) == (2, 5, first.media_id, "SH0015")
    assert copy.chosen_draft_id is None


def test_a_deleted_shot_comes_back_where_it_was(session: Session, project: Project) -> None:
    shots = [add(session, project, prompt) for prompt in ("a", "b", "c")]
    delete_shots(session=session, project_id=shots[1].project_id, shot_ids=[shots[1].id])
    assert prompts(session, project) == ["a", "c"]
    with pytest.raises(NotFound):
        get_shot(session=session, shot_id=shots[1].id)
    restore_shots(session=session, project_id=shots[1].project_id, shot_ids=[shots[1].id])
    assert prompts(session, project) == ["a", "b", "c"]
    assert shots[1].label == "SH0020"


def test_the_number_of_a_deleted_shot_is_not_given_to_another(session: Session, project: Project) -> None:
    gone = add(session, project, "a")
    delete_shots(session=session, project_id=gone.project_id, shot_ids=[gone.id])
    assert add(session, project, "b").label == "SH0020"


def test_a_deleted_shot_of_a_shortened_storyboard_comes_back_at_the_end(session: Session, project: Project) -> None:
    shots = [add(session, project, prompt) for prompt in ("a", "b", "c")]
    for shot in (shots[2], shots[1]):
        delete_shots(session=session, project_id=shot.project_id, shot_ids=[shot.id])
    restore_shots(session=session, project_id=shots[2].project_id, shot_ids=[shots[2].id])
    assert prompts(session, project) == ["a", "c"]


# --- pictures and size


def test_the_first_picture_decides_the_size_and_later_ones_do_not(
    session: Session, by_picture: Project, picture: MakePicture
) -> None:
    first, second = add(session, by_picture), add(session, by_picture)
    attach_image(session=session, shot_id=first.id, media_id=picture(400, 200).id)
    assert (by_picture.height, by_picture.width) == (144, 256)
    attach_image(session=session, shot_id=second.id, media_id=picture(200, 400, "red").id)
    assert (by_picture.height, by_picture.width) == (144, 256)


def test_another_picture_for_the_only_shot_that_has_one_decides_again(
    session: Session, by_picture: Project, picture: MakePicture
) -> None:
    shot = add(session, by_picture)
    attach_image(session=session, shot_id=shot.id, media_id=picture(400, 200).id)
    detach_image(session=session, shot_id=shot.id)
    assert (shot.media_id, by_picture.height) == (None, 144)
    attach_image(session=session, shot_id=shot.id, media_id=picture(200, 400, "red").id)
    assert (by_picture.height, by_picture.width) == (256, 144)


def test_another_checkpoint_takes_its_size_from_the_first_shots_picture(
    session: Session, by_picture: Project, picture: MakePicture
) -> None:
    edit_project(session=session, project_id=by_picture.id, changes=ProjectUpdate(checkpoint="f1"))
    assert by_picture.height is None
    add_shot(session=session, project_id=by_picture.id, media_id=picture(512, 512).id)
    assert (by_picture.height, by_picture.width) == (640, 608)
    edit_project(session=session, project_id=by_picture.id, changes=ProjectUpdate(checkpoint="draft"))
    assert (by_picture.height, by_picture.width) == (192, 192)


def test_no_picture_changes_the_shape_of_a_new_project_nor_does_another_order_or_another_model(
    session: Session, project: Project, picture: MakePicture
) -> None:
    assert (project.shape, size_of(project)) == ("wide", (256, 144))
    square = add_shot(session=session, project_id=project.id, media_id=picture(200, 200).id)
    add_shot(session=session, project_id=project.id, media_id=picture(200, 400, "red").id)
    for position in (1, 0, 1):
        move_to(session, square, position)
        assert size_of(project) == (256, 144)
        assert change(session, project, ProjectUpdate(checkpoint="f1")) == (832, 480)
        assert change(session, project, ProjectUpdate(checkpoint="draft")) == (256, 144)
    delete_shots(session=session, project_id=square.project_id, shot_ids=[square.id])
    detach_image(session=session, shot_id=shots_of(session=session, project_id=project.id)[0].id)
    assert size_of(project) == (256, 144)


def test_a_project_is_put_out_of_sight_and_shown_again(session: Session, project: Project) -> None:
    archive_project(session=session, project_id=project.id)
    assert project.archived_at is not None
    unarchive_project(session=session, project_id=project.id)
    assert project.archived_at is None


@pytest.mark.parametrize(
    "changes",
    [
        ProjectUpdate(real_checkpoint="gpt"),
        ProjectUpdate(real_checkpoint="f1", real_preset="best"),
        ProjectUpdate(real_checkpoint="f1", real_steps=0),
        ProjectUpdate(default_seconds=0.0),
        ProjectUpdate(words_after="x" * 4001),
        ProjectUpdate(seed=-1),
    ],
)
def test_settings_that_cannot_be_are_refused(session: Session, project: Project, changes: ProjectUpdate) -> None:
    with pytest.raises(InvalidRequest):
        edit_project(session=session, project_id=project.id, changes=changes)


def size_of(project: Project) -> tuple[int | None, int | None]:
    return project.width, project.height


def change(session: Session, project: Project, changes: ProjectUpdate) -> tuple[int | None, int | None]:
    edit_project(session=session, project_id=project.id, changes=changes)
    return size_of(project)


def test_a_model_and_back_gives_the_same_size_also_after_the_shots_were_reordered(
    session: Session, by_picture: Project, picture: MakePicture
) -> None:
    add_shot(session=session, project_id=by_picture.id, media_id=picture(200, 200).id)
    wide = add_shot(session=session, project_id=by_picture.id, media_id=picture(400, 200, "red").id)
    move_to(session, wide, 0)
    assert change(session, by_picture, ProjectUpdate(checkpoint="f1")) == (608, 640)
    assert change(session, by_picture, ProjectUpdate(checkpoint="draft")) == (192, 192)


def test_the_shape_stays_where_the_picture_that_decided_it_is_taken_away(
    session: Session, by_picture: Project, picture: MakePicture
) -> None:
    portrait = add_shot(session=session, project_id=by_picture.id, media_id=picture(200, 400).id)
    add_shot(session=session, project_id=by_picture.id, media_id=picture(400, 200, "red").id)
    detach_image(session=session, shot_id=portrait.id)
    delete_shots(session=session, project_id=portrait.project_id, shot_ids=[portrait.id])
    assert change(session, by_picture, ProjectUpdate(checkpoint="f1")) == (448, 864)
    assert change(session, by_picture, ProjectUpdate(checkpoint="draft")) == (144, 256)


def test_a_shape_that_was_chosen_decides_before_there_is_a_picture_and_after(
    session: Session, project: Project, picture: MakePicture
) -> None:
    assert change(session, project, ProjectUpdate(shape="tall")) == (144, 256)
    shot = add_shot(session=session, project_id=project.id, media_id=picture(400, 200).id)
    assert size_of(project) == (144, 256)
    assert change(session, project, ProjectUpdate(shape="256x144")) == (256, 144)
    attach_image(session=session, shot_id=shot.id, media_id=picture(200, 400, "red").id)
    assert size_of(project) == (256, 144)


@pytest.mark.parametrize(
    ("shape", "size", "f1"),
    [("320x176", (320, 176), (832, 480)), ("176x320", (176, 320), (480, 832)), ("240x240", (240, 240), (608, 640))],
)
def test_the_drafts_larger_sizes_are_had_where_they_are_chosen(
    session: Session, project: Project, shape: str, size: tuple[int, int], f1: tuple[int, int]
) -> None:
    assert change(session, project, ProjectUpdate(shape=shape)) == size
    assert change(session, project, ProjectUpdate(checkpoint="f1")) == f1
    assert change(session, project, ProjectUpdate(checkpoint="draft")) == size
    usual = change(session, project, ProjectUpdate(shape="square" if size[0] == size[1] else "wide"))
    assert usual == ((192, 192) if size[0] == size[1] else (256, 144))


@pytest.mark.parametrize(("given", "size"), [((240, 240), (192, 192)), ((320, 176), (256, 144))])
def test_a_first_picture_of_a_larger_size_asks_for_no_larger_draft(
    session: Session, by_picture: Project, picture: MakePicture, given: tuple[int, int], size: tuple[int, int]
) -> None:
    add_shot(session=session, project_id=by_picture.id, media_id=picture(*given).id)
    assert size_of(by_picture) == size
    change(session, by_picture, ProjectUpdate(checkpoint="f1"))
    assert size_with(by_picture, "draft") == size[::-1]
    assert change(session, by_picture, ProjectUpdate(checkpoint="draft")) == size


@pytest.mark.parametrize(
    ("shape", "draft", "f1"),
    [
        ("wide", (256, 144), (832, 480)),
        ("square", (192, 192), (608, 640)),
        ("tall", (144, 256), (480, 832)),
        ("960x416", (256, 144), (960, 416)),
        ("704x544", (192, 192), (704, 544)),
        ("144x256", (144, 256), (480, 832)),
    ],
)
def test_a_shape_is_the_nearest_size_of_every_model(
    session: Session, project: Project, shape: str, draft: tuple[int, int], f1: tuple[int, int]
) -> None:
    assert change(session, project, ProjectUpdate(shape=shape)) == draft
    assert change(session, project, ProjectUpdate(checkpoint="f1")) == f1
    assert change(session, project, ProjectUpdate(checkpoint="draft")) == draft
    assert change(session, project, ProjectUpdate(checkpoint="f1")) == f1


def test_a_shape_can_be_left_to_the_first_picture_again(
    session: Session, project: Project, picture: MakePicture
) -> None:
    add_shot(session=session, project_id=project.id, media_id=picture(400, 200).id)
    assert change(session, project, ProjectUpdate(shape="square")) == (192, 192)
    assert change(session, project, ProjectUpdate(shape="picture")) == (256, 144)
    empty = create_project(session=session, name="No picture")
    assert change(session, empty, ProjectUpdate(shape="tall")) == (144, 256)
    assert change(session, empty, ProjectUpdate(shape="picture")) == (None, None)


def test_a_shape_and_how_pictures_are_fitted_are_copied_with_a_project(
    session: Session, by_picture: Project, picture: MakePicture
) -> None:
    add_shot(session=session, project_id=by_picture.id, media_id=picture(200, 400).id)
    change(session, by_picture, ProjectUpdate(fit="fit"))
    copy = duplicate_project(session=session, project_id=by_picture.id)
    assert (size_of(copy), copy.fit) == ((144, 256), "fit")
    assert change(session, copy, ProjectUpdate(checkpoint="f1")) == (448, 864)


def test_a_shape_that_there_is_not_is_refused_with_those_there_are(session: Session, project: Project) -> None:
    with pytest.raises(InvalidRequest, match="there is no 'round'; there is: picture, wide, square, tall, 256x144"):
        change(session, project, ProjectUpdate(shape="round"))


def test_a_picture_that_is_not_there_cannot_be_attached(session: Session, project: Project) -> None:
    with pytest.raises(NotFound, match="picture"):
        attach_image(session=session, shot_id=add(session, project).id, media_id="0" * 64)


# --- takes


def take_of(session: Session, shot: Shot, status: str, number: int = 1) -> Take:
    take = Take(shot_id=shot.id, number=number, status=status, frames=1, width=16, height=16, fps=30)  # type: ignore[arg-type]
    session.add(take)
    session.flush()
    return take


def test_a_finished_take_of_the_shot_can_be_chosen_and_no_other(session: Session, project: Project) -> None:
    shot, other = add(session, project), add(session, project)
    done, failed = take_of(session, shot, "done"), take_of(session, shot, "failed", 2)
    assert choose_take(session=session, shot_id=shot.id, take_id=done.id).chosen_draft_id == done.id
    with pytest.raises(StoryboardProblem, match="Take 2 of SH0010 is not finished"):
        choose_take(session=session, shot_id=shot.id, take_id=failed.id)
    with pytest.raises(NotFound):
        choose_take(session=session, shot_id=other.id, take_id=done.id)


def test_a_number_given_away_by_renumbering_is_not_claimed_by_a_shot_that_comes_back(
    session: Session, project: Project
) -> None:
    shots = [add(session, project, prompt) for prompt in ("a", "b", "c")]
    delete_shots(session=session, project_id=shots[1].project_id, shot_ids=[shots[1].id])
    renumber_shots(session=session, project_id=project.id)
    (back,) = restore_shots(session=session, project_id=shots[1].project_id, shot_ids=[shots[1].id])
    assert back.number == 30
    assert [shot.number for shot in shots_of(session=session, project_id=project.id)] == [10, 30, 20]


def test_two_pages_that_add_a_shot_at_once_get_different_numbers(studio: StudioSettings) -> None:
    database = open_database(studio)
    with session_for(database) as session:
        project = create_project(session=session, name="p")
        session.commit()
    numbers = at_once(database, lambda session: add_shot(session=session, project_id=project.id).number)
    assert sorted(numbers) == [10, 20]


# --- finding projects -------------------------------------------------------------------------------------------------


def found(session: Session, words: str = "", *, archived: bool = False) -> list[str]:
    listing = find_projects(session=session, words=words, archived=archived, most=10)
    return [summary.project.name for summary in listing.projects]


def test_projects_are_found_by_all_words_of_their_names_whatever_the_script(session: Session) -> None:
    for name in ("Straße nach Süden", "夜市 Night market", "القمر فوق المدينة", "Кот и окно"):
        create_project(session=session, name=name)

    assert found(session, "suden STRASSE") == ["Straße nach Süden"]
    assert found(session, "market 夜市") == ["夜市 Night market"]
    assert found(session, "المدينة") == ["القمر فوق المدينة"]
    assert found(session, "КОТ") == ["Кот и окно"]
    assert found(session, "market Кот") == []
    assert len(found(session, "  ")) == 4


def test_so_many_projects_are_listed_with_their_figures_and_the_rest_is_counted(
    session: Session, picture: MakePicture
) -> None:
    projects = [create_project(session=session, name=f"Number {number}") for number in range(3)]
    media = picture()
    add_shots(
        session=session,
        project_id=projects[0].id,
        new=[NewShot(seconds=1.5), NewShot(seconds=2.5, media_id=media.id)],
    )
    delete_project(session=session, project_id=projects[1].id)
    listing = find_projects(session=session, most=1)

    assert [(one.project.name, one.shots, one.seconds, one.picture) for one in listing.projects] == [
        ("Number 0", 2, 4.0, media.id)
    ]
    assert (listing.found, listing.archived, listing.all) == (2, 0, 2)


def test_archived_projects_are_found_where_they_are_asked_for(session: Session) -> None:
    create_project(session=session, name="Here")
    archive_project(session=session, project_id=create_project(session=session, name="Old").id)

    assert found(session) == ["Here"]
    assert sorted(found(session, archived=True)) == ["Here", "Old"]
    assert find_projects(session=session, most=1).archived == 1
