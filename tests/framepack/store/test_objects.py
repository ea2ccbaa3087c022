"""An object store that several computers share: what is in it is whole, what is damaged is not handed out."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem

from framepack.errors import SettingRejected
from framepack.files.manifest import Manifest, describe
from framepack.store import connection
from framepack.store.addresses import checked_address, shown_address
from framepack.store.connection import StoreAway
from framepack.store.objects import ObjectStore

NAME = "things/ab/abc"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "store #1 100%"


def store_at(place: Path, home: Path, patience: float = 0.0) -> ObjectStore:
    return ObjectStore(checked_address(str(place)), home, patience)


@pytest.fixture
def store(place: Path, tmp_path: Path) -> ObjectStore:
    return store_at(place, tmp_path / "home")


def things(folder: Path, text: str = "one") -> tuple[Path, Manifest]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.txt").write_text(text, encoding="utf-8")
    (folder / "b.txt").write_text("two", encoding="utf-8")
    return folder, describe([folder / "a.txt", folder / "b.txt"])


def fetched(store: ObjectStore, into: Path) -> dict[str, str] | None:
    into.mkdir(exist_ok=True)
    if store.fetch(NAME, into) is None:
        assert not list(into.iterdir())
        return None
    return {path.name: path.read_text(encoding="utf-8") for path in into.iterdir()}


def contents(place: Path) -> list[Path]:
    return sorted(path for path in (place / "contents").rglob("*") if path.is_file())


def test_what_one_computer_puts_there_another_fetches(store: ObjectStore, place: Path, tmp_path: Path) -> None:
    other = store_at(place, tmp_path / "other")
    assert fetched(other, tmp_path / "into") is None
    assert not other.has(NAME)
    store.put(NAME, *things(tmp_path / "made"))
    assert other.has(NAME)
    assert fetched(other, tmp_path / "into") == {"a.txt": "one", "b.txt": "two"}
    assert other.names("things") == {NAME}
    assert not list(place.rglob("*.part"))


def test_nothing_is_seen_of_what_is_put_there_before_all_of_it_is(store: ObjectStore, tmp_path: Path) -> None:
    folder, manifest = things(tmp_path / "made")
    store.put_contents(NAME, folder, manifest)
    assert not store.has(NAME)
    assert fetched(store, tmp_path / "into") is None
    store.publish(NAME, manifest)
    assert fetched(store, tmp_path / "into") is not None


def test_of_two_that_put_the_same_name_one_stays_whole(store: ObjectStore, place: Path, tmp_path: Path) -> None:
    other = store_at(place, tmp_path / "other")
    (one, first), (two, second) = things(tmp_path / "one"), things(tmp_path / "two", "otherwise")
    store.put_contents(NAME, one, first)
    other.put_contents(NAME, two, second)
    store.publish(NAME, first)
    other.publish(NAME, second)
    assert fetched(store, tmp_path / "into") == {"a.txt": "otherwise", "b.txt": "two"}
    assert store.holds(NAME, second)
    assert not store.holds(NAME, first)


@pytest.mark.parametrize("damage", ["changed", "cut", "gone"])
def test_what_is_damaged_there_is_taken_out_and_can_be_put_there_anew(
    store: ObjectStore, place: Path, tmp_path: Path, damage: str
) -> None:
    folder, manifest = things(tmp_path / "made")
    store.put(NAME, folder, manifest)
    damaged = contents(place)[0]
    if damage == "gone":
        damaged.unlink()
    else:
        damaged.write_bytes(damaged.read_bytes()[:-1] + (b"?" if damage == "changed" else b""))
    assert fetched(store, tmp_path / "into") is None
    assert not store.has(NAME)
    assert not contents(place)
    store.put(NAME, folder, manifest)
    assert fetched(store, tmp_path / "into") == {"a.txt": "one", "b.txt": "two"}


def test_a_name_whose_record_is_cut_or_leads_elsewhere_is_taken_out(
    store: ObjectStore, place: Path, tmp_path: Path
) -> None:
    folder, manifest = things(tmp_path / "made")
    for said in (b"{", (b'{"files": {"../a.txt": {"size": 3, "sha256": "' + b"0" * 64 + b'"}}}')):
        store.put(NAME, folder, manifest)
        (place / "names" / f"{NAME}.json").write_bytes(said)
        assert fetched(store, tmp_path / "into") is None
        assert not store.has(NAME)


def test_what_is_deleted_leaves_nothing(store: ObjectStore, place: Path, tmp_path: Path) -> None:
    store.put(NAME, *things(tmp_path / "made"))
    store.delete(NAME)
    store.delete(NAME)
    assert not store.has(NAME)
    assert not contents(place)


def test_what_two_take_out_in_one_moment_is_out(
    store: ObjectStore, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(NAME, *things(tmp_path / "made"))
    find = LocalFileSystem.find

    def taken_by_another(fs: LocalFileSystem, path: str) -> object:
        found = find(fs, path)
        shutil.rmtree(path)
        return found

    monkeypatch.setattr(LocalFileSystem, "find", taken_by_another)
    store.delete(NAME)
    assert not contents(place)


def test_no_name_leads_out_of_the_store(store: ObjectStore, tmp_path: Path) -> None:
    for name in ("things/../../a", "/a", "things", "things/a b"):
        with pytest.raises(ValueError, match="no name"):
            store.put(name, *things(tmp_path / "made"))


def test_an_empty_folder_where_the_disk_should_be_is_not_taken_for_the_store(
    store: ObjectStore, place: Path, tmp_path: Path
) -> None:
    store.put(NAME, *things(tmp_path / "made"))
    place.rename(tmp_path / "unmounted")
    place.mkdir()
    for again in (store, store_at(place, tmp_path / "home")):
        with pytest.raises(StoreAway, match="may not be mounted"):
            again.has("things/other")
        with pytest.raises(StoreAway):
            again.put(NAME, *things(tmp_path / "made"))
    assert not list(place.iterdir())
    place.rmdir()
    (tmp_path / "unmounted").rename(place)
    assert fetched(store_at(place, tmp_path / "home"), tmp_path / "into") is not None


def test_another_store_at_the_same_place_is_not_written_into(store: ObjectStore, place: Path, tmp_path: Path) -> None:
    store.check()
    shutil.rmtree(place)
    store_at(place, tmp_path / "stranger").check()
    with pytest.raises(StoreAway, match="not the store that this computer knows"):
        store_at(place, tmp_path / "home").check()


def test_two_computers_may_be_the_first_in_one_moment(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = store_at(place, tmp_path / "one"), store_at(place, tmp_path / "other")
    put_whole = connection.put_whole

    def after_the_other(fs: Any, file: Path, at: str) -> None:
        monkeypatch.setattr(connection, "put_whole", put_whole)
        other.check()
        put_whole(fs, file, at)

    monkeypatch.setattr(connection, "put_whole", after_the_other)
    one.put(NAME, *things(tmp_path / "made"))
    for store in (one, other, store_at(place, tmp_path / "other"), store_at(place, tmp_path / "a third")):
        assert store.manifest(NAME) is not None


def test_a_store_that_answers_again_in_time_was_only_waited_for(
    store: ObjectStore,
    place: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store.put(NAME, *things(tmp_path / "made"))
    aside = tmp_path / "away"
    place.rename(aside)
    patient = store_at(place, tmp_path / "home", patience=60.0)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            aside.rename(place)

    monkeypatch.setattr("framepack.store.objects.time.sleep", wait)
    with caplog.at_level(logging.WARNING):
        assert fetched(patient, tmp_path / "into") == {"a.txt": "one", "b.txt": "two"}
    assert waits == sorted(waits)
    assert len(waits) == 3
    assert "cannot be used now" in caplog.messages[0]
    assert "answers again" in caplog.messages[-1]
    assert len(caplog.messages) == 2


def test_a_store_that_is_away_is_not_asked_again_at_once(
    store: ObjectStore, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(NAME, *things(tmp_path / "made"))
    assert store.listed("things") == {NAME}
    place.rename(tmp_path / "away")
    with pytest.raises(StoreAway):
        store.has("things/other")
    (tmp_path / "away").rename(place)
    with pytest.raises(StoreAway):
        store.has("things/other")
    assert store.listed("things") == {NAME}
    monkeypatch.setattr("framepack.store.objects.SECONDS_OF_REST", 0.0)
    store._rests_until = 0.0
    assert not store.has("things/other")


@pytest.mark.parametrize(
    ("given", "id"),
    [
        ("memory://x", "unknown-store"),
        ("https://somewhere/x", "unknown-store"),
        ("s3::file:///x", None),
        ("s3://", "store-without-place"),
        ("smb://server/share", "store-needs-package"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_what_to_do(given: str, id: str | None) -> None:
    if id is None:
        assert checked_address(given).startswith("file://")
        return
    with pytest.raises(SettingRejected) as refused:
        checked_address(given)
    assert getattr(refused.value.message.values["reason"], "id", None) == id


def test_an_address_is_shown_without_who_asks_and_by_which_password() -> None:
    assert shown_address("sftp://me:secret@server/studio?key=secret") == "sftp://server/studio"
    assert shown_address("s3://bucket/studio") == "s3://bucket/studio"
