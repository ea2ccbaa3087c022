"""What is ordered of a project's film: made by what a worker does, called by the test itself."""

from __future__ import annotations

import datetime as dt
import errno
import zipfile
from pathlib import Path

import av
import pytest
import sqlalchemy as sa
from PIL import Image
from sqlmodel import Session, select

from framepack.errors import EnlargerRejected
from framepack.files.manifest import beside
from framepack.media.video import probe
from projects.database.leases import Job, take_up
from projects.database.tables import Film, Pass, ProjectUpdate, Shot, ShotUpdate, now
from projects.delivery.film_making import make_film
from projects.delivery.film_process import FilmMaker
from projects.errors import StoryboardProblem
from projects.failures import DISK_FULL
from projects.films.films import delete_film
from projects.messages import in_english, read, stored
from projects.queue.deliveries import DELIVERED, Delivered, Delivery
from projects.queue.film_orders import film_to_make, order_again, order_film, order_new_film, seconds_left
from projects.queue.film_steering import take_next_films
from projects.queue.passing_faults import film_goes_on_by_itself, make_films_that_can_go_on
from projects.settings import StudioSettings
from projects.storage.finished import is_there
from projects.storage.places import captions_path, film_aside_path, film_path, scratch_path
from projects.storyboard.projects import create_project, edit_project
from projects.storyboard.shots import add_shot, edit_shot
from projects.upkeep.needed import PIECES, all_rows, needed_by
from tests.support.films import film_now, make
from tests.support.finished_takes import render_all
from tests.support.plain_pictures import MakePicture

USUAL = Delivery()


@pytest.fixture
def shot(session: Session, studio: StudioSettings, picture: MakePicture) -> Shot:
    """The only shot of a project, with a finished take of half a second."""
    project = create_project(session=session, name="潮汐 Tides")
    made = add_shot(session=session, project_id=project.id, prompt="a boat", seconds=0.5, media_id=picture().id)
    render_all(session, studio, project.id)
    return made


def lying(settings: StudioSettings) -> set[str]:
    """What lies where films are made, but for the folder of pieces."""
    return {path.name for path in [*settings.films_dir.iterdir(), *settings.home.glob(".film-*")]}


def width_of(path: Path) -> int:
    if path.suffix == ".webp":
        with Image.open(path) as picture:  # PyAV does not read moving ones
            return picture.width
    with av.open(str(path)) as opened:
        return opened.streams.video[0].width


@pytest.mark.parametrize("format", DELIVERED)
def test_every_format_comes_out_as_what_its_ending_says(
    session: Session, studio: StudioSettings, shot: Shot, format: Delivered
) -> None:
    film = film_now(session, studio, shot.project_id, delivery=Delivery(format))
    path = film_path(studio, film)

    assert (film.status, film.error, film.share) == ("done", None, 1.0)
    assert is_there(path)
    assert film.size_bytes == path.stat().st_size > 0
    assert lying(studio) == {path.name, beside(path).name}
    if path.suffix in (".zip", ".otioz"):
        with zipfile.ZipFile(path) as packed:
            assert packed.testzip() is None
    else:
        assert width_of(path) == 256


def test_an_edit_after_the_order_changes_nothing_of_what_was_ordered(
    session: Session, studio: StudioSettings, shot: Shot
) -> None:
    edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(hold_last=0.5))
    film = film_to_make(session=session, settings=studio, project_id=shot.project_id, delivery=USUAL)
    edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(hold_last=2.0))
    session.commit()
    make(session, studio, film)

    assert probe(film_path(studio, film)).frames == film.frames == 30
    assert set(film.order) == {"format", PIECES}


def test_size_rate_and_loudness_of_an_order_count_before_the_films(
    session: Session, studio: StudioSettings, shot: Shot
) -> None:
    edit_project(session=session, project_id=shot.project_id, changes=ProjectUpdate(film={"fps": 24}))
    film = film_now(session, studio, shot.project_id, delivery=Delivery(size=480, fps=50))

    facts = probe(film_path(studio, film))
    assert (facts.height, facts.fps, facts.frames) == (480, 50, 25)
    with pytest.raises(StoryboardProblem, match="gif has at most 50 frames a second"):
        film_to_make(session=session, settings=studio, project_id=shot.project_id, delivery=Delivery("gif", fps=60))


def test_captions_lie_beside_a_film_that_has_them_as_a_file(
    session: Session, studio: StudioSettings, shot: Shot
) -> None:
    edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(dialogue="Ahoy!"))
    edit_project(session=session, project_id=shot.project_id, changes=ProjectUpdate(film={"captions": "file"}))
    film = film_now(session, studio, shot.project_id)

    assert "Ahoy!" in captions_path(studio, film).read_text()


def test_the_pieces_of_a_film_are_needed_while_it_is_made_and_nothing_is_left_when_it_is_called_off(
    session: Session, studio: StudioSettings, shot: Shot
) -> None:
    edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(reverse=True))
    film = film_to_make(session=session, settings=studio, project_id=shot.project_id, delivery=USUAL)
    session.commit()
    seen: list[frozenset[str]] = []

    def cancelled() -> bool:
        with Session(session.get_bind()) as other:
            if scratch_path(studio, film).is_dir() and (order := other.get_one(Film, film.id).order).get(PIECES):
                seen.append(needed_by(all_rows(other), None)["pieces"])
                assert set(order[PIECES]) <= seen[0]
        return bool(seen)

    lease = take_up(session=session, row=film)
    session.commit()
    make_film(settings=studio, database=_engine(session), film_id=film.id, lease=lease, cancelled=cancelled)
    session.refresh(film)
    assert len(seen) == 1
    assert lying(studio) == set()
    # Whoever calls it off says so; otherwise the next worker makes it.
    assert film.status == "working"
    make(session, studio, film)
    assert film.status == "done"


def test_what_a_killed_worker_left_of_a_film_is_cleared_away(
    session: Session, studio: StudioSettings, shot: Shot
) -> None:
    film = film_to_make(session=session, settings=studio, project_id=shot.project_id, delivery=USUAL)
    session.commit()
    scratch_path(studio, film).mkdir()
    film_aside_path(studio, film).mkdir()
    for name in (f".{film.id}.mp4.{'0' * 32}.part", f"{film.id}.mp4"):
        (studio.films_dir / name).write_bytes(b"half")
    make(session, studio, film)

    path = film_path(studio, film)
    assert lying(studio) == {path.name, beside(path).name}


def test_a_film_that_another_worker_has_made_meanwhile_is_left_as_it_is(
    session: Session, studio: StudioSettings, shot: Shot
) -> None:
    edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(reverse=True))
    film = film_to_make(session=session, settings=studio, project_id=shot.project_id, delivery=USUAL)
    lease = take_up(session=session, row=film)
    session.commit()
    made: list[int] = []

    def cancelled() -> bool:
        # While this worker stood still another took the film up.
        if not made:
            make(session, studio, film)
            made.append(film_path(studio, film).stat().st_ino)
        return False

    make_film(settings=studio, database=_engine(session), film_id=film.id, lease=lease, cancelled=cancelled)
    session.refresh(film)
    path = film_path(studio, film)
    assert (film.status, film.error, film.lease) == ("done", None, lease + 1)
    assert path.stat().st_ino == made[0]
    assert lying(studio) == {path.name, beside(path).name}


def test_a_worker_that_finds_its_films_process_dead_leaves_the_film_that_another_makes(
    session: Session, studio: StudioSettings, shot: Shot, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = film_to_make(session=session, settings=studio, project_id=shot.project_id, delivery=USUAL)
    film.handed_over = True
    session.commit()

    def dies(*_: object) -> int:
        make(session, studio, film)
        return -9

    monkeypatch.setattr("projects.delivery.film_process.run_while_wanted", dies)
    answers = iter([True, True, False])
    maker = FilmMaker(settings=studio, database=_engine(session))
    maker.make(film.id, Job(film.workflow_id, lambda: next(answers)))
    session.refresh(film)
    assert (film.status, film.error, film.lease) == ("done", None, 2)
    assert is_there(film_path(studio, film))


def test_a_film_whose_making_ended_the_computer_thrice_is_given_up(
    session: Session, studio: StudioSettings, shot: Shot
) -> None:
    film = film_to_make(session=session, settings=studio, project_id=shot.project_id, delivery=USUAL)
    film.order = {**film.order, "begun": 3}
    session.commit()
    make(session, studio, film)

    assert film.status == "failed"
    assert "begun 3 times" in in_english(read(film.error or ""))
    session.commit()
    again = order_again(session=session, settings=studio, film_id=film.id)
    make(session, studio, again)
    assert (again.status, again.name) == ("done", film.name)
    assert film.deleted_at is not None


def test_a_full_disk_is_said_in_words_of_the_film(
    session: Session, studio: StudioSettings, shot: Shot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("projects.composing.making.join", full)
    film = film_now(session, studio, shot.project_id)

    assert film.status == "failed"
    assert in_english(read(film.error or "")).startswith("The disk is full. Free some space and try again")
    assert lying(studio) == set()


def test_what_is_there_or_under_way_is_not_ordered_twice(session: Session, studio: StudioSettings, shot: Shot) -> None:
    def order(delivery: Delivery, made_for: Pass = "draft") -> Film:
        return order_new_film(
            session=session, settings=studio, project_id=shot.project_id, delivery=delivery, made_for=made_for
        )

    film, archive = order(USUAL), order(Delivery("archive"))
    for wanted in (USUAL, Delivery("archive")):
        with pytest.raises(StoryboardProblem, match="is being made already"):
            order(wanted)
    session.commit()
    make(session, studio, film)
    make(session, studio, archive)
    with pytest.raises(StoryboardProblem, match="holds exactly these takes already"):
        order(USUAL)
    # Somebody may have made other takes since.
    assert order(Delivery("archive")).status == "queued"
    assert order_film(session=session, settings=studio, project_id=shot.project_id, delivery=USUAL).id != film.id
    assert len(session.exec(select(Film)).all()) == 4


def test_a_film_that_found_a_full_disk_is_made_after_all_as_it_was_ordered_three_times_at_most(
    session: Session, studio: StudioSettings, shot: Shot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> object:
        raise OSError(errno.ENOSPC, "No space left on device")

    film = film_to_make(session=session, settings=studio, project_id=shot.project_id, delivery=USUAL)
    session.commit()
    edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(seconds=1.0))
    with monkeypatch.context() as patch:
        patch.setattr("projects.delivery.film_making.write_from", full)
        for tries in (1, 2, 3):
            make(session, studio, film)
            assert (film.status, read(film.error or "").id) == ("failed", "film-disk-full")
            assert film_goes_on_by_itself(film)
            patch.setattr("projects.queue.passing_faults.ROOM_BYTES", 2**60)
            assert make_films_that_can_go_on(session=session, settings=studio) == []
            patch.setattr("projects.queue.passing_faults.ROOM_BYTES", 0)
            assert make_films_that_can_go_on(session=session, settings=studio) == [film]
            assert (film.status, film.error, film.runs, film.share) == ("queued", None, tries, 0.0)
            assert take_next_films(session=session, films=[film], workers=1) == [film]
            session.refresh(film)
    make(session, studio, film)
    assert (film.status, film.error, film.frames) == ("done", None, 15)
    assert set(film.order) & {"timeline", "begun", "tries"} == set()


def test_a_film_that_failed_three_times_more_for_what_passes_is_left_to_the_person(
    session: Session, studio: StudioSettings, shot: Shot, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = film_to_make(session=session, settings=studio, project_id=shot.project_id, delivery=USUAL)
    session.commit()
    make(session, studio, film)
    film.status, film.error, film.order = "failed", stored(DISK_FULL), {**film.order, "begun": 1, "tries": 3}
    session.commit()
    monkeypatch.setattr("projects.queue.passing_faults.ROOM_BYTES", 0)
    assert not film_goes_on_by_itself(film)
    assert make_films_that_can_go_on(session=session, settings=studio) == []
    film.order = {**film.order, "tries": 2}
    delete_film(session=session, film_id=film.id)
    assert make_films_that_can_go_on(session=session, settings=studio) == []


def test_the_time_that_is_left_is_told_once_it_can_be_known() -> None:
    film = Film(project_id="p", name="f", status="working", started_at=now(), share=0.25)
    later = (film.started_at or now()) + dt.timedelta(seconds=30)

    assert seconds_left(film, later) == pytest.approx(90)
    film.share = 0.0
    assert seconds_left(film, later) is None


def test_an_order_is_kept_as_what_differs_from_the_usual() -> None:
    for format in DELIVERED:
        wanted = Delivery(format, size=1080, loudness=-23)
        assert Delivery.from_json(wanted.to_json()) == wanted
    assert Delivery.from_json({"pieces": ["a"]}) == USUAL


def _engine(session: Session) -> sa.Engine:
    database = session.get_bind()
    assert isinstance(database, sa.Engine)
    return database


def test_a_bundle_names_its_media_where_they_lie_in_it(
    session: Session, studio: StudioSettings, shot: Shot, tmp_path: Path
) -> None:
    film = film_now(session, studio, shot.project_id, delivery=Delivery("fcp7"))
    with zipfile.ZipFile(film_path(studio, film)) as packed:
        (media,) = [name for name in packed.namelist() if name.startswith("media/")]
        assert f"<pathurl>{media}</pathurl>" in packed.read("timeline.xml").decode()
        packed.extract(media, tmp_path)
    assert probe(tmp_path / media).frames == 15


def test_a_film_that_names_a_model_that_is_not_there_is_refused_before_it_is_ordered(
    session: Session, studio: StudioSettings, shot: Shot
) -> None:
    with pytest.raises(EnlargerRejected, match=r"sharp\.safetensors cannot be used: it is not in the folder"):
        film_to_make(
            session=session,
            settings=studio,
            project_id=shot.project_id,
            delivery=Delivery(size=480, enlarge="sharp.safetensors"),
        )
