"""Opening the archive of a project: everything in it is checked in a folder aside before any of it is believed."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError, safe_open

from framepack.checkpoints.loras import lora_sha256, read_lora
from framepack.errors import ImageRejected, LoraRejected, VideoRejected
from framepack.files.manifest import NotWhole
from framepack.files.outputs import LEAST_ROOM
from framepack.files.packed import Bounds, Unpackable, opened_zip, unpack, unpacked
from framepack.media.own_video import read_video
from framepack.media.pictures import read_small_picture
from framepack.media.video import probe
from framepack.messages import Message, as_message
from framepack.store.section_store import check_unit
from projects.archive.content import ENCODED, LORAS, MANIFEST, MEDIA, ROWS, SECTIONS, TAKES
from projects.archive.rows import ProjectRows, from_json
from projects.archive.writing import KIND, VERSION
from projects.database.tables import Media
from projects.errors import ArchiveProblem
from projects.names import shown_name
from projects.sound.reading import SOUND_FILES_ONLY
from projects.storage.videos import FPS

_MOST_ENTRIES = 500_000
_RATIO = 200
_MOST_ROWS_BYTES = 64 * 2**20
_MOST_MANIFEST_BYTES = 256 * 2**20
_SMALL_SIDE = 160
_KNOWN = re.compile(
    rf"{MEDIA}/[0-9a-f]{{64}}|{TAKES}/[0-9a-f]{{32}}\.mp4|{ENCODED}/[0-9a-f]{{64}}\.safetensors"
    # The name of a LoRA's file is somebody's own; it cannot lead anywhere else.
    rf"|{LORAS}/[0-9a-f]{{64}}/(?:adapter_config\.json|(?!\.)[^/\\:*?\"<>|\x00-\x1f]{{1,150}}\.safetensors)"
    rf"|{SECTIONS}/[0-9a-f]{{64}}/(?:latents\.safetensors|frames\.mp4|manifest\.json)"
)
_MAX_NAME_CHARACTERS = 200


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    size: int = Field(ge=0)
    sha256: str


class _Listed(BaseModel):
    """``manifest.json`` of an archive."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: str
    version: int
    files: dict[str, _Facts]


@dataclass(frozen=True)
class Unpacked:
    """A checked archive: its rows, and its files, media and takes by their ids, sections and what is encoded by keys,
    LoRAs by their SHA-256.

    The files lie in a folder that is removed in the end; they are to be moved from there.
    """

    rows: ProjectRows
    media: Mapping[str, Path]
    takes: Mapping[str, Path]
    sections: Mapping[str, tuple[Path, ...]]
    encoded: Mapping[str, Path]
    loras: Mapping[str, tuple[Path, ...]]


def is_archive(path: Path) -> bool:
    """Whether a file is the archive of a project, whatever it is called."""
    try:
        with zipfile.ZipFile(path) as bundle:
            return {ROWS, MANIFEST} <= set(bundle.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


@contextmanager
def unpacked_archive(path: Path, folder: Path) -> Iterator[Unpacked]:
    """An archive unpacked into ``folder``, which is made, and removed at the end. Raises ArchiveProblem."""
    folder.mkdir(parents=True)
    try:
        yield _unpacked(path, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unpacked(path: Path, folder: Path) -> Unpacked:
    free = shutil.disk_usage(folder).free
    try:
        with opened_zip(path, Bounds(_MOST_ENTRIES, max(0, free - LEAST_ROOM), _RATIO)) as bundle:
            listed = _listed(bundle)
            rows = _rows(unpacked(bundle, ROWS, _MOST_ROWS_BYTES))
            files = {name: _taken_out(bundle, name, listed, folder) for name in listed.files}
    except Unpackable as fault:
        raise ArchiveProblem(fault.message) from None
    found = Unpacked(
        rows=rows,
        media=_of(files, MEDIA),
        takes=_of(files, TAKES),
        sections=_folders(files, SECTIONS),
        encoded=_of(files, ENCODED),
        loras=_folders(files, LORAS),
    )
    _check_files(found)
    return found


def _listed(bundle: zipfile.ZipFile) -> _Listed:
    """What the archive says of itself; nothing is in it that it does not list, and nothing is missing."""
    if not {ROWS, MANIFEST} <= set(bundle.namelist()):
        raise ArchiveProblem(Message("archive-is-none"))
    kept = _parsed(unpacked(bundle, MANIFEST, _MOST_MANIFEST_BYTES))
    if not isinstance(kept, dict) or kept.get("kind") != KIND:
        raise ArchiveProblem(Message("archive-is-none"))
    version = kept.get("version")
    if isinstance(version, int) and version > VERSION:
        raise ArchiveProblem(Message("archive-newer"))
    try:
        listed = _Listed.model_validate(kept)
    except ValidationError:
        raise ArchiveProblem(Message("archive-is-none")) from None
    sizes = {entry.filename: entry.file_size for entry in bundle.infolist() if entry.filename != MANIFEST}
    for name in sizes:
        if name not in listed.files or (name != ROWS and not _KNOWN.fullmatch(name)):
            raise ArchiveProblem(Message("archive-stranger", {"name": name}))
    for name, facts in listed.files.items():
        if name not in sizes:
            raise ArchiveProblem(Message("packed-lacks", {"name": name}))
        if sizes[name] != facts.size:
            raise ArchiveProblem(Message("archive-changed", {"name": name}))
    return listed


def _taken_out(bundle: zipfile.ZipFile, name: str, listed: _Listed, folder: Path) -> Path:
    """The file of an entry, unpacked where its name puts it, which is known to be harmless."""
    into = folder / name
    into.parent.mkdir(parents=True, exist_ok=True)
    sum = unpack(bundle, name, into)
    # A picture or sound is called by its sum, besides.
    if sum != listed.files[name].sha256 or (name.startswith(f"{MEDIA}/") and name != f"{MEDIA}/{sum}"):
        raise ArchiveProblem(Message("archive-changed", {"name": name}))
    return into


def _rows(data: bytes) -> ProjectRows:
    return from_json(_parsed(data))


def _parsed(data: bytes) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise ArchiveProblem(Message("archive-is-none")) from None


def _of(files: Mapping[str, Path], folder: str) -> dict[str, Path]:
    return {file.name.split(".")[0]: file for name, file in files.items() if name.startswith(f"{folder}/")}


def _folders(files: Mapping[str, Path], of: str) -> dict[str, tuple[Path, ...]]:
    """The files of each folder within the folder ``of``."""
    found: dict[str, tuple[Path, ...]] = {}
    for name, file in files.items():
        if name.startswith(f"{of}/"):
            key = name.split("/")[1]
            found[key] = (*found.get(key, ()), file)
    return found


# --- what the files hold ----------------------------------------------------------------------------------------------


def _check_files(found: Unpacked) -> None:
    """Raise ArchiveProblem unless the files are those of the rows, and what they should be."""
    rows = found.rows
    for name, has, wanted in (
        (MEDIA, set(found.media), {one.id for one in rows.media}),
        (TAKES, set(found.takes), {take.id for take in rows.takes}),
    ):
        for id in sorted(has ^ wanted):
            said = Message("archive-stranger" if id in has else "packed-lacks", {"name": f"{name}/{id}"})
            raise ArchiveProblem(said)
    for one in rows.media:
        _look_into(one, found.media[one.id])
    for take in rows.takes:
        with _said(f"{TAKES}/{take.id}"):
            facts = probe(found.takes[take.id])
            if (facts.frames, facts.width, facts.height) != (take.frames, take.width, take.height):
                raise NotWhole(Message("video-frames", {"frames": facts.frames, "expected": take.frames}))
    for key, files in found.sections.items():
        with _said(f"{SECTIONS}/{key}"):
            check_unit(files[0].parent)
    for sha256, files in found.loras.items():
        with _said(f"{LORAS}/{sha256}"):
            if not any(lora_sha256(file) == sha256 and read_lora(file) for file in files if file.suffix != ".json"):
                raise NotWhole(Message("lora-changed"))
    for name, file in found.encoded.items():
        with _said(f"{ENCODED}/{name}"), safe_open(file, framework="numpy") as tensors:
            list(tensors.keys())


def _look_into(media: Media, file: Path) -> None:
    """Let the row of a picture, sound or video say what its file is; only its name is believed."""
    media.name = shown_name(media.name)[:_MAX_NAME_CHARACTERS] or media.medium
    media.size_bytes = file.stat().st_size
    with _said(media.name):
        if media.medium == "picture":
            picture = read_small_picture(file, media.name, _SMALL_SIDE)
            media.kind, media.width, media.height, media.seconds = picture.mime, picture.width, picture.height, None
            media.last_frame = media.still_id = None
            return
        if media.last_frame is not None:
            video = read_video(file, media.name, FPS)
            media.last_frame, media.seconds = video.last, video.seconds
            if media.medium == "video":
                media.kind, media.width, media.height = video.mime, video.width, video.height
                return
        with av.open(str(file), mode="r", metadata_errors="replace", options=SOUND_FILES_ONLY) as container:
            streams = container.streams.audio if media.medium == "sound" else container.streams.video
            if not streams:
                raise NotWhole(Message("archive-no-stream"))
            media.seconds = container.duration / av.time_base if container.duration else 0.0
            kind = container.format.name.split(",")[0]
            media.kind = f"{'audio' if media.medium == 'sound' else 'video'}/{kind}"
            sizes = [(stream.width, stream.height) for stream in container.streams.video]
            media.width, media.height = sizes[0] if media.medium == "video" else (0, 0)


@contextmanager
def _said(name: str) -> Iterator[None]:
    """Say of which file it is that something is the matter."""
    try:
        yield
    except (NotWhole, ImageRejected, LoraRejected, VideoRejected) as fault:
        reason = fault.message if isinstance(fault, NotWhole) else fault.reason
        raise ArchiveProblem(Message("archive-file", {"name": name, "reason": reason})) from None
    except (SafetensorError, av.error.FFmpegError, OSError, ValueError) as fault:
        raise ArchiveProblem(Message("archive-file", {"name": name, "reason": as_message(str(fault))})) from None
