"""Storyboard files (TOML): reading one, and finding or making the project it stands for. It renders nothing."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from framepack.checkpoints.table import checkpoint_named
from framepack.errors import ImageRejected, InvalidRequest
from framepack.media.pictures import picture_hash, read_small_picture
from framepack.messages import Message
from framepack.shots.request import Settings, ShotRequest
from projects.database.tables import Project, ProjectUpdate, Shot, Start
from projects.errors import StoryboardFileProblem
from projects.settings import CHECKOUT, StudioSettings
from projects.storage.pictures import THUMBNAIL_SIZES, add_picture, check_bytes, keep_whole
from projects.storyboard.project_settings import settings_at
from projects.storyboard.projects import create_project, edit_project
from projects.storyboard.reading import shots_of
from projects.storyboard.shots import add_shot

EXAMPLE = CHECKOUT / "examples" / "lighthouse" / "storyboard.toml"
FILE_KEYS = ("title", "model", "preset", "steps", "guidance", "cfg", "negative_prompt", "teacache", "seed", "shot")
SHOT_KEYS = ("image", "prompt", "seconds", "start", "seed")
MAX_FILE_BYTES = 4 * 2**20


@dataclass(frozen=True)
class FileShot:
    """A shot of a storyboard file; ``media_id`` is the hash of the picture file ``image``."""

    prompt: str
    seconds: float
    start: Start
    seed: int
    image: Path | None
    media_id: str | None


@dataclass(frozen=True)
class FileSettings:
    """How a storyboard file wants its shots sampled, with the fields of a project; None: as the preset has it."""

    checkpoint: str
    preset: str
    steps: int | None
    guidance: float | None
    cfg: float | None
    negative_prompt: str
    teacache: float

    def of_project(self) -> dict[str, Any]:
        """The fields of a project that say the same."""
        values = asdict(self)
        threshold = values.pop("teacache")
        return values | {"cache": "teacache" if threshold else None, "threshold": threshold or None}


@dataclass(frozen=True)
class StoryboardFile:
    """What a storyboard file says; ``name`` is the file's own name, without folders.

    ``remarks`` are what is to be said of its pictures; they are no part of what the file says.
    """

    name: str
    title: str
    settings: FileSettings
    shots: tuple[FileShot, ...]
    remarks: tuple[Message, ...]

    @property
    def source(self) -> str:
        """The file's name and a hash of what it says, pictures included; comments and layout do not count."""
        said = [self.title, asdict(self.settings), *(_said(shot) for shot in self.shots)]
        return f"{self.name}:{hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()}"


# --- the project a file stands for ------------------------------------------------------------------------------------


def project_for_file(*, session: Session, settings: StudioSettings, file: StoryboardFile) -> Project:
    """The project made from ``file`` earlier, also where it was deleted since, or else a new one.

    A project that was edited since no longer is what the file says: it is left to whoever edited it, and a new one is
    made. Either way what was rendered is found again, since sections go by what they are made from.
    """
    earlier = session.exec(select(Project).where(Project.source == file.source)).first()
    if earlier is not None:
        if _still_says(session, earlier, file):
            earlier.deleted_at = None
            session.flush()
            _keep_pictures(settings, file)
            return earlier
        earlier.source = None
        session.flush()
    project = create_project(session=session, name=file.title)
    edit_project(session=session, project_id=project.id, changes=ProjectUpdate(**file.settings.of_project()))
    for shot in file.shots:
        media_id = None
        if shot.image is not None:
            data = shot.image.read_bytes()
            media_id = add_picture(session=session, settings=settings, data=data, name=shot.image.name).media.id
        add_shot(
            session=session,
            project_id=project.id,
            prompt=shot.prompt,
            seconds=shot.seconds,
            start=shot.start,
            seed=shot.seed,
            media_id=media_id,
        )
    project.source = file.source
    session.flush()
    return project


def seed_example(*, session: Session, settings: StudioSettings) -> Project | None:
    """The example project, made where there never was any project; None otherwise, so it stays deleted once it is."""
    if session.exec(select(Project.id).limit(1)).first() is not None:
        return None
    return project_for_file(session=session, settings=settings, file=read_storyboard(EXAMPLE))


def _keep_pictures(settings: StudioSettings, file: StoryboardFile) -> None:
    """Bring back the pictures of a project whose kept files were lost or damaged since it was made."""
    for shot in file.shots:
        if shot.image is not None and shot.media_id is not None:
            keep_whole(settings, shot.media_id, shot.image.read_bytes())


def _still_says(session: Session, project: Project, file: StoryboardFile) -> bool:
    values = file.settings.of_project()
    shots = shots_of(session=session, project_id=project.id)
    same_settings = all(getattr(project, field) == value for field, value in values.items())
    return same_settings and [_said(shot) for shot in shots] == [_said(shot) for shot in file.shots]


def _said(shot: FileShot | Shot) -> tuple[object, ...]:
    return (shot.prompt, shot.seconds, shot.start, shot.seed, shot.media_id)


# --- reading a file ---------------------------------------------------------------------------------------------------


def read_storyboard(path: Path) -> StoryboardFile:
    """Read a storyboard file, whose pictures are named relative to it, and check all of it.

    A shot without a seed gets one from the file's ``seed`` (0 where there is none), its prompt and its picture: reading
    again gives the same film, and a shot put in between changes no other. Raises StoryboardFileProblem, which names the
    shot.
    """
    content = _parsed(path)
    where = path.name
    _no_others(where, content, FILE_KEYS)
    settings = FileSettings(
        checkpoint=_text(where, content, "model", "draft"),
        preset=_text(where, content, "preset", "exact"),
        steps=_whole(where, content, "steps", None),
        guidance=_number(where, content, "guidance", None),
        cfg=_number(where, content, "cfg", None),
        negative_prompt=_text(where, content, "negative_prompt", ""),
        teacache=_number(where, content, "teacache", 0.0) or 0.0,
    )
    title = " ".join(_text(where, content, "title", "").split()) or path.stem
    try:
        height, width = checkpoint_named(settings.checkpoint).buckets[0]
        sampling = settings_at(Project(name=title, **settings.of_project()), height=height, width=width)
    except InvalidRequest as problem:
        raise StoryboardFileProblem(where, f"{problem}.") from None
    tables = content.get("shot", [])
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise StoryboardFileProblem(where, "it has no shots; each is written below a line [[shot]].")
    seed = _whole(where, content, "seed", 0) or 0
    shots, remarks = [], []
    for number, table in enumerate(tables, start=1):
        shot, said = _shot(path, table, number, sampling, seed)
        shots.append(shot)
        remarks += [remark for remark in said if remark not in remarks]
    return StoryboardFile(path.name, title, settings, tuple(shots), tuple(remarks))


def _parsed(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise StoryboardFileProblem(str(path), "it is not a file." if path.exists() else "there is no such file.")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise StoryboardFileProblem(path.name, "it is too long for a storyboard.")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except PermissionError:
        raise StoryboardFileProblem(path.name, "it may not be read.") from None
    except UnicodeDecodeError:
        raise StoryboardFileProblem(path.name, "it is not a text file in UTF-8.") from None
    except tomllib.TOMLDecodeError as problem:
        raise StoryboardFileProblem(path.name, f"it is not a TOML file: {problem}.") from None


def _shot(
    path: Path, table: Mapping[str, Any], number: int, sampling: Settings, film_seed: int
) -> tuple[FileShot, tuple[Message, ...]]:
    """A shot, and what is to be said of its picture."""
    where = f"{path.name}, shot {number}"
    _no_others(where, table, SHOT_KEYS)
    start = _start(where, table)
    if start == "continue" and number == 1:
        raise StoryboardFileProblem(where, "there is no shot before it to continue from; let it start with a cut.")
    if start == "continue" and checkpoint_named(sampling.checkpoint).direction == "inverted":
        reason = f"'{sampling.checkpoint}' works backwards and cannot continue a shot; let it start with a cut."
        raise StoryboardFileProblem(where, reason)
    image_name = _text(where, table, "image", "")
    if start == "cut" and not image_name:
        raise StoryboardFileProblem(where, "it has no image, and a shot that starts with a cut begins with one.")
    image = path.parent / image_name if image_name else None
    media_id, remarks = (None, ()) if image is None else _checked_picture(where, image, image_name)
    prompt = _text(where, table, "prompt", "")
    seconds = _number(where, table, "seconds", None)
    if seconds is None:
        raise StoryboardFileProblem(where, "it does not say how many seconds it lasts.")
    seed = _whole(where, table, "seed", None)
    if seed is None:
        seed = int.from_bytes(hashlib.sha256(f"{film_seed}\n{media_id}\n{prompt}".encode()).digest()[:4])
    try:
        ShotRequest(settings=sampling, identity="", prompt=prompt, seed=seed, seconds=seconds, image=media_id)
    except InvalidRequest as problem:
        raise StoryboardFileProblem(where, f"{problem}.") from None
    shot = FileShot(prompt=prompt, seconds=seconds, start=start, seed=seed, image=image, media_id=media_id)
    return shot, remarks


def _checked_picture(where: str, image: Path, name: str) -> tuple[str, tuple[Message, ...]]:
    """The hash of a shot's picture, and what is to be said of it."""
    try:
        if image.is_file():
            check_bytes(image.stat().st_size, name)
        remarks = read_small_picture(image, name, THUMBNAIL_SIZES[0]).remarks
    except ImageRejected as problem:
        raise StoryboardFileProblem(where, f"{problem}") from None
    return picture_hash(image), remarks


def _start(where: str, table: Mapping[str, Any]) -> Start:
    value = _text(where, table, "start", "cut")
    if value == "cut":
        return "cut"
    if value == "continue":
        return "continue"
    raise StoryboardFileProblem(where, f'start is "cut" or "continue", not "{value}".')


def _no_others(where: str, table: Mapping[str, Any], known: Collection[str]) -> None:
    for key in table:
        if key not in known:
            raise StoryboardFileProblem(where, f"there is no '{key}'; there is: {', '.join(known)}.")


def _text(where: str, table: Mapping[str, Any], key: str, default: str) -> str:
    value = table.get(key, default)
    if not isinstance(value, str):
        raise StoryboardFileProblem(where, f"{key} is a text in quotes, not {value}.")
    return value


def _whole(where: str, table: Mapping[str, Any], key: str, default: int | None) -> int | None:
    value = table.get(key, default)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise StoryboardFileProblem(where, f"{key} is a whole number, not {value}.")
    return value


def _number(where: str, table: Mapping[str, Any], key: str, default: float | None) -> float | None:
    value = table.get(key, default)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise StoryboardFileProblem(where, f"{key} is a number, not {value}.")
    return None if value is None else float(value)
