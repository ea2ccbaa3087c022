"""Reads a storyboard file (TOML) with its pictures, and checks that its shots could be asked for."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import replace
from pathlib import Path

from framepack.checkpoints.table import checkpoint_named
from framepack.errors import ImageRejected, InvalidRequest
from framepack.media.pictures import picture_hash, read_small_picture
from framepack.messages import Message, as_message
from framepack.shots.request import ShotRequest
from projects.database.tables import Project, Shot, Start
from projects.errors import StoryboardFileProblem
from projects.interchange.file_content import FileContent, ShotContent, content_of
from projects.interchange.film_content import FilmSaid, film_said, shot_film_said
from projects.interchange.storyboard_file import FileShot, StoryboardFile
from projects.storage.pictures import THUMBNAIL_SIZES, check_bytes
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
    settings = content.of_project() | {"film": film.fields}
    project = Project(name="", **settings)
    title = " ".join(content.title.split()) or path.stem
    try:
        aspect_of(content.shape)
        check_project(project)
    except InvalidRequest as problem:
        raise StoryboardFileProblem(path.name, Message("toml-value", {"problem": problem.message})) from None
    shots, remarks, sounds = [], [], dict(film.sounds)
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
        shot = replace(shot, film=cut.fields)
        try:
            _check(where, project, shot, model)
        except InvalidRequest as problem:
            raise StoryboardFileProblem(where, Message("toml-value", {"problem": problem.message})) from None
        shots.append(shot)
        remarks += [remark for remark in said if remark not in remarks]
    return StoryboardFile(path.name, title, settings, tuple(shots), tuple(remarks), sounds)


def _shot(
    where: str, folder: Path, content: FileContent, table: ShotContent, start: Start
) -> tuple[FileShot, tuple[Message, ...]]:
    """A shot, and what is to be said of its picture."""
    seconds = content.default_seconds if table.seconds is None else table.seconds
    if seconds is None:
        raise StoryboardFileProblem(where, Message("toml-no-seconds"))
    if table.place is not None and content.fit != "place":
        raise StoryboardFileProblem(where, Message("toml-place-unused"))
    if start == "cut" and not table.image:
        raise StoryboardFileProblem(where, Message("toml-no-image"))
    image = folder / table.image if table.image else None
    media_id, remarks = (None, ()) if image is None else _checked_picture(where, image, table.image)
    seed = table.seed
    if seed is None:
        said = f"{content.seed}\n{media_id}\n{table.prompt}"
        seed = int.from_bytes(hashlib.sha256(said.encode()).digest()[:4])
    return FileShot(table.prompt, seconds, start, seed, image, media_id, table.of_shot()), remarks


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
        height, width = checkpoint.buckets[0]
        ShotRequest(
            settings=shot_settings_at(
                project, row, checkpoint=checkpoint.name, height=height, width=width, made_for=made_for
            ),
            identity="",
            prompt=sentence_of(project, row),
            seed=shot.seed,
            seconds=shot.seconds,
            image=shot.media_id,
        )


def _checked_picture(where: str, image: Path, name: str) -> tuple[str, tuple[Message, ...]]:
    """The hash of a shot's picture, and what is to be said of it."""
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
