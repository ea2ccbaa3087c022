"""What is not needed any more: all of it is found, and nothing that anything needs is ever removed."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import Session, SQLModel, col, select

from framepack.conditioning.names import conditioning_of
from framepack.media.video import probe
from projects.composing.piece_store import PieceStore
from projects.database.opening import session_for
from projects.database.tables import (
    Edit,
    Edition,
    Film,
    Media,
    Project,
    ProjectUpdate,
    Render,
    Shot,
    ShotUpdate,
    Take,
    Wording,
    new_id,
)
from projects.films.films import delete_film
from projects.films.material import film_of
from projects.queue.deliveries import ENDINGS
from projects.settings import StudioSettings
from projects.sound.files import add_sound
from projects.storage.pictures import add_picture, thumbnail
from projects.storage.places import (
    film_path,
    picture_path,
    preview_path,
    scratch_path,
    still_path,
    take_path,
    thumbnail_path,
)
from projects.storyboard.choosing import choose_take
from projects.storyboard.journal import journaled, redo, undo
from projects.storyboard.projects import create_project, delete_project, edit_project, restore_project
from projects.storyboard.reading import get_project, shots_of
from projects.storyboard.several import delete_shots, restore_shots
from projects.storyboard.shots import (
    add_shot,
    attach_image,
    detach_image,
    edit_shot,
)
from projects.takes.takes import cancel_take, delete_take, restore_take, takes_of
from projects.upkeep.needed import PIECES
from projects.upkeep.needless import Amount, Survey, survey
from projects.upkeep.removal import remove_deleted, remove_needless
from tests.support.films import film_now
from tests.support.plain_pictures import png
from tests.support.rendering import SIDE, planned_shots
from tests.support.single_shots import move_to
from tests.support.sounds import tone, write_sound
from tests.support.studio_at_work import IDENTITY, StudioAtWork


class Upkeep:
    """A studio at work, and what is found and removed there; everything on the disk is as if it were a day old."""

    def __init__(self, settings: StudioSettings) -> None:
        self.settings = settings
        self.work = StudioAtWork(settings)
        self.sessions = partial(session_for, self.work.database)

    def age(self) -> None:
        for path in self.settings.home.rglob("*"):
            if path.is_file():
                os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 24 * 3600))

    def look(self) -> Survey:
        self.age()
        with self.sessions() as session:
            return survey(session=session, settings=self.settings)

    def needless(self) -> dict[str, int]:
        """How many files of each kind are not needed."""
        return {kind: one.files for kind, one in self.look().needless.items() if one.files}

    def clean(self) -> Amount:
        self.age()
        return remove_needless(sessions=self.sessions, settings=self.settings)

    def clean_deleted(self) -> Amount:
        self.age()
        return remove_deleted(sessions=self.sessions, settings=self.settings)

    def units(self) -> set[str]:
        return {folder.name for folder in self.settings.sections_dir.glob("[0-9a-f][0-9a-f]/*")}

    def do(self, act: object, **values: object) -> None:
        with self.sessions() as session:
            act(session=session, **values)  # type: ignore[operator]
            session.commit()

    def stitch(self, project_id: str | None = None) -> Film:
        with self.sessions() as session:
            film = film_now(session, self.settings, project_id or self.work.project.id)
            session.commit()
            return film

    def rows(self, table: type[SQLModel]) -> int:
        with self.sessions() as session:
            return len(session.exec(select(table)).all())

    def upload(self, colour: str = "red") -> Media:
        with self.sessions() as session:
            added = add_picture(session=session, settings=self.settings, data=png(SIDE, SIDE, colour), name="p.png")
            session.commit()
            return added.media


@pytest.fixture
def upkeep(studio: StudioSettings, monkeypatch: pytest.MonkeyPatch) -> Upkeep:
    monkeypatch.setattr("projects.queue.progress.WRITES_A_SECOND", 1000)
    return Upkeep(studio)


def orphan(path: Path) -> Path:
    """A file that nothing refers to."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"12345")
    return path


# --- what is needed and what is not


def test_a_studio_that_rendered_and_joined_everything_has_nothing_needless(upkeep: Upkeep) -> None:
    upkeep.work.render(*upkeep.work.shots)
    upkeep.stitch()
    found = upkeep.look()
    assert found.all_needless == Amount(0, 0)
    assert not found.has_deleted
    lying = [path.stat().st_size for path in upkeep.settings.home.rglob("*") if path.is_file()]
    assert found.on_disk == sum(lying)


def test_takes_keep_their_sections_until_they_are_thrown_away_for_good(upkeep: Upkeep) -> None:
    work, shot = upkeep.work, upkeep.work.shots[2]
    for words in ("one", "two", "three", "four", "five"):
        work.edit(shot, ShotUpdate(prompt=words))
        assert work.render(shot).status == "done"
    assert upkeep.needless() == {}
    chosen, *earlier = work.takes(shot)
    for take in earlier:
        upkeep.do(delete_take, take_id=take.id)
    upkeep.clean()
    found = upkeep.look()
    # Take and manifest; latents, video, how it looks, and manifest.
    assert (found.takes, found.deleted.files) == (4, 4 * (2 + 4))
    assert upkeep.clean_deleted() == found.deleted
    assert work.takes(shot) == [chosen]
    assert upkeep.units() == {key for key, _ in chosen.units}
    assert [path.stem for path in upkeep.settings.takes_dir.glob("*.mp4")] == [chosen.id]
    assert not upkeep.look().has_deleted


def test_a_thrown_away_take_comes_back_whole_after_cleaning(upkeep: Upkeep) -> None:
    work, shot = upkeep.work, upkeep.work.shots[2]
    work.render(shot)
    work.edit(shot, ShotUpdate(prompt="other"))
    work.render(shot)
    earlier = work.takes(shot)[1]
    upkeep.do(delete_take, take_id=earlier.id)
    upkeep.clean()
    upkeep.do(restore_take, take_id=earlier.id)
    upkeep.do(choose_take, shot_id=shot.id, take_id=earlier.id)
    work.edit(shot, ShotUpdate(prompt="shot 2", seconds=2.0))
    work.room.rendered.clear()
    work.render(shot)
    assert {key for key, _ in earlier.units} <= {key for key, _ in work.takes(shot)[0].units}


def test_sections_of_a_render_that_was_called_off_stay_while_the_shot_asks_for_them(upkeep: Upkeep) -> None:
    work, shot = upkeep.work, upkeep.work.shots[0]
    (planned, *_) = planned_shots(work.database, work.project.id, IDENTITY)
    work.render(shot)
    with upkeep.sessions() as session:
        (take,) = takes_of(session=session, shot_id=shot.id)
        cancel_take(session=session, take_id=take.id)
        session.commit()
    made = {key for key, _ in planned.units}
    assert upkeep.units() == made
    upkeep.clean()
    assert upkeep.units() == made
    work.edit(shot, ShotUpdate(seed=77))
    assert upkeep.needless() == {"sections": 4 * len(planned.sections)}  # the start picture's stays
    upkeep.clean()
    assert upkeep.units() == {planned.start}


def test_encoded_prompts_stay_for_what_the_storyboard_asks_now(upkeep: Upkeep) -> None:
    work = upkeep.work
    for planned in planned_shots(work.database, work.project.id, IDENTITY):
        for name in conditioning_of(planned):
            orphan(upkeep.settings.conditioning_dir / name[:2] / f"{name}.safetensors")
            orphan(upkeep.settings.conditioning_dir / name[:2] / f"{name}.safetensors.json")
    assert upkeep.needless() == {}
    work.edit(work.shots[2], ShotUpdate(prompt="other words"))
    assert upkeep.needless() == {"conditioning": 2}
    assert upkeep.clean() == Amount(2, 10)
    assert upkeep.needless() == {}


def test_files_that_belong_to_nothing_are_removed(upkeep: Upkeep) -> None:
    s = upkeep.settings
    render = upkeep.work.render(*upkeep.work.shots)
    gone = [
        orphan(take_path(s, new_id())),
        orphan(film_path(s, Film(project_id="p", name="f"))),
        orphan(film_path(s, Film(project_id="p", name="f")).with_suffix(".mp4.json")),
        orphan(s.films_dir / f".film.mp4.{new_id()}.part"),
        orphan(picture_path(s, "ab" * 32)),
        orphan(thumbnail_path(s, "ab" * 32, 480)),
        orphan(still_path(s, new_id(), 480)),
        orphan(preview_path(s, render.id)),
        orphan(s.damaged_dir / "something"),
        orphan(s.damaged_dir / "unit" / "frames.mp4"),
    ]
    foreign = [orphan(s.takes_dir / "notes.txt"), orphan(s.media_dir / "ab" / "mine.png"), orphan(s.home / "a.mp4")]
    expected = {"takes": 1, "films": 3, "pictures": 1, "thumbnails": 2, "previews": 1, "damaged": 2}
    assert upkeep.needless() == expected
    assert upkeep.clean() == Amount(10, 50)
    assert not any(path.exists() for path in gone)
    assert all(path.exists() for path in foreign)
    assert upkeep.needless() == {}


def test_of_the_copies_of_the_database_the_newest_stay(upkeep: Upkeep) -> None:
    s = upkeep.settings
    copies = ("studio-0007-20260101-000000", "studio-before-0018", "studio-before-0020")
    oldest, *kept = (orphan(s.backups_dir / f"{name}.db") for name in copies)
    for age, path in enumerate((*reversed(kept), oldest)):
        os.utime(path, (time.time() - age, time.time() - age))
    gone = [
        oldest,
        orphan(s.backups_dir / f".studio-before-0020.db.{new_id()}.part"),
        orphan(s.database_file.with_name("studio.db.harmed")),
    ]
    assert upkeep.needless() == {"copies": 2, "damaged": 1}
    upkeep.clean()
    assert all(path.exists() for path in kept)
    assert not any(path.exists() for path in gone)


def test_a_picture_that_no_shot_uses_goes_with_its_small_copies_and_its_row(upkeep: Upkeep) -> None:
    red = upkeep.upload("red")
    green = upkeep.upload("green")
    upkeep.do(attach_image, shot_id=upkeep.work.shots[2].id, media_id=green.id)
    assert upkeep.needless() == {"pictures": 1, "thumbnails": 6}  # each with its manifest
    upkeep.clean()
    assert not picture_path(upkeep.settings, red.id).exists()
    assert picture_path(upkeep.settings, green.id).exists()
    assert upkeep.rows(Media) == 2
    upkeep.upload("red")
    assert thumbnail(upkeep.settings, red.id, 160).exists()


def test_a_picture_stays_as_long_as_an_edit_that_took_it_away_can_be_undone(upkeep: Upkeep) -> None:
    shot, media = upkeep.work.shots[2], upkeep.upload()
    upkeep.do(attach_image, shot_id=shot.id, media_id=media.id)
    with upkeep.sessions() as session:
        with journaled(session=session, project_id=shot.project_id, kind="detach"):
            detach_image(session=session, shot_id=shot.id)
        session.commit()
    upkeep.clean()
    upkeep.do(undo, project_id=shot.project_id)
    with upkeep.sessions() as session:
        assert session.get_one(Shot, shot.id).media_id == media.id
    assert picture_path(upkeep.settings, media.id).is_file()

    upkeep.do(redo, project_id=shot.project_id)
    upkeep.clean_deleted()
    assert not picture_path(upkeep.settings, media.id).is_file()
    assert upkeep.rows(Edit) == 0


def test_sounds_stay_as_long_as_a_film_or_a_shot_has_them_or_an_edit_brings_them_back(
    upkeep: Upkeep, tmp_path: Path
) -> None:
    project = upkeep.work.project.id
    files = [write_sound(tmp_path / f"{hertz}.wav", tone(0.1, hertz)) for hertz in (200, 300, 400, 500)]
    with upkeep.sessions() as session:
        add = partial(add_sound, session=session, settings=upkeep.settings, name="a.wav")
        music, of_shot, of_edition, _ = [add(file=file).id for file in files]
        shot = shots_of(session=session, project_id=project)[0].id
        film = ProjectUpdate(film={"music": music})
        edit_project(session=session, project_id=project, changes=film)
        session.add(Edition(project_id=project, name="b", shots={shot: {"sounds": [{"media_id": of_edition}]}}))
        with journaled(session=session, project_id=project, kind="shot"):
            edit_shot(session=session, shot_id=shot, changes=ShotUpdate(sounds=[{"media_id": of_shot}]))
        with journaled(session=session, project_id=project, kind="shot"):
            edit_shot(session=session, shot_id=shot, changes=ShotUpdate(sounds=[]))
        session.commit()

    assert upkeep.needless() == {"pictures": 1}
    upkeep.clean()
    assert all(picture_path(upkeep.settings, id).is_file() for id in (music, of_shot, of_edition))


def test_the_picture_of_a_take_stays_when_the_shot_has_another(upkeep: Upkeep) -> None:
    work, shot = upkeep.work, upkeep.work.shots[2]
    first = upkeep.upload("red")
    upkeep.do(attach_image, shot_id=shot.id, media_id=first.id)
    work.render(shot)
    upkeep.do(attach_image, shot_id=shot.id, media_id=upkeep.upload("green").id)
    upkeep.clean()
    assert picture_path(upkeep.settings, first.id).exists()


# --- what is under way


def test_what_is_younger_than_an_hour_is_left(upkeep: Upkeep) -> None:
    young = orphan(film_path(upkeep.settings, Film(project_id="p", name="f")))
    upload = upkeep.upload("red")
    assert remove_needless(sessions=upkeep.sessions, settings=upkeep.settings) == Amount(0, 0)
    assert young.exists()
    assert upkeep.rows(Media) == 2
    upkeep.age()
    upkeep.upload("red")  # given again a moment ago: its shot is not saved yet
    remove_needless(sessions=upkeep.sessions, settings=upkeep.settings)
    assert picture_path(upkeep.settings, upload.id).exists()
    assert not young.exists()


def test_a_render_under_way_is_not_disturbed(upkeep: Upkeep) -> None:
    work = upkeep.work
    cleaned: list[Amount] = []

    def clean_everything() -> None:
        if not cleaned:
            # The person changed everything meanwhile, and threw it away.
            for shot in work.shots:
                work.edit(shot, ShotUpdate(prompt=f"something else than {shot.prompt}"))
            upkeep.do(detach_image, shot_id=work.shots[2].id)
        cleaned.append(upkeep.clean() + upkeep.clean_deleted())

    work.room.between = clean_everything
    assert (work.render(*work.shots).status, len(cleaned) > 3) == ("done", True)
    made = [shot.request.prompt for shot in work.room.rendered]
    assert made == ["shot 0", "shot 1", "shot 2"]
    for shot in work.shots:
        (take,) = work.takes(shot)
        assert probe(take_path(upkeep.settings, take.id)).frames == take.frames


def test_what_an_order_was_planned_with_stays_whatever_becomes_of_its_storyboard(upkeep: Upkeep) -> None:
    work, shot = upkeep.work, upkeep.work.shots[2]
    work.render(shot)
    (take,) = work.takes(shot)
    with upkeep.sessions() as session:
        cancel_take(session=session, take_id=take.id)
        session.commit()
    render_id = work.order(shot)
    work.plan(render_id)
    work.edit(shot, ShotUpdate(prompt="something else"))
    upkeep.clean()
    assert upkeep.units() == {key for key, _ in take.units}
    work.room.rendered.clear()
    assert work.carry_out(render_id).status == "done"
    assert work.room.rendered == []


def test_a_shot_that_was_deleted_while_it_is_rendered_stays_until_that_has_ended(upkeep: Upkeep) -> None:
    work, shot = upkeep.work, upkeep.work.shots[2]
    render_id = work.order(*work.shots)
    work.plan(render_id)
    upkeep.do(delete_shots, project_id=shot.project_id, shot_ids=[shot.id])
    upkeep.clean_deleted()
    assert upkeep.rows(Shot) == 3
    assert work.carry_out(render_id).status == "done"
    upkeep.clean_deleted()
    assert upkeep.rows(Shot) == 2


def test_a_project_that_was_deleted_while_it_is_rendered_stays_until_that_has_ended(upkeep: Upkeep) -> None:
    work = upkeep.work
    work.render(work.shots[2])
    render_id = work.order(*work.shots)
    work.plan(render_id)
    upkeep.do(delete_project, project_id=work.project.id)
    upkeep.clean_deleted()
    assert upkeep.rows(Project) == 1
    assert upkeep.look().projects == ()
    assert work.carry_out(render_id).status == "failed"
    assert upkeep.look().projects == ("small",)
    upkeep.clean_deleted()
    assert upkeep.rows(Project) == 0


# --- what was deleted


def test_cleaning_leaves_what_was_deleted_so_that_it_comes_back_whole(upkeep: Upkeep) -> None:
    work = upkeep.work
    work.render(*work.shots)
    upkeep.do(delete_shots, project_id=work.shots[2].project_id, shot_ids=[work.shots[2].id])
    upkeep.do(delete_project, project_id=work.project.id)
    assert upkeep.needless() == {}
    upkeep.clean()
    upkeep.do(restore_project, project_id=work.project.id)
    upkeep.do(restore_shots, project_id=work.shots[2].project_id, shot_ids=[work.shots[2].id])
    assert work.states() == ["done", "done", "done"]
    work.room.rendered.clear()
    assert work.render(*work.shots).status == "done"
    assert work.room.rendered == []
    upkeep.stitch()


def test_pieces_of_films_stay_as_long_as_a_film_is_made_of_them(upkeep: Upkeep) -> None:
    store = PieceStore(upkeep.settings.pieces_dir)
    upkeep.work.render(*upkeep.work.shots)
    film, name, other = upkeep.stitch(), "ab" * 32, "cd" * 32
    for one in (name, other):
        store.publish(one, ".mp4", lambda path: path.write_bytes(b"12345"))
    with upkeep.sessions() as session:
        session.get_one(Film, film.id).order = {PIECES: [name]}
        session.commit()
    assert upkeep.needless() == {"pieces": 2}  # the other one's file and its manifest
    upkeep.clean()
    assert store.find(name, ".mp4") is not None
    assert store.find(other, ".mp4") is None
    upkeep.do(delete_film, film_id=film.id)
    upkeep.clean_deleted()
    assert store.find(name, ".mp4") is None


def test_what_a_killed_worker_left_of_a_film_goes_once_nobody_makes_it(upkeep: Upkeep) -> None:
    with upkeep.sessions() as session:
        film = Film(project_id=upkeep.work.project.id, name="f", status="working")
        session.add(film)
        session.commit()
    left = orphan(scratch_path(upkeep.settings, film) / "sound.wav")
    assert upkeep.needless() == {}
    with upkeep.sessions() as session:
        session.get_one(Film, film.id).status = "cancelled"
        session.commit()
    assert upkeep.needless() == {"films": 1}
    upkeep.clean()
    assert not left.parent.exists()


def test_films_of_every_format_go_with_their_rows(upkeep: Upkeep) -> None:
    gone = [orphan(film_path(upkeep.settings, Film(project_id="p", name="f", ending=ending))) for ending in ENDINGS]
    assert upkeep.needless() == {"films": len(ENDINGS)}
    upkeep.clean()
    assert not any(path.exists() for path in gone)


def test_a_film_that_was_thrown_away_stays_until_that_is_asked_for(upkeep: Upkeep) -> None:
    upkeep.work.render(*upkeep.work.shots)
    film, kept = upkeep.stitch(), upkeep.stitch()
    upkeep.do(delete_film, film_id=film.id)
    upkeep.clean()
    assert film_path(upkeep.settings, film).is_file()
    assert upkeep.look().films == 1
    upkeep.clean_deleted()
    assert not film_path(upkeep.settings, film).exists()
    assert film_path(upkeep.settings, kept).is_file()
    assert upkeep.rows(Film) == 1


def test_what_the_real_pass_asks_for_is_needed_too(upkeep: Upkeep) -> None:
    work = upkeep.work
    upkeep.do(edit_project, project_id=work.project.id, changes=ProjectUpdate(real_checkpoint="draft", real_steps=2))
    with upkeep.sessions() as session:
        order = Render(project_id=work.project.id, shot_ids=[work.shots[2].id], made_for="real")
        session.add(order)
        session.commit()
    assert work.carry_out(order.id).status == "done"
    with upkeep.sessions() as session:
        for take in session.exec(select(Take)).all():
            session.get_one(Shot, take.shot_id).chosen_real_id = None
            session.delete(take)
        session.commit()
    made = upkeep.units()
    upkeep.clean()
    assert upkeep.units() == made != set()


def test_deleted_projects_and_shots_go_for_good_on_request_and_take_only_their_own_things(upkeep: Upkeep) -> None:
    work = upkeep.work
    work.edit(work.shots[2], ShotUpdate(prompt="as it was first"))
    work.edit(work.shots[2], ShotUpdate(prompt="shot 2"))
    work.render(*work.shots)
    gone = upkeep.stitch()
    with upkeep.sessions() as session:
        other = create_project(session=session, name="other")
        other.height = other.width = SIDE
        other.steps, other.cfg = 1, 1.0
        # The same shot as the last one of the project that is deleted: it shares its sections and its picture.
        twin = add_shot(
            session=session,
            project_id=other.id,
            prompt="shot 2",
            seconds=1.0,
            seed=2,
            media_id=work.shots[2].media_id,
        )
        lone = add_shot(session=session, project_id=other.id, prompt="lone", start="continue")
        other.height = other.width = SIDE
        session.commit()
    upkeep.do(delete_shots, project_id=lone.project_id, shot_ids=[lone.id])
    upkeep.do(delete_project, project_id=work.project.id)
    shared = {key for key, _ in work.takes(work.shots[2])[0].units}
    found = upkeep.look()
    assert (found.projects, found.shots, found.takes) == (("small",), 1, 0)
    assert upkeep.clean_deleted() == found.deleted
    assert upkeep.units() == shared
    assert not film_path(upkeep.settings, gone).exists()
    left = {table: upkeep.rows(table) for table in (Project, Shot, Take, Film, Render, Wording, Media)}
    assert left == {Project: 1, Shot: 1, Take: 0, Film: 0, Render: 0, Wording: 0, Media: 1}
    assert upkeep.needless() == {}
    with upkeep.sessions() as session:
        assert [shot.id for shot in shots_of(session=session, project_id=other.id)] == [twin.id]


def test_files_left_by_a_kill_after_the_rows_were_deleted_are_removed_the_next_time(
    upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    work = upkeep.work
    work.render(*work.shots)
    upkeep.stitch()
    upkeep.do(delete_project, project_id=work.project.id)
    with monkeypatch.context() as patch:
        patch.setattr("framepack.store.section_store.SectionStore.discard", die)
        with pytest.raises(Killed):
            upkeep.clean_deleted()
    assert upkeep.rows(Take) == 0
    assert upkeep.units()
    upkeep.clean()
    left = [path for folder in upkeep.settings.folders for path in folder.rglob("*") if path.is_file()]
    assert [path for path in left if path.parent != upkeep.settings.logs_dir] == []


# --- whatever people do


def edits(dice: random.Random, upkeep: Upkeep) -> Iterator[None]:
    """Some of what a person may do with a project, by lot."""
    work = upkeep.work
    words, colours = ["rain", "snow", "fog"], ["red", "green", "blue"]
    deleted: list[str] = []
    while True:
        with upkeep.sessions() as session:
            shots = shots_of(session=session, project_id=work.project.id)
            shot = dice.choice(shots)
            what = dice.choice(["words", "words", "length", "seed", "picture", "move", "delete", "restore", "add"])
            if what == "words":
                edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(prompt=dice.choice(words)))
            elif what == "length":
                edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(seconds=dice.choice([0.5, 1.0, 2.0])))
            elif what == "seed":
                edit_shot(session=session, shot_id=shot.id, changes=ShotUpdate(seed=dice.randrange(3)))
            elif what == "picture":
                colour = dice.choice(colours)
                data = png(SIDE, SIDE, colour)
                media = add_picture(session=session, settings=upkeep.settings, data=data, name="p.png").media
                attach_image(session=session, shot_id=shot.id, media_id=media.id)
                _small(session, work.project.id)
            elif what == "move":
                move_to(session, shot, dice.randrange(len(shots)))
            elif what == "delete" and len(shots) > 2:
                delete_shots(session=session, project_id=shot.project_id, shot_ids=[shot.id])
                deleted.append(shot.id)
            elif what == "restore" and deleted:
                restore_shots(session=session, project_id=work.project.id, shot_ids=[deleted.pop()])
            elif what == "add":
                add_shot(session=session, project_id=work.project.id, prompt="sun", seconds=1.0, start="continue")
            takes = [take for take in takes_of(session=session, shot_id=shot.id) if take.status == "done"]
            if takes and dice.random() < 0.5:
                choose_take(session=session, shot_id=shot.id, take_id=dice.choice(takes).id)
            elif len(takes) > 1 and dice.random() < 0.5:
                session.refresh(shot)
                delete_take(session=session, take_id=next(take.id for take in takes if take.id != shot.chosen_draft_id))
            session.commit()
        yield


def _small(session: Session, project_id: str) -> None:
    project = get_project(session=session, project_id=project_id)
    project.height = project.width = SIDE


@pytest.mark.parametrize("seed", range(6))
def test_whatever_was_done_cleaning_removes_nothing_that_is_needed(upkeep: Upkeep, seed: int) -> None:
    dice = random.Random(seed)
    work = upkeep.work
    work.render(*work.shots)
    doing = edits(dice, upkeep)
    for _ in range(6):
        for _ in range(dice.randrange(1, 5)):
            next(doing)
        with upkeep.sessions() as session:
            shots = shots_of(session=session, project_id=work.project.id)
        work.render(*dice.sample(shots, dice.randrange(1, len(shots) + 1)))
        upkeep.clean()
        if dice.random() < 0.3:
            upkeep.clean_deleted()
            doing = edits(dice, upkeep)  # nothing is there any more that could be restored
    with upkeep.sessions() as session:
        takes = session.exec(select(Take).where(Take.status == "done", col(Take.deleted_at).is_(None))).all()
        held = {key for take in takes for key, _ in take.units}
    assert all(probe(take_path(upkeep.settings, take.id)).frames == take.frames for take in takes)
    assert held <= upkeep.units()
    work.render(*shots)
    rendered = len(work.room.rendered)
    upkeep.clean()
    upkeep.clean_deleted()
    work.render(*shots)
    assert len(work.room.rendered) == rendered
    with upkeep.sessions() as session:
        ready = film_of(session=session, project_id=work.project.id).ready
    if ready:
        film = upkeep.stitch()
        upkeep.clean()
        upkeep.clean_deleted()
        assert probe(film_path(upkeep.settings, film)).frames == film.frames
    assert upkeep.needless() == {}
