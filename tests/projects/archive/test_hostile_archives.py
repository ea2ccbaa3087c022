"""Archives that are damaged, newer, or mean harm: each is refused with a sentence, and nothing of it is left."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from projects.archive import opening
from projects.archive.content import content_of, with_sections
from projects.archive.opening import open_archive
from projects.archive.reading import is_archive
from projects.archive.writing import write_archive
from projects.database.tables import Media, Project
from projects.errors import ArchiveProblem
from projects.settings import StudioSettings
from tests.projects.archive.conftest import Made, files_of
from tests.support.plain_pictures import png

Elsewhere = tuple[Session, StudioSettings]
Change = Callable[["Parts"], None]


class Parts:
    """The entries of an archive, to be changed and packed again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.packing = zipfile.ZIP_STORED
        with zipfile.ZipFile(path) as bundle:
            self.files = {name: bundle.read(name) for name in bundle.namelist()}
        self.manifest: dict[str, Any] = json.loads(self.files.pop("manifest.json"))
        self.rows: dict[str, Any] = json.loads(self.files.pop("storyboard.json"))
        self.infos: list[tuple[zipfile.ZipInfo, bytes]] = []

    def named(self, folder: str) -> str:
        return next(name for name in self.files if name.startswith(folder))

    def put(self, name: str, data: bytes) -> None:
        """A file that is listed as it is."""
        self.files[name] = data

    def save(self) -> None:
        files = {"storyboard.json": json.dumps(self.rows).encode(), **self.files}
        self.manifest["files"] = {
            name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()
        }
        with zipfile.ZipFile(self.path, "w", self.packing) as bundle:
            for name, data in files.items():
                bundle.writestr(name, data)
            for info, data in self.infos:
                bundle.writestr(info, data)
            bundle.writestr("manifest.json", json.dumps(self.manifest))


@pytest.fixture
def parts(made: Made, tmp_path: Path) -> Parts:
    out = tmp_path / "archive.zip"
    content = content_of(session=made.session, settings=made.studio, project_id=made.project.id)
    write_archive(with_sections(settings=made.studio, content=content), out)
    return Parts(out)


def refused(elsewhere: Elsewhere, path: Path, said: str) -> None:
    session, studio = elsewhere
    with pytest.raises(ArchiveProblem, match=said):
        open_archive(session=session, settings=studio, path=path)
    assert files_of(studio) == {}
    assert session.exec(select(Project)).all() == []
    assert session.exec(select(Media)).all() == []


def entry(parts: Parts, name: str, data: bytes = b"x", mode: int = 0) -> None:
    """An entry as it is, which is listed, too."""
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    parts.infos.append((info, data))


def test_an_archive_that_was_only_packed_again_opens(parts: Parts, elsewhere: Elsewhere) -> None:
    parts.packing = zipfile.ZIP_DEFLATED
    parts.save()
    session, studio = elsewhere
    assert open_archive(session=session, settings=studio, path=parts.path).name == "small"


def paths_up(parts: Parts) -> None:
    entry(parts, "media/../../escaped")


def absolute_paths(parts: Parts) -> None:
    entry(parts, "/etc/escaped")


def drives(parts: Parts) -> None:
    entry(parts, "C:\\escaped")


def links(parts: Parts) -> None:
    entry(parts, "media/" + "a" * 64, b"/etc/passwd", stat.S_IFLNK | 0o777)


def devices(parts: Parts) -> None:
    entry(parts, "media/" + "a" * 64, b"", stat.S_IFCHR | 0o666)


def strangers(parts: Parts) -> None:
    parts.put("readme.txt", b"hello")


def unlisted(parts: Parts) -> None:
    entry(parts, "media/" + "a" * 64)


def twice(parts: Parts) -> None:
    name = parts.named("media")
    entry(parts, name, parts.files[name])


def bombs(parts: Parts) -> None:
    parts.packing = zipfile.ZIP_DEFLATED
    parts.put("media/" + "a" * 64, bytes(40 * 2**20))


def newer(parts: Parts) -> None:
    parts.manifest["version"] = 2


def fields_of_newer_versions(parts: Parts) -> None:
    parts.rows["shots"][0]["camera"] = "dolly"


def other_kinds(parts: Parts) -> None:
    parts.manifest["kind"] = "something"


def texts_for_numbers(parts: Parts) -> None:
    parts.rows["shots"][0]["seconds"] = "long"


def too_long_shots(parts: Parts) -> None:
    parts.rows["shots"][0]["seconds"] = 1e9


def ids_that_are_paths(parts: Parts) -> None:
    parts.rows["takes"][0]["id"] = "../../../escaped"


def shots_of_others(parts: Parts) -> None:
    parts.rows["shots"][0]["project_id"] = "f" * 32


def takes_of_others(parts: Parts) -> None:
    parts.rows["takes"][0]["shot_id"] = "f" * 32


def keys_that_are_none(parts: Parts) -> None:
    parts.rows["takes"][0]["keys"] = [["../x", 4]]


def takes_made_of_nothing(parts: Parts) -> None:
    parts.rows["takes"][0]["request"] = {"seed": 1}


def pictures_that_are_missing(parts: Parts) -> None:
    del parts.files[parts.named("media")]


def pictures_that_are_none(parts: Parts) -> None:
    data = b"<script>alert(1)</script>"
    id = hashlib.sha256(data).hexdigest()
    parts.put(f"media/{id}", data)
    parts.rows["media"].append({**parts.rows["media"][0], "id": id, "kind": "text/html"})


def pictures_under_another_name(parts: Parts) -> None:
    parts.put(parts.named("media"), png(80, 80, "blue"))


def takes_that_are_no_videos(parts: Parts) -> None:
    parts.put(parts.named("takes"), b"no video")


def takes_that_are_lists_of_files(parts: Parts) -> None:
    """The file of one take, put in the place of another's as a list that names it."""
    first, second = parts.rows["takes"][:2]
    first["frames"] = second["frames"]
    parts.put(f"takes/{first['id']}.mp4", f"ffconcat version 1.0\nfile {second['id']}.mp4\n".encode())


def takes_of_another_length(parts: Parts) -> None:
    parts.rows["takes"][0]["frames"] += 1


def sections_that_are_none(parts: Parts) -> None:
    name = next(name for name in parts.files if name.endswith("latents.safetensors"))
    parts.put(name, b"no tensors")


def encodings_that_are_none(parts: Parts) -> None:
    parts.put(parts.named("conditioning"), b"no tensors")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (paths_up, "put elsewhere"),
        (absolute_paths, "put elsewhere"),
        (drives, "put elsewhere"),
        (links, "link or a device"),
        (devices, "link or a device"),
        (strangers, "does not belong"),
        (unlisted, "does not belong"),
        (twice, "two files of one name"),
        (bombs, "far larger"),
        (newer, "newer version"),
        (fields_of_newer_versions, "newer version"),
        (other_kinds, "no archive"),
        (texts_for_numbers, "“seconds”"),
        (too_long_shots, "seconds"),
        (ids_that_are_paths, "“id”"),
        (shots_of_others, "“row”"),
        (takes_of_others, "“row”"),
        (keys_that_are_none, "“keys”"),
        (takes_made_of_nothing, "cannot be"),
        (pictures_that_are_missing, "lacks media"),
        (pictures_that_are_none, "cannot be used"),
        (pictures_under_another_name, "not what it was"),
        (takes_that_are_no_videos, "takes/"),
        (takes_that_are_lists_of_files, "takes/.*Invalid data"),
        (takes_of_another_length, "frames"),
        (sections_that_are_none, "sections/"),
        (encodings_that_are_none, "conditioning/"),
    ],
)
def test_what_means_harm_is_refused(parts: Parts, elsewhere: Elsewhere, change: Change, said: str) -> None:
    change(parts)
    parts.save()
    refused(elsewhere, parts.path, said)


def test_a_changed_byte_anywhere_is_noticed(parts: Parts, elsewhere: Elsewhere) -> None:
    data = parts.path.read_bytes()
    for name in ("media", "takes", "sections", "conditioning"):
        with zipfile.ZipFile(parts.path) as bundle:
            place = bundle.getinfo(parts.named(name)).header_offset + 200
        damaged = parts.path.with_suffix(".damaged")
        damaged.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        refused(elsewhere, damaged, "damaged|not what it was")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_an_archive_that_is_cut_is_refused(parts: Parts, elsewhere: Elsewhere, share: float) -> None:
    data = parts.path.read_bytes()
    parts.path.write_bytes(data[: int(len(data) * share)])
    refused(elsewhere, parts.path, "damaged")
    assert not is_archive(parts.path)


def test_other_files_are_no_archives(tmp_path: Path, elsewhere: Elsewhere) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("a.txt", "x")
    assert not is_archive(path)
    refused(elsewhere, path, "no archive")


def test_where_there_is_no_room_nothing_is_unpacked(
    parts: Parts, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = os.statvfs_result((4096, 4096, 100, 1, 1, 100, 1, 1, 0, 255))
    monkeypatch.setattr("os.statvfs", lambda _: usage)
    refused(elsewhere, parts.path, "no room")


def test_a_fault_at_the_last_moment_leaves_nothing(
    parts: Parts, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, studio = elsewhere

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(opening, "write_manifest", full)
    with pytest.raises(OSError, match="No space left"):
        open_archive(session=session, settings=studio, path=parts.path)
    assert files_of(studio) == {}


def test_what_a_killed_import_left_is_swept_after_a_day(parts: Parts, elsewhere: Elsewhere) -> None:
    session, studio = elsewhere
    old, young = (studio.home / "importing" / name for name in ("old", "young"))
    for folder in (old, young):
        folder.mkdir(parents=True)
    os.utime(old, (1, 1))
    open_archive(session=session, settings=studio, path=parts.path)
    assert not old.exists()
    assert young.exists()
