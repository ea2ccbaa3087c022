from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from sqlmodel import Session

from framepack.media.video import join, probe, read_frames
from framepack.shots.keys import PlannedShot
from framepack.store.section_store import SectionStore
from projects.composing.making import same_film
from projects.composing.orders import FilmOrder
from projects.database.tables import Film, Shot, ShotUpdate, Start, Take
from projects.errors import NotFound, StoryboardProblem
from projects.films.films import (
    delete_film,
    download_name,
    films_of,
    rename_film,
    restore_film,
)
from projects.films.material import film_of
from projects.films.stitching import conform_take
from projects.messages import in_english, read
from projects.settings import StudioSettings
from projects.storage.places import film_path, take_path
from projects.storyboard.projects import create_project
from projects.storyboard.shots import add_shot, edit_shot
from projects.takes.takes import finish_take, record_take
from tests.support.films import film_now
from tests.support.plain_pictures import MakePicture
from tests.support.rendering import plans_by_rows
from tests.support.single_shots import move_to

Board = Callable[..., list[Shot]]


def grey_of(frame: int) -> int:
    """The brightness of a chain's frame: each differs from its neighbours by more than the encoder can blur."""
    return 40 + (frame * 7) % 160


def frames_of(first: int, count: int) -> list[np.ndarray]:
    return [np.full((144, 256, 3), grey_of(number), np.uint8) for number in range(first, first + count)]


def fill(store: SectionStore, planned: PlannedShot) -> None:
    """Publish what the engine would: sections of all their frames, also those beyond the shot's end."""
    latents = np.zeros((1, 16, 1, 2, 2), np.float32)
    if planned.start:
        store.publish(planned.start, latents, frames_of(0, 1), 30)
    first = 1 + 4 * (planned.span.first - 1)
    for number, key in enumerate(planned.sections):
        store.publish(key, latents, frames_of(first + 36 * number, 36), 30)


@pytest.fixture
def board(session: Session, studio: StudioSettings, picture: MakePicture) -> Board:
    """Makes a project of shots, each (start, seconds), and a finished take for those that are wanted."""

    def make(*shots: tuple[Start, float], rendered: bool = True) -> list[Shot]:
        studio.make_folders()
        project = create_project(session=session, name="灯台 / dusk")
        media = picture()
        made = [
            add_shot(
                session=session,
                project_id=project.id,
                prompt="a boat",
                start=start,
                seconds=seconds,
                media_id=media.id if start == "cut" else None,
            )
            for start, seconds in shots
        ]
        for plan in plans_by_rows(session, project.id, "weights") if rendered else []:
            assert plan.planned is not None
            fill(SectionStore(studio.sections_dir), plan.planned)
            take = record_take(session=session, shot_id=plan.shot.id, planned=plan.planned)
            finish_take(session=session, take_id=take.id, seconds_spent=1.0)
        return made

    return make


LOST = "The take of SH0010 is no longer there, nor are its sections; render the shot again."


def said(film: Film) -> str:
    return in_english(read(film.error or ""))


def greys(path: Path) -> list[int]:
    return [round(float(frame.mean())) for frame in read_frames(path)]


def test_a_continuing_shot_goes_on_with_the_very_next_frame(
    session: Session, studio: StudioSettings, board: Board
) -> None:
    shots = board(("cut", 1.9), ("continue", 1.3), ("continue", 0.7))
    film = film_now(session, studio, shots[0].project_id)
    seen = greys(film_path(studio, film))
    clips = film_of(session=session, project_id=film.project_id).clips
    assert film.frames == len(seen) == sum(clip.count for clip in clips) == 117
    assert seen == pytest.approx([grey_of(number) for number in range(film.frames)], abs=2)


def test_a_film_is_h264_that_browsers_play_and_begin_at_once(
    session: Session, studio: StudioSettings, board: Board
) -> None:
    shots = board(("cut", 0.8), ("cut", 0.8))
    film = film_now(session, studio, shots[0].project_id, name="Dusk")
    path = film_path(studio, film)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    facts = probe(path)
    assert (facts.frames, facts.fps, facts.width, facts.height) == (film.frames, 30, film.width, film.height)
    assert (film.status, film.name, film.seconds) == ("done", "Dusk", pytest.approx(facts.seconds))
    assert films_of(session=session, project_id=film.project_id) == [film]


def test_a_take_is_conformed_once_and_made_again_only_if_its_file_is_gone(
    session: Session, studio: StudioSettings, board: Board
) -> None:
    (shot,) = board(("cut", 0.8))
    take = session.get_one(Take, shot.chosen_draft_id)
    path = conform_take(settings=studio, take=take)
    before = path.stat().st_mtime_ns
    assert conform_take(settings=studio, take=take) == take_path(studio, take.id) == path
    assert path.stat().st_mtime_ns == before
    path.unlink()
    assert probe(conform_take(settings=studio, take=take)).frames == take.frames


def test_a_film_says_which_shots_have_no_finished_take(session: Session, studio: StudioSettings, board: Board) -> None:
    shots = board(("cut", 0.8), ("continue", 0.8), ("cut", 0.8), rendered=False)
    take = Take(shot_id=shots[0].id, number=1, status="failed", frames=9, width=256, height=144, fps=30)
    session.add(take)
    shots[0].chosen_draft_id = take.id
    with pytest.raises(StoryboardProblem, match="SH0010, SH0020 and SH0030 have no finished take yet"):
        film_now(session, studio, shots[0].project_id)
    assert list(studio.films_dir.iterdir()) == []


def test_stale_takes_are_told_but_do_not_forbid_a_film(session: Session, board: Board) -> None:
    shots = board(("cut", 0.8), ("cut", 0.8))
    plan = film_of(session=session, project_id=shots[0].project_id, stale=[shots[1].id])
    assert plan.ready
    assert [in_english(warning) for warning in plan.warnings] == ["SH0020 changed since its take was made."]


def test_a_film_of_many_short_cuts_is_as_long_as_they_are_together(
    session: Session, studio: StudioSettings, board: Board
) -> None:
    shots = board(*[("cut", 1.0)] * 10, *[("cut", 0.25)] * 6)
    film = film_now(session, studio, shots[0].project_id)
    assert film.frames == probe(film_path(studio, film)).frames == 345
    assert film.seconds == 11.5


def test_a_take_longer_than_what_is_asked_is_cut_and_one_a_little_shorter_filled_from_its_section(
    session: Session, studio: StudioSettings, board: Board
) -> None:
    shots = board(("cut", 1.0), ("cut", 0.8))
    first = session.get_one(Take, shots[0].chosen_draft_id)
    first.keys, first.frames = [*first.keys[:-1], [first.keys[-1][0], 28]], 29  # as the first version ended it
    edit_shot(session=session, shot_id=shots[1].id, changes=ShotUpdate(seconds=0.5))
    film = film_now(session, studio, shots[0].project_id)
    seen = greys(film_path(studio, film))
    assert seen == pytest.approx([grey_of(number) for number in [*range(30), *range(15)]], abs=2)

    SectionStore(studio.sections_dir).discard(first.units[-1][0])
    conformed = take_path(studio, first.id)
    assert not conformed.exists()
    lost = film_now(session, studio, shots[0].project_id)
    assert (lost.status, said(lost)) == ("failed", LOST)
    join([(film_path(studio, film), 29)], conformed)
    shorter = film_now(session, studio, shots[0].project_id)
    assert shorter.frames == 29 + 15


def test_a_film_whose_sections_are_gone_is_not_half_made(
    session: Session, studio: StudioSettings, board: Board
) -> None:
    shots = board(("cut", 0.8))
    store = SectionStore(studio.sections_dir)
    take = session.get_one(Take, shots[0].chosen_draft_id)
    store.discard(take.units[-1][0])
    lost = film_now(session, studio, shots[0].project_id)
    assert (lost.status, said(lost)) == ("failed", LOST)
    assert list(studio.films_dir.iterdir()) == []


def test_a_film_is_renamed_thrown_away_and_taken_back(session: Session, studio: StudioSettings, board: Board) -> None:
    project_id = board(("cut", 0.8))[0].project_id
    film = film_now(session, studio, project_id)
    assert rename_film(session=session, film_id=film.id, name=" Dusk\n灯台 ").name == "Dusk 灯台"
    for name, said in ((" \u202e", "has no name"), ("x" * 201, "longer than 200")):
        with pytest.raises(StoryboardProblem, match=said):
            rename_film(session=session, film_id=film.id, name=name)
    delete_film(session=session, film_id=film.id)
    assert films_of(session=session, project_id=project_id) == []
    restore_film(session=session, film_id=film.id)
    assert films_of(session=session, project_id=project_id) == [film]
    with pytest.raises(NotFound):
        delete_film(session=session, film_id="none")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("灯台の朝", "灯台の朝.mp4"),
        ("a/b\\c: d?", "a_b_c_ d_.mp4"),
        (" .. \n", "film.mp4"),
        ("con", "film con.mp4"),
        ("x" * 300, "x" * 120 + ".mp4"),
        ("é" * 300, "é" * 60 + ".mp4"),
    ],
)
def test_a_download_has_a_name_that_every_file_system_takes(name: str, file: str) -> None:
    assert download_name(Film(project_id="p", name=name)) == file


def there_already(session: Session, studio: StudioSettings, project_id: str) -> str | None:
    """The name of the film that a new one would be the same as."""
    films = films_of(session=session, project_id=project_id)
    same = same_film(
        settings=studio, timeline=film_of(session=session, project_id=project_id), order=FilmOrder(), films=films
    )
    return same.name if same is not None else None


def test_a_film_is_made_once_of_the_same_takes(session: Session, studio: StudioSettings, board: Board) -> None:
    shots = board(("cut", 0.5), ("cut", 0.5))
    project_id = shots[0].project_id
    assert there_already(session, studio, project_id) is None
    film = film_now(session, studio, project_id, name="Premiere")
    assert there_already(session, studio, project_id) == "Premiere"

    # Another order, or how much is shown of a take, is another film.
    move_to(session, shots[1], 0)
    assert there_already(session, studio, project_id) is None
    assert film_now(session, studio, project_id).parts == film.parts[::-1]
    move_to(session, shots[1], 1)
    edit_shot(session=session, shot_id=shots[0].id, changes=ShotUpdate(seconds=0.2))
    assert there_already(session, studio, project_id) is None

    assert film_now(session, studio, project_id).frames < film.frames


def test_a_film_of_an_earlier_version_is_known_by_its_takes(
    session: Session, studio: StudioSettings, board: Board
) -> None:
    project_id = board(("cut", 0.5))[0].project_id
    film = film_now(session, studio, project_id)
    film.made_from = ""

    assert there_already(session, studio, project_id) == film.name


def test_a_film_that_was_thrown_away_or_lost_its_file_is_made_again(
    session: Session, studio: StudioSettings, board: Board
) -> None:
    project_id = board(("cut", 0.5))[0].project_id
    film = film_now(session, studio, project_id)
    delete_film(session=session, film_id=film.id)
    assert there_already(session, studio, project_id) is None
    again = film_now(session, studio, project_id)
    film_path(studio, again).unlink()

    assert there_already(session, studio, project_id) is None
