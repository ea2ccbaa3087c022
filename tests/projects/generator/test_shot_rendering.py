from __future__ import annotations

import errno
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import select

from framepack.checkpoints.table import checkpoint_named
from framepack.environment import EngineOptions
from framepack.errors import ImageRejected
from framepack.media.video import probe
from framepack.store.section_store import SectionStore
from projects.database.leases import Job
from projects.database.opening import session_for
from projects.database.tables import ProjectUpdate, Render, Shot, ShotUpdate, Take
from projects.failures import CALLED_OFF, DISK_FULL, OUT_OF_MEMORY
from projects.messages import in_english, read
from projects.queue.passing_faults import goes_on_by_itself, order_what_can_go_on
from projects.queue.steering import retry_order
from projects.settings import StudioSettings
from projects.storage.places import preview_path, take_path
from projects.storyboard.projects import delete_project, edit_project
from projects.storyboard.several import delete_shots
from tests.support.damage import (
    cut_short,
    damaged_names,
    empty,
    flip_bytes,
    flip_near_the_start,
    overwrite_latents,
    remove,
)
from tests.support.pretend_weights import pretend_weights
from tests.support.rendering import PaintingRoom, fresh
from tests.support.studio_at_work import StudioAtWork


@pytest.fixture
def studio_at_work(studio: StudioSettings, monkeypatch: pytest.MonkeyPatch) -> StudioAtWork:
    # Painting is quicker than progress may be written; nobody should wait for that here.
    monkeypatch.setattr("projects.queue.progress.WRITES_A_SECOND", 1000)
    return StudioAtWork(studio)


def error_of(made: Render | Take) -> str:
    return in_english(read(made.error or ""))


def prompts(room: PaintingRoom) -> list[str]:
    return [shot.request.prompt for shot in room.rendered]


def test_a_render_makes_a_chosen_take_with_a_file_for_every_wanted_shot(studio_at_work: StudioAtWork) -> None:
    s = studio_at_work
    render = s.render(*s.shots)
    assert (render.status, render.error) == ("done", None)
    assert s.states() == ["done", "done", "done"]
    for shot in s.shots:
        (take,) = s.takes(shot)
        facts = probe(take_path(s.settings, take.id))
        assert (facts.frames, facts.width) == (take.frames, 64)
        assert take.request["prompt"] == shot.prompt
    assert not preview_path(s.settings, render.id).exists()


def test_a_new_take_is_chosen_and_the_earlier_one_stays(studio_at_work: StudioAtWork) -> None:
    s = studio_at_work
    s.render(*s.shots)
    s.edit(s.shots[1], ShotUpdate(prompt="now it snows"))
    s.room.rendered.clear()
    s.render(s.shots[1])
    assert prompts(s.room) == ["now it snows"]
    new, old = s.takes(s.shots[1])
    assert (new.number, new.status, old.number, old.status) == (2, "done", 1, "done")
    assert take_path(s.settings, old.id).is_file()
    assert s.states() == ["done", "done", "done"]


def test_an_identical_take_is_found_again_and_chosen(studio_at_work: StudioAtWork) -> None:
    s = studio_at_work
    s.render(s.shots[2])
    s.edit(s.shots[2], ShotUpdate(prompt="other words"))
    s.render(s.shots[2])
    s.edit(s.shots[2], ShotUpdate(prompt="shot 2"))
    assert s.states()[2] == "stale"
    s.room.rendered.clear()
    assert s.render(s.shots[2]).status == "done"
    assert s.room.rendered == []
    assert len(s.takes(s.shots[2])) == 2
    assert s.states()[2] == "done"


def test_a_shot_that_was_made_shorter_needs_no_engine(studio_at_work: StudioAtWork) -> None:
    s = studio_at_work
    s.render(s.shots[2])
    s.edit(s.shots[2], ShotUpdate(seconds=0.5))
    s.room.rendered.clear()
    assert s.render(s.shots[2]).status == "done"
    assert s.room.rendered == []
    assert [take.frames for take in s.takes(s.shots[2])] == [30]
    assert s.states()[2] == "done"


def test_an_earlier_shot_of_the_chain_is_made_first_where_it_is_not_there(studio_at_work: StudioAtWork) -> None:
    s = studio_at_work
    s.render(s.shots[1])
    assert prompts(s.room) == ["shot 0", "shot 1"]
    assert s.states() == ["done", "done", "never rendered"]


def test_an_edit_while_rendering_changes_nothing_for_the_take(studio_at_work: StudioAtWork) -> None:
    s = studio_at_work
    render_id = s.order(*s.shots)
    places = s.plan(render_id)
    s.edit(s.shots[0], ShotUpdate(prompt="edited meanwhile"))
    assert s.plan(render_id) == places == [[0, 1], [0]]
    assert s.carry_out(render_id).status == "done"
    (take,) = s.takes(s.shots[0])
    assert take.request["prompt"] == "shot 0"
    assert s.states() == ["stale", "stale", "done"]


def test_a_shot_deleted_while_rendering_disturbs_nothing(studio_at_work: StudioAtWork) -> None:
    s = studio_at_work
    render_id = s.order(*s.shots)
    s.plan(render_id)
    with session_for(s.database) as session:
        delete_shots(session=session, project_id=s.shots[0].project_id, shot_ids=[s.shots[0].id])
        session.commit()
    assert s.carry_out(render_id).status == "done"


def test_calling_off_stops_at_the_next_step_and_keeps_finished_sections(
    studio_at_work: StudioAtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = studio_at_work
    monkeypatch.setattr("projects.generator.patience.SECONDS_BETWEEN_LOOKS", 0.01)
    render_id = s.order(s.shots[0])

    def call_off() -> None:
        with session_for(s.database) as session:
            session.get_one(Render, render_id).status = "cancelled"
            session.commit()
        time.sleep(0.3)

    s.room.between = call_off
    assert s.carry_out(render_id).status == "cancelled"
    (take,) = s.takes(s.shots[0])
    assert take.status == "cancelled"
    assert s.make(render_id, 0, 0) == CALLED_OFF
    s.room.between = lambda: None
    s.room.rendered.clear()
    assert s.render(s.shots[0]).status == "done"
    assert [(take.number, take.status) for take in s.takes(s.shots[0])] == [(1, "done")]


def test_deleting_the_project_ends_its_render(studio_at_work: StudioAtWork) -> None:
    s = studio_at_work
    render_id = s.order(*s.shots)
    s.plan(render_id)
    with session_for(s.database) as session:
        delete_project(session=session, project_id=s.project.id)
        session.commit()
    assert error_of(s.carry_out(render_id)) == in_english(CALLED_OFF)
    assert s.room.rendered == []


class OutOfMemoryError(RuntimeError):
    """As torch's own is called."""


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), in_english(DISK_FULL)),
        (sa.exc.OperationalError("x", {}, sqlite3.OperationalError("database or disk is full")), in_english(DISK_FULL)),
        (MemoryError(), in_english(OUT_OF_MEMORY)),
        (OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), in_english(OUT_OF_MEMORY)),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), in_english(OUT_OF_MEMORY)),
        (
            ImageRejected("teal.png", "it is damaged or cut short."),
            "The picture teal.png cannot be used: it is damaged",
        ),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), "A file could not be read or written (/x: Perm"),
        (ZeroDivisionError("by zero\nmore"), "Something unforeseen happened (ZeroDivisionError: by zero)"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_the_next_job_goes_on(
    studio_at_work: StudioAtWork, fault: BaseException, said: str
) -> None:
    s = studio_at_work
    s.room.faults = [fault]
    render = s.render(*s.shots)
    assert render.status == "failed"
    assert error_of(render).startswith(said)
    assert "\n" not in error_of(render)
    (take,) = s.takes(s.shots[0])
    assert (take.status, take.error) == ("failed", render.error)
    # The shot that continues the failed one waits; the other chain was made.
    assert s.states() == ["never rendered", "never rendered", "done"]
    assert s.render(*s.shots).status == "done"
    assert s.states() == ["done", "done", "done"]


def test_some_of_the_disk_is_left_free_to_write_down_that_it_is_full(
    studio_at_work: StudioAtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = studio_at_work
    with monkeypatch.context() as patch:
        patch.setattr("projects.generator.shot_rendering.RESERVED_BYTES", 2**60)
        assert error_of(s.render(s.shots[2])) == in_english(DISK_FULL)
        assert s.room.rendered == []
        (failed,) = [order for order in (fresh(s.database, id) for id in orders(s)) if goes_on_by_itself(order)]
        patch.setattr("projects.queue.passing_faults.ROOM_BYTES", 2**60)
        assert go_on(s, s.settings) == []
    (again,) = go_on(s, s.settings)
    assert (again.shot_ids, again.tries, again.handed_over) == (failed.shot_ids, 1, False)
    with session_for(s.database) as session:
        session.get_one(Render, again.id).handed_over = True
        session.commit()
    assert s.carry_out(again.id).status == "done"


def test_what_fails_again_and_again_is_left_to_the_person(
    studio_at_work: StudioAtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = studio_at_work
    monkeypatch.setattr("projects.generator.shot_rendering.RESERVED_BYTES", 2**60)
    order = s.render(s.shots[2])
    for tries in (1, 2, 3):
        (again,) = go_on(s, s.settings)
        assert again.tries == tries
        with session_for(s.database) as session:
            session.get_one(Render, again.id).handed_over = True
            session.commit()
        order = s.carry_out(again.id)
    assert go_on(s, s.settings) == []
    assert not goes_on_by_itself(order)
    with session_for(s.database) as session:
        assert retry_order(session=session, render_id=order.id).tries == 0


def orders(s: StudioAtWork) -> list[str]:
    with session_for(s.database) as session:
        return [render.id for render in session.exec(select(Render)).all()]


def go_on(s: StudioAtWork, settings: StudioSettings) -> list[Render]:
    """What a worker does for orders that failed, again and again."""
    with session_for(s.database) as session:
        again = order_what_can_go_on(session=session, settings=settings)
        session.commit()
        return again


def test_missing_weights_fail_with_the_engines_own_words_and_the_order_goes_on_when_they_are_there(
    studio_at_work: StudioAtWork,
) -> None:
    s = studio_at_work
    with session_for(s.database) as session:
        edit_project(session=session, project_id=s.project.id, changes=ProjectUpdate(checkpoint="original"))
        session.commit()
    without = StudioSettings(
        s.settings.home, s.settings.database_url, EngineOptions(models=s.settings.home / "no weights here")
    )
    s.worker = s.new_worker(without)
    render = s.render(s.shots[0])
    assert render.status == "failed"
    assert "python -m framepack download original" in error_of(render)
    assert s.takes(s.shots[0]) == []
    assert goes_on_by_itself(render)
    assert go_on(s, without) == []
    assert without.engine.models is not None
    pretend_weights(checkpoint_named("original"), without.engine.models)
    (again,) = go_on(s, without)
    assert (again.status, again.shot_ids, again.tries) == ("queued", render.shot_ids, 1)
    # It is ordered once, however many workers see that.
    assert go_on(s, without) == []


def kill(s: StudioAtWork, render_id: str) -> None:
    """A worker dies in the middle of a shot."""
    s.room.faults = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        s.make(render_id, 0, 0)


def test_a_take_goes_on_after_a_kill_instead_of_beginning_again(studio_at_work: StudioAtWork) -> None:
    s = studio_at_work
    render_id = s.order(s.shots[0])
    s.plan(render_id)
    kill(s, render_id)
    assert s.carry_out(render_id).status == "done"
    (take,) = s.takes(s.shots[0])
    assert (take.number, take.status) == (1, "done")


def test_a_job_that_kills_its_worker_again_and_again_is_given_up(studio_at_work: StudioAtWork) -> None:
    s = studio_at_work
    render_id = s.order(s.shots[0])
    s.plan(render_id)
    for _ in range(3):
        kill(s, render_id)
    render = s.carry_out(render_id)
    assert render.status == "failed"
    assert "died 3 times at the same section" in error_of(render)
    # It is set aside, whatever else there is to do, until somebody orders it again.
    assert not goes_on_by_itself(render)
    with session_for(s.database) as session:
        again = retry_order(session=session, render_id=render_id)
        again.handed_over = True
        session.commit()
    assert s.carry_out(again.id).status == "done"
    assert [(take.number, take.status) for take in s.takes(s.shots[0])] == [(2, "done"), (1, "failed")]


def test_a_take_whose_file_is_gone_is_put_together_again(studio_at_work: StudioAtWork) -> None:
    s = studio_at_work
    s.render(s.shots[2])
    shutil.rmtree(s.settings.takes_dir)
    s.settings.make_folders()
    s.room.rendered.clear()
    assert s.render(s.shots[2]).status == "done"
    assert s.room.rendered == []
    newest = s.takes(s.shots[2])[0]
    assert take_path(s.settings, newest.id).is_file()


def test_a_take_whose_file_is_gone_is_not_done_and_is_made_again_under_its_number(studio_at_work: StudioAtWork) -> None:
    s = studio_at_work
    s.render(*s.shots)
    (take,) = s.takes(s.shots[2])
    take_path(s.settings, take.id).unlink()
    shutil.rmtree(s.settings.sections_dir)
    assert s.states() == ["done", "done", "never rendered"]
    assert s.render(s.shots[2]).status == "done"
    (again,) = s.takes(s.shots[2])
    assert (again.id, again.number, again.status) == (take.id, 1, "done")
    assert s.states() == ["done", "done", "done"]


@pytest.mark.parametrize("damage", [flip_near_the_start, empty, cut_short])
def test_a_shot_whose_take_and_video_are_damaged_is_made_again(
    studio_at_work: StudioAtWork, damage: Callable[[Path], None]
) -> None:
    s = studio_at_work
    s.render(*s.shots)
    (take,) = s.takes(s.shots[2])
    damage(take_path(s.settings, take.id))
    damage(SectionStore(s.settings.sections_dir).video(take.units[1][0]))
    s.room.rendered.clear()
    assert s.render(s.shots[2]).status == "done"
    assert prompts(s.room) == ["shot 2"]
    assert probe(take_path(s.settings, take.id)).frames == take.frames
    assert len(damaged_names(s.settings.home)) == 2


@pytest.mark.parametrize("damage", [overwrite_latents, flip_bytes, remove])
def test_a_shot_is_never_continued_from_damaged_latents(
    studio_at_work: StudioAtWork, damage: Callable[[Path], None]
) -> None:
    s = studio_at_work
    s.render(*s.shots)
    (take,) = s.takes(s.shots[0])
    store = SectionStore(s.settings.sections_dir)
    last = take.units[-1][0]
    good = store.latents(last)
    damage(store.video(last).with_name("latents.safetensors"))
    s.edit(s.shots[1], ShotUpdate(prompt="now it snows"))
    s.room.rendered.clear()
    assert s.render(s.shots[1]).status == "done"
    # The shot before it was made again first.
    assert prompts(s.room) == ["shot 0", "now it snows"]
    assert (store.latents(last) == good).all()
    # Its take was whole all the while: it stays the one that the film shows, and there is no second one beside it.
    assert [made.id for made in s.takes(s.shots[0])] == [take.id]
    with session_for(s.database) as session:
        assert session.get_one(Shot, s.shots[0].id).chosen_draft_id == take.id


def test_a_whole_take_needs_no_sections_where_no_shot_goes_on_from_it(studio_at_work: StudioAtWork) -> None:
    s = studio_at_work
    s.render(*s.shots)
    shutil.rmtree(s.settings.sections_dir)
    s.room.rendered.clear()
    assert s.render(s.shots[1], s.shots[2]).status == "done"
    assert "shot 2" not in prompts(s.room)


def test_an_unknown_render_is_no_reason_to_stop(studio_at_work: StudioAtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projects.database.patience.SECONDS_TO_WAIT_FOR_THE_COMMIT", 0.1)
    job = Job("never committed", lambda: True)
    assert studio_at_work.worker.plan("never committed", job) == []
    studio_at_work.worker.settle("never committed", [], job)
