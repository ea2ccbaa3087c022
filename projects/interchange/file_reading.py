"""Reads a storyboard file (TOML) with its pictures, and checks that its shots could be asked for."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from framepack.checkpoints.loras import file_and_strength, lora_sha256
from framepack.checkpoints.table import checkpoint_named
from framepack.errors import ImageRejected, InvalidRequest, LoraRejected, VideoRejected
from framepack.media.own_video import read_video, video_hash
from framepack.media.pictures import picture_hash, read_small_picture
from framepack.messages import Message, as_message
from framepack.shots.beat_text import WrittenBeats, written_beats
from framepack.shots.request import CENTRED, Beat, ShotRequest
from projects.database.tables import Project, Shot, Start
from projects.errors import StoryboardFileProblem
from projects.interchange.file_content import BeatContent, FileContent, ShotContent, content_of
from projects.interchange.film_content import FilmSaid, film_said, shot_film_said
from projects.interchange.storyboard_file import FileShot, StoryboardFile
from projects.loras.files import check_file
from projects.storage.pictures import THUMBNAIL_SIZES, check_bytes
from projects.storage.videos import FPS
from projects.storyboard.beats import ShotBeat, asked_beats
from projects.storyboard.loras import stored_loras
from projects.storyboard.project_settings import checkpoint_of, passes_of, sentence_of, shot_settings_at
from projects.storyboard.projects import check_project
from projects.storyboard.shapes import aspect_of
from projects.storyboard.shots import check_shot


def read_storyboard(path: Path) -> StoryboardFile:
    """Read a storyboard file, whose pictures are named relative to it, and check all of it.

    A shot without a seed gets one from the file's ``seed`` (0 where there is none), its prompt and its picture: reading
    again gives the same film, and a shot put in between changes no other. Raises StoryboardFileProblem, which names the
    shot.
    """
    content = content_of(path)
    film = film_said(path, content.film) if content.film else FilmSaid({}, {})
    usual = _loras(path.name, path.parent, content.lora)
    loras = dict(usual.files)
    settings = content.of_project() | {"film": film.fields, "loras": usual.stored}
    project = Project(name="", **settings)
    title = " ".join(content.title.split()) or path.stem
    try:
        aspect_of(content.shape)
        check_project(project)
    except InvalidRequest as problem:
        raise StoryboardFileProblem(path.name, Message("toml-value", {"problem": problem.message})) from None
    shots, remarks, sounds = [], [], dict(film.sounds)
    other_pictures: dict[str, Path] = {}
    model: str | None = None
    for number, table in enumerate(content.shot, start=1):
        where = f"{path.name}, shot {number}"
        start = table.start or (content.default_start if number > 1 else "cut")
        if start == "continue" and number == 1:
            raise StoryboardFileProblem(where, Message("toml-nothing-to-continue"))
        if start == "continue" and table.model is not None:
            raise StoryboardFileProblem(where, Message("toml-model-continues"))
        model = table.model if start == "cut" else model
        cut = shot_film_said(path, table, number)
        sounds.update(cut.sounds)
        shot, said = _shot(where, path.parent, content, table, start)
        beats = _beats(where, path.parent, content, table, shot.seed)
        other_pictures.update(beats.pictures)
        more = {**shot.more, "beats": beats.stored}
        if table.end_image:
            more["end_media_id"], said_of_end = _checked_picture(where, path.parent / table.end_image, table.end_image)
            other_pictures[more["end_media_id"]] = path.parent / table.end_image
            said = (*said, *said_of_end)
        if table.lora is not None:
            own = _loras(where, path.parent, table.lora)
            loras.update(own.files)
            more["loras"] = own.stored
        shot = replace(shot, film=cut.fields, more=more)
        try:
            _check(where, project, shot, model)
        except InvalidRequest as problem:
            raise StoryboardFileProblem(where, Message("toml-value", {"problem": problem.message})) from None
        shots.append(shot)
        remarks += [remark for remark in (*said, *beats.remarks) if remark not in remarks]
    return StoryboardFile(path.name, title, settings, tuple(shots), tuple(remarks), sounds, other_pictures, loras)


def _shot(
    where: str, folder: Path, content: FileContent, table: ShotContent, start: Start
) -> tuple[FileShot, tuple[Message, ...]]:
    """A shot, and what is to be said of its picture and its video."""
    seconds = content.default_seconds if table.seconds is None else table.seconds
    if seconds is None:
        raise StoryboardFileProblem(where, Message("toml-no-seconds"))
    _check_place(where, content, table)
    if start == "continue" and table.video:
        raise StoryboardFileProblem(where, Message("toml-video-continues"))
    if start == "cut" and not table.image and not table.video:
        raise StoryboardFileProblem(where, Message("toml-no-image"))
    image = folder / table.image if table.image else None
    media_id, remarks = (None, ()) if image is None else _checked_picture(where, image, table.image)
    video = folder / table.video if table.video else None
    video_id, said_of_video = (None, ()) if video is None else _checked_video(where, video, table.video)
    written = _written(where, table)
    prompt = written.prompt if written else table.prompt
    seed = table.seed
    if seed is None:
        # Not of what is said later: another beat leaves what comes before it as it is.
        said = f"{content.seed}\n{media_id or video_id}\n{prompt}"
        seed = int.from_bytes(hashlib.sha256(said.encode()).digest()[:4])
    more = table.of_shot()
    shot = FileShot(prompt, seconds, start, seed, image, media_id, more, {}, table.literal, video, video_id)
    return shot, (*remarks, *said_of_video)


@dataclass(frozen=True)
class _Loras:
    """LoRAs as a project or shot keeps them, and their files by SHA-256."""

    stored: list[dict[str, Any]]
    files: Mapping[str, Path]


def _loras(where: str, folder: Path, said: Sequence[str]) -> _Loras:
    """The LoRAs that a file or shot names, with the trigger words that their files name."""
    found: list[dict[str, Any]] = []
    files: dict[str, Path] = {}
    try:
        for one in said:
            file, strength = file_and_strength(one, folder)
            facts, sha256 = check_file(file, file.name), lora_sha256(file)
            files[sha256] = file
            found.append({"sha256": sha256, "name": file.stem, "strength": strength, "words": facts.words})
        return _Loras(stored_loras(found) or [], files)
    except LoraRejected as problem:
        raise StoryboardFileProblem(where, problem.message) from None
    except InvalidRequest as problem:
        raise StoryboardFileProblem(where, Message("toml-value", {"problem": problem.message})) from None
    except OSError as problem:
        reason = as_message(problem.strerror or type(problem).__name__)
        raise StoryboardFileProblem(where, Message("toml-lora-unreadable", {"reason": reason})) from None


@dataclass(frozen=True)
class _Beats:
    """The beats of a shot as it keeps them, the picture files they name by SHA-256, and what is to be said of those."""

    stored: list[dict[str, Any]]
    pictures: Mapping[str, Path]
    remarks: tuple[Message, ...]


def _beats(where: str, folder: Path, content: FileContent, table: ShotContent, seed: int) -> _Beats:
    """The beats of a shot, those written into its prompt among them; ``seed`` is the shot's own."""
    written = _written(where, table)
    found = [ShotBeat(at=beat.at, prompt=beat.prompt) for beat in (written.beats if written else ())]
    pictures: dict[str, Path] = {}
    remarks: list[Message] = []
    for number, beat in enumerate(table.beat, start=1):
        here = f"{where}, beat {number}"
        _check_place(here, content, beat)
        media_id = None
        if beat.image:
            media_id, said = _checked_picture(here, folder / beat.image, beat.image)
            pictures[media_id] = folder / beat.image
            remarks += said
        try:
            place = beat.place or CENTRED
            Beat(beat.at, beat.prompt, beat.seed, media_id, place)
            found.append(ShotBeat(at=beat.at, prompt=beat.prompt, seed=beat.seed, media_id=media_id, place=place))
        except InvalidRequest as problem:
            raise StoryboardFileProblem(here, Message("toml-value", {"problem": problem.message})) from None
    of_shot = content.seed if content.seed_policy == "one" else seed
    return _Beats([beat.stored() for beat in _seeded(found, of_shot)], pictures, tuple(remarks))


def _seeded(beats: Sequence[ShotBeat], seed: int) -> list[ShotBeat]:
    """Beats in the order of their times; one that names no seed has the shot's, also behind one that names another."""
    found: list[ShotBeat] = []
    now = seed
    for beat in sorted(beats, key=lambda beat: beat.at):
        wanted = seed if beat.seed is None else beat.seed
        found.append(beat.model_copy(update={"seed": wanted if beat.seed is not None or wanted != now else None}))
        now = wanted
    return found


def _written(where: str, table: ShotContent) -> WrittenBeats | None:
    """What the times in a shot's prompt say, where there are any and they count."""
    try:
        return None if table.literal else written_beats(table.prompt)
    except InvalidRequest as problem:
        raise StoryboardFileProblem(where, Message("toml-value", {"problem": problem.message})) from None


def _check_place(where: str, content: FileContent, table: ShotContent | BeatContent) -> None:
    if table.place is not None and content.fit != "place":
        raise StoryboardFileProblem(where, Message("toml-place-unused"))


def _check(where: str, project: Project, shot: FileShot, model: str | None) -> None:
    """Raise InvalidRequest where a shot could not be asked for so; ``model`` is its chain's own, if that has one.

    Raises StoryboardFileProblem where a model cannot continue a shot.
    """
    row = Shot(project_id="", number=0, position=0, **shot.of_shot())
    check_shot(row)
    for made_for in passes_of(project):
        checkpoint = checkpoint_named(model or checkpoint_of(project, made_for))
        if shot.start == "continue" and checkpoint.direction == "inverted":
            raise StoryboardFileProblem(where, Message("backwards-start-with-cut", {"checkpoint": checkpoint.name}))
        if shot.video and checkpoint.direction == "inverted":
            said = Message("backwards-start-without-video", {"checkpoint": checkpoint.name})
            raise StoryboardFileProblem(where, said)
        height, width = checkpoint.buckets[0]
        ShotRequest(
            settings=shot_settings_at(
                project, row, checkpoint=checkpoint.name, height=height, width=width, made_for=made_for
            ),
            identity="",
            prompt=sentence_of(project, row, checkpoint.name),
            seed=shot.seed,
            seconds=shot.seconds,
            image=shot.media_id,
            beats=asked_beats(project, row, checkpoint.name),
        )


def _checked_video(where: str, video: Path, name: str) -> tuple[str, tuple[Message, ...]]:
    """The hash of a video that a file names, and what is to be said of it."""
    try:
        return video_hash(video) if video.is_file() else "", read_video(video, name, FPS).remarks
    except VideoRejected as problem:
        raise StoryboardFileProblem(where, problem.message) from None
    except OSError as problem:
        reason = as_message(problem.strerror or type(problem).__name__)
        raise StoryboardFileProblem(where, Message("toml-image-unreadable", {"reason": reason})) from None


def _checked_picture(where: str, image: Path, name: str) -> tuple[str, tuple[Message, ...]]:
    """The hash of a picture that a file names, and what is to be said of it."""
    try:
        written = "".join(ascii(letter)[1:-1] if unicodedata.category(letter) == "Cc" else letter for letter in name)
        if written != name and not image.exists():
            raise StoryboardFileProblem(where, Message("toml-image-name", {"name": written}))
        if image.is_file():
            check_bytes(image.stat().st_size, name)
        remarks = read_small_picture(image, name, THUMBNAIL_SIZES[0]).remarks
    except ImageRejected as problem:
        raise StoryboardFileProblem(where, problem.message) from None
    except OSError as problem:
        reason = as_message(problem.strerror or type(problem).__name__)
        raise StoryboardFileProblem(where, Message("toml-image-unreadable", {"reason": reason})) from None
    return picture_hash(image), remarks
