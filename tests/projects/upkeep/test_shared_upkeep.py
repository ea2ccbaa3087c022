"""Room on a computer's disk beside a shared store, and what nothing needs there any more."""

from __future__ import annotations

import dataclasses
import os
import time
from functools import partial
from pathlib import Path

import pytest

from framepack.files.manifest import beside, describe
from framepack.store.addresses import checked_address
from framepack.store.connection import StoreAway
from projects.database.opening import session_for
from projects.films.stitching import take_is_whole
from projects.settings import StudioSettings
from projects.storage.places import picture_path, take_path
from projects.storage.shared import objects_of, picture_file, section_store, unshare
from projects.upkeep.needless import things
from projects.upkeep.removal import remove_needless
from projects.upkeep.shared import let_go, only_in_store
from tests.support.studio_at_work import StudioAtWork


@pytest.fixture
def at_work(studio: StudioSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudioAtWork:
    monkeypatch.setattr("projects.queue.progress.WRITES_A_SECOND", 1000)
    settings = dataclasses.replace(studio, store=checked_address(str(tmp_path / "store")), store_patience=0.0)
    at_work = StudioAtWork(settings)
    at_work.render(*at_work.shots)
    return at_work


def bounded(at_work: StudioAtWork, most: int) -> StudioSettings:
    return dataclasses.replace(at_work.settings, cache_bytes=most)


def use_nothing_for(settings: StudioSettings, hours: float) -> None:
    for path in settings.home.rglob("*"):
        if path.is_file():
            os.utime(path, (time.time() - hours * 3600,) * 2)


def kept_here(settings: StudioSettings) -> set[str]:
    return {thing.path.name for thing in things(settings) if thing.kind in ("sections", "takes", "pictures")}


def test_copies_that_nobody_used_for_long_are_let_go_and_come_back_when_they_are_wanted(at_work: StudioAtWork) -> None:
    settings = bounded(at_work, 1)
    use_nothing_for(settings, 24)
    (take,) = at_work.takes(at_work.shots[2])
    (picture,) = [path.name for path in settings.media_dir.rglob("*") if path.is_file()]
    assert let_go(settings).files
    assert kept_here(settings) == set()
    assert take_is_whole(settings=settings, take=take)
    assert all(section_store(settings).is_whole(key) for key, _ in take.units)
    assert picture_file(settings, picture).is_file()
    assert at_work.states() == ["done"] * 3


def test_what_was_used_last_stays_longest_and_nothing_goes_below_the_bound(at_work: StudioAtWork) -> None:
    use_nothing_for(at_work.settings, 24)
    before = kept_here(at_work.settings)
    assert let_go(bounded(at_work, 10**12)).files == 0
    assert kept_here(at_work.settings) == before
    (take,) = at_work.takes(at_work.shots[0])
    path = take_path(at_work.settings, take.id)
    os.utime(beside(path), (time.time() - 7 * 3600,) * 2)
    let_go(bounded(at_work, 2 * path.stat().st_size))
    assert path.is_file()
    assert kept_here(at_work.settings) < before


def test_what_was_used_within_the_last_hours_stays(at_work: StudioAtWork) -> None:
    before = kept_here(at_work.settings)
    assert let_go(bounded(at_work, 1)).files == 0
    assert kept_here(at_work.settings) == before


def test_what_is_not_surely_in_the_store_stays(at_work: StudioAtWork, tmp_path: Path) -> None:
    settings = bounded(at_work, 1)
    use_nothing_for(settings, 24)
    (missing,), (cut,) = at_work.takes(at_work.shots[0]), at_work.takes(at_work.shots[2])
    unshare(settings, take_path(settings, missing.id))
    (content,) = (tmp_path / "store" / "contents" / "takes" / f"{cut.id}.mp4").iterdir()
    content.write_bytes(content.read_bytes()[:-1])
    let_go(settings)
    names = {f"{take.id}.mp4" for take in (missing, cut)}
    assert kept_here(settings) == names | {f"{name}.json" for name in names}


def test_nothing_is_let_go_while_the_store_is_away(at_work: StudioAtWork, tmp_path: Path) -> None:
    settings = bounded(at_work, 1)
    use_nothing_for(settings, 24)
    before = kept_here(settings)
    (tmp_path / "store").rename(tmp_path / "unmounted")
    with pytest.raises(StoreAway):
        let_go(settings)
    assert kept_here(settings) == before


def test_what_nothing_needs_goes_from_the_store_too_and_what_is_needed_stays(
    at_work: StudioAtWork, tmp_path: Path
) -> None:
    settings = at_work.settings
    objects = objects_of(settings)
    assert objects is not None
    needless = picture_path(settings, "ab" * 32)
    needless.parent.mkdir(parents=True, exist_ok=True)
    needless.write_text("made by another computer", encoding="utf-8")
    objects.put(f"media/ab/{needless.name}", needless.parent, describe([needless]))
    needless.unlink()
    assert [thing.path for thing in only_in_store(settings)] == [needless]
    before = objects.names("sections") | objects.names("takes") | objects.names("media")
    sessions = partial(session_for, at_work.database)
    assert remove_needless(sessions=sessions, settings=settings).files == 0  # it may be about to be needed
    for path in (tmp_path / "store").rglob("*"):
        os.utime(path, (time.time() - 7200,) * 2)
    assert remove_needless(sessions=sessions, settings=settings).files == 1
    after = objects.names("sections") | objects.names("takes") | objects.names("media")
    assert before - after == {f"media/ab/{needless.name}"}
