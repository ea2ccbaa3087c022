"""The object store by SFTP: the same as in a folder, against a real server on this computer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import paramiko
import pytest

from framepack.store.connection import StoreAway
from framepack.store.objects import ObjectStore
from framepack.store.shared_sections import SharedSectionStore, unit_name
from tests.framepack.store.test_objects import NAME, fetched, things
from tests.framepack.store.test_objects_on_s3 import test_a_bucket_is_a_store_like_any_other as check_store
from tests.framepack.store.test_section_store import KEY, frames, latents
from tests.support.sftp import SmallSftp


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallSftp]:
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    with closing(SmallSftp(tmp_path / "served")) as running:
        running.make_known(tmp_path / "me")
        yield running


@pytest.fixture
def store(server: SmallSftp, tmp_path: Path) -> ObjectStore:
    store = ObjectStore(server.address, tmp_path / "home", 1.0)
    store.put(NAME, *things(tmp_path / "made"))
    return store


def test_a_folder_by_sftp_is_a_store_like_any_other(server: SmallSftp, tmp_path: Path) -> None:
    check_store(server.address, tmp_path)


def test_a_server_that_this_computer_does_not_know_gets_nothing(
    server: SmallSftp, store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store.has(NAME)
    monkeypatch.setenv("HOME", str(tmp_path / "somebody else"))
    with pytest.raises(StoreAway, match=r"does not know the server \[127\.0\.0\.1\]:\d+, or it shows another key"):
        ObjectStore(server.address, tmp_path / "other home", 0.0).check()


def test_a_server_that_is_cut_off_is_away_and_found_again(
    server: SmallSftp, store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.close()
    with pytest.raises(StoreAway) as away:
        store.check()
    assert "secret" not in str(away.value)
    monkeypatch.setattr("framepack.store.objects.time.sleep", lambda _: server.start())
    assert fetched(store, tmp_path / "into") is not None


def test_a_server_that_says_nothing_any_more_is_away(
    server: SmallSftp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("framepack.store.connection.SECONDS_OF_SILENCE", 1.0)
    store = ObjectStore(server.address, tmp_path / "home", 0.0)
    store.check()
    server.answers.clear()
    with pytest.raises(StoreAway):
        store.check()


def test_a_section_gets_into_the_store_though_it_is_cut_off_between_its_files_and_its_name(
    server: SmallSftp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename, cut = paramiko.SFTPClient.posix_rename, []

    def cut_off_before_a_name(client: paramiko.SFTPClient, old: str, new: str) -> None:
        if "/names/" in new and not cut:
            cut.append(new)
            server.close()
        rename(client, old, new)

    monkeypatch.setattr(paramiko.SFTPClient, "posix_rename", cut_off_before_a_name)
    monkeypatch.setattr("framepack.store.objects.time.sleep", lambda _: server.start())
    objects = ObjectStore(server.address, tmp_path / "home", 1.0)
    sections = SharedSectionStore(tmp_path / "home" / "sections", objects)
    assert sections.publish(KEY, latents(), frames(), 30)
    assert len(cut) == 1
    assert objects.has(unit_name(KEY))


def test_another_may_make_the_same_folders_in_one_moment(
    server: SmallSftp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mkdir = paramiko.SFTPClient.mkdir

    def after_another(client: paramiko.SFTPClient, path: str, mode: int = 0o777) -> None:
        (server.folder / path.lstrip("/")).mkdir(exist_ok=True)
        mkdir(client, path, mode)

    monkeypatch.setattr(paramiko.SFTPClient, "mkdir", after_another)
    store = ObjectStore(server.address, tmp_path / "home", 0.0)
    folder, manifest = things(tmp_path / "made")
    store.put_contents(NAME, folder, manifest)
    store.publish(NAME, manifest)
    assert fetched(store, tmp_path / "into") is not None


def test_several_threads_may_ask_at_once(store: ObjectStore) -> None:
    seen: list[object] = []
    ask = [lambda: seen.extend([store.manifest(NAME) for _ in range(50)])] * 4
    asking = [threading.Thread(target=one, daemon=True) for one in ask]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(60)
    assert len(seen) == 200
    assert None not in seen
