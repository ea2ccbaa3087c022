"""Pictures from words on the queue: ordered, made by a real worker's child process, called off, chosen, kept."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from framepack.errors import InvalidRequest, StillModelRejected
from projects.database.leases import Fenced, Job, take_up
from projects.database.opening import open_database, session_for
from projects.database.tables import Media, PictureOrder, Shot, now
from projects.errors import StoryboardProblem
from projects.failures import DISK_FULL
from projects.forecast.speeds import Lasts
from projects.imaging.making import end_pictures, make_pictures
from projects.imaging.ordering import (
    cancel_pictures,
    choose_picture,
    order_pictures,
    picture_orders,
    put_away_pictures,
)
from projects.imaging.process import PictureMaker
from projects.messages import in_english, read, stored
from projects.queue.overview import overview
from projects.queue.passing_faults import make_pictures_that_can_go_on, pictures_go_on_by_themselves
from projects.queue.picture_steering import (
    UNFINISHED,
    move_pictures,
    pause_pictures,
    put_back_pictures,
    resume_pictures,
    retry_pictures,
    take_next_pictures,
    unfinished_pictures,
)
from projects.queue.steering import clear_finished, pause_queue, resume_queue
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storage.places import picture_path
from projects.storyboard.projects import create_project
from projects.storyboard.shots import add_shot
from projects.upkeep.needed import all_rows, needed_by
from tests.support.children import children_with
from tests.support.finished_takes import render_all
from tests.support.plain_pictures import png
from tests.support.rendering import until, worker_process
from tests.support.tiny_still_model import write_still_model


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_still_model(folder / "tiny")
    return folder


@pytest.fixture
def own(studio: StudioSettings, models: Path) -> StudioSettings:
    """A studio whose person has a model that makes pictures."""
    return replace(studio, still_models=models)


@pytest.fixture
def database(own: StudioSettings) -> Iterator[sa.Engine]:
    own.make_folders()
    opened = open_database(own)
    yield opened
    opened.dispose()


@pytest.fixture
def shot(database: sa.Engine) -> str:
    with session_for(database) as session:
        project = create_project(session=session, name="Tides")
        made = add_shot(session=session, project_id=project.id, prompt="A harbour at dusk.", seconds=2)
        session.commit()
        return made.id


@pytest.fixture
def ordered(database: sa.Engine, own: StudioSettings, shot: str) -> Callable[..., Callable[[], PictureOrder]]:
    """Orders pictures of the shot; returns what has the order as it is now."""

    def order(**asked: object) -> Callable[[], PictureOrder]:
        with session_for(database) as session:
            said = {"prompt": "a harbour", "count": 2, "steps": 2, "seed": 5, **asked}
            row = order_pictures(session=session, settings=own, shot_id=shot, model="tiny", **said)  # type: ignore[arg-type]
            session.commit()
            id = row.id

        def now() -> PictureOrder:
            with session_for(database) as session:
                return session.get_one(PictureOrder, id)

        return now

    return order


def steer(database: sa.Engine, verb: Callable[..., object], **asked: object) -> None:
    """Steer the whole queue, or the order that is ``asked`` for."""
    with session_for(database) as session:
        verb(session=session, **asked)
        session.commit()


def made_here(own: StudioSettings, database: sa.Engine, order: PictureOrder) -> None:
    with session_for(database) as session:
        lease = take_up(session=session, row=session.get_one(PictureOrder, order.id))
        session.commit()
    make_pictures(
        settings=own,
        database=database,
        order_id=order.id,
        lease=lease,
        device="cpu",
        hardware="Some processor",
        began=time.monotonic(),
        cancelled=lambda: False,
    )


def test_a_worker_makes_what_is_ordered_and_one_is_chosen_for_the_shot(
    own: StudioSettings, database: sa.Engine, shot: str, ordered: Callable[..., Callable[[], PictureOrder]]
) -> None:
    order = ordered()
    with worker_process(own):
        until(lambda: order().status not in UNFINISHED)
    row = order()
    assert (row.status, row.error, row.share) == ("done", None, 1.0)
    assert len(row.media_ids) == 2

    with session_for(database) as session:
        media = [session.get_one(Media, id) for id in row.media_ids]
        assert {(one.width, one.height) for one in media} == {(row.width, row.height)} == {(1024, 576)}
        choose_picture(session=session, order_id=row.id, media_id=row.media_ids[1])
        session.commit()
        assert session.get_one(Shot, shot).media_id == row.media_ids[1]


def test_what_is_called_off_ends_and_its_process_with_it(
    own: StudioSettings, database: sa.Engine, ordered: Callable[..., Callable[[], PictureOrder]]
) -> None:
    order = ordered(steps=200, count=8)
    with worker_process(own) as worker:
        until(lambda: order().status == "working")
        (child,) = children_with(worker.pid, order().id)
        with session_for(database) as session:
            cancel_pictures(session=session, settings=own, order_id=order().id)
            session.commit()
        child.wait(30)
    assert order().status == "cancelled"


def test_a_pause_of_the_whole_queue_holds_pictures_up_and_they_go_on_where_they_were(
    own: StudioSettings, database: sa.Engine, ordered: Callable[..., Callable[[], PictureOrder]]
) -> None:
    order = ordered(steps=30, count=3)
    with worker_process(own) as worker:
        until(lambda: len(order().media_ids) >= 1)
        steer(database, pause_queue)
        until(lambda: order().status == "queued")
        held = order()
        assert held.share == len(held.media_ids) / 3
        until(lambda: children_with(worker.pid, held.id) == [])
        assert order().media_ids == held.media_ids
        steer(database, resume_queue)
        until(lambda: order().status not in UNFINISHED)
    done = order()
    assert (done.status, done.begun, len(done.media_ids)) == ("done", 1, 3)
    assert done.media_ids[: len(held.media_ids)] == held.media_ids


def test_one_that_is_paused_keeps_what_is_made_lets_the_next_be_made_and_goes_on_where_it_was(
    own: StudioSettings, database: sa.Engine, ordered: Callable[..., Callable[[], PictureOrder]]
) -> None:
    first, second = ordered(steps=30, count=3), ordered(count=1, seed=9)
    with worker_process(own) as worker:
        until(lambda: len(first().media_ids) >= 1)
        assert second().status == "queued"
        steer(database, pause_pictures, order_id=first().id)
        held = first()
        assert (held.status, held.paused, held.begun) == ("queued", True, 0)
        assert held.share == len(held.media_ids) / 3
        until(lambda: second().status == "done")
        assert first().media_ids == held.media_ids
        assert children_with(worker.pid, held.id) == []
        steer(database, resume_pictures, order_id=held.id)
        until(lambda: first().status not in UNFINISHED)
    done = first()
    assert (done.status, done.begun, len(done.media_ids)) == ("done", 1, 3)
    assert done.media_ids[: len(held.media_ids)] == held.media_ids


def test_what_is_put_back_is_written_by_its_worker_no_more_and_what_is_over_stays_so(
    database: sa.Engine, ordered: Callable[..., Callable[[], PictureOrder]]
) -> None:
    order = ordered()
    with session_for(database) as session:
        begun = session.get_one(PictureOrder, order().id)
        begun.lease, begun.status, begun.begun, begun.started_at, begun.handed_over = 1, "working", 1, now(), True
        session.commit()
        put_back_pictures(session=session, order=begun)
        session.commit()
        assert (order().status, order().begun, order().handed_over, order().runs) == ("queued", 0, False, 1)
        with pytest.raises(Fenced):
            end_pictures(session, PictureOrder(**{**order().model_dump(), "lease": 1}), None)
        begun.status = "cancelled"
        session.flush()
        put_back_pictures(session=session, order=begun)
        assert begun.status == "cancelled"


def test_orders_are_taken_up_in_the_order_that_a_person_gives_them(
    database: sa.Engine, ordered: Callable[..., Callable[[], PictureOrder]]
) -> None:
    a, b, c = (ordered(seed=seed)().id for seed in (1, 2, 3))
    with session_for(database) as session:

        def taken() -> list[str]:
            took = take_next_pictures(session=session, orders=unfinished_pictures(session=session), workers=1)
            session.expire_all()
            return [one.id for one in took]

        assert move_pictures(session=session, order_id=c, before=a) == [c, a, b]
        assert move_pictures(session=session, order_id=c, before=c) == [c, a, b]
        assert move_pictures(session=session, order_id=a, before=None) == [c, b, a]
        pause_pictures(session=session, order_id=c)
        assert (taken(), taken()) == ([b], [])
        for order_id, before in ((b, None), (c, b)):
            with pytest.raises(StoryboardProblem, match="Only an order that waits"):
                move_pictures(session=session, order_id=order_id, before=before)
        assert [one.id for one in unfinished_pictures(session=session)] == [b, c, a]
        pause_queue(session=session)
        assert taken() == []
        assert not any(one.handed_over for one in unfinished_pictures(session=session))


def test_what_failed_or_was_called_off_is_ordered_again_with_what_it_lacks(
    own: StudioSettings, database: sa.Engine, ordered: Callable[..., Callable[[], PictureOrder]]
) -> None:
    order = ordered(count=1)
    with session_for(database) as session:
        with pytest.raises(StoryboardProblem, match="not over yet"):
            retry_pictures(session=session, order_id=order().id)
        cancel_pictures(session=session, settings=own, order_id=order().id)
        session.commit()
        assert [one.order.id for one in overview(session=session, settings=own).pictures_over] == [order().id]
        clear_finished(session=session)
        assert overview(session=session, settings=own).pictures_over == ()
        retry_pictures(session=session, order_id=order().id)
        session.commit()
        assert [one.order.id for one in overview(session=session, settings=own).pictures] == [order().id]
    assert (order().status, order().error, order().runs, order().cleared_at) == ("queued", None, 1, None)
    made_here(own, database, order())
    with session_for(database) as session, pytest.raises(StoryboardProblem, match="All of these pictures are there"):
        retry_pictures(session=session, order_id=order().id)


def test_what_failed_for_a_full_disk_is_made_after_all_once_there_is_room_three_times_at_most(
    own: StudioSettings,
    database: sa.Engine,
    ordered: Callable[..., Callable[[], PictureOrder]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order = ordered(count=2)

    def full(**_: object) -> object:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("projects.imaging.making.add_picture", full)
        made_here(own, database, order())
    assert (order().status, read(order().error or "")) == ("failed", DISK_FULL)
    assert pictures_go_on_by_themselves(order())
    for tries in (1, 2, 3):
        steer(database, make_pictures_that_can_go_on, settings=own)
        assert (order().status, order().tries, order().begun) == ("queued", tries, 0)
        with session_for(database) as session:
            failed = session.get_one(PictureOrder, order().id)
            failed.status, failed.error = "failed", stored(DISK_FULL)
            session.commit()
    assert not pictures_go_on_by_themselves(order())
    steer(database, make_pictures_that_can_go_on, settings=own)
    assert order().status == "failed"


def test_how_long_pictures_take_is_foretold_once_some_were_made_here(
    own: StudioSettings, database: sa.Engine, ordered: Callable[..., Callable[[], PictureOrder]]
) -> None:
    first, second, other = ordered(), ordered(count=3), ordered(steps=4, seed=1)

    def foretold() -> dict[str, Lasts | None]:
        with session_for(database) as session:
            return {one.order.id: one.lasts for one in overview(session=session, settings=own).pictures}

    assert set(foretold().values()) == {None}
    made_here(own, database, first())
    lasts = foretold()
    same, carried = lasts[second().id], lasts[other().id]
    assert same is not None
    assert same.measured
    assert 0.0 < same.low <= same.likely <= same.high
    assert carried is not None
    assert not carried.measured


def test_what_a_killed_worker_began_is_gone_on_with_by_the_next(
    own: StudioSettings, ordered: Callable[..., Callable[[], PictureOrder]]
) -> None:
    order = ordered(steps=8, count=3)
    with worker_process(own) as worker:
        until(lambda: len(order().media_ids) == 1)
        first = order().media_ids
        worker.kill()
        worker.wait()
    with worker_process(own):
        until(lambda: order().status not in UNFINISHED)
    assert (order().status, len(order().media_ids), order().media_ids[:1]) == ("done", 3, first)


def test_pictures_that_another_worker_has_taken_up_are_left_to_it(
    own: StudioSettings,
    database: sa.Engine,
    ordered: Callable[..., Callable[[], PictureOrder]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order = ordered()
    with session_for(database) as session:
        session.get_one(PictureOrder, order().id).handed_over = True
        session.commit()

    def dies(*_: object) -> int:
        with session_for(database) as session:
            take_up(session=session, row=session.get_one(PictureOrder, order().id))
            session.commit()
        return -9

    monkeypatch.setattr("projects.imaging.process.run_while_wanted", dies)
    answers = iter([True, True, False])
    maker = PictureMaker(settings=own, database=database, device="cpu", hardware="Some processor", release=lambda: None)
    maker.make(order().id, Job(order().id, lambda: next(answers)))
    assert (order().status, order().error, order().lease) == ("queued", None, 2)
    with session_for(database) as session, pytest.raises(Fenced):
        end_pictures(session, PictureOrder(**{**order().model_dump(), "lease": 1}), None)


def test_the_last_frame_of_a_take_is_changed(own: StudioSettings, database: sa.Engine, shot: str) -> None:
    with session_for(database) as session:
        row = session.get_one(Shot, shot)
        media = add_picture(session=session, settings=own, data=png(320, 180), name="a.png").media
        row.media_id = media.id
        (take, *_) = render_all(session, own, row.project_id)
        order = order_pictures(
            session=session,
            settings=own,
            shot_id=shot,
            model="tiny",
            prompt="at night",
            count=1,
            steps=4,
            source_take_id=take.id,
        )
        session.commit()
        assert order.source_id is not None
        assert picture_path(own, order.source_id).is_file()
    made_here(own, database, order)
    with session_for(database) as session:
        assert (session.get_one(PictureOrder, order.id).status, order.strength) == ("done", 0.6)


def test_why_nothing_was_made_is_kept_in_one_sentence(
    own: StudioSettings, database: sa.Engine, ordered: Callable[..., Callable[[], PictureOrder]]
) -> None:
    order = ordered()
    gone = replace(own, still_models=own.home / "elsewhere")
    made_here(gone, database, order())
    assert order().status == "failed"
    assert "The picture model tiny cannot be used: it is not in the folder" in in_english(read(order().error or ""))


def test_candidates_are_needed_until_they_are_put_away(
    own: StudioSettings, database: sa.Engine, shot: str, ordered: Callable[..., Callable[[], PictureOrder]]
) -> None:
    order = ordered(count=1)
    made_here(own, database, order())

    def needed() -> frozenset[str]:
        with session_for(database) as session:
            return needed_by(all_rows(session).without_deleted(), None)["pictures"]

    assert set(order().media_ids) <= needed()
    with session_for(database) as session:
        put_away_pictures(session=session, settings=own, order_id=order().id)
        session.commit()
        assert picture_orders(session=session, shot_id=shot) == []
    assert not set(order().media_ids) & needed()


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ({"prompt": "  "}, InvalidRequest),
        ({"count": 9}, InvalidRequest),
        ({"steps": 0}, InvalidRequest),
        ({"strength": 0.0}, InvalidRequest),
        ({"model": "another"}, StillModelRejected),
    ],
)
def test_what_cannot_be_ordered_is_refused(
    own: StudioSettings, database: sa.Engine, shot: str, asked: dict[str, object], refused: type[Exception]
) -> None:
    with session_for(database) as session, pytest.raises(refused):
        order_pictures(session=session, settings=own, shot_id=shot, **{"model": "tiny", "prompt": "x", **asked})  # type: ignore[arg-type]


def test_a_picture_of_another_order_is_not_chosen(
    database: sa.Engine, ordered: Callable[..., Callable[[], PictureOrder]]
) -> None:
    order = ordered()
    with session_for(database) as session, pytest.raises(StoryboardProblem):
        choose_picture(session=session, order_id=order().id, media_id="0" * 64)
