"""What made a take or film goes with its file, and a project can be had back from it."""

from __future__ import annotations

import getpass
import json
import socket
import tomllib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlmodel import Session, select

from framepack.media.video import read_comment, read_frame
from framepack.shots.keys import PlannedShot
from framepack.store.section_store import SectionStore
from projects.database.tables import Project, ProjectUpdate, Shot, ShotUpdate, Take
from projects.errors import StoryRefused
from projects.films.stitching import check_take, conform_take
from projects.settings import CHECKOUT, StudioSettings
from projects.storage.places import film_path, picture_path, take_path
from projects.stories.reading import frame_as_png, own_story, story_of_bytes, story_of_path
from projects.stories.retelling import Retold, retell
from projects.stories.story import KIND, MOST_BYTES, STUDIO, Story, is_story
from projects.stories.telling import take_story
from projects.storyboard.projects import create_project, edit_project
from projects.storyboard.shots import NewShot, add_shots, edit_shot
from projects.takes.takes import finish_take, record_take
from tests.support.films import film_now
from tests.support.plain_pictures import MakePicture
from tests.support.rendering import plans_by_rows


def paint(store: SectionStore, planned: PlannedShot) -> None:
    """Publish what the engine would, each unit in a brightness of its own."""
    latents = np.zeros((1, 16, 1, 2, 2), np.float32)
    for key, _ in planned.units:
        frames = 1 if key == planned.start else 36
        grey = 40 + int(key[:2], 16) // 2
        store.publish(key, latents, [np.full((144, 256, 3), grey + n, np.uint8) for n in range(frames)], 30)


Boats = Callable[..., Project]


@pytest.fixture
def boats(session: Session, studio: StudioSettings, picture: MakePicture) -> Boats:
    """Makes a rendered project of a shot with beats and one that continues it, and a cut; changed as a test wants."""

    def make(changes: ProjectUpdate | None = None, of_first: ShotUpdate | None = None) -> Project:
        studio.make_folders()
        project = create_project(session=session, name="灯台 <b>dusk</b>")
        one, other = picture(), picture(colour="navy")
        new = [
            NewShot("a boat", 2.0, "cut", 7, one.id, name="Leaving", dialogue="船が出る"),
            NewShot("it turns", 1.2, "continue", 8, None),
            NewShot("night\n“falls”", 1.0, "cut", 2**62, other.id),
        ]
        shots = add_shots(session=session, project_id=project.id, new=new)
        beats = [{"at": 0.8, "prompt": "it waits", "seed": 3}, {"at": 1.2, "media_id": other.id}]
        edit_shot(session=session, shot_id=shots[0].id, changes=ShotUpdate(beats=beats))
        if changes is not None:
            edit_project(session=session, project_id=project.id, changes=changes)
        if of_first is not None:
            edit_shot(session=session, shot_id=shots[0].id, changes=of_first)
        store = SectionStore(studio.sections_dir)
        for plan in plans_by_rows(session, project.id, "weights"):
            assert plan.planned is not None
            paint(store, plan.planned)
            take = record_take(session=session, shot_id=plan.shot.id, planned=plan.planned)
            conform_take(settings=studio, take=take)
            finish_take(session=session, take_id=take.id, seconds_spent=1.0)
        return project

    return make


def takes(session: Session) -> list[Take]:
    found = session.exec(select(Take)).all()
    return sorted(found, key=lambda take: session.get_one(Shot, take.shot_id).position)


def keys(session: Session, project: Project) -> list[tuple[str, ...]]:
    plans = plans_by_rows(session, project.id, "weights")
    return [plan.planned.sections for plan in plans if plan.planned is not None]


def told_again(session: Session, studio: StudioSettings, story: Story | None) -> Retold:
    assert story is not None
    return retell(session=session, settings=studio, story=story, file="film.mp4", name="again")


# --- told -------------------------------------------------------------------------------------------------------------


def test_a_take_carries_what_made_it_and_the_same_take_is_the_same_file(
    session: Session, studio: StudioSettings, boats: Boats
) -> None:
    boats()
    take = takes(session)[0]
    path = take_path(studio, take.id)
    before = path.read_bytes()

    story = story_of_path(path, "take.mp4")
    assert story is not None
    assert (story.of, story.studio, len(story.shots)) == ("take", STUDIO, 1)
    (told,) = story.shots
    assert (told.request.prompt, told.request.seed, told.units) == ("a boat", 7, take.units)
    assert [(beat.at, beat.prompt, beat.seed) for beat in told.request.beats] == [
        (0.8, "it waits", 3),
        (1.2, None, None),
    ]

    path.unlink()
    conform_take(settings=studio, take=take)
    assert path.read_bytes() == before


def test_a_story_says_nothing_of_who_or_where(session: Session, studio: StudioSettings, boats: Boats) -> None:
    project = boats()
    project.owner = "somebody"
    take = takes(session)[0]
    assert str(studio.home).encode() not in take_path(studio, take.id).read_bytes()
    text = (take_story(take) or pytest.fail("it has none")).text()
    for personal in (studio.home.parent.name, socket.gethostname(), f"/{getpass.getuser()}", "teal.png", "somebody"):
        assert personal not in text
    said = json.loads(text)
    assert not {"owner", "id", "created_at", "note"} & {*said, *said["shots"][0], *said["shots"][0]["request"]}


def test_a_take_from_before_there_were_stories_is_as_whole_as_ever(
    session: Session, studio: StudioSettings, boats: Boats
) -> None:
    boats(ProjectUpdate(film={"story": False}))
    take = takes(session)[0]
    assert own_story(take_path(studio, take.id)) is None
    take_path(studio, take.id).with_name(f"{take.id}.mp4.json").unlink()
    check_take(settings=studio, take=take)


def test_a_joined_film_says_where_each_take_begins(session: Session, studio: StudioSettings, boats: Boats) -> None:
    project = boats()
    film = film_now(session, studio, project.id)
    path = film_path(studio, film)
    story = own_story(path)
    assert story is not None
    assert (story.of, story.name) == ("film", project.name)
    assert [shot.name for shot in story.shots] == ["Leaving", "", ""]
    for shot, take in zip(story.shots, takes(session), strict=True):
        assert shot.first_frame is not None
        first = read_frame(take_path(studio, take.id), 0)
        assert np.abs(read_frame(path, shot.first_frame).astype(int) - first).max() == 0


def test_a_composed_film_carries_its_story_unless_the_project_wants_none(
    session: Session, studio: StudioSettings, boats: Boats
) -> None:
    project = boats()
    edit_shot(session=session, shot_id=takes(session)[0].shot_id, changes=ShotUpdate(trim_end=0.5, title="A <i>"))
    film = film_now(session, studio, project.id)
    story = own_story(film_path(studio, film))
    assert story is not None
    assert story.shots[0].film == {"trim_end": 0.5, "title": "A <i>"}

    edit_project(session=session, project_id=project.id, changes=ProjectUpdate(film={"story": False}))
    untold = film_now(session, studio, project.id)
    assert own_story(film_path(studio, untold)) is None


def test_the_version_told_is_the_projects() -> None:
    assert tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["version"] == STUDIO


# --- made shots again -------------------------------------------------------------------------------------------------

CHANGES: list[tuple[ProjectUpdate, ShotUpdate]] = [
    (ProjectUpdate(), ShotUpdate()),
    (ProjectUpdate(preset="quick", steps=3, shape="192x192"), ShotUpdate(steps=5, guidance=4.0)),
    (ProjectUpdate(fit="place", words_before="Ink.", words_after="Grain."), ShotUpdate(place_x=100, place_zoom=1500)),
    (ProjectUpdate(cache="fixed", threshold=0.5, cfg=2.0, negative_prompt="rain"), ShotUpdate(preset="quick")),
    (ProjectUpdate(fit="fit", seed_policy="one", seed=99), ShotUpdate()),
]


@pytest.mark.parametrize(("changes", "of_first"), CHANGES)
def test_a_film_gives_back_a_project_that_asks_for_the_same_sections(
    session: Session, studio: StudioSettings, boats: Boats, changes: ProjectUpdate, of_first: ShotUpdate
) -> None:
    project = boats(changes, of_first)
    film = film_now(session, studio, project.id)
    again = told_again(session, studio, own_story(film_path(studio, film)))
    assert (again.lacking, again.remarks) == ((), ())
    assert keys(session, again.project) == keys(session, project) != []


def test_the_json_gives_back_what_the_video_does(session: Session, studio: StudioSettings, boats: Boats) -> None:
    project = boats()
    first = takes(session)[0]
    beside = (take_story(first) or pytest.fail("it has none")).text().encode()
    again = told_again(session, studio, story_of_bytes(b"\xef\xbb\xbf" + beside, "take.json"))
    assert keys(session, again.project) == keys(session, project)[:1]


def test_a_picture_that_is_not_here_is_named_and_the_takes_first_frame_can_stand_for_it(
    session: Session, studio: StudioSettings, boats: Boats
) -> None:
    boats()
    first = takes(session)[0]
    data = take_path(studio, first.id).read_bytes()
    picture_path(studio, first.request["image"]).unlink()
    again = told_again(session, studio, story_of_bytes(data, "take.mp4"))
    (lacking,) = again.lacking
    assert (lacking.shot.media_id, lacking.picture, lacking.first_frame) == (None, first.request["image"], 0)
    assert first.request["image"][:12] in str(lacking.message.values["picture"])
    assert (frame_as_png(data, 0) or b"").startswith(b"\x89PNG")
    assert frame_as_png(data, 10_000) is None
    assert frame_as_png(b"\0\0\0\x20ftypisom" + b"\0" * 99, 0) is None


def test_a_take_that_went_on_from_another_needs_a_beginning(
    session: Session, studio: StudioSettings, boats: Boats
) -> None:
    boats()
    again = told_again(session, studio, own_story(take_path(studio, takes(session)[1].id)))
    (lacking,) = again.lacking
    assert (lacking.picture, lacking.shot.start, lacking.message.id) == ("", "cut", "story-no-beginning")


# --- what anybody may have written ------------------------------------------------------------------------------------


def changed(story: dict[str, Any], way: str, value: object) -> bytes:
    """The story with another value, at keys divided by dots."""
    *to, last = way.split(".")
    inner: Any = story
    for key in to:
        inner = inner[int(key) if key.isdigit() else key]
    inner[last] = value
    return json.dumps(story).encode()


HOSTILE = [
    ("shots", []),
    ("shots", {"0": 1}),
    ("shots.0.request.prompt", 7),
    ("shots.0.request.prompt", ""),
    ("shots.0.request.prompt", "x" * 5000),
    ("shots.0.request.seed", "7"),
    ("shots.0.request.seed", -1),
    ("shots.0.request.seed", 10**400),
    ("shots.0.request.seconds", float("nan")),
    ("shots.0.request.seconds", 1e9),
    ("shots.0.request.image", "../../etc/passwd"),
    ("shots.0.request.identity", "x" * 5000),
    ("shots.0.request.settings.checkpoint", "<script>"),
    ("shots.0.request.settings.height", 2**40),
    ("shots.0.request.settings.loras", [["../a", 1.0]]),
    ("shots.0.request.beats", [{"at": float("inf")}]),
    ("shots.0.units", [["x", 1]]),
    ("shots.0.units", [["ab" * 32, 1]] * 3000),
    ("shots.0.film", {"prompt": "no"}),
    ("shots.0.film", {"sounds": "all"}),
    ("shots.0.first_frame", -3),
    ("shots.0.<img src=x onerror=alert(1)>", 1),
    ("film", {"music": 3}),
    ("version", 2),
    ("studio", "9" * 100),
    ("name", ["a"]),
]


@pytest.mark.parametrize(("way", "value"), HOSTILE, ids=[way for way, _ in HOSTILE])
def test_a_story_that_cannot_be_is_refused_by_one_sentence(
    session: Session, boats: Boats, way: str, value: object
) -> None:
    boats()
    said = json.loads((take_story(takes(session)[0]) or pytest.fail("it has none")).text())
    with pytest.raises(StoryRefused) as refused:
        story_of_bytes(changed(said, way, value), "take.json")
    assert str(refused.value).startswith("What take.json says of what made it cannot be used: ")
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    "data",
    [
        b'{"kind": "' + KIND.encode() + b'"',
        b'{"kind": "' + KIND.encode() + b'", "shots": ' + b"[" * 100_000,
        b'{"kind": "' + KIND.encode() + b'", "name": "\xff\xfe"}',
        b'{"kind": "' + KIND.encode() + b'", "name": "\\ud800"}',
        b'{"kind": "' + KIND.encode() + b'", "name": "' + b"x" * MOST_BYTES + b'"}',
    ],
    ids=["cut", "deep", "not UTF-8", "half a letter", "long"],
)
def test_a_damaged_deep_or_endless_story_is_refused(data: bytes) -> None:
    with pytest.raises(StoryRefused):
        story_of_bytes(data, "take.json")


@pytest.mark.parametrize("film", [{"fps": 23.0}, {"title": "x" * 600}, {"size": 5}])
def test_a_film_that_cannot_be_finished_so_is_refused_when_it_is_made_again_at_the_latest(
    session: Session, studio: StudioSettings, boats: Boats, film: dict[str, Any]
) -> None:
    boats()
    said = json.loads((take_story(takes(session)[0]) or pytest.fail("it has none")).text())
    with pytest.raises(StoryRefused):
        told_again(session, studio, story_of_bytes(json.dumps({**said, "film": film}).encode(), "film.json"))


def test_files_without_a_story_are_left_to_others(tmp_path: Path) -> None:
    for data in (b"", b"prompt,seconds\n", b'{"kind": "other"}', b"#EXTM3U\nfile:///etc/passwd\n"):
        assert not is_story(data)
        assert story_of_bytes(data, "a") is None
        assert read_comment(BytesIO(data)) is None
    with pytest.raises(FileNotFoundError):
        story_of_path(tmp_path / "none.mp4", "none.mp4")
