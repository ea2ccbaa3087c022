"""Computers with folders of their own and one store: what one makes the others find, and nothing is made twice."""

from __future__ import annotations

import dataclasses
from contextlib import closing
from pathlib import Path

import pytest

from framepack.files.manifest import Manifest, describe
from framepack.messages import Message
from framepack.store.addresses import checked_address
from framepack.store.connection import StoreAway
from framepack.store.objects import ObjectStore
from projects.database.leases import Fenced, Job, take_up
from projects.database.opening import open_database, session_for
from projects.database.tables import Take
from projects.films.stitching import conform_take, take_is_whole
from projects.generator.looking_after import put_what_is_only_here
from projects.generator.orders_in_hand import Order
from projects.generator.shot_rendering import ShotRenderer
from projects.queue.orders import UNFINISHED, enqueue_render
from projects.queue.passing_faults import goes_on_by_itself, order_what_can_go_on
from projects.settings import StudioSettings
from projects.storage.pictures import thumbnail
from projects.storage.places import film_path, picture_path, take_path
from projects.storage.shared import bring, is_kept, objects_of, picture_file, section_store
from projects.takes.staleness import takes_there
from projects.upkeep.needed import all_rows
from projects.upkeep.shared import only_here
from tests.support.films import film_now
from tests.support.rendering import fresh, sections_made, small_project, until, worker_process
from tests.support.sftp import SmallSftp
from tests.support.studio_at_work import StudioAtWork


@pytest.fixture
def one(studio: StudioSettings, tmp_path: Path) -> StudioSettings:
    return dataclasses.replace(studio, store=checked_address(str(tmp_path / "store")), store_patience=0.0)


@pytest.fixture
def two(one: StudioSettings, tmp_path: Path) -> StudioSettings:
    """The same studio as another computer has it: nothing but the database and the store is the same."""
    return dataclasses.replace(one, home=tmp_path / "two")


@pytest.fixture
def at_work(one: StudioSettings, monkeypatch: pytest.MonkeyPatch) -> StudioAtWork:
    monkeypatch.setattr("projects.queue.progress.WRITES_A_SECOND", 1000)
    return StudioAtWork(one)


def elsewhere(at_work: StudioAtWork, settings: StudioSettings) -> ShotRenderer:
    settings.make_folders()
    return at_work.new_worker(settings)


def take_of(at_work: StudioAtWork, place: int) -> Take:
    (take,) = at_work.takes(at_work.shots[place])
    return take


def break_off(monkeypatch: pytest.MonkeyPatch, kinds: tuple[str, ...], times: int) -> dict[str, int]:
    """Let the store be away the first so many times that a name of a kind is put there; returns how often it was."""
    broken = dict.fromkeys(kinds, 0)
    publish = ObjectStore.publish_at_once

    def publish_or_break_off(store: ObjectStore, name: str, manifest: Manifest) -> None:
        kind = name.partition("/")[0]
        if broken.get(kind, times) < times:
            broken[kind] += 1
            raise StoreAway(store.address, "it is cut off")
        publish(store, name, manifest)

    monkeypatch.setattr(ObjectStore, "publish_at_once", publish_or_break_off)
    return broken


def damage(store: Path, kind: str) -> None:
    for path in (store / "contents" / kind).rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[::-1])


def test_a_shot_that_one_made_is_gone_on_from_by_another_without_a_section_made_again(
    at_work: StudioAtWork, two: StudioSettings
) -> None:
    s = at_work
    assert s.render(s.shots[0]).status == "done"
    s.worker = elsewhere(s, two)
    s.room.rendered.clear()
    assert s.render(s.shots[1]).status == "done"
    assert [shot.request.prompt for shot in s.room.rendered] == ["shot 1"]
    mine, theirs = section_store(s.settings), section_store(two)
    for take in (take_of(s, 0), take_of(s, 1)):
        for key, _ in take.units:
            assert mine.latents(key).tobytes() == theirs.latents(key).tobytes()
        assert take_is_whole(settings=s.settings, take=take)
        assert take_is_whole(settings=two, take=take)


def test_takes_that_another_made_count_as_there_and_are_fetched_when_they_are_wanted(
    at_work: StudioAtWork, two: StudioSettings
) -> None:
    s = at_work
    s.render(s.shots[0])
    take = take_of(s, 0)
    assert takes_there(two, [take]) == [take]
    assert not take_path(two, take.id).exists()
    assert conform_take(settings=two, take=take).read_bytes() == take_path(s.settings, take.id).read_bytes()


def test_a_take_that_is_damaged_here_comes_from_the_store(at_work: StudioAtWork) -> None:
    s = at_work
    s.render(s.shots[0])
    take, path = take_of(s, 0), take_path(s.settings, take_of(s, 0).id)
    whole = path.read_bytes()
    path.write_bytes(whole[::-1])
    assert take_is_whole(settings=s.settings, take=take)
    assert path.read_bytes() == whole


def test_a_take_that_is_damaged_in_the_store_is_put_together_from_its_sections(
    at_work: StudioAtWork, two: StudioSettings, tmp_path: Path
) -> None:
    s = at_work
    s.render(s.shots[0])
    damage(tmp_path / "store", "takes")
    take = take_of(s, 0)
    conform_take(settings=two, take=take)
    objects = objects_of(two)
    assert objects is not None
    assert objects.fetch(f"takes/{take.id}.mp4", tmp_path) is not None


def test_sections_that_are_damaged_in_the_store_are_made_again(
    at_work: StudioAtWork, two: StudioSettings, tmp_path: Path
) -> None:
    s = at_work
    s.render(s.shots[0])
    for kind in ("sections", "takes"):
        damage(tmp_path / "store", kind)
    s.worker = elsewhere(s, two)
    s.room.rendered.clear()
    assert s.render(s.shots[1]).status == "done"
    assert [shot.request.prompt for shot in s.room.rendered] == ["shot 0", "shot 1"]


def test_pictures_that_are_given_to_one_are_seen_by_all(at_work: StudioAtWork, two: StudioSettings) -> None:
    (path,) = [path for path in at_work.settings.media_dir.rglob("*") if path.is_file()]
    assert not picture_path(two, path.name).exists()
    assert thumbnail(two, path.name, 160).is_file()
    assert picture_file(two, path.name).read_bytes() == path.read_bytes()
    picture_path(two, path.name).write_bytes(b"damaged")
    assert picture_file(two, path.name).read_bytes() == path.read_bytes()


def test_whoever_lost_a_take_to_another_does_not_put_it_into_the_store(
    at_work: StudioAtWork, two: StudioSettings
) -> None:
    s = at_work
    render_id = s.order(s.shots[2])
    s.plan(render_id)
    lost: list[Message | None] = []
    others = elsewhere(s, two)

    def another_makes_it() -> None:
        s.room.between = lambda: None
        lost.append(others.make(render_id, 0, 0, s.job(render_id)))

    still_ours = iter([True, True, False])
    s.room.between = another_makes_it
    assert s.worker.make(render_id, 0, 0, Job(s.job(render_id).run, lambda: next(still_ours))) is not None
    assert lost == [None]
    objects = objects_of(s.settings)
    assert objects is not None
    take = take_of(s, 2)
    assert (take.status, take.lease) == ("done", 2)
    assert objects.holds(f"takes/{take.id}.mp4", describe([take_path(two, take.id)]))
    assert not take_path(s.settings, take.id).exists()


def test_a_take_is_not_published_by_whoever_has_not_its_latest_lease(at_work: StudioAtWork) -> None:
    s = at_work
    render_id = s.order(s.shots[2])
    s.plan(render_id)
    takes = s.worker._takes
    order = takes.begin(render_id, 0, 0, s.job(render_id).run)
    assert isinstance(order, Order)
    for _ in s.room.render(order.chain, 0, s.worker._pictures(order.plan), s.worker._store):
        pass
    with session_for(s.database) as session:
        take_up(session=session, row=session.get_one(Take, order.take.id))
        session.commit()
    with pytest.raises(Fenced):
        takes.put_together(order, order.take)
    objects = objects_of(s.settings)
    assert objects is not None
    assert not objects.names("takes")
    assert not take_path(s.settings, order.take.id).exists()


def test_an_order_waits_for_a_store_that_is_away_and_goes_on_by_itself_when_it_is_back(
    at_work: StudioAtWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("framepack.store.objects.SECONDS_OF_REST", 0.0)
    s = at_work
    (tmp_path / "store").rename(tmp_path / "unmounted")
    failed = s.render(s.shots[0])
    assert failed.status == "failed"
    assert failed.error is not None
    assert "store-away" in failed.error
    assert goes_on_by_itself(failed)
    with session_for(s.database) as session:
        assert order_what_can_go_on(session=session, settings=s.settings) == []
    assert not (tmp_path / "store").exists()
    (tmp_path / "unmounted").rename(tmp_path / "store")
    with session_for(s.database) as session:
        (again,) = order_what_can_go_on(session=session, settings=s.settings)
        session.commit()
    assert s.carry_out(again.id).status == "done"


def test_a_take_and_a_film_get_into_a_store_that_breaks_off_again_and_again_before_their_names(
    at_work: StudioAtWork, two: StudioSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = at_work
    broken = break_off(monkeypatch, kinds=("takes", "films"), times=4)
    for shot in s.shots:
        assert s.render(shot).status == "done"
    with session_for(s.database) as session:
        film = film_now(session, s.settings, s.project.id)
        assert (film.status, film.error) == ("done", None)
        path = film_path(two, film)
    assert broken == {"takes": 4, "films": 4}
    for shared in (take_path(two, take_of(s, 0).id), path):
        assert bring(two, shared)


def test_a_take_fails_with_a_sentence_where_the_store_takes_its_content_and_never_its_name(
    at_work: StudioAtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = at_work
    break_off(monkeypatch, kinds=("takes",), times=1000)
    failed = s.render(s.shots[0])
    assert failed.status == "failed"
    assert failed.error is not None
    assert "store-away" in failed.error


def test_while_the_store_is_away_what_is_finished_is_not_called_gone(
    at_work: StudioAtWork, two: StudioSettings, tmp_path: Path
) -> None:
    s = at_work
    s.render(s.shots[0])
    path = take_path(two, take_of(s, 0).id)
    assert is_kept(two, path)
    (tmp_path / "store").rename(tmp_path / "unmounted")
    assert is_kept(two, path)
    with pytest.raises(StoreAway):
        conform_take(settings=two, take=take_of(s, 0))


def test_a_studio_from_before_there_was_a_store_is_put_there_and_found_by_another(
    studio: StudioSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projects.queue.progress.WRITES_A_SECOND", 1000)
    s = StudioAtWork(studio)
    s.render(*s.shots)
    one = dataclasses.replace(studio, store=checked_address(str(tmp_path / "store")), store_patience=0.0)
    two = dataclasses.replace(one, home=tmp_path / "two")
    (damaged,) = s.takes(s.shots[2])
    take_path(one, damaged.id).write_bytes(b"damaged")
    put_what_is_only_here(s.database, one)
    (take,) = s.takes(s.shots[0])
    assert take_is_whole(settings=two, take=take)
    assert all(section_store(two).is_whole(key) for key, _ in take.units)
    assert not is_kept(two, take_path(two, damaged.id))
    conform_take(settings=two, take=damaged)
    with session_for(s.database) as session:
        rows = all_rows(session)
        assert [thing.id for thing in only_here(one, rows)] == []


def test_two_workers_with_folders_of_their_own_serve_one_studio(one: StudioSettings, two: StudioSettings) -> None:
    database = open_database(one)
    with session_for(database) as session:
        project, shots = small_project(session, one, ("cut", 1.2), ("continue", 1.2))
        session.commit()

    def rendered(place: int, worker: StudioSettings) -> str | None:
        with session_for(database) as session:
            render = enqueue_render(session=session, project_id=project.id, shot_ids=[shots[place].id])
            session.commit()
        with worker_process(worker):
            until(lambda: fresh(database, render.id).status not in UNFINISHED)
        return fresh(database, render.id).error

    assert rendered(0, one) is None
    before = sections_made(one)
    assert rendered(1, two) is None
    after = sections_made(two)
    assert before
    assert after
    assert not set(before) & set(after)
    database.dispose()


def test_two_workers_serve_one_studio_by_sftp(
    one: StudioSettings, two: StudioSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    with closing(SmallSftp(tmp_path / "served")) as server:
        server.make_known(tmp_path / "me")
        one, two = (dataclasses.replace(home, store=server.address) for home in (one, two))
        test_two_workers_with_folders_of_their_own_serve_one_studio(one, two)
